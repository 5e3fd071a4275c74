"""Ending a raid in one act: what accounts younger than a day have written goes, and what they write from
then on is held. It is undone as one."""

import asyncio
import json

from accounts.models import User
from chat.actions.order.deleting import MAX_DELETED, bring_back, hide
from chat.actions.order.filter_rules import check_unchanged, holding_all_of_new, put_back
from chat.actions.order.filtering import NEW_SECONDS
from chat.actions.order.moderation import change, check_reason, numbered, require
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.reading import latest_posts
from chat.history.reports import in_charge_of
from chat.history.writing.acts import RecordedAct, act_numbered, record_act
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, Act
from chat.requests import new_nonce
from chat.roles import Permission
from helpers.clock import now_ms
from helpers.security_log import note

AT_ONCE = 20
"""Accounts that are looked up at once."""

REST_SECONDS = 0.5
"""For so long posts may be under way that were looked at before."""


async def end_raid(engine: Engine, room_id: int, person: Person, reason: str, nonce: str) -> Receipt:
    """Deletes the latest MAX_DELETED posts of accounts younger than a day, but of nobody who keeps order,
    and holds what such accounts write. Raises ActionError where there is nothing left to do."""
    check_reason(reason)
    # A day's posts are long to read: that is done before others wait for it.
    early = await _written_by_new(room_id)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_FILTERS)
        if room.kind in CONVERSATIONS:
            raise ActionError("forbidden", "You may not do this here.")
        numbers = {*early, *await _written_by_new(room_id)}
        removed, added = await holding_all_of_new(room_id, person.id)()
        hidden = await hide(room, person, sorted(numbers)[-MAX_DELETED:])
        if not hidden and removed == added:
            raise ActionError("refused", "New accounts are held already, and have written nothing here.")
        before, after = (
            {"rules": removed},
            {"rules": added, "numbers": hidden, "last": max(numbers, default=0)},
        )
        act = await record_act(room, "raid", person, reason=reason, before=before, after=after)
        return numbered(Receipt(nonce, room.last_seq), act)

    receipt = await change(engine, room_id, person, nonce, apply)
    await engine.filters.changed()
    engine.hub.spawn(_take_the_rest(engine, room_id, person, receipt.act or 0))
    note("raid", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def _take_the_rest(engine: Engine, room_id: int, person: Person, number: int) -> None:
    """What was under way, here or in other processes, when the rule came: it goes with the act."""
    await asyncio.sleep(REST_SECONDS)

    async def apply(room: RoomTransaction) -> Receipt:
        act = await act_numbered(room, number)
        if act is None or act.undone_by is not None:
            return Receipt("", room.last_seq)
        late = [one for one in await _written_by_new(room_id) if one > act.after["last"]]
        if hidden := await hide(room, person, late[:MAX_DELETED]):
            after = {**act.after, "numbers": [*act.after["numbers"], *hidden]}
            is_it = (Act.room_id == room_id) & (Act.number == number)
            await Act.update(after=json.dumps(after)).where(is_it).aio_execute()
        return Receipt("", room.last_seq)

    await change(engine, room_id, person, new_nonce(), apply)


async def _written_by_new(room_id: int) -> list[int]:
    since = now_ms() - NEW_SECONDS * 1000
    posts = await latest_posts(room_id, since)
    authors = sorted({author for _, author in posts})
    new: set[int] = set()
    for start in range(0, len(authors), AT_ONCE):
        is_new = User.id.in_(authors[start : start + AT_ONCE]) & (User.created_at >= since)
        new |= {user_id for (user_id,) in await User.select(User.id).where(is_new).tuples().aio_execute()}
    new -= set(await in_charge_of(room_id))
    return [number for number, author in posts if author in new]


async def undo_raid(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    await check_unchanged(room, act)
    receipt = Receipt(nonce, room.last_seq)
    if act.after["numbers"]:
        receipt = await bring_back(room, person, act.after["numbers"], nonce)
    await put_back(room, person, act)
    return receipt
