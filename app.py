"""Creates the application, and serves it. As a program this is the command line (cli.py)."""

if __name__ == "__main__":
    # Before all else is imported: most commands need little of it.
    from cli import run

    run()

from helpers.processes import importing

# isort: split

import argparse
import asyncio
import faulthandler
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import uvloop
from aiohttp import web
from aiohttp_session import session_middleware

import urls
from accounts import site, site_look
from accounts.keys import OPEN_SESSIONS, SESSION_ENDED, USER
from accounts.models import User
from accounts.personal_data.deletion import setup_account_deletion
from accounts.setup import setup_accounts
from accounts.signin.ended_sessions import watch_ended
from accounts.signin.middleware import request_user
from accounts.signin.throttling import GUESSES
from administration.setup import setup_administration
from chat.setup import setup_chat
from feed.setup import setup_feed
from helpers.base_path import use_base_path
from helpers.db.database import check_durability, is_unavailable, open_database
from helpers.db.migrations import MIGRATIONS, check_migrations, migrate
from helpers.db.single_process import single_process
from helpers.fetching import run_fetcher
from helpers.images import run_picture_maker
from helpers.keys import DATABASE, LIMITER, SETTINGS, SITE
from helpers.linked_pages.apart import run_pages_apart
from helpers.observing.measures import Readings
from helpers.observing.serving import ask_workers
from helpers.processes.heartbeat import ServiceManager
from helpers.processes.listening import BACKLOG, bound, cannot_listen, listen, listen_at
from helpers.processes.passing import PASSING, Passing
from helpers.processes.supervisor import Supervisor, worker_count
from helpers.processes.terminal import Failure, UsageError, warn
from helpers.processes.worker import (
    Worker,
    WorkerArguments,
    freeze_gc,
    open_many_files,
    shut_down,
    stop_requested,
)
from helpers.redis.bus import BUS, make_bus
from helpers.redis.client import REDIS, open_redis, site_prefix
from helpers.redis.limits import make_limiters
from helpers.rendering import run_renderer
from helpers.storage.moving import run_mover
from helpers.storage.store import STORE, open_store
from helpers.tasks import cancel_all
from helpers.web.assets.files import FILES, Files
from helpers.web.compression import compression
from helpers.web.csrf import csrf
from helpers.web.errors import errors
from helpers.web.headers import add_headers
from helpers.web.languages import languages
from helpers.web.observing.health import HEALTH_PATIENCE, WRITING, Writing
from helpers.web.observing.measured import READINGS, measured
from helpers.web.observing.metrics_door import told_metrics, told_metrics_of
from helpers.web.observing.request_ids import AccessLogger, access_log, add_request_id, request_ids
from helpers.web.observing.traced import run_traces, traced_requests
from helpers.web.pages import setup_pages
from helpers.web.requests.base_paths import add_base_path, add_top
from helpers.web.requests.bodies import LARGE_BODIES
from helpers.web.requests.connections import CONNECTIONS, connections_by, connections_of_clients
from helpers.web.requests.forms import forms
from helpers.web.requests.protocol import Runner
from helpers.web.routing import add_routes
from helpers.web.session_stores import DatabaseSessions, session_store
from helpers.web.sessions import STORAGE, TokenStorage
from notifications.setup import setup_notifications
from settings import ROOT, Settings
from timings import DEFAULT as DEFAULT_TIMINGS
from timings import TIMINGS, Timings
from weather.setup import setup_weather

importing.done()

MAX_BODY = 64 * 1024
SHUTDOWN_SECONDS = 10.0
SWEEP_SECONDS = 3600


async def create_app(settings: Settings, timings: Timings = DEFAULT_TIMINGS) -> web.Application:
    """Creates the application without opening connections. The database must be migrated."""
    use_base_path(settings.base_path)
    database = open_database(settings.database)
    redis = open_redis(settings.redis_url, timings.redis_answer)
    storage = TokenStorage(
        session_store(database, redis), secure=settings.secure, store_every=timings.store_uses
    )
    # The error middleware is there twice: inside, where the error page can use the session, and
    # outside, for errors of the session store.
    middlewares = [
        request_ids,
        *([traced_requests] if settings.traces else []),
        measured,
        connections_of_clients,
        compression,
        languages,
        forms,
        errors,
        session_middleware(storage),
        errors,
        request_user,
        csrf,
    ]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY)
    app[SETTINGS] = settings
    app[TIMINGS] = timings
    app[DATABASE] = database
    app[REDIS] = redis
    app[BUS] = make_bus(settings.bus, timings.redis_answer, timings.redis_quiet)
    app[STORAGE] = storage
    # The site's id is known once the database is open.
    app[LIMITER], app[GUESSES] = make_limiters(
        redis, lambda: site_prefix(app[SITE]), limited=settings.rate_limits == "on"
    )
    app[HEALTH_PATIENCE] = timings.health_check
    app[WRITING] = Writing()
    app[READINGS] = Readings()
    app[CONNECTIONS] = connections_by(settings)
    app[SESSION_ENDED] = []
    app[LARGE_BODIES] = Counter()
    app[OPEN_SESSIONS] = []
    app.on_response_prepare.extend((add_headers, add_request_id, add_base_path))
    app.cleanup_ctx.append(run_traces)
    app.cleanup_ctx.append(_open_stores)
    app.cleanup_ctx.append(run_fetcher)
    app.cleanup_ctx.append(run_renderer)
    app.cleanup_ctx.append(run_picture_maker)
    app.cleanup_ctx.append(run_pages_apart)
    app[FILES] = files = Files(ROOT / "static", site_look.style, fresh=settings.debug)
    setup_pages(app, ROOT / "templates", files, USER)
    setup_accounts(app)
    setup_chat(app)
    setup_weather(app)
    setup_feed(app)
    setup_notifications(app)
    setup_administration(app)
    app.cleanup_ctx.append(watch_ended)
    app.cleanup_ctx.append(run_mover)
    setup_account_deletion(app)
    add_routes(app, urls.ROUTES, files)
    add_top(app)
    return app


async def _open_stores(app: web.Application) -> AsyncIterator[None]:
    """Opens the database, Redis and the bus before everything else, and closes them last."""
    database, redis, bus, store = app[DATABASE], app[REDIS], app[BUS], app[STORAGE].store
    sweeping = None
    try:
        await database.aio_connect()
        await check_durability(database)
        await site.check_restored()
        if redis is not None:
            await redis.ping()
        app[SITE] = await site.site_id()
        app[STORE] = open_store(app[SETTINGS].files)
        await store.open(app[SITE])
        await bus.open(app[SITE])
        if isinstance(store, DatabaseSessions):
            sweeping = asyncio.create_task(_sweep_sessions(store))
        async with app[STORAGE].uses_stored():
            yield
    finally:
        if sweeping:
            await cancel_all([sweeping])
        await bus.close()
        if redis is not None:
            await redis.aclose()
        await database.aio_close()


async def _sweep_sessions(store: DatabaseSessions) -> None:
    while True:
        try:
            await store.sweep()
        except Exception as error:
            if not is_unavailable(error):
                raise
        await asyncio.sleep(SWEEP_SECONDS)


async def _serve(settings: Settings, worker: WorkerArguments | None) -> None:
    """Serves until SIGTERM or SIGINT, then shuts down cleanly."""
    stop = stop_requested()
    manager = ServiceManager.from_environment()
    app = await create_app(settings)
    if worker is not None:
        app[PASSING] = Passing(worker.private.parent, worker.slot, worker.count)
    runner = Runner(
        app,
        access_log=access_log(settings),
        access_log_class=AccessLogger,
        keepalive_timeout=app[TIMINGS].keep_alive,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    try:
        await runner.setup()
        freeze_gc()
        if worker is not None:
            await Worker(runner, worker, stop.set).start()
        else:
            greeting = await _greeting(settings)
            try:
                await web.TCPSite(runner, bound(settings.host), settings.port, backlog=BACKLOG).start()
            except OSError as error:
                raise cannot_listen(settings.host, settings.port, error) from None
            if settings.socket is not None:
                try:
                    await listen_at(runner, settings.socket)
                except OSError as error:
                    raise Failure(f"can't listen on {settings.socket} ({error.strerror})") from None
            print(greeting, flush=True)
        async with told_metrics(app, worker.private if worker is not None else None):
            manager.ready()
            await stop.wait()
        manager.stopping()
    finally:
        await shut_down(runner)


async def _supervise(settings: Settings, count: int) -> int:
    """Serves with `count` processes. Returns the exit code."""
    database = open_database(settings.database)
    try:
        greeting = await _greeting(settings)
    finally:
        await database.aio_close()
    try:
        sockets = listen(settings.host, settings.port, count)
    except OSError as error:
        raise cannot_listen(settings.host, settings.port, error) from None
    manager = ServiceManager.from_environment()

    def on_ready() -> None:
        print(greeting, flush=True)
        manager.ready()

    supervisor = Supervisor([sys.executable, str(ROOT / "app.py"), "worker"], sockets)
    async with told_metrics_of(settings.metrics, lambda: ask_workers(supervisor.serving)):
        return await supervisor.run(on_ready)


async def _greeting(settings: Settings) -> str:
    lines = [f"aiochat is running on {settings.address}", "Stop it with Ctrl-C."]
    if not await User.select().aio_exists():
        lines.insert(1, "Nobody has an account yet: the first account becomes the site's administrator.")
    if settings.listens_everywhere and not settings.public_url and not settings.debug:
        lines.append(
            "Nobody can sign in from another machine before AIOCHAT_PUBLIC_URL is the address by which they "
            f"come, like http://192.168.1.20:{settings.port}"
        )
    return "\n".join(lines)


def serve(settings: Settings, arguments: argparse.Namespace) -> int | None:
    if arguments.workers > 1 and (settings.database.startswith("sqlite:") or not settings.redis_url):
        raise UsageError(
            "several workers need PostgreSQL and Redis: set AIOCHAT_DATABASE_URL and AIOCHAT_REDIS_URL, or "
            "leave out --workers"
        )
    if arguments.workers > 1 and settings.socket is not None:
        raise UsageError("AIOCHAT_SOCKET is for one process: leave out --workers, or start a unit for each")
    # SIGABRT, which watchdogs send, says on standard error where each thread is.
    faulthandler.enable()
    open_many_files()
    if not arguments.migrate:
        check_migrations(settings.database)
    with single_process(settings.database):
        if arguments.migrate:
            migrate(settings.database, MIGRATIONS)
        warn(settings)
        if arguments.workers > 1:
            return asyncio.run(_supervise(settings, arguments.workers))
        uvloop.run(_serve(settings, None))
    return None


def serve_as_worker(settings: Settings, arguments: argparse.Namespace) -> None:
    faulthandler.enable()
    check_migrations(settings.database)
    uvloop.run(_serve(settings, WorkerArguments.of(arguments)))


def add_commands(choices: Any) -> None:
    """Adds the parsers of `serve` and of its workers to those of argparse."""
    command = choices.add_parser("serve", description="Serves the chat until Ctrl-C or SIGTERM.")
    command.add_argument("--migrate", action="store_true", help="bring the database up to date first")
    command.add_argument(
        "--workers",
        type=worker_count,
        default=1,
        metavar="N",
        help="serve by N processes on one port (1). Needs PostgreSQL and Redis. SIGHUP replaces them one by "
        "one, and nothing is lost",
    )
    command.set_defaults(run=serve)
    command = choices.add_parser("worker", add_help=False)
    WorkerArguments.add_to(command)
    command.set_defaults(run=serve_as_worker)
