"""Lines that a room keeps no more, inside its transaction."""

from peewee import SQL

from chat.history.writing.transaction import RoomTransaction
from chat.models import Message as Row
from chat.models import Room, Sweep


def expire(room: RoomTransaction, first_seq: int, last_number: int) -> None:
    """The lines before this seq, of which that was the last post, are gone for good. No line tells of
    it: Hello and Expired do."""
    if room.kept_seq < room.cleared_seq <= first_seq:
        # What was cleared away is gone, also where it was pinned.
        is_pinned = (Row.room_id + SQL("0") == room.room_id) & Row.pinned & Row.deleted_at.is_null()
        room.amendments.append(Row.update(pinned=False).where(is_pinned, Row.seq < room.cleared_seq))
    room.kept_seq, room.kept_number = first_seq, last_number
    room.cleared_seq = max(room.cleared_seq, first_seq)
    room.cleared_number = max(room.cleared_number, last_number)
    change = {"kept_seq": first_seq, "kept_number": last_number}
    change |= {"cleared_seq": room.cleared_seq, "cleared_number": room.cleared_number}
    room.amendments.append(Room.update(change).where(Room.id == room.room_id))
    sweep(room)


def sweep(room: RoomTransaction) -> None:
    """Has the lines that are gone looked through for those that aren't erased yet."""
    row = {"room_id": room.room_id, "done_seq": 0}
    again = Sweep.insert(row).on_conflict(conflict_target=[Sweep.room_id], update={Sweep.done_seq: 0})
    room.amendments.append(again)


def set_retention(room: RoomTransaction, days: int | None, *, keeps_pinned: bool) -> None:
    change = {"retention_days": days, "retention_since": room.at, "keeps_pinned": keeps_pinned}
    room.writes.append(Room.update(change).where(Room.id == room.room_id))
    if not keeps_pinned:
        sweep(room)
