"""How a person wants to be told: what is stored, read and checked."""

import datetime
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from chat.doors.status import MORNING, NIGHT_ENDS
from notifications.deciding import ALL, DND, FOCUS, KINDS, LEVELS, MENTIONS, QUIET, USUAL_WAYS, WAYS

DAY_MINUTES = 24 * 60


def ways_of(stored: str) -> Mapping[str, frozenset[str]]:
    """The ways of each kind. What isn't known is the usual."""
    if not stored:
        return USUAL_WAYS
    try:
        given = msgspec.json.decode(stored, type=dict[str, list[str]])
    except msgspec.DecodeError:
        return USUAL_WAYS
    return {
        kind: frozenset(given[kind]).intersection(WAYS) if kind in given else usual
        for kind, usual in USUAL_WAYS.items()
    }


def stored_ways(ways: Mapping[str, frozenset[str]]) -> str:
    """What differs from the usual, as it is stored."""
    differing = {
        kind: [way for way in WAYS if way in ways[kind]]
        for kind in KINDS
        if kind in ways and ways[kind] != USUAL_WAYS[kind]
    }
    return msgspec.json.encode(differing).decode() if differing else ""


def level_of(notify: str, until: int | None, is_conversation: bool, now: int) -> str:
    """The level of a room that holds at the moment."""
    if notify in LEVELS and (until is None or until > now):
        return notify
    return ALL if is_conversation else MENTIONS


def zone_of(name: str) -> datetime.tzinfo:
    """The zone of this name, UTC where there is none."""
    if not name:
        return datetime.UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.UTC


def tomorrow(zone: str, now: int) -> int:
    """When somebody's next day has begun: late at night that is the coming morning."""
    here = datetime.datetime.fromtimestamp(now / 1000, zone_of(zone))
    day = here.date() + datetime.timedelta(days=0 if here.hour < NIGHT_ENDS else 1)
    morning = datetime.datetime.combine(day, datetime.time(MORNING), zone_of(zone))
    return int(morning.timestamp() * 1000)


def quiet_until(begins: int | None, ends: int | None, zone: str, now: int) -> int | None:
    """When the quiet hours end that hold at the moment; None outside of them. Both are minutes of the
    day. Equal ones are no quiet hours."""
    if begins is None or ends is None or begins == ends:
        return None
    here = datetime.datetime.fromtimestamp(now / 1000, zone_of(zone))
    minute = here.hour * 60 + here.minute
    since = (minute - begins) % DAY_MINUTES
    if since >= (ends - begins) % DAY_MINUTES:
        return None
    days = 1 if ends <= minute else 0
    day = here.date() + datetime.timedelta(days=days)
    end = datetime.datetime.combine(day, datetime.time(ends // 60, ends % 60), zone_of(zone))
    return int(end.timestamp() * 1000)


@dataclass(frozen=True)
class Silence:
    """What silences somebody at the moment, and until when, None where that isn't known."""

    by: str = ""
    until: int | None = None


def silence_of(
    status: str | None,
    status_until: int | None,
    focus_until: int | None,
    quiet: tuple[int | None, int | None, str],
    now: int,
) -> Silence:
    """`quiet` are the quiet hours and their zone."""
    if status == DND and (status_until is None or status_until > now):
        return Silence(DND, status_until)
    if focus_until is not None and focus_until > now:
        return Silence(FOCUS, focus_until)
    until = quiet_until(*quiet, now)
    return Silence(QUIET, until) if until is not None else Silence()
