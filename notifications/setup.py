"""Adds notices to an application: decides about what the chat commits, and tells it."""

import asyncio
import contextvars
from collections.abc import AsyncIterator

from aiohttp import web

from accounts.keys import BLOCKED, ERASERS, OWN_DATA
from chat.commands.registry import make_command
from chat.keys import COMMANDS, ENGINE, TABLES_OF_ROOMS
from helpers.keys import DATABASE
from helpers.mail.queue import MAILS
from helpers.redis.bus import BUS
from helpers.tasks import cancel_all
from helpers.web.observing.measured import READINGS
from notifications.commands import NoticeCommands
from notifications.erasure import NOTICES_OF_ROOMS, erase_notices, remove_between
from notifications.export import SECTIONS
from notifications.keys import NOTIFICATIONS, Notifications
from notifications.lists import NoticeLists
from notifications.telling import Teller
from notifications.waiting import NOTICES_WAITING, waiting_notices
from notifications.ways.setup import setup_ways
from notifications.why import Explainer
from notifications.worker import NoticeWorker
from timings import TIMINGS


async def run_notices(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, after the chat's."""
    engine, database, takes_mail = app[ENGINE], app[DATABASE], app[MAILS].is_on
    teller = Teller(database, engine, app[BUS])
    explainer = Explainer(database, takes_mail=takes_mail)
    app[NOTIFICATIONS] = Notifications(NoticeLists(database), explainer, teller)
    commands = NoticeCommands(explainer)
    for function in (commands.notify, commands.focus, commands.why):
        app[COMMANDS].add(make_command(function))
    await teller.follow()
    worker = NoticeWorker(database, app[TIMINGS].notices, teller.tell, takes_mail=takes_mail)
    engine.followers.append(worker.note)
    engine.doubters.append(worker.look)
    # A context each: in a shared one they would use one connection to the database at once.
    tasks = [
        asyncio.create_task(work, context=contextvars.Context()) for work in (worker.run(), teller.run())
    ]
    app[READINGS].add(NOTICES_WAITING, waiting_notices)
    yield
    engine.followers.remove(worker.note)
    engine.doubters.remove(worker.look)
    await cancel_all(tasks)
    teller.close()


def setup_notifications(app: web.Application) -> None:
    """Call this after setup_chat: it adds commands to the chat."""
    app[OWN_DATA] += SECTIONS
    app[ERASERS].append(erase_notices)
    app[BLOCKED].append(remove_between)
    app[TABLES_OF_ROOMS] += NOTICES_OF_ROOMS
    app.cleanup_ctx.append(run_notices)
    setup_ways(app)
