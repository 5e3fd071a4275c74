"""Commands for moderators."""

from accounts.models import User
from chat.actions import moderation
from chat.commands.registry import Answer, Call, Rest, command
from chat.models import Room
from chat.roles import Permission, Role


@command(needs=Permission.KILL, aliases=("kick",))
async def kill(call: Call, user: User, reason: Rest | None = None) -> Answer:
    """Removes someone from the room: their membership and every open connection of theirs to it
    end."""
    return await moderation.kill(call.engine, call.room_id, call.person, user, reason or "", call.nonce)


@command(needs=Permission.CLEAR)
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


@command(needs=Permission.GRANT)
async def mod(call: Call, user: User) -> Answer:
    """Makes a member a moderator."""
    return await moderation.grant(call.engine, call.room_id, call.person, user, Role.MODERATOR, call.nonce)


@command(needs=Permission.GRANT)
async def unmod(call: Call, user: User) -> Answer:
    """Makes a moderator a member again."""
    return await moderation.grant(call.engine, call.room_id, call.person, user, Role.MEMBER, call.nonce)
