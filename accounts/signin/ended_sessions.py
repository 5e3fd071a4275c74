"""Sessions that others have ended: another process, which tells it over the bus, or the command
line, which writes it into a table that each serving process reads.

The command line has no bus: there is none without Redis, and what it carries may get lost. A row is
there until everybody has surely read it."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Collection

import peewee
from aiohttp import web
from peewee_async.databases import AioDatabase
from redis.exceptions import RedisError

from accounts.models import EndedSession
from accounts.signin.sessions import CHANNEL, end_here, end_session
from helpers.clock import now_ms
from helpers.db.database import fetch, is_sqlite, is_unavailable
from helpers.redis.bus import BUS
from helpers.web.session_stores import SessionStore

log = logging.getLogger("aiochat.sessions")

LOOK_SECONDS = 0.4
"""What is open ends within a second. A look is one statement that finds nothing by the primary key:
0.4 ms of CPU."""

KEPT_MS = 24 * 3600 * 1000
"""A process that couldn't ask the database for longer has nothing open any more."""

READ_AT_ONCE = 100


async def end_sessions(database: AioDatabase, store: SessionStore, session_ids: Collection[str]) -> None:
    """Ends them from outside: whoever holds one is signed out, and what servers hold open for it
    ends within a second."""
    if not session_ids:
        return
    # Written down first: the servers end them even if this process doesn't come to it.
    async with database.aio_atomic():
        if not is_sqlite(database):
            # Ids have to be in the order of the commits, or a reader would go past one that is
            # committed late.
            await fetch(database, "LOCK TABLE ended_sessions IN EXCLUSIVE MODE")
        now = now_ms()
        await EndedSession.delete().where(EndedSession.at < now - KEPT_MS).aio_execute()
        rows = [{"session_id": session_id, "at": now} for session_id in session_ids]
        for start in range(0, len(rows), READ_AT_ONCE):
            await EndedSession.insert_many(rows[start : start + READ_AT_ONCE]).aio_execute()
    for session_id in session_ids:
        await store.delete(session_id)


async def watch_ended(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, behind all that puts something into SESSION_ENDED. What was ended before
    can't have anything open here."""

    def on_heard(channel: bytes, payload: bytes) -> None:
        if not payload.startswith(b"{"):
            end_here(app, payload.decode())

    unsubscribe = app[BUS].subscribe(CHANNEL, on_heard)
    await app[BUS].follow(CHANNEL)
    last = await EndedSession.select(peewee.fn.MAX(EndedSession.id)).aio_scalar() or 0
    task = asyncio.create_task(_poll(app, last), context=contextvars.Context())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    unsubscribe()


async def _poll(app: web.Application, last: int) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            for ended in await _after(last):
                await end_session(app, ended.session_id)
                last = ended.id
        except Exception as error:
            # Asked again by the next look. Nothing may end this.
            if not is_unavailable(error) and not isinstance(error, RedisError):
                log.exception("sessions that were ended elsewhere can't be ended here")


async def _after(last: int) -> list[EndedSession]:
    query = EndedSession.select().where(EndedSession.id > last).order_by(EndedSession.id).limit(READ_AT_ONCE)
    return list(await query.aio_execute())
