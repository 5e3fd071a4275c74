"""The search of messages: a page, and JSON."""

from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.people.shown_names import load_names
from chat.doors.rooms.pages import as_events
from chat.errors import ActionError
from chat.keys import ENGINE
from chat.search.index import NEWEST_ID
from chat.search.results import Result
from chat.search.searching import Answer
from helpers.clock import iso
from helpers.text.translation import translate
from helpers.web.clock import COOKIE, Clock
from helpers.web.rendering import render_page
from helpers.web.routing import wants_json

MAX_DIGITS = 19


class SearchPage(web.View):
    """What `q` asks for, the newest first; `before` is a cursor."""

    async def get(self) -> web.Response:
        request = self.request
        text, before = request.query.get("q", "").strip(), self._before()
        try:
            search = request.app[ENGINE].search
            answer = await search.find(request[USER], text, before or NEWEST_ID, self._zone())
        except ActionError as error:
            if wants_json(request) or error.code != "bad_request":
                raise
            return await self._page(text, None, translate(error.phrase), status=400)
        if wants_json(request):
            return web.json_response(
                {
                    "results": [as_json(one) for one in answer.results],
                    "more": answer.cursor is not None,
                    "cursor": str(answer.cursor) if answer.cursor is not None else None,
                }
            )
        return await self._page(text, answer)

    async def _page(
        self, text: str, answer: Answer | None, problem: str = "", status: int = 200
    ) -> web.Response:
        results = answer.results if answer else []
        await load_names({one.line.author for one in results} | _titled(results))
        context: dict[str, Any] = {
            "asked": text,
            "problem": problem,
            "is_empty": answer is not None and answer.question.is_empty,
            "results": [{"found": one, "at": iso(one.line.at)} for one in results],
            "cursor": answer.cursor if answer else None,
            "is_first": "before" not in self.request.query,
        }
        return await render_page("chat/search.html", self.request, context, status=status)

    def _before(self) -> int | None:
        text = self.request.query.get("before")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) <= NEWEST_ID):
            raise ActionError("bad_request", "`before` is the cursor of a page of results.")
        return int(text)

    def _zone(self) -> tzinfo:
        clock = Clock.read(self.request.cookies.get(COOKIE, ""))
        return timezone(timedelta(minutes=clock.offset)) if clock else UTC


def as_json(result: Result) -> dict[str, Any]:
    """For programs. `folded` is there where the reader has blocked or ignores the author."""
    return {
        "room": result.room,
        "title": result.title,
        "message": as_events([result.line])[0],
        "marked": result.marked,
        **({"folded": True} if result.is_folded else {}),
    }


def _titled(results: list[Result]) -> set[str]:
    """The handles in the titles of conversations."""
    return {name for one in results if one.kind in ("direct", "group") for name in one.title.split(", ")}
