"""What has become of the lines that a browser keeps: GET /kept."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from accounts.keys import USER
from chat.doors.rooms.pages import as_events
from chat.errors import ActionError
from chat.history.access import room_seen_by
from chat.history.catch_up import changes_before
from chat.keys import ENGINE
from chat.models import Member, Room
from helpers.weights import MAX_PAGE_WEIGHT, weight_of

MAX_ROOMS = 20
MAX_LINES = 300
"""Of a room. The page keeps no more."""

_DIGITS = 16


@dataclass(frozen=True)
class KeptRoom:
    """The browser has lines of the room up to the seq `last`, and has applied all their changes up to
    the seq `since`."""

    id: int
    last: int
    since: int


class Kept(web.View):
    """Of each room that the person is in, the lines that changed meanwhile. A room that is left out is to
    be forgotten: it isn't theirs any more, or more has changed than is worth telling."""

    async def get(self) -> web.Response:
        asked = self._asked()
        rooms = await self._own_rooms([kept.id for kept in asked])
        found: list[dict[str, Any]] = []
        weight = 0
        for kept in asked:
            room = rooms.get(kept.id)
            lines = await changes_before(room, kept.since, kept.last, MAX_LINES) if room else None
            if room is None or lines is None:
                continue
            weight += sum(weight_of(line.text, line.html) for line in lines if not line.is_deleted)
            if weight > MAX_PAGE_WEIGHT:
                break
            found.append(
                {
                    "room": room.id,
                    "last_seq": room.last_seq,
                    "cleared_seq": room.cleared_seq,
                    "changed": as_events(lines),
                }
            )
        return web.json_response({"epoch": self.request.app[ENGINE].epoch, "rooms": found})

    def _asked(self) -> list[KeptRoom]:
        texts = self.request.query.getall("kept", [])
        asked = [numbers for text in texts[: MAX_ROOMS + 1] if (numbers := _numbers(text)) is not None]
        if len(asked) != len(texts) or len(texts) > MAX_ROOMS:
            raise ActionError(
                "bad_request",
                "`kept` is a room's id and two seqs, `1-20-30`, and there are at most {most} of them.",
                most=str(MAX_ROOMS),
            )
        return [KeptRoom(*numbers) for numbers in asked]

    async def _own_rooms(self, ids: list[int]) -> dict[int, Room]:
        if not ids:
            return {}
        query = Room.select().join(Member, on=(Member.room == Room.id))
        user = self.request[USER]
        rooms = await query.where(Member.user == user.id, Room.id.in_(ids)).aio_execute()
        access = self.request.app[ENGINE].access
        return {room.id: room_seen_by(room, await access.standing(room.id, user)) for room in rooms}


def _numbers(text: str) -> tuple[int, int, int] | None:
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    if any(len(part) > _DIGITS for part in parts):
        return None
    room, last, since = map(int, parts)
    return room, last, since
