"""Adds the chat to an application: opens its engine, and closes it without losing queued posts."""

import asyncio
import contextlib
import functools
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp_jinja2
from aiohttp import web

from accounts.keys import (
    BLOCKED,
    ERASERS,
    INVITE_DOOR,
    NEWCOMERS_CHANGED,
    OPEN_SESSIONS,
    OWN_DATA,
    REGISTERED,
    RENAMED,
    SESSION_ENDED,
)
from accounts.people.mentions import NAMED_PEOPLE
from accounts.personal_data.archive import OWN_FILES
from accounts.signin.sessions import is_live
from accounts.site import epoch
from accounts.site_settings import RETENTION_DAYS, RETENTION_SINCE, SiteSettings, site_settings
from chat.actions import previews
from chat.actions.conversations import note_block
from chat.actions.dispatch import Dispatcher
from chat.actions.invitations import end_between
from chat.actions.mailed_invitations import KIND, InvitationMails
from chat.actions.presence import PresenceTracker
from chat.actions.room_requests import tell_staff
from chat.actions.rooms import room_pictures
from chat.actions.rooms.default_rooms import join_default_rooms
from chat.actions.rooms.retention import SITE_RETENTION
from chat.attachments.attachments import Attachments, Bounds
from chat.attachments.ending import Sweeper, erase_uploads
from chat.attachments.looking import Looker
from chat.commands import COMMANDS as OWN_COMMANDS
from chat.commands import Registry
from chat.commands.running import runner
from chat.doors.invitations import LinkDoor
from chat.doors.message_files import file_list, files_in_words, kind_in_words, shown_files
from chat.doors.rooms.first_rows import in_utc, opening_apart, run_summary
from chat.doors.sidebar import sidebar
from chat.doors.sockets.upgrade import SERVICES, receive
from chat.doors.sockets.websocket import Services
from chat.doors.uploads import UNDER_WAY
from chat.engine import open_engine
from chat.events import RESTART
from chat.keys import ATTACHMENTS, COMMANDS, ENGINE, MESSAGE_LIMITS, TABLES_OF_ROOMS, message_limits
from chat.measures import add_readings
from chat.personal_data.erasure import erase_from_chat
from chat.personal_data.export import SECTIONS, file_contents
from chat.personal_data.purge import Purge
from chat.personal_data.retention import Retention
from chat.previews.worker import PreviewWorker
from chat.requests import RunCommand
from chat.search.indexer import Indexer
from helpers.images import PICTURES
from helpers.keys import DATABASE, LIMITER, SETTINGS, SITE
from helpers.limits import Buckets
from helpers.linked_pages.apart import PAGES_APART
from helpers.mail.queue import MAILS
from helpers.processes.passing import PASSING
from helpers.redis.bus import BUS
from helpers.redis.client import REDIS
from helpers.rendering import RENDERER
from helpers.storage.moving import PLACES
from helpers.storage.store import STORE
from helpers.tasks import cancel_all
from helpers.web.rendering import PAGE_CONTEXT
from helpers.websocket.keep_alive import KeepAlive
from timings import TIMINGS

MESSAGES_PER_SECOND = 20.0
MESSAGES_AT_ONCE = 100.0
"""Far above what a person can type, far below what other users would notice."""


async def run_chat(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    settings = app[SETTINGS]
    bounds = Bounds(settings.max_file_bytes, settings.file_quota_bytes, settings.site_file_quota_bytes)
    looker = Looker(app[PICTURES], settings.scan_command)
    app[ATTACHMENTS] = attachments = Attachments(app[DATABASE], app[STORE], bounds, looker)
    async with open_engine(
        app[DATABASE],
        app[REDIS],
        app[BUS],
        app[SITE],
        await epoch(),
        app[RENDERER],
        app[TIMINGS],
        app[LIMITER],
        app[NAMED_PEOPLE],
        app[SETTINGS].address,
        app[SETTINGS].search_language,
    ) as engine:
        add_readings(app, engine)
        presence = PresenceTracker(engine)
        app[ENGINE] = engine
        timings = engine.timings
        keep_alive = KeepAlive(timings.stalled_client, timings.socket_heartbeat, timings.socket_close)
        dispatcher = Dispatcher(engine, message_limits(app), {RunCommand: runner(app[COMMANDS])})
        app[SERVICES] = Services(
            *(engine, dispatcher, app[COMMANDS], presence, keep_alive),
            is_signed_in=functools.partial(is_live, app),
        )
        app[SESSION_ENDED].append(engine.hub.end_session)
        app[OPEN_SESSIONS].append(engine.hub.open_sessions)
        # In this order: whoever locks a room and its invitations begins with the room.
        app[BLOCKED] += [note_block, functools.partial(end_between, engine)]
        app[RENAMED].append(engine.statuses.tell_name)
        app[REGISTERED].append(
            lambda user: join_default_rooms(engine, site_settings(app).default_rooms, user)
        )
        app[NEWCOMERS_CHANGED].append(functools.partial(tell_staff, engine))
        app[ERASERS].append(lambda account: erase_from_chat(engine, account))
        app[ERASERS].append(lambda account: erase_uploads(attachments, account))
        SITE_RETENTION.follow(lambda: _retention(site_settings(app)))
        works = (
            *(presence.run(), Purge(engine, app[TABLES_OF_ROOMS]).run(), Retention(engine).run()),
            Indexer(engine.database, timings.search_index, app[SETTINGS].search_language).run(),
            Sweeper(attachments, timings.purge).run(),
            PreviewWorker(
                *(engine, app[PAGES_APART], app[STORE]),
                lambda: site_settings(app).has_previews,
                app[SETTINGS].origins,
            ).run(),
        )
        tasks = [asyncio.create_task(work) for work in works]
        if (passing := app.get(PASSING)) is not None:
            passing.open(functools.partial(receive, app))
        yield
        await keep_alive.close()
        await cancel_all(tasks)
        await attachments.close()


def _retention(now: SiteSettings) -> tuple[int, int]:
    return int(now[RETENTION_DAYS]), int(now[RETENTION_SINCE])


async def close_connections(app: web.Application) -> None:
    """For `on_shutdown`: commits queued posts, sends their receipts, and tells every client to
    reconnect."""
    engine = app.get(ENGINE)
    if engine is None:
        return
    if (passing := app.get(PASSING)) is not None:
        passing.close()
    await engine.journal.close()
    for connection in engine.hub.connections:
        connection.end(RESTART)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(engine.timings.goodbye):
            await engine.hub.empty.wait()


def setup_chat(app: web.Application) -> None:
    app[INVITE_DOOR] = LinkDoor(app)
    app[MAILS].kinds[KIND] = lambda maker_id, details: InvitationMails(
        site_settings(app), app[SETTINGS].address
    ).make(maker_id, details)
    app[OWN_DATA] += SECTIONS
    app[OWN_FILES].append(lambda user: file_contents(app[STORE], user))
    app[PLACES] += [room_pictures.PLACE, previews.PLACE]
    app[UNDER_WAY] = Counter()
    app[TABLES_OF_ROOMS] = []
    app[COMMANDS] = Registry(OWN_COMMANDS.values())
    filters = {
        **{"run_summary": run_summary, "opening_apart": opening_apart, "in_utc": in_utc},
        **{"shown_files": shown_files, "kind_in_words": kind_in_words},
        **{"file_list": file_list, "files_in_words": files_in_words},
    }
    aiohttp_jinja2.get_env(app).filters.update(filters)
    app[MESSAGE_LIMITS] = Buckets(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE)
    app[PAGE_CONTEXT] += [sidebar]
    app.cleanup_ctx.append(run_chat)
    app.on_shutdown.append(close_connections)
