"""Commands for moderators. What an act does, and who may do it, is in chat/actions."""

import re
from typing import Literal

from msgspec.structs import replace

from accounts.models import User
from chat.actions import undo as undoing
from chat.actions.editing import amend
from chat.actions.order import deleting, moderation, raids, removing, reporting
from chat.actions.order.act_words import in_one_line
from chat.actions.rooms import deleted_rooms, modes, rooms
from chat.commands.registry import Answer, Call, Duration, Rest, Word, command
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.titles import title_of
from chat.history.writing.acts import acts, last_act
from chat.models import CONVERSATIONS, Room
from chat.requests import Pin
from chat.roles import Permission, Role
from helpers.base_path import with_base

LISTED, MAX_LISTED = 10, 50
"""Acts that /log shows, unless it is told how many, and at most."""

_NUMBERS = re.compile(r"#?([0-9]{1,15})(?:-#?([0-9]{1,15}))?")
_NUMBER = re.compile(r"#?([0-9]{1,15})")
_ACT = re.compile(r"[Aa]?([0-9]{1,15})")


@command(needs=Permission.KILL, aliases=("kill",), destroys=True)
async def kick(call: Call, user: User, reason: Rest | None = None) -> Answer:
    """Removes someone from the room: their membership and every open connection of theirs to it
    end."""
    return await removing.kick(call.engine, call.room_id, call.person, user, reason or "", call.nonce)


@command(needs=Permission.BAN, destroys=True)
async def ban(call: Call, user: User, duration: Duration | None = None, reason: Rest | None = None) -> Answer:
    """Removes someone from the room and doesn’t let them back, for a time or for good. Their
    messages stay."""
    return await removing.ban(
        call.engine, call.room_id, call.person, user, duration, reason or "", call.nonce
    )


@command(needs=Permission.BAN)
async def unban(call: Call, user: User, reason: Rest | None = None) -> Answer:
    """Lets someone come back who was removed or banned."""
    return await removing.unban(call.engine, call.room_id, call.person, user, reason or "", call.nonce)


@command(needs=Permission.TIME_OUT, aliases=("mute",), destroys=True)
async def timeout(call: Call, user: User, duration: Duration, reason: Rest | None = None) -> Answer:
    """Lets someone only read for a time."""
    return await removing.time_out(
        call.engine, call.room_id, call.person, user, duration, reason or "", call.nonce
    )


@command(needs=Permission.TIME_OUT, aliases=("unmute",))
async def untimeout(call: Call, user: User, reason: Rest | None = None) -> Answer:
    """Lets someone write again before their timeout ends."""
    return await removing.end_timeout(call.engine, call.room_id, call.person, user, reason or "", call.nonce)


@command(needs=Permission.RETRACT, destroys=True)
async def delete(call: Call, numbers: Word, reason: Rest | None = None) -> Answer:
    """Deletes messages by their numbers, as in 12, 12-20 or 3,7,12-20: your own, or as a moderator
    anybody’s."""
    spans = []
    for part in numbers.split(","):
        found = _NUMBERS.fullmatch(part)
        if not found:
            raise ActionError("bad_usage", "Messages’ numbers, please, as in 12, 12-20 or 3,7,12-20.")
        spans.append((int(found[1]), int(found[2] or found[1])))
    return await deleting.delete_numbers(
        call.engine, call.room_id, call.person, spans, reason or "", call.nonce
    )


@command(needs=Permission.DELETE, destroys=True)
async def purge(call: Call, user: User, duration: Duration, reason: Rest | None = None) -> Answer:
    """Deletes what someone has written here lately."""
    return await deleting.purge(
        call.engine, call.room_id, call.person, user, duration, reason or "", call.nonce
    )


@command(needs=Permission.SET_FILTERS, destroys=True)
async def raid(call: Call, reason: Rest | None = None) -> Answer:
    """Deletes what accounts younger than a day have written here, and holds what they write from now
    on until a moderator lets it through."""
    return await raids.end_raid(call.engine, call.room_id, call.person, reason or "", call.nonce)


@command(needs=Permission.CLEAR, destroys=True)
async def clear(call: Call, reason: Rest | None = None) -> Answer:
    """Empties the history of this room, for everybody."""
    return await moderation.clear(call.engine, call.room_id, call.person, reason or "", call.nonce)


@command(needs=Permission.SET_MODES)
async def slow(call: Call, pause: Duration | Literal["off"]) -> Answer:
    """Has members wait between their messages. Moderators don’t wait."""
    seconds = 0 if pause == "off" else pause
    return await modes.slow(call.engine, call.room_id, call.person, seconds, call.nonce)


@command(needs=Permission.SET_MODES, destroys=True)
async def lock(call: Call, reason: Rest | None = None) -> Answer:
    """Lets only moderators write."""
    return await modes.lock(call.engine, call.room_id, call.person, call.nonce, reason or "")


@command(needs=Permission.SET_MODES)
async def unlock(call: Call) -> Answer:
    """Lets everybody write again."""
    return await modes.unlock(call.engine, call.room_id, call.person, call.nonce)


@command(needs=Permission.SET_RIGHTS)
async def allow(call: Call, what: Word, who: Word) -> Answer:
    """Chooses who may post, invite, pin, mention all or set the topic: members, moderators or
    owners, as in /allow pin members."""
    return await modes.set_right(
        call.engine, call.room_id, call.person, what.lower(), who.lower(), call.nonce
    )


@command(needs=Permission.SET_RIGHTS)
async def history(call: Call, past: Word) -> Answer:
    """Chooses what those who come from now on read: all, or only what comes after their joining."""
    return await modes.set_past(call.engine, call.room_id, call.person, past.lower(), call.nonce)


@command(needs=Permission.SET_RIGHTS, destroys=True)
async def kind(call: Call, kind: Word) -> Answer:
    """Makes the room open, for everybody to read and join, or closed, for its members alone."""
    return await rooms.set_kind(call.engine, call.room_id, call.person, kind.lower(), call.nonce)


@command(needs=Permission.ARCHIVE, destroys=True)
async def archive(call: Call, reason: Rest | None = None) -> Answer:
    """Makes the room read only, and takes it off the list of rooms."""
    return await modes.archive(call.engine, call.room_id, call.person, call.nonce, reason or "")


@command(needs=Permission.ARCHIVE)
async def unarchive(call: Call) -> Answer:
    """Takes the room out of the archive."""
    return await modes.unarchive(call.engine, call.room_id, call.person, call.nonce)


@command(needs=Permission.DELETE_ROOM, destroys=True)
async def delete_room(call: Call, name: Word, reason: Rest | None = None) -> Answer:
    """Deletes this room for everybody. Type its name, to be sure. For 30 days you can restore it, on
    the page of rooms."""
    return await deleted_rooms.delete_room(
        call.engine, call.room_id, call.person, name, reason or "", call.nonce
    )


@command(needs=Permission.PIN)
async def pin(call: Call, number: Word) -> Answer:
    """Pins a message by its number: it is in the list of pinned ones for everybody."""
    return await _set_pin(call, number, on=True)


@command(needs=Permission.PIN)
async def unpin(call: Call, number: Word) -> Answer:
    """Takes a message off the list of pinned ones."""
    return await _set_pin(call, number, on=False)


async def _set_pin(call: Call, number: str, *, on: bool) -> Receipt:
    if not (found := _NUMBER.fullmatch(number)):
        raise ActionError("bad_usage", "A message’s number, please.")
    done = await amend(call.engine, call.room_id, call.person, Pin(int(found[1]), on))
    # The number would be that of a post of one's own.
    return replace(done, nonce=call.nonce, number=None)


@command(needs=Permission.UNDO)
async def undo(call: Call, act: Word, reason: Rest | None = None) -> Answer:
    """Undoes an act of moderation by its number in the log, such as A42."""
    found = _ACT.fullmatch(act)
    if not found:
        raise ActionError("bad_usage", "The number of an act, such as A42, please. /log lists them.")
    return await undoing.undo(call.engine, call.room_id, call.person, int(found[1]), reason or "", call.nonce)


@command(needs=Permission.READ_LOG)
async def log(call: Call, count: Word | None = None) -> Answer:
    """Lists the latest acts of moderation in this room."""
    if count is not None and not (count.isascii() and count.isdigit() and 1 <= int(count[:4]) <= MAX_LISTED):
        raise ActionError("bad_usage", "How many, please: from 1 to {most}.", most=MAX_LISTED)
    last = await last_act(call.room_id)
    found = await acts(call.room_id, last - int(count or LISTED) + 1, last)
    t = call.language.t
    if not found:
        return t("There is nothing in the log of this room.")
    return "\n".join(in_one_line(act, call.language) for act in found)


@command(needs=Permission.REPORT)
async def report(call: Call, number: Word, reason: Rest | None = None) -> Answer:
    """Tells the moderators of a message that breaks the rules, by its number. Nobody else learns of it."""
    if not (found := _NUMBER.fullmatch(number)):
        raise ActionError("bad_usage", "A message’s number, please.")
    is_new = await reporting.report(call.engine, call.room_id, call.person, int(found[1]), reason or "")
    t = call.language.t
    if not is_new:
        return t("You have reported this message already. It has your new reason now.")
    if call.standing.kind in CONVERSATIONS:
        return t("Reported. Those who keep order on this site will look at it.")
    return t("Reported. The moderators of this room will look at it.")


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
        return call.language.t("The address is: {address}", address=with_base(f"/rooms/{room.name}"))
    return await rooms.set_name(call.engine, call.room_id, call.person, name.removeprefix("#"), call.nonce)


@command(needs=Permission.GRANT)
async def mod(call: Call, user: User) -> Answer:
    """Makes a member a moderator."""
    return await moderation.grant(call.engine, call.room_id, call.person, user, Role.MODERATOR, call.nonce)


@command(needs=Permission.GRANT)
async def unmod(call: Call, user: User) -> Answer:
    """Makes a moderator a member again."""
    return await moderation.grant(call.engine, call.room_id, call.person, user, Role.MEMBER, call.nonce)


@command(needs=Permission.HAND_OVER, destroys=True)
async def owner(call: Call, user: User) -> Answer:
    """Makes another member the owner of the room. You become a moderator."""
    return await moderation.hand_over(call.engine, call.room_id, call.person, user, call.nonce)
