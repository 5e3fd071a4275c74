"""What people tell of themselves: what may stand there, and the only code that stores it."""

import functools
import unicodedata
import zoneinfo
from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.models import User
from helpers.text.characters import has_forbidden, is_plainly_visible
from helpers.text.translation import Text

MAX_DISPLAY_NAME = 50
MAX_PLACE = 80
MAX_BIO = 500
MAX_BIO_LINES = 12

_REGIONS = frozenset("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split())  # noqa: SIM905
"""Those of the list that are named for a place; the others are abbreviations and old names."""


class BadProfile(ValueError):
    """This can't stand in a profile. The text is for the person who typed it."""


@dataclass(frozen=True)
class Profile:
    display_name: str
    bio: str
    place: str
    time_zone: str


def clean_line(text: str, most: int) -> str:
    """One line as it is shown: freer than a name, for it names nobody. Empty is fine. Raises
    BadProfile."""
    line = unicodedata.normalize("NFC", text.strip(" \t"))
    if len(line) > most:
        raise BadProfile(Text("At most {most} characters, please.", most=most))
    if not is_plainly_visible(line):
        raise BadProfile(Text("There is something invisible in it, or something that can't be shown."))
    return " ".join(line.split())


def clean_bio(text: str) -> str:
    """A few lines. Raises BadProfile."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")]
    bio = "\n".join(lines)
    if len(bio) > MAX_BIO:
        raise BadProfile(Text("At most {most} characters, please.", most=MAX_BIO))
    if len(lines) > MAX_BIO_LINES:
        raise BadProfile(Text("At most {most} lines, please.", most=MAX_BIO_LINES))
    if has_forbidden(bio):
        raise BadProfile(Text("There is something invisible in it, or something that can't be shown."))
    return bio


@functools.cache
def time_zones() -> dict[str, list[str]]:
    """The time zones that are named for places, by region. They are looked up once: the list is
    read from files."""
    zones: dict[str, list[str]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _, city = name.partition("/")
        if city and region in _REGIONS:
            zones.setdefault(region, []).append(name)
    return zones


def clean_time_zone(text: str) -> str:
    """Raises BadProfile for what isn't in the list; empty is none."""
    if text and text not in time_zones().get(text.partition("/")[0], ()):
        raise BadProfile(Text("There is no such time zone in the list."))
    return text


def local_time(person: User) -> datetime | None:
    """What time it is where they are, if they tell."""
    try:
        return datetime.now(zoneinfo.ZoneInfo(person.time_zone)) if person.time_zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        # It was in the list of another machine, or of another year.
        return None


async def save_profile(user: User, profile: Profile) -> None:
    await User.update(**asdict(profile)).where(User.id == user.id, User.left_at.is_null()).aio_execute()
