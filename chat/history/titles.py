"""The title of a room: its name, and for a conversation the names of the others. Nothing here
writes."""

from collections.abc import Iterable

from accounts.models import User
from accounts.people.names import DELETED
from chat.models import Member, Room

AT_ONCE = 50

Names = list[tuple[int, str]]


async def people_in(room_ids: Iterable[int]) -> dict[int, Names]:
    """The ids and names of the members of each of these conversations, by name."""
    wanted = sorted(set(room_ids))
    found: dict[int, Names] = {room_id: [] for room_id in wanted}
    # Looked up one by one: for a join PostgreSQL reads all users.
    name = User.select(User.name).where(User.id == Member.user)
    for start in range(0, len(wanted), AT_ONCE):
        query = Member.select(Member.room, Member.user, name).where(
            Member.room.in_(wanted[start : start + AT_ONCE])
        )
        for room_id, user_id, text in await query.tuples().aio_execute():
            found[room_id].append((user_id, text))
    for people in found.values():
        people.sort(key=lambda person: person[1].lower())
    return found


def title_for(viewer_id: int, people: Names, kind: str) -> str:
    """A conversation's title for one of its members. The last member of a group sees their own
    name.

    In a conversation of two the other is missing only when their account is deleted."""
    others = [name for user_id, name in people if user_id != viewer_id]
    if not others and kind == "direct":
        return DELETED
    return ", ".join(others or [name for _, name in people])


async def title_of(room: Room, viewer_id: int) -> str:
    """The room's title for the viewer."""
    if not room.is_conversation:
        return room.shown
    return title_for(viewer_id, (await people_in([room.id]))[room.id], room.kind)
