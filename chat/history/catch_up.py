"""What a connection has missed: the changes of a room since a seq."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chat.envelopes import Batch, EncodedEvent
from chat.history.lines import Line
from chat.history.reading import LINE_COLUMNS, complete
from chat.models import Message as Row
from chat.models import Room
from helpers.batching import SingleFlight

MAX_BEHIND = 1000
"""Changes. Who missed more loads the page anew: that is 50 messages, and this would be
megabytes."""


@dataclass(frozen=True)
class Changes:
    """What a room saw since a seq. `events` is None where that is too much, or another history."""

    last_seq: int
    last_number: int
    events: list[EncodedEvent] | None


async def changes_since(room_id: int, since: int) -> Changes:
    """Everything in the room after `since`, in order of change, up to one moment's `last_seq`.
    Raises Room.DoesNotExist.

    Of a line that was changed more than once there is only the last change."""
    room = await Room.aio_get(Room.id == room_id)
    if not 0 <= room.last_seq - since <= MAX_BEHIND:
        return Changes(room.last_seq, room.posts, None)
    if since == room.last_seq:
        return Changes(room.last_seq, room.posts, [])
    # Not one statement with the room's: PostgreSQL plans by these values, and without them would
    # rather read a long history whole.
    is_change = (Row.changed_seq > since) & (Row.changed_seq <= room.last_seq)
    query = Row.select(*LINE_COLUMNS).where(Row.room_id == room_id, is_change, Row.seq >= room.cleared_seq)
    rows = await query.order_by(Row.changed_seq).tuples().aio_execute()
    lines = await complete(room_id, [Line(*row) for row in rows])
    return Changes(room.last_seq, room.posts, [line.encode(since) for line in lines])


def shared_changes_since() -> Callable[[int, int], Awaitable[Changes]]:
    """`changes_since` for a crowd that comes back at once: who asks for the same, before the read
    begins, shares it."""
    reads: SingleFlight[tuple[int, int], Changes] = SingleFlight(lambda key: changes_since(*key))
    return lambda room_id, since: reads.get((room_id, since))


async def last_seqs(room_ids: list[int]) -> dict[int, int]:
    """The last seq of each of the rooms, as the database has it now."""
    if not room_ids:
        return {}
    return {
        room_id: seq
        for room_id, seq in await Room.select(Room.id, Room.last_seq)
        .where(Room.id.in_(room_ids))
        .tuples()
        .aio_execute()
    }


def batches(lines: dict[int, list[Line]]) -> list[Batch]:
    """What a commit brought, by room, as it is delivered."""
    return [Batch(room_id, [line.encode() for line in found]) for room_id, found in lines.items() if found]
