"""The log of the site and of all its rooms: a page, JSON, and exports as CSV and JSON lines."""

import csv
import io
import json
import logging
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from accounts.keys import USER, USERS
from accounts.people.directory import user_by_name
from accounts.people.shown_names import load_names
from accounts.people.site_roles import SitePermission, site_may
from administration.doors.frame import SitePage, render, shown_entries
from administration.doors.queries import number, one_of
from administration.site_log import PAGE, LogEntry, LogFilter, Position, log_entries, whole_log
from administration.words import ACTS
from chat.models import CONVERSATIONS, Room
from helpers.db.database import is_unavailable
from helpers.errors import ActionError, charge
from helpers.keys import LIMITER
from helpers.limits import Rule
from helpers.security_log import note
from helpers.text.translation import translate
from helpers.web.requests.addresses import client_address
from helpers.web.routing import wants_json

MAX_EXPORTED = 100_000
"""Entries of an export: more is asked for by its time."""

EXPORTS = Rule("log-exports", 1 / 60, 10.0)
"""Per person: an export may read a hundred thousand rows."""

MAX_VALUE = 64

_ACT = re.compile(r"[a-z_]{1,40}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

FIELDS = ("by", "whom", "room", "act", "since", "until")
"""Of an address: what is looked for."""


async def log_filter(request: web.Request) -> LogFilter:
    """Raises ActionError for what can't be looked for."""
    given = {name: request.query.get(name, "").strip() for name in FIELDS}
    for name, value in given.items():
        if len(value) > MAX_VALUE:
            raise ActionError(
                "bad_request", "`{name}` has at most {most} characters.", name=name, most=MAX_VALUE
            )
    act = given["act"]
    if act and not _ACT.fullmatch(act):
        raise ActionError("bad_request", "`act` is a word.")
    return LogFilter(
        by_id=await _person(given["by"]),
        target_id=await _person(given["whom"]),
        room_id=await _room(given["room"]),
        act=act or None,
        since=_moment("since", given["since"]),
        until=_moment("until", given["until"], is_end=True),
    )


async def _person(name: str) -> int | None:
    if not name:
        return None
    user = await user_by_name(name)
    if user is None:
        raise ActionError("no_such_user", "There is nobody called {name}.", 404, name=name)
    return int(user.id)


async def _room(text: str) -> int | None:
    """The id of a room that is given by its id, or by its address if it is open."""
    if not text:
        return None
    if (room_id := number(text)) is not None:
        return room_id
    slug = text.removeprefix("#").lower()
    found = await Room.aio_get_or_none(Room.slug == slug, Room.kind.not_in(("closed", *CONVERSATIONS)))
    if found is None:
        raise ActionError("no_such_room", "There is no open room called {name}.", 404, name=text)
    return int(found.id)


def _moment(name: str, text: str, *, is_end: bool = False) -> int | None:
    """Milliseconds since 1970 of a day in UTC, for an end that after it, or of a time."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if is_end and _DAY.fullmatch(text):
            moment += timedelta(days=1)
        found = int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        found = -1
    if found < 0:
        raise ActionError(
            "bad_request",
            "`{name}` is a day like 2026-11-29, or a time like 2026-11-29T09:30:00Z.",
            name=name,
        )
    return found


class Log(SitePage):
    """The entries that are looked for, the latest first, from the one after `after` on."""

    sees = SitePermission.SEE_LOG

    async def get(self) -> web.Response:
        request = self.request
        wanted = await log_filter(request)
        after = _position(request)
        found = await log_entries(wanted, after, PAGE + 1)
        entries = found[:PAGE]
        following = str(entries[-1].position) if len(found) > PAGE else None
        if wants_json(request):
            return web.json_response({"entries": [one.as_json() for one in entries], "next": following})
        await load_names(name for one in entries for name in (one.by, one.whom) if name)
        asked = {name: value for name in FIELDS if (value := request.query.get(name, "").strip())}
        context = {
            "entries_found": shown_entries(entries),
            "asked": asked,
            "next": following,
            "all_acts": sorted(
                ((act, translate(text)) for act, text in ACTS.items()), key=lambda one: one[1]
            ),
        }
        return await render(request, "log.html", "log", context)


def _position(request: web.Request) -> Position | None:
    text = request.query.get("after", "")
    if not text:
        return None
    found = Position.parse(text)
    if found is None:
        raise ActionError("bad_request", "`{name}` is a number that a page before gave.", name="after")
    return found


class LogExport(SitePage):
    """The same entries in one file, at most MAX_EXPORTED. `format` is csv or jsonl."""

    sees = SitePermission.SEE_LOG

    async def get(self) -> web.StreamResponse:
        request, user = self.request, self.request[USER]
        wanted = await log_filter(request)
        kind = one_of(request, "format", FORMATS) or "csv"
        encode, content_type = FORMATS[kind]
        await charge(request.app[LIMITER], EXPORTS, user.id)
        note("log export", "ok", who=user.name, whence=client_address(request))
        response = web.StreamResponse(
            headers={
                "Content-Type": content_type,
                "Content-Disposition": f'attachment; filename="aiochat-log.{kind}"',
            }
        )
        await response.prepare(request)
        try:
            if kind == "csv":
                await response.write(_csv([COLUMNS]))
            async for piece in whole_log(wanted, MAX_EXPORTED):
                reader = await request.app[USERS].get(user.id)
                is_same = reader is not None and reader.session_secret == user.session_secret
                if reader is None or not is_same or not site_may(reader, self.sees):
                    raise PermissionError
                await response.write(encode(piece))
            await response.write_eof()
        except Exception as error:
            # Without its end nobody takes it for the whole log.
            if not is_unavailable(error) and not isinstance(error, PermissionError):
                logging.getLogger("aiochat.administration").exception("an export broke off")
            if request.transport is not None:
                request.transport.abort()
        return response


COLUMNS = ("number", "at", "act", "by", "shell", "whom", "room", "room_id", "reason", "before", "after")


def _as_csv(entries: Iterable[LogEntry]) -> bytes:
    return _csv([[_cell(entry.as_json()[name]) for name in COLUMNS] for entry in entries])


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    text = (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict)
        else ""
        if value is None
        else str(value)
    )
    # A spreadsheet would take it for a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _as_json_lines(entries: Iterable[LogEntry]) -> bytes:
    return "".join(json.dumps(entry.as_json(), ensure_ascii=False) + "\n" for entry in entries).encode()


FORMATS: dict[str, tuple[Callable[[Iterable[LogEntry]], bytes], str]] = {
    "csv": (_as_csv, "text/csv; charset=utf-8"),
    "jsonl": (_as_json_lines, "application/jsonl; charset=utf-8"),
}
