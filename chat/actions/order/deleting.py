"""Deleting several posts by one act of order, and taking that back."""

from collections.abc import Collection

from accounts.models import User
from chat.actions.order.moderation import change, check_reason, numbered, require, require_outranking
from chat.drafts import ALL, HERE, Person
from chat.engine import Engine
from chat.errors import ActionError, in_the_way
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.reading import numbers_of, posts_by_number
from chat.history.writing.acts import record_act
from chat.history.writing.transaction import RoomTransaction
from chat.roles import Permission
from helpers.clock import now_ms
from helpers.text.translation import Text

MAX_DELETED = 500
"""Posts in one act: each of them is an event for all who are in the room."""


async def delete_numbers(
    engine: Engine, room_id: int, person: Person, spans: list[tuple[int, int]], reason: str, nonce: str
) -> Receipt:
    """Deletes the posts with these numbers, each span from its first to its last: one's own, or as a
    moderator anybody's."""
    check_reason(reason)
    if any(not 1 <= first <= last for first, last in spans):
        raise ActionError("bad_usage", "The numbers of messages go upwards from 1.")
    if sum(last - first + 1 for first, last in spans) > MAX_DELETED:
        raise ActionError("bad_usage", "At most {most} messages at once, please.", most=MAX_DELETED)
    wanted = {number for first, last in spans for number in range(first, last + 1)}

    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.RETRACT)
        hidden = room.hidden_from(standing)
        found = await _visible(room, [number for number in wanted if number > hidden])
        if not found:
            raise ActionError("no_such_message", "There is no such message.")
        if not standing.may(Permission.DELETE) and any(line.author_id != person.id for line in found):
            raise ActionError("forbidden", "Only its author and moderators delete a message.")
        return await delete_lines(room, person, found, nonce, reason)

    return await change(engine, room_id, person, nonce, apply)


async def purge(
    engine: Engine, room_id: int, person: Person, user: User, seconds: int, reason: str, nonce: str
) -> Receipt:
    """Deletes what somebody has posted in the last so many seconds, the latest MAX_DELETED of it."""
    check_reason(reason)
    # A room's last days are long to read: that is done before others wait for it.
    early, seen = await numbers_of(room_id, user.id, now_ms() - seconds * 1000, MAX_DELETED)

    async def apply(room: RoomTransaction) -> Receipt:
        await require_outranking(room, person, Permission.DELETE, user, outside=True)
        since = room.at - seconds * 1000
        late, _ = await numbers_of(room.room_id, user.id, since, MAX_DELETED, after=seen)
        found = await _visible(room, [*late, *early][:MAX_DELETED])
        if not found:
            raise ActionError("refused", "{name} has written nothing in this time.", name=user.called)
        return await delete_lines(
            room, person, found, nonce, reason, act="purge", target=Person(user.id, user.name)
        )

    return await change(engine, room_id, person, nonce, apply)


async def _posts(room: RoomTransaction, numbers: Collection[int]) -> list[Line]:
    """The posts with these numbers as this transaction leaves them, but not those cleared away."""
    wanted = {number for number in numbers if number > room.cleared_number}
    found = {line.number: line for line in await posts_by_number(room.room_id, wanted)} if wanted else {}
    found |= {line.number: line for line in room.published if line.number in wanted}
    return [found[number] for number in sorted(number for number in found if number)]


async def _visible(room: RoomTransaction, numbers: Collection[int]) -> list[Line]:
    return [line for line in await _posts(room, numbers) if not line.is_deleted]


async def delete_lines(
    room: RoomTransaction,
    person: Person,
    lines: Collection[Line],
    nonce: str,
    reason: str = "",
    *,
    act: str = "delete",
    target: Person | None = None,
) -> Receipt:
    """Deletes visible posts. Recorded as an act where one of them is another's: what one deletes of
    one's own comes back only for a short time, also by an undo of the act."""
    for line in lines:
        room.amend(line, deleted_at=room.at, deleted_by=person.id)
    receipt = Receipt(nonce, room.last_seq)
    others = [line for line in lines if line.author_id != person.id]
    if not others:
        return receipt
    authors = {line.author_id: line.author for line in others}
    if target is None and len(authors) == 1:
        target = Person(*authors.popitem())
    numbers = [line.number for line in lines]
    return numbered(
        receipt,
        await record_act(room, act, person, target=target, reason=reason, after={"numbers": numbers}),
    )


async def hide(room: RoomTransaction, person: Person, numbers: Collection[int]) -> list[int]:
    """Deletes those of these posts that are visible, as part of an act that keeps their numbers, which
    are returned."""
    found = await _visible(room, numbers) if numbers else []
    for line in found:
        room.amend(line, deleted_at=room.at, deleted_by=person.id)
    return [line.number for line in found if line.number]


async def bring_back(room: RoomTransaction, person: Person, numbers: list[int], nonce: str) -> Receipt:
    """Undoes a deletion: those of these posts come back that are still deleted by it."""
    deleted = [line for line in await _posts(room, numbers) if line.is_deleted and (line.text or line.files)]
    if not deleted:
        raise in_the_way(Text("The messages are there again, or gone for good."))
    for line in deleted:
        room.amend(line, deleted_at=None, deleted_by=None)
        if HERE in line.mentions and ALL not in line.mentions:
            await room.mention_present(line.author_id, line.number or 0)
    return Receipt(nonce, room.last_seq)
