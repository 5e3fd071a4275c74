"""Counts and times the answers, and reads what helpers/web knows of."""

import time

from aiohttp import web
from aiohttp.typedefs import Handler

from helpers.mail.queue import MAILS_WAITING, waiting
from helpers.observing.measures import Counter, Durations, Gauge, Readings
from helpers.web.requests.connections import CONNECTIONS
from helpers.web.routing import route_of
from helpers.web.session_stores import DatabaseSessions
from helpers.web.sessions import STORAGE

READINGS = web.AppKey("readings", Readings)

ANSWERS = Counter("aiochat_http_answers_total", "Answers to requests.", "status")
ANSWER_SECONDS = Durations(
    "aiochat_http_answer_seconds", "Until an answer was made, without those that take as long as is wanted."
)
SESSIONS = Gauge(
    "aiochat_sessions", "Sessions that haven't expired; not told where Redis keeps them.", per_site=True
)
OPEN_CONNECTIONS = Gauge("aiochat_connections", "Open connections, WebSockets among them.")

_STATUSES = {status: str(status) for status in range(100, 600)}


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.monotonic()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        ANSWERS.add(_STATUSES.get(status, "other"))
        route = route_of(request)
        if route is not None and not route.is_endless:
            ANSWER_SECONDS.add(time.monotonic() - began)


def add_readings(app: web.Application) -> None:
    readings, store = app[READINGS], app[STORAGE].store
    readings.add(OPEN_CONNECTIONS, lambda: app[CONNECTIONS].count)

    async def mails() -> float:
        return float((await waiting())[0])

    readings.add(MAILS_WAITING, mails)
    if isinstance(store, DatabaseSessions):
        readings.add(SESSIONS, store.count)
