"""Sets up accounts in an application."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from email.headerregistry import Address

import aiohttp_jinja2
from aiohttp import web

from accounts.doors.downloads import OPEN_DOWNLOADS, OpenDownloads
from accounts.doors.profiles import PERSON_SECTIONS
from accounts.doors.relation_lists import request_count
from accounts.keys import (
    BLOCKED,
    ERASERS,
    NEWCOMERS_CHANGED,
    OPEN_SESSIONS,
    OWN_DATA,
    REGISTERED,
    RENAMED,
    SESSION_ENDED,
    USERS,
)
from accounts.people import directory
from accounts.people.common_passwords import load_common
from accounts.people.gravatar import run_gravatar
from accounts.people.mentions import NAMED_PEOPLE, NamedPeople, follow_names
from accounts.people.names import DELETED
from accounts.people.pictures import PLACE, hue_of
from accounts.people.shown_names import (
    handle_beside,
    named_mentions,
    people_names,
    person_initial,
    person_name,
)
from accounts.personal_data.archive import OWN_FILES
from accounts.personal_data.export import SECTIONS
from accounts.preferences import preferences
from accounts.relations.visibility import VISIBILITY, Visibility
from accounts.signin.mails import AccountMails
from accounts.signin.turns import TURNS, TurnsOfPeople
from accounts.site_settings import NAME, settings_of_page, setup_site_settings, site_settings
from helpers.batching import BatchLoader
from helpers.keys import DATABASE, SETTINGS
from helpers.mail.mail import Mail
from helpers.mail.queue import MAILS, MailQueue
from helpers.mail.smtp import MailServer
from helpers.redis.bus import BUS
from helpers.storage.moving import PLACES
from helpers.tasks import cancel_all
from helpers.web.rendering import KNOWN_CONTEXT, PAGE_CONTEXT
from timings import TIMINGS


def setup_accounts(app: web.Application) -> None:
    app[USERS] = BatchLoader(directory.accounts_by_ids)
    app[TURNS] = TurnsOfPeople()
    app[VISIBILITY] = Visibility(app[DATABASE])
    app[BLOCKED] = []
    app[PLACES] = [PLACE]
    app[KNOWN_CONTEXT] += [preferences, settings_of_page]
    app[PAGE_CONTEXT] += [request_count]
    pages = aiohttp_jinja2.get_env(app)
    pages.globals["deleted_user"] = DELETED
    pages.globals["people_names"] = people_names
    pages.filters["person_name"] = pages.globals["person_name"] = person_name
    pages.globals["handle_beside"] = handle_beside
    pages.filters["person_initial"] = person_initial
    pages.filters["hue"] = hue_of
    pages.filters["named_mentions"] = named_mentions
    app[NAMED_PEOPLE] = NamedPeople(app[BUS])
    app.cleanup_ctx.append(follow_names)
    app[RENAMED] = []
    app[REGISTERED] = []
    app[NEWCOMERS_CHANGED] = []
    setup_site_settings(app)
    _setup_mails(app)
    app[ERASERS] = []
    app[PERSON_SECTIONS] = []
    app[OWN_DATA] = [*SECTIONS]
    app[OWN_FILES] = []
    app[OPEN_DOWNLOADS] = OpenDownloads()
    app[SESSION_ENDED].append(app[OPEN_DOWNLOADS].end_session)
    app[OPEN_SESSIONS].append(app[OPEN_DOWNLOADS].sessions)
    load_common()
    app.cleanup_ctx.append(run_gravatar)


def _setup_mails(app: web.Application) -> None:
    settings = app[SETTINGS]

    def sender() -> Address:
        return Address(site_settings(app)[NAME], addr_spec=settings.sender)

    def html(mail: Mail) -> str:
        return aiohttp_jinja2.get_env(app).get_template("mail.html").render(mail=mail)

    server = MailServer(settings.smtp_url) if settings.smtp_url else None
    app[MAILS] = MailQueue(server, sender, html, app[TIMINGS].mail)
    app[MAILS].kinds.update(AccountMails(app).kinds)
    app.cleanup_ctx.append(_send_mails)


async def _send_mails(app: web.Application) -> AsyncIterator[None]:
    if not app[MAILS].is_on:
        yield
        return
    task = asyncio.create_task(app[MAILS].run(), name="mail", context=contextvars.Context())
    yield
    await cancel_all([task])
