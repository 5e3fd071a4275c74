"""Stores and reads how a person wants to be told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.profiles import time_zones
from helpers.clock import iso, now_ms
from helpers.errors import ActionError
from notifications.deciding import KINDS, WAYS
from notifications.keywords import MAX_LENGTH, MAX_WORDS, BadKeyword, begins, check, folded
from notifications.models import NoticeKeyword, NoticeSettings
from notifications.wishes import stored_ways, ways_of

MAX_MAIL_MINUTES = 24 * 60
MAX_FOCUS_MS = 366 * 86400 * 1000

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Wishes:
    ways: Mapping[str, frozenset[str]]
    quiet_from: str
    quiet_until: str
    zone: str
    mail_minutes: int
    focus_until: int | None
    keywords: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        quiet = {"from": self.quiet_from, "until": self.quiet_until, "zone": self.zone}
        return {
            "ways": {kind: [way for way in WAYS if way in self.ways[kind]] for kind in KINDS},
            "quiet": quiet if self.quiet_from else None,
            "mail_minutes": self.mail_minutes,
            "focus_until": None if self.focus_until is None else iso(self.focus_until),
            "keywords": list(self.keywords),
        }


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"


async def wishes_of(user: User) -> Wishes:
    stored = await NoticeSettings.aio_get_or_none(NoticeSettings.user_id == user.id)
    found = stored or NoticeSettings(user_id=user.id)
    query = NoticeKeyword.select(NoticeKeyword.word).where(NoticeKeyword.user_id == user.id)
    words = await query.order_by(NoticeKeyword.folded).tuples().aio_execute()
    focus = found.focus_until
    return Wishes(
        ways_of(found.ways),
        *(_clock(found.quiet_from), _clock(found.quiet_until), found.zone or user.time_zone),
        mail_minutes=found.mail_minutes,
        focus_until=focus if focus is not None and focus > now_ms() else None,
        keywords=tuple(word for (word,) in words),
    )


async def _store(user_id: int, **values: Any) -> None:
    row = {**values, "changed_at": now_ms()}
    update = {getattr(NoticeSettings, name): value for name, value in row.items()}
    await (
        NoticeSettings.insert(user_id=user_id, **row)
        .on_conflict(conflict_target=[NoticeSettings.user_id], update=update)
        .aio_execute()
    )


async def store_ways(user: User, chosen: Mapping[str, Iterable[str]]) -> None:
    """The ways of these kinds; the others stay. Raises ActionError for what is none."""
    wanted = {kind: frozenset(ways) for kind, ways in chosen.items()}
    if not set(wanted) <= set(KINDS) or not all(ways <= set(WAYS) for ways in wanted.values()):
        raise ActionError("bad_request", "There is no such choice.")
    before = (await wishes_of(user)).ways
    await _store(user.id, ways=stored_ways({**before, **wanted}))


async def store_quiet(user: User, begins_at: str, ends_at: str, zone: str) -> None:
    """Quiet hours, as in `22:00`; both empty for none. Raises ActionError for the first wrong field."""
    if bool(begins_at) != bool(ends_at):
        missing = "quiet_until" if begins_at else "quiet_from"
        raise ActionError("bad_request", "Quiet hours have a beginning and an end.", field=missing)
    minutes = []
    for name, text in (("quiet_from", begins_at), ("quiet_until", ends_at)):
        found = _CLOCK.fullmatch(text)
        if text and not found:
            raise ActionError("bad_request", "A time of day is written like 22:30.", field=name)
        minutes.append(int(found[1]) * 60 + int(found[2]) if found else None)
    if zone and zone != "UTC" and zone not in time_zones().get(zone.partition("/")[0], ()):
        raise ActionError("bad_request", "There is no such time zone in the list.", field="zone")
    await _store(user.id, quiet_from=minutes[0], quiet_until=minutes[1], zone=zone)


async def store_mail_pause(user: User, text: str) -> None:
    """Minutes after which missed messages are mailed. Raises ActionError."""
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
    if not 0 <= minutes <= MAX_MAIL_MINUTES:
        raise ActionError(
            "bad_request",
            "A number of minutes from 0 to {most}, please.",
            field="mail_minutes",
            most=MAX_MAIL_MINUTES,
        )
    await _store(user.id, mail_minutes=minutes)


async def store_focus(user_id: int, until: int | None) -> None:
    """Until then nothing disturbs them; None ends it. Others don't learn of it."""
    if until is not None and not now_ms() < until <= now_ms() + MAX_FOCUS_MS:
        raise ActionError("bad_request", "Quiet lasts a year at most.")
    await _store(user_id, focus_until=until)


async def store_keywords(database: AioDatabase, user: User, words: Iterable[str]) -> None:
    """These words and no others. Raises ActionError, and changes nothing, where one is none."""
    wanted: dict[str, str] = {}
    for word in words:
        if not word.strip():
            continue
        try:
            text = check(word)
        except BadKeyword:
            raise ActionError(
                "bad_request",
                "“{word}” is no keyword: words of at most {most} letters, please.",
                field="keywords",
                word=" ".join(word.split())[:MAX_LENGTH],
                most=MAX_LENGTH,
            ) from None
        wanted.setdefault(folded(text), text)
        if len(wanted) > MAX_WORDS:
            raise ActionError(
                "bad_request", "At most {most} keywords, please.", field="keywords", most=MAX_WORDS
            )
    rows = [
        {"user_id": user.id, "word": word, "folded": key, "begins": begins(key)}
        for key, word in wanted.items()
    ]
    async with database.aio_atomic():
        await NoticeKeyword.delete().where(NoticeKeyword.user_id == user.id).aio_execute()
        if rows:
            await NoticeKeyword.insert_many(rows).on_conflict_ignore().aio_execute()
        await _store(user.id)
