"""What keeps people from a room, or from posting in it, read and written inside a transaction: bans,
timeouts, and the pauses of slow mode. Each ends by itself, at a time of the database's clock."""

import dataclasses

from chat.history.invitations import ending
from chat.history.writing.transaction import RoomTransaction
from chat.models import Ban, Invitation, LastPost, Timeout


async def banned_until(room: RoomTransaction, user_id: int) -> int:
    """When the person may come back, as `at`; 0 where they may."""
    if user_id not in room.bans:
        room.bans[user_id] = await stored_ban(room.room_id, user_id)
    return room.bans[user_id] if room.bans[user_id] > room.at else 0


def ban(room: RoomTransaction, user_id: int, until: int) -> None:
    """The person can't come to the room before `until`, and their invitations of others end."""
    room.amendments += ending(user_id, Invitation.room_id == room.room_id)
    is_ended = (Ban.user_id == user_id) | (Ban.until <= room.at)
    room.writes.append(Ban.delete().where(Ban.room_id == room.room_id, is_ended))
    room.writes.append(Ban.insert(room_id=room.room_id, user_id=user_id, until=until))
    room.bans[user_id] = until


def lift_ban(room: RoomTransaction, user_id: int) -> None:
    room.writes.append(Ban.delete().where(Ban.room_id == room.room_id, Ban.user_id == user_id))
    room.bans[user_id] = 0


async def timeout_until(room: RoomTransaction, user_id: int) -> int:
    """Until when the person only reads, as `at`; 0 for no timeout. They may be no member."""
    if user_id not in room.timeouts:
        is_theirs = (Timeout.room_id == room.room_id) & (Timeout.user_id == user_id)
        room.timeouts[user_id] = await Timeout.select(Timeout.until).where(is_theirs).aio_scalar() or 0
    return room.timeouts[user_id] if room.timeouts[user_id] > room.at else 0


def time_out(room: RoomTransaction, user_id: int, until: int) -> None:
    """The person only reads until then; 0 ends that."""
    is_over = (Timeout.user_id == user_id) | (Timeout.until <= room.at)
    room.writes.append(Timeout.delete().where(Timeout.room_id == room.room_id, is_over))
    if until:
        room.writes.append(Timeout.insert(room_id=room.room_id, user_id=user_id, until=until))
    room.timeouts[user_id] = until
    room.changes_all_standings = True
    if user_id in room.standings:
        room.standings[user_id] = dataclasses.replace(room.standings[user_id], timeout_until=until)


async def check_pause(room: RoomTransaction, author_id: int) -> int:
    """In a room in slow mode: for how many milliseconds this author still waits until the next
    post. 0 where they may post, and then their next pause begins."""
    if author_id not in room.last_posts:
        query = LastPost.select(LastPost.at).where(
            LastPost.room_id == room.room_id, LastPost.user_id == author_id
        )
        rows = await query.tuples().aio_execute()
        room.last_posts[author_id] = int(rows[0][0]) if rows else 0
    left = room.last_posts[author_id] + room.modes.slow_seconds * 1000 - room.at
    if left > 0:
        return left
    room.last_posts[author_id] = room.at
    key = [LastPost.room_id, LastPost.user_id]
    row = {"room_id": room.room_id, "user_id": author_id, "at": room.at}
    room.amendments.append(
        LastPost.insert(row).on_conflict(conflict_target=key, update={LastPost.at: room.at})
    )
    return 0


async def stored_ban(room_id: int, user_id: int) -> int:
    """The stored time before which the person can't come to the room, in ms; 0 if there is none. It
    may be over."""
    query = Ban.select(Ban.until).where(Ban.room_id == room_id, Ban.user_id == user_id)
    rows = await query.tuples().aio_execute()
    return int(rows[0][0]) if rows else 0
