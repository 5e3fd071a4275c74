"""A room's history and its members as JSON."""

from aiohttp import web

from chat.actions.member_lists import members_in
from chat.doors.rooms.pages import PAGE, as_events, no_such_message, room_access
from chat.errors import ActionError
from chat.history import reading
from chat.keys import ENGINE
from chat.models import Room

MAX_NUMBER = 2**53


class Messages(web.View):
    """The history by pages. `around`, `before` and `after` are post numbers; `before_seq` and
    `after_seq` are exact cursors. `past` of 0 leaves out kinds of lines that are recorded no more."""

    async def get(self) -> web.Response:
        room = (await room_access(self.request)).room
        limit = self._number("limit", 1, reading.MAX_PAGE) or PAGE
        asked = {
            name: number
            for name in ("around", "before", "after", "before_seq", "after_seq")
            if (number := self._number(name, 0, MAX_NUMBER)) is not None
        }
        if len(asked) > 1:
            raise ActionError("bad_request", "Only one of these, please: {names}.", names=", ".join(asked))
        past = self._number("past", 0, 1) != 0
        if "around" in asked:
            return await self._around(room, asked["around"], limit, past=past)
        if "before" in asked:
            found = await reading.page_before(room, asked["before"], limit, past=past)
        elif "after" in asked:
            found = await reading.page_after(room, asked["after"], limit, past=past)
        else:
            found = await reading.page(
                *(room, limit),
                before_seq=asked.get("before_seq"),
                after_seq=asked.get("after_seq"),
                past=past,
            )
        body = {"messages": as_events(found.lines), "more": found.more}
        return web.json_response(body)

    async def _around(self, room: Room, number: int, limit: int, *, past: bool) -> web.Response:
        found = await reading.page_around(room, number, limit, past=past)
        if found is None:
            raise no_such_message(room)
        return web.json_response(
            {"messages": as_events(found.lines), "more": found.more, "newer": found.newer}
        )

    def _number(self, name: str, least: int, most: int) -> int | None:
        text = self.request.query.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
            raise ActionError(
                "bad_request",
                "`{name}` is a whole number from {least} to {most}.",
                name=name,
                least=str(least),
                most=str(most),
            )
        return int(text)


class Members(web.View):
    async def get(self) -> web.Response:
        room = (await room_access(self.request)).room
        engine = self.request.app[ENGINE]
        # Before the members are read: what is newer may be among them, nothing older is.
        version = engine.presence.version
        members = [view.as_json() for view in await members_in(engine, room)]
        return web.json_response({"members": members, "version": version})
