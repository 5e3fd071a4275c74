"""The door of the metrics, at an address of its own: for Prometheus, and not for people."""

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from aiohttp import web

from helpers.keys import SETTINGS
from helpers.observing.serving import (
    Gather,
    SiteValues,
    Snapshot,
    ask_workers,
    rendered,
    telling,
    told_at,
    watch_lag,
    workers_in,
)
from helpers.processes.listening import listen_at
from helpers.processes.terminal import Failure
from helpers.tasks import cancel_all
from helpers.web.observing.measured import READINGS, add_readings

log = logging.getLogger("aiochat.metrics")

UNIX = "unix:"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

AGAIN_SECONDS = 1.0
"""Until it is tried again to answer, where another process did."""


@contextlib.asynccontextmanager
async def metrics_at(place: str, gather: Gather) -> AsyncIterator[None]:
    """Answers `GET /metrics` there: at `host:port` or `unix:/path`. Raises OSError, with EADDRINUSE where
    another process answers."""
    one_at_a_time = asyncio.Lock()

    async def answer(_: web.Request) -> web.Response:
        async with one_at_a_time:
            body = rendered(await gather())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        if place.startswith(UNIX):
            await listen_at(runner, Path(place.removeprefix(UNIX)))
        else:
            host, _, port = place.rpartition(":")
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        yield
    finally:
        await runner.cleanup()


async def metrics_by_one(place: str, gather: Gather) -> None:
    """Answers there as soon as no other process of the site does, until it is cancelled."""
    told = ""
    while True:
        try:
            async with metrics_at(place, gather):
                await asyncio.Event().wait()
        except OSError as error:
            why = error.strerror or str(error)
            if why != told:
                # That another one answers is as it should be, where it is a worker of this site.
                level = logging.INFO if error.errno == errno.EADDRINUSE else logging.WARNING
                log.log(level, "this process doesn't tell metrics at %s: %s", place, why)
                told = why
        await asyncio.sleep(AGAIN_SECONDS)


@contextlib.contextmanager
def _failing_at(place: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failure(f"can't answer at {place} ({error.strerror or error}); see AIOCHAT_METRICS") from None


@contextlib.asynccontextmanager
async def told_metrics_of(place: str, gather: Gather) -> AsyncIterator[None]:
    """Answers with what `gather` finds, at the place of the setting, where there is one."""
    async with contextlib.AsyncExitStack() as stack:
        if place:
            with _failing_at(place):
                await stack.enter_async_context(metrics_at(place, gather))
        yield


@contextlib.asynccontextmanager
async def told_metrics(app: web.Application, private: Path | None) -> AsyncIterator[None]:
    """Tells the numbers of this process, where that is wanted: to its supervisor by its `private` socket,
    to the worker that answers for all that have a socket in the same folder, or to who asks."""
    settings = app[SETTINGS]
    if not settings.metrics:
        yield
        return
    add_readings(app)
    values = SiteValues(app[READINGS])
    tasks = [asyncio.create_task(watch_lag())]
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(cancel_all, tasks)
        if own := private or settings.socket:
            with _failing_at(told_at(own)):
                await stack.enter_async_context(telling(own, values))
        if private is None and settings.socket:
            folder = settings.socket.parent
            tasks.append(asyncio.create_task(metrics_by_one(settings.metrics, lambda: _all_in(folder))))
        elif private is None:
            await stack.enter_async_context(told_metrics_of(settings.metrics, lambda: _alone(values)))
        yield


async def _all_in(folder: Path) -> Mapping[str, Snapshot]:
    return await ask_workers(workers_in(folder))


async def _alone(values: SiteValues) -> Mapping[str, Snapshot]:
    return {"1": await values.snapshot(with_site=True)}
