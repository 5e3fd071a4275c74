"""The changes of a room since a seq, for connections that missed them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from peewee import SQL

from chat.envelopes import Batch, EncodedEvent
from chat.history.lines import Line
from chat.history.reading import LINE_COLUMNS, complete, shown_in
from chat.models import Message as Row
from chat.models import Room
from helpers.batching import SingleFlight
from helpers.db.compiled import CompiledForMany, CompiledSelect
from helpers.weights import weight_of

MAX_BEHIND = 1000
"""Changes. A client that missed more reloads the page: that is 50 messages, and the changes would
be megabytes."""

MAX_WEIGHT = 2_000_000
"""Characters of text and HTML of the changes. With more the page is loaded anew as well."""

AT_ONCE = 200
"""Changes in one statement, so that no more than needed is read of heavy ones."""


@dataclass(frozen=True)
class Changes:
    """The changes of a room since a seq. `events` is None where there are too many, or the seq
    belongs to another history.

    `hides_standings` is true where standings may have changed since without an event in
    `events`."""

    last_seq: int
    last_number: int
    events: list[EncodedEvent] | None
    hides_standings: bool = False


_room = CompiledSelect(lambda room_id: Room.select().where(Room.id == room_id))
_changed = CompiledSelect(
    lambda room_id, last_seq, cleared_seq, after, most: (
        Row.select(*LINE_COLUMNS)
        .where(Row.room_id == room_id, Row.changed_seq <= last_seq, Row.seq >= cleared_seq)
        .where(Row.changed_seq > after)
        .order_by(Row.changed_seq)
        .limit(most)
        .tuples()
    )
)
_changed_before = CompiledSelect(
    lambda room_id, last, cleared_seq, after, most: (
        # Only the index of changes is of use: there are at most MAX_BEHIND of them.
        Row.select(*LINE_COLUMNS)
        .where(Row.room_id == room_id, Row.changed_seq > after)
        .where(Row.seq + SQL("0") <= last, Row.seq + SQL("0") >= cleared_seq)
        .order_by(Row.changed_seq)
        .limit(most)
        .tuples()
    )
)
_last_seqs = CompiledForMany(lambda ids: Room.select(Room.id, Room.last_seq).where(Room.id.in_(ids)))


async def changes_since(room_id: int, since: int) -> Changes:
    """All changes of the room after `since`, in the order of seq, up to one moment's `last_seq`.
    Raises Room.DoesNotExist.

    Of a line that changed more than once only the last change is included."""
    found_room: list[Room] = await _room.results(room_id)
    if not found_room:
        raise Room.DoesNotExist
    [room] = found_room
    if not 0 <= room.last_seq - since <= MAX_BEHIND:
        return Changes(room.last_seq, room.posts, None, hides_standings=True)
    if since == room.last_seq:
        return Changes(room.last_seq, room.posts, [])
    # Two statements, because PostgreSQL plans by these values; without them it reads a long history
    # whole.
    lines: list[Line] = []
    weight, after = 0, since
    while after < room.last_seq:
        rows = await _changed.results(room_id, room.last_seq, room.cleared_seq, after, AT_ONCE)
        found = [Line(*row) for row in rows]
        lines += await complete(room_id, found)
        weight += sum(weight_of(line.text, line.html) for line in found)
        if weight > MAX_WEIGHT:
            return Changes(room.last_seq, room.posts, None, hides_standings=True)
        after = found[-1].changed_seq if len(found) == AT_ONCE else room.last_seq
    # Of lines before the last clearing nothing is told, also not who was removed.
    hides_standings = room.cleared_seq > since and room.standings_seq > since
    return Changes(room.last_seq, room.posts, [line.encode(since) for line in lines], hides_standings)


async def changes_before(room: Room, since: int, last: int, most: int) -> list[Line] | None:
    """The lines up to the seq `last` that changed after `since`, as they are now. None where more than
    `most` or MAX_BEHIND changed, or the seqs belong to another history."""
    if not (last <= since and 0 <= room.last_seq - since <= MAX_BEHIND):
        return None
    if since == room.last_seq:
        return []
    rows = await _changed_before.results(room.id, last, room.cleared_seq, since, most + 1)
    return await shown_in(room, [Line(*row) for row in rows]) if len(rows) <= most else None


def shared_changes_since() -> Callable[[int, int], Awaitable[Changes]]:
    """`changes_since` for many clients that reconnect at once: callers that ask for the same before
    the read begins share it."""
    reads: SingleFlight[tuple[int, int], Changes] = SingleFlight(lambda key: changes_since(*key))
    return lambda room_id, since: reads.get((room_id, since))


async def last_seqs(room_ids: list[int]) -> dict[int, int]:
    """The last seq of each of the rooms, as the database has it now."""
    return dict(await _last_seqs.rows(room_ids)) if room_ids else {}


def batches(lines: dict[int, list[Line]]) -> list[Batch]:
    """The lines of a commit, by room, as batches for delivery."""
    return [Batch(room_id, [line.encode() for line in found]) for room_id, found in lines.items() if found]
