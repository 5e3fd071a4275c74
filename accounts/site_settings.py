"""What is set on the site's own pages: its name, what visitors read, who may register. It stands in the
database, and every process has it in memory: a change is told over the bus, and looked for besides."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from accounts.models import SiteSetting
from helpers.db.compiled import CompiledSelect
from helpers.db.database import is_unavailable
from helpers.keys import SETTINGS
from helpers.redis.bus import BUS
from helpers.tasks import cancel_all
from settings import Settings

log = logging.getLogger("aiochat.site_settings")

CHANNEL = b"site-settings"

POLL_SECONDS = 1.5
"""Within this time a process knows of a change of which it wasn't told. One query over ten rows."""

NAME, WELCOME, RULES, RULES_HTML = "name", "welcome", "rules", "rules_html"
CONTACT, REGISTRATION, DEFAULT_ROOMS = "contact", "registration", "default_rooms"
INVITING, NEWCOMERS, NEWCOMERS_HTML = "inviting", "newcomers", "newcomers_html"
RETENTION_DAYS, RETENTION_SINCE = "retention_days", "retention_since"
PREVIEWS = "previews"
COLOUR, LOGO = "colour", "logo"

MAX_SITE_NAME = 40
"""Characters."""

DEFAULTS: Mapping[str, str] = {
    NAME: "aiochat",
    WELCOME: "",
    RULES: "",
    RULES_HTML: "",
    CONTACT: "",
    REGISTRATION: "open",
    DEFAULT_ROOMS: "",
    INVITING: "members",
    NEWCOMERS: "",
    NEWCOMERS_HTML: "",
    RETENTION_DAYS: "0",
    RETENTION_SINCE: "0",
    PREVIEWS: "on",
    COLOUR: "",
    LOGO: "",
}
"""Of all settings. `logo` is the version of the site's picture, empty for none. `default_rooms` has the
ids of rooms, with spaces between; `retention_since` is when `retention_days` was decided, in milliseconds
since 1970."""


@dataclass(frozen=True)
class SiteSettings:
    """The values that hold now. Those of `fixed` are set by the environment."""

    stored: Mapping[str, str]
    fixed: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fixed.get(name) or self.stored.get(name) or DEFAULTS[name]

    @property
    def is_open(self) -> bool:
        """May visitors fill in the form for an account without an invitation?"""
        return self[REGISTRATION] in ("open", "approval")

    @property
    def has_previews(self) -> bool:
        """Are links previewed?"""
        return self[PREVIEWS] == "on"

    @property
    def default_rooms(self) -> list[int]:
        return [int(room_id) for room_id in self[DEFAULT_ROOMS].split()]


SITE_SETTINGS = web.AppKey("site_settings", dict[str, SiteSettings])
"""Under "now"."""

_NOW = "now"


def site_settings(app: web.Application) -> SiteSettings:
    return app[SITE_SETTINGS][_NOW]


def fixed_by(settings: Settings) -> dict[str, str]:
    """What the environment sets."""
    fixed = {}
    if "registration" in settings.model_fields_set:
        fixed[REGISTRATION] = str(settings.registration)
    if "retention_days" in settings.model_fields_set:
        fixed |= {RETENTION_DAYS: str(settings.retention_days), RETENTION_SINCE: "0"}
    if "previews" in settings.model_fields_set:
        fixed[PREVIEWS] = settings.previews
    return fixed


_STORED = CompiledSelect(lambda: SiteSetting.select(SiteSetting.name, SiteSetting.value))


async def read_settings(settings: Settings) -> SiteSettings:
    """The values as they are stored now."""
    return SiteSettings(dict(await _STORED.rows()), fixed_by(settings))


async def reload_settings(app: web.Application) -> None:
    app[SITE_SETTINGS][_NOW] = await read_settings(app[SETTINGS])


async def store_setting(name: str, value: str) -> None:
    """Stores a value, in a transaction. Afterwards call tell_settings."""
    await (
        SiteSetting.insert(name=name, value=value)
        .on_conflict(conflict_target=[SiteSetting.name], update={SiteSetting.value: value})
        .aio_execute()
    )


async def tell_settings(app: web.Application) -> None:
    """After the commit: all processes read them anew."""
    app[BUS].publish(CHANNEL, b"")
    await reload_settings(app)


def setup_site_settings(app: web.Application) -> None:
    app[SITE_SETTINGS] = {_NOW: SiteSettings({}, fixed_by(app[SETTINGS]))}
    app.cleanup_ctx.append(_follow)


async def _follow(app: web.Application) -> AsyncIterator[None]:
    told = asyncio.Event()

    def on_told(channel: bytes, payload: bytes) -> None:
        told.set()

    unsubscribe = app[BUS].subscribe(CHANNEL, on_told)
    await app[BUS].follow(CHANNEL)
    await reload_settings(app)
    task = asyncio.create_task(_read_again(app, told), context=contextvars.Context())
    yield
    await cancel_all([task])
    unsubscribe()


async def _read_again(app: web.Application, told: asyncio.Event) -> None:
    while True:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await told.wait()
        except TimeoutError:
            pass
        told.clear()
        try:
            await reload_settings(app)
        except Exception as error:
            # The next round reads again. The task must not end.
            if not is_unavailable(error):
                log.exception("the site's settings can't be read")


async def settings_of_page(request: web.Request) -> dict[str, Any]:
    """For a page: what every page shows of them."""
    now = site_settings(request.app)
    return {
        "site_name": now[NAME],
        "registration_open": now.is_open,
        "registration": now[REGISTRATION],
        "site_contact": now[CONTACT],
        "site_colour": now[COLOUR].removeprefix("#"),
        "site_logo": now[LOGO],
        "has_rules": bool(now[RULES]),
    }
