"""Changes what is set on the site's page: checks each value, and stores it with its act in one
transaction."""

from collections.abc import Callable

from peewee_async.databases import AioDatabase

from accounts.models import SiteSetting
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from accounts.signin.suspension import database_now_ms
from accounts.site_look import clean_colour
from accounts.site_settings import (
    COLOUR,
    CONTACT,
    DEFAULT_ROOMS,
    INVITING,
    MAX_SITE_NAME,
    NAME,
    NEWCOMERS,
    NEWCOMERS_HTML,
    PREVIEWS,
    REGISTRATION,
    RETENTION_DAYS,
    RETENTION_SINCE,
    RULES,
    RULES_HTML,
    WELCOME,
    SiteSettings,
    store_setting,
)
from chat.actions.retention import MAX_DAYS
from chat.actions.site_powers import require_site
from chat.models import Room
from helpers.db.database import fetch, is_sqlite
from helpers.errors import ActionError
from helpers.text.characters import cleaned, composed, is_blank, is_one_line

MAX_NAME = MAX_SITE_NAME
MAX_CONTACT = 200
MAX_WELCOME = 1000
MAX_RULES = 20_000
MAX_DEFAULT_ROOMS = 10

EDITABLE = (
    *(NAME, WELCOME, RULES, CONTACT, REGISTRATION, INVITING, DEFAULT_ROOMS, NEWCOMERS, RETENTION_DAYS),
    *(PREVIEWS, COLOUR),
)
WITH_SIGNS = {RULES: RULES_HTML, NEWCOMERS: NEWCOMERS_HTML}
"""Texts with the signs of messages, and where their HTML is stored."""


def _line(name: str, text: str, most: int) -> str:
    text = composed(text.strip(), most) or text.strip()
    if len(text) > most:
        raise ActionError("too_long", "At most {most} characters, please.", field=name, most=most)
    if not is_one_line(text) or (text and is_blank(text)) or not text.isprintable():
        raise ActionError("bad_value", "One line without control characters, please.", field=name)
    return text


def _text(name: str, text: str, most: int) -> str:
    text = cleaned(text).replace("\r\n", "\n").strip()
    if len(text) > most:
        raise ActionError("too_long", "At most {most} characters, please.", field=name, most=most)
    return "" if is_blank(text) else text


CHOICES = {
    REGISTRATION: ("open", "invitation", "approval", "closed"),
    INVITING: ("members", "administrators"),
}


def _choice(name: str, text: str) -> str:
    if text not in CHOICES[name]:
        raise ActionError("bad_value", "There is no such choice.", field=name)
    return text


def _previews(text: str) -> str:
    if text not in ("on", "off"):
        raise ActionError("bad_value", "There is no such choice.", field=PREVIEWS)
    return text


def _days(text: str) -> str:
    text = text.strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= MAX_DAYS):
        raise ActionError("bad_value", "From 1 to {most} days, please.", field=RETENTION_DAYS, most=MAX_DAYS)
    return str(int(text))


_CHECKS: dict[str, Callable[[str], str]] = {
    NAME: lambda text: _line(NAME, text, MAX_NAME),
    CONTACT: lambda text: _line(CONTACT, text, MAX_CONTACT),
    WELCOME: lambda text: _text(WELCOME, text, MAX_WELCOME),
    RULES: lambda text: _text(RULES, text, MAX_RULES),
    NEWCOMERS: lambda text: _text(NEWCOMERS, text, MAX_RULES),
    REGISTRATION: lambda text: _choice(REGISTRATION, text),
    INVITING: lambda text: _choice(INVITING, text),
    RETENTION_DAYS: _days,
    PREVIEWS: _previews,
    COLOUR: clean_colour,
}


async def checked(name: str, text: str) -> str:
    """The value as it is stored. Raises ActionError about the field of this name."""
    return await _rooms(text) if name == DEFAULT_ROOMS else _CHECKS[name](text)


async def _rooms(text: str) -> str:
    """The ids of open rooms, which are given by their addresses."""
    names = list(dict.fromkeys(word.removeprefix("#").lower() for word in text.replace(",", " ").split()))
    if len(names) > MAX_DEFAULT_ROOMS:
        raise ActionError(
            "too_many", "At most {most} rooms, please.", field=DEFAULT_ROOMS, most=MAX_DEFAULT_ROOMS
        )
    if not names:
        return ""
    rows = (
        await Room.select(Room.slug, Room.id)
        .where(Room.slug.in_(names), Room.kind == "open")
        .tuples()
        .aio_execute()
    )
    ids = dict(rows)
    for name in names:
        if name not in ids:
            raise ActionError(
                "no_such_room", "There is no open room called {name}.", field=DEFAULT_ROOMS, name=name[:64]
            )
    return " ".join(str(ids[name]) for name in names)


async def names_of_rooms(ids: list[int]) -> list[str]:
    """The addresses of the default rooms, without those that are gone."""
    if not ids:
        return []
    rows = (
        await Room.select(Room.id, Room.name)
        .where(Room.id.in_(ids), Room.kind == "open")
        .tuples()
        .aio_execute()
    )
    names = dict(rows)
    return [names[room_id] for room_id in ids if room_id in names]


async def begin_change(database: AioDatabase, by: SiteActor, name: str) -> str:
    """In a transaction: what the setting of this name was before, which nobody else changes until the
    commit. Raises ActionError for who may not."""
    if not is_sqlite(database):
        # One change after the other: each knows what was before it.
        await fetch(database, "SELECT value FROM site WHERE name = 'site_acts' FOR UPDATE")
    await require_site(by, SitePermission.SET_SITE)
    query = SiteSetting.select(SiteSetting.value).where(SiteSetting.name == name)
    rows = await query.tuples().aio_execute()
    return str(rows[0][0]) if rows else ""


async def change_site(
    database: AioDatabase, now: SiteSettings, by: SiteActor, name: str, value: str, html: str | None = None
) -> int | None:
    """Stores a checked value; `html` is that of a text WITH_SIGNS. Returns the number of the act, None where
    nothing changed. Raises ActionError."""
    if name in now.fixed:
        raise ActionError("fixed", "This is set by the environment of the server, and changed there.", 409)
    async with database.aio_atomic():
        before = await begin_change(database, by, name)
        if before == value or (not before and value == now[name]):
            return None
        await store_setting(name, value)
        if name == RETENTION_DAYS:
            await store_setting(RETENTION_SINCE, str(await database_now_ms()))
        if html is not None:
            await store_setting(WITH_SIGNS[name], html)
        return await record_site_act("site", by, before={name: before}, after={name: value})
