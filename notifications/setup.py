"""Adds notices to an application: decides about what the chat commits, and tells it."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Collection

from aiohttp import web

from chat.keys import ENGINE
from helpers.keys import DATABASE
from helpers.mail.queue import MAILS
from helpers.tasks import cancel_all
from notifications.ways.setup import setup_ways
from notifications.worker import NoticeWorker
from timings import TIMINGS


async def run_notices(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, after the chat's."""
    engine = app[ENGINE]

    def tell(user_ids: Collection[int]) -> None:
        pass

    worker = NoticeWorker(app[DATABASE], app[TIMINGS].notices, tell, takes_mail=app[MAILS].is_on)
    engine.followers.append(worker.note)
    engine.doubters.append(worker.look)
    task = asyncio.create_task(worker.run(), name="notices", context=contextvars.Context())
    yield
    engine.followers.remove(worker.note)
    engine.doubters.remove(worker.look)
    await cancel_all([task])


def setup_notifications(app: web.Application) -> None:
    """Call this after setup_chat."""
    app.cleanup_ctx.append(run_notices)
    setup_ways(app)
