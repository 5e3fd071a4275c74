"""Sets up the feed in an application: its streams, pages and limits."""

import asyncio
import contextvars
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from accounts.doors.profiles import PERSON_SECTIONS
from accounts.keys import ERASERS, OPEN_SESSIONS, OWN_DATA, RENAMED, SESSION_ENDED
from accounts.people.mentions import NAMED_PEOPLE
from accounts.relations.visibility import VISIBILITY
from feed.doors import trial
from feed.doors.pages import person_section
from feed.encoding import Renamed
from feed.erasure import erase_feed_data
from feed.export import sections
from feed.keys import STREAMS, TRIALS, WRITER
from feed.pictures import PLACE
from feed.streams import Streams
from feed.undoing import erase_forever
from feed.writing import Writer
from helpers.keys import DATABASE
from helpers.redis.bus import BUS
from helpers.rendering import RENDERER
from helpers.storage.moving import PLACES
from helpers.tasks import cancel_all
from timings import TIMINGS

CHANNEL = b"feed"
"""NEWS only says that something was committed: the streams read it from the database. Any other
payload is a name that has changed."""

NEWS = b"!"


async def run_feed(app: web.Application) -> AsyncIterator[None]:
    """Runs the feed; for `cleanup_ctx`."""
    streams, bus = app[STREAMS], app[BUS]

    def heard(channel: bytes, payload: bytes) -> None:
        if payload == NEWS:
            streams.wake()
        else:
            streams.tell_name(msgspec.json.decode(payload, type=Renamed))

    async def tell_name(user_id: int, name: str, shown: str) -> None:
        person = Renamed(user_id, name, shown)
        streams.tell_name(person)
        bus.publish_transient(CHANNEL, msgspec.json.encode(person))

    app[RENAMED].append(tell_name)
    unsubscribe = bus.subscribe(CHANNEL, heard, streams.wake)
    await bus.follow(CHANNEL)

    def on_commit() -> None:
        streams.wake()
        bus.wake(CHANNEL, lambda: NEWS)

    app[WRITER] = Writer(
        *(app[DATABASE], app[VISIBILITY], app[RENDERER], app[NAMED_PEOPLE]),
        on_commit,
        undo_ms=int(app[TIMINGS].feed_undo * 1000),
    )
    app[SESSION_ENDED].append(streams.end_session)
    app[OPEN_SESSIONS].append(streams.open_sessions)
    app[ERASERS].append(lambda account: erase_feed_data(app[WRITER], account, app[TIMINGS]))
    # A context each: in a shared one they would use one connection to the database at once.
    tasks = [
        asyncio.create_task(work, context=contextvars.Context())
        for work in (streams.deliver_forever(), streams.sweep_forever(), erase_forever(app[TIMINGS]))
    ]
    yield
    await cancel_all(tasks)
    unsubscribe()


async def end_streams(app: web.Application) -> None:
    """For `on_shutdown`: readers reconnect to another process."""
    await app[STREAMS].close()


def setup_feed(app: web.Application) -> None:
    app[OWN_DATA] += sections(app)
    app[PLACES].append(PLACE)
    app[PERSON_SECTIONS].append(person_section)
    app[STREAMS] = Streams(app[DATABASE], app[VISIBILITY], app[TIMINGS])
    app[TRIALS] = asyncio.Semaphore(trial.AT_ONCE)
    app.cleanup_ctx.append(run_feed)
    app.on_shutdown.append(end_streams)
