"""Sessions that were ended elsewhere: by another process, which publishes it on the bus, or by the
command line, which writes it into a table that each serving process polls.

The command line has no bus: there is none without Redis, and messages may get lost. A row is kept
until all processes must have read it."""

import asyncio
import contextvars
import logging
import math
from collections.abc import AsyncIterator, Collection

import peewee
from aiohttp import web
from peewee_async.databases import AioDatabase
from redis.exceptions import RedisError

from accounts.keys import OPEN_SESSIONS
from accounts.models import EndedSession
from accounts.signin.sessions import CHANNEL, end_here, end_session, hear_ended, is_live
from helpers.clock import now_ms
from helpers.db.compiled import CompiledSelect
from helpers.db.database import fetch, is_sqlite, is_unavailable
from helpers.redis.bus import BUS
from helpers.tasks import cancel_all
from helpers.web.session_stores import SessionStore
from timings import TIMINGS

log = logging.getLogger("aiochat.sessions")

KEPT_MS = 24 * 3600 * 1000
"""A process that couldn't reach the database for longer has no open connections any more."""

READ_AT_ONCE = 100

CHECKED_AT_ONCE = 20
"""Sessions that are looked up with one statement for sessions and one for users. Ten thousand in a
minute cost about 1 % of a core."""


async def end_sessions(database: AioDatabase, store: SessionStore, session_ids: Collection[str]) -> None:
    """Ends sessions from outside the server: they are signed out, and their open connections are
    closed within a second."""
    if not session_ids:
        return
    # Stored first, so that the servers end the sessions even if this process fails afterwards.
    async with database.aio_atomic():
        if not is_sqlite(database):
            # Ids must be in commit order, or a reader would miss a row that is committed late.
            await fetch(database, "LOCK TABLE ended_sessions IN EXCLUSIVE MODE")
        now = now_ms()
        await EndedSession.delete().where(EndedSession.at < now - KEPT_MS).aio_execute()
        rows = [{"session_id": session_id, "at": now} for session_id in session_ids]
        for start in range(0, len(rows), READ_AT_ONCE):
            await EndedSession.insert_many(rows[start : start + READ_AT_ONCE]).aio_execute()
    for session_id in session_ids:
        await store.delete(session_id)


async def watch_ended(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, after everything that adds to SESSION_ENDED. Sessions that ended before
    the start have no open connections here."""

    def on_heard(channel: bytes, payload: bytes) -> None:
        if not payload.startswith(b"{"):
            hear_ended(app, payload.decode(errors="replace"))

    unsubscribe = app[BUS].subscribe(CHANNEL, on_heard)
    await app[BUS].follow(CHANNEL)
    last = await EndedSession.select(peewee.fn.MAX(EndedSession.id)).aio_scalar() or 0
    # A context each: in a shared one they would use one connection to the database at once.
    tasks = [
        asyncio.create_task(work, context=contextvars.Context()) for work in (_poll(app, last), _check(app))
    ]
    yield
    await cancel_all(tasks)
    unsubscribe()


async def _check(app: web.Application) -> None:
    """Closes, within about `session_check`, what is open for sessions that have ended without a word:
    it was lost on its way, the session has expired, or the database was restored."""
    while True:
        held = sorted({session for open_sessions in app[OPEN_SESSIONS] for session in open_sessions()})
        rounds = max(1, math.ceil(len(held) / CHECKED_AT_ONCE))
        for start in range(0, rounds * CHECKED_AT_ONCE, CHECKED_AT_ONCE):
            await asyncio.sleep(app[TIMINGS].session_check / rounds)
            try:
                await _check_some(app, held[start : start + CHECKED_AT_ONCE])
            except Exception as error:
                # The next round looks again. The task must not end.
                if not is_unavailable(error) and not isinstance(error, RedisError):
                    log.exception("open sessions can't be checked")


async def _check_some(app: web.Application, held: list[tuple[str, int]]) -> None:
    live = await asyncio.gather(*(is_live(app, session_id, user_id) for session_id, user_id in held))
    for (session_id, _), lives in zip(held, live, strict=True):
        if not lives:
            end_here(app, session_id)


async def _poll(app: web.Application, last: int) -> None:
    while True:
        await asyncio.sleep(app[TIMINGS].ended_sessions_poll)
        try:
            for ended in await _after(last):
                await end_session(app, ended.session_id)
                last = ended.id
        except Exception as error:
            # The next poll retries. The task must not end.
            if not is_unavailable(error) and not isinstance(error, RedisError):
                log.exception("sessions that were ended elsewhere can't be ended here")


_AFTER = CompiledSelect(
    lambda last: (
        EndedSession.select().where(EndedSession.id > last).order_by(EndedSession.id).limit(READ_AT_ONCE)
    )
)


async def _after(last: int) -> list[EndedSession]:
    return await _AFTER.results(last)
