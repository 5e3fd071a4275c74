"""Profiles: checks the values and stores them. Only this module writes them."""

import functools
import zoneinfo
from dataclasses import asdict, dataclass
from datetime import datetime

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.display_names import store_words
from accounts.people.looks import display_look
from helpers.text.characters import cleaned, composed, is_plainly_visible
from helpers.text.translation import Text

MAX_PLACE = 80
MAX_BIO = 500
MAX_BIO_LINES = 12

_REGIONS = frozenset("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split())  # noqa: SIM905
"""Regions named after places; the other entries are abbreviations and old names."""


class BadProfile(ValueError):
    """The value isn't allowed in a profile. The text is for the person who typed it."""


@dataclass(frozen=True)
class Profile:
    display_name: str
    bio: str
    place: str
    time_zone: str


def clean_line(text: str, most: int) -> str:
    """Checks one line of text, with fewer restrictions than a name. Empty is allowed. Raises
    BadProfile."""
    line = composed(text.strip(" \t"), most)
    if line is None or len(line) > most:
        raise BadProfile(Text("At most {most} characters, please.", most=most))
    if not is_plainly_visible(line):
        raise BadProfile(Text("There is something invisible in it, or something that can't be shown."))
    return " ".join(line.split())


def clean_bio(text: str) -> str:
    """Checks a text of several lines. Raises BadProfile."""
    lines = [line.rstrip() for line in cleaned(text).replace("\r\n", "\n").strip().split("\n")]
    bio = "\n".join(lines)
    if len(bio) > MAX_BIO:
        raise BadProfile(Text("At most {most} characters, please.", most=MAX_BIO))
    if len(lines) > MAX_BIO_LINES:
        raise BadProfile(Text("At most {most} lines, please.", most=MAX_BIO_LINES))
    return bio


@functools.cache
def time_zones() -> dict[str, list[str]]:
    """Returns the time zones named after places, by region. Cached, since the list is read from
    files."""
    zones: dict[str, list[str]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _, city = name.partition("/")
        if city and region in _REGIONS:
            zones.setdefault(region, []).append(name)
    return zones


def clean_time_zone(text: str) -> str:
    """Checks a time zone against the list; empty means none. Raises BadProfile."""
    if text and text not in time_zones().get(text.partition("/")[0], ()):
        raise BadProfile(Text("There is no such time zone in the list."))
    return text


def local_time(person: User) -> datetime | None:
    """Returns the person's local time, or None without a time zone."""
    try:
        return datetime.now(zoneinfo.ZoneInfo(person.time_zone)) if person.time_zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        # The zone was in the list of another machine or of an older version.
        return None


async def save_display_name(database: AioDatabase, user: User, name: str) -> None:
    """Stores a name that clean_display_name returned. The caller tells of the change."""
    async with database.aio_atomic():
        change = User.update(display_name=name, display_skeleton=display_look(name or user.name))
        if await change.where(User.id == user.id, User.left_at.is_null()).aio_execute():
            await store_words({user.id: name})


async def save_profile(database: AioDatabase, user: User, profile: Profile) -> None:
    look = display_look(profile.display_name or user.name)
    async with database.aio_atomic():
        change = User.update(**asdict(profile), display_skeleton=look)
        if await change.where(User.id == user.id, User.left_at.is_null()).aio_execute():
            await store_words({user.id: profile.display_name})
