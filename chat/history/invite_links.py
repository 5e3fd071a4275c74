"""Reads links by which people are invited: to which rooms they lead, and lists of them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from accounts.models import InviteLink, User
from accounts.signin.invite_links import KEPT_MS, link_state, uses_of
from chat.models import InviteLinkRoom, Room
from helpers.clock import iso, now_ms

PAGE = 20
"""Links in one list: all that belongs to them is looked up with so many values."""


class ListedLink(NamedTuple):
    """A link as its maker, the room's moderators and the site's people see it."""

    id: int
    maker: str
    rooms: list[Room]
    uses: int | None
    used: int
    made_at: str
    until: str
    state: str
    people: list[str]
    """Handles of who came by it, the latest first."""

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "by": self.maker,
            "rooms": [room.name for room in self.rooms],
            "uses": self.uses,
            "used": self.used,
            "made_at": self.made_at,
            "expires_at": self.until,
            "state": self.state,
            "people": self.people,
        }


async def rooms_of_links(link_ids: Collection[int]) -> dict[int, list[Room]]:
    """The rooms of these links, by link; of a link to the site none."""
    found: dict[int, list[Room]] = {link_id: [] for link_id in link_ids}
    if not found:
        return found
    query = InviteLinkRoom.select(InviteLinkRoom.link_id, InviteLinkRoom.room_id)
    pairs = await query.where(InviteLinkRoom.link_id.in_(sorted(found))).tuples().aio_execute()
    ids = sorted({room_id for _, room_id in pairs})
    rooms: dict[int, Room] = {}
    for start in range(0, len(ids), PAGE):
        chosen = Room.select().where(Room.id.in_(ids[start : start + PAGE]))
        rooms |= {room.id: room for room in await chosen.aio_execute()}
    for link_id, room_id in sorted(pairs):
        if room_id in rooms:
            found[link_id].append(rooms[room_id])
    return found


async def links_of(maker_id: int) -> list[ListedLink]:
    """The latest links of one person."""
    query = InviteLink.select().where(InviteLink.maker_id == maker_id, _is_recent())
    return await _listed(list(await query.order_by(InviteLink.id.desc()).limit(PAGE).aio_execute()))


async def links_to_room(room_id: int) -> list[ListedLink]:
    """The latest links that lead to a room."""
    query = InviteLinkRoom.select(InviteLinkRoom.link_id).where(InviteLinkRoom.room_id == room_id)
    rows = await query.order_by(InviteLinkRoom.link_id.desc()).limit(PAGE).tuples().aio_execute()
    ids = [link_id for (link_id,) in rows]
    if not ids:
        return []
    links = InviteLink.select().where(InviteLink.id.in_(ids), _is_recent())
    return await _listed(list(await links.order_by(InviteLink.id.desc()).aio_execute()))


async def all_links(before: int | None) -> tuple[list[ListedLink], int | None]:
    """The latest links of the site, of those before this id; and the id from which there are more."""
    query = InviteLink.select() if before is None else InviteLink.select().where(InviteLink.id < before)
    links = list(await query.order_by(InviteLink.id.desc()).limit(PAGE + 1).aio_execute())
    following = links[PAGE - 1].id if len(links) > PAGE else None
    return await _listed(links[:PAGE]), following


def _is_recent() -> Any:
    return InviteLink.until > now_ms() - KEPT_MS


async def _listed(links: list[InviteLink]) -> list[ListedLink]:
    ids = [link.id for link in links]
    rooms, people = await rooms_of_links(ids), await uses_of(ids)
    makers = sorted({link.maker_id for link in links})
    names: dict[int, str] = (
        dict(await User.select(User.id, User.name).where(User.id.in_(makers)).tuples().aio_execute())
        if makers
        else {}
    )
    return [
        ListedLink(
            *(link.id, names.get(link.maker_id, ""), rooms[link.id], link.uses, link.used),
            *(iso(link.made_at), iso(link.until), link_state(link), people[link.id]),
        )
        for link in links
    ]
