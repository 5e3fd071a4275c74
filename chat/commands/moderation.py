"""Commands for moderators."""

from accounts.models import User
from chat.actions import moderation, rooms
from chat.commands.registry import Answer, Call, Rest, Word, command
from chat.history.titles import title_of
from chat.models import Room
from chat.roles import Permission, Role


@command(needs=Permission.KILL, aliases=("kick",), destroys=True)
async def kill(call: Call, user: User, reason: Rest | None = None) -> Answer:
    """Removes someone from the room: their membership and every open connection of theirs to it
    end."""
    return await moderation.kill(call.engine, call.room_id, call.person, user, reason or "", call.nonce)


@command(needs=Permission.CLEAR, destroys=True)
async def clear(call: Call) -> Answer:
    """Empties the history of this room, for everybody."""
    return await moderation.clear(call.engine, call.room_id, call.person, call.nonce)


@command()
async def topic(call: Call, text: Rest | None = None) -> Answer:
    """Tells the topic, or, for moderators, sets it."""
    if text is None:
        room = await Room.aio_get(Room.id == call.room_id)
        t = call.language.t
        return t("The topic is: {topic}", topic=room.topic) if room.topic else t("There is no topic.")
    return await moderation.set_topic(call.engine, call.room_id, call.person, text, call.nonce)


@command(aliases=("rename",))
async def title(call: Call, text: Rest | None = None) -> Answer:
    """Tells what the room is called, or, for moderators, calls it something else."""
    if text is None:
        room = await Room.aio_get(Room.id == call.room_id)
        return call.language.t("The room is called: {title}", title=await title_of(room, call.user.id))
    return await rooms.set_title(call.engine, call.room_id, call.person, text, call.nonce)


@command()
async def address(call: Call, name: Word | None = None) -> Answer:
    """Tells the room’s address, or, for owners, changes it. The earlier ones lead on."""
    if name is None:
        room = await Room.aio_get(Room.id == call.room_id)
        return call.language.t("The address is: {address}", address=f"/rooms/{room.name}")
    return await rooms.set_name(call.engine, call.room_id, call.person, name.removeprefix("#"), call.nonce)


@command(needs=Permission.GRANT)
async def mod(call: Call, user: User) -> Answer:
    """Makes a member a moderator."""
    return await moderation.grant(call.engine, call.room_id, call.person, user, Role.MODERATOR, call.nonce)


@command(needs=Permission.GRANT)
async def unmod(call: Call, user: User) -> Answer:
    """Makes a moderator a member again."""
    return await moderation.grant(call.engine, call.room_id, call.person, user, Role.MEMBER, call.nonce)
