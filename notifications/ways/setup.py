"""Sets up the ways in an application: Web Push, with the site's key and the ends of sessions on devices, and
the mail of what was missed."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator

from aiohttp import web

from accounts.keys import ERASERS, OWN_DATA, SESSION_ENDED, Successor
from accounts.signin.sessions import is_live
from accounts.site import push_seed, unsubscribe_key
from accounts.site_settings import NAME, site_settings
from helpers.fetching import Fetcher
from helpers.keys import DATABASE, SETTINGS
from helpers.mail.queue import MAILS
from helpers.tasks import cancel_all
from helpers.text.characters import one_line
from helpers.web.rendering import PAGE_CONTEXT
from helpers.web_push.service import PushSender
from helpers.web_push.vapid import VapidKey
from notifications.push.devices import SECTION, erase_devices, forget_session, move_session
from notifications.push.doors import devices_of_page
from notifications.push.keys import UNSUBSCRIBE_KEY, VAPID
from notifications.ways.mail import KIND, MailWay, MissedMails
from notifications.ways.push import PER_SERVICE, PushWay
from settings import Settings
from timings import TIMINGS

log = logging.getLogger("aiochat.push")

PUSHES_AT_ONCE = 100


def contact_of(settings: Settings) -> str:
    """Whom a push service may ask about the site (RFC 8292, 2.1)."""
    return settings.address if settings.secure else f"mailto:{settings.sender}"


def setup_ways(app: web.Application) -> None:
    app[PAGE_CONTEXT] += [devices_of_page]
    app[OWN_DATA].append(SECTION)
    app[ERASERS].append(erase_devices)
    app.cleanup_ctx.append(_run)


async def _run(app: web.Application) -> AsyncIterator[None]:
    app[VAPID] = key = VapidKey(await push_seed(), contact_of(app[SETTINGS]))
    # Of its own: services that hang take no connections from those who fetch previews.
    fetcher = Fetcher(at_once=PUSHES_AT_ONCE, per_host=PER_SERVICE)
    tasks: set[asyncio.Task[None]] = set()

    def forget(task: "asyncio.Task[None]") -> None:
        tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A device whose session is over is found again when it is to be told something.
            log.warning("a device isn't forgotten yet: %s", one_line(error))

    def ended(session_id: str, successor: Successor | None) -> None:
        work = move_session(session_id, successor.session_id) if successor else forget_session(session_id)
        task = asyncio.create_task(work, context=contextvars.Context())
        tasks.add(task)
        task.add_done_callback(forget)

    app[SESSION_ENDED].append(ended)

    async def live(session_id: str, user_id: int) -> bool:
        return await is_live(app, session_id, user_id)

    app[UNSUBSCRIBE_KEY] = await unsubscribe_key()
    if app[MAILS].is_on:
        missed = MissedMails(app[UNSUBSCRIBE_KEY], lambda: site_settings(app)[NAME], app[SETTINGS].address)
        app[MAILS].kinds[KIND] = missed.make
        mailing = MailWay(app[DATABASE], app[MAILS], app[TIMINGS].missed_mail)
        tasks.add(asyncio.create_task(mailing.run(), name="missed", context=contextvars.Context()))
    way = PushWay(PushSender(fetcher, key), live, app[TIMINGS].push)
    tasks.add(asyncio.create_task(way.run(), name="push", context=contextvars.Context()))
    yield
    await cancel_all(tasks)
    await fetcher.close()
