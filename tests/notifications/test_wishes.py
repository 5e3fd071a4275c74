"""How people want to be told: levels, quiet hours, and what is silent when."""

import datetime

import pytest

from notifications.deciding import USUAL_WAYS
from notifications.wishes import Silence, level_of, quiet_until, silence_of, stored_ways, tomorrow, ways_of


def ms(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def test_a_level_ends() -> None:
    assert level_of("", None, False, 10) == "mentions"
    assert level_of("", None, True, 10) == "all"
    assert level_of("none", None, True, 10) == "none"
    assert level_of("none", 11, False, 10) == "none"
    assert level_of("none", 10, False, 10) == "mentions"
    assert level_of("loud", None, False, 10) == "mentions"


@pytest.mark.parametrize(
    ("begins", "ends", "now", "until"),
    [
        (22 * 60, 7 * 60, "2026-03-10T23:00:00+03:00", "2026-03-11T07:00:00+03:00"),
        (22 * 60, 7 * 60, "2026-03-10T06:59:00+03:00", "2026-03-10T07:00:00+03:00"),
        (22 * 60, 7 * 60, "2026-03-10T07:00:00+03:00", None),
        (22 * 60, 7 * 60, "2026-03-10T21:59:00+03:00", None),
        (22 * 60, 7 * 60, "2026-03-10T22:00:00+03:00", "2026-03-11T07:00:00+03:00"),
        (9 * 60, 17 * 60, "2026-03-10T12:00:00+03:00", "2026-03-10T17:00:00+03:00"),
        (9 * 60, 17 * 60, "2026-03-10T17:00:00+03:00", None),
        (9 * 60, 9 * 60, "2026-03-10T09:00:00+03:00", None),
        (0, 24 * 60 - 1, "2026-03-10T00:00:00+03:00", "2026-03-10T23:59:00+03:00"),
    ],
)
def test_quiet_hours_are_those_of_ones_own_zone(begins: int, ends: int, now: str, until: str | None) -> None:
    assert quiet_until(begins, ends, "Europe/Moscow", ms(now)) == (ms(until) if until else None)


def test_quiet_hours_follow_the_clocks_of_the_zone() -> None:
    # Summer time begins in the night.
    assert quiet_until(22 * 60, 7 * 60, "Europe/Berlin", ms("2026-03-29T01:00:00+01:00")) == ms(
        "2026-03-29T07:00:00+02:00"
    )
    assert quiet_until(None, 7 * 60, "", 0) is None
    assert quiet_until(0, 60, "Nowhere/Else", ms("2026-03-10T00:30:00+00:00")) == ms(
        "2026-03-10T01:00:00+00:00"
    )


def test_what_silences() -> None:
    none: tuple[int | None, int | None, str] = (None, None, "")
    night = (22 * 60, 7 * 60, "UTC")
    now = ms("2026-03-10T23:00:00+00:00")
    assert silence_of(None, None, None, none, now) == Silence()
    assert silence_of("dnd", None, None, night, now) == Silence("dnd")
    assert silence_of("dnd", now, now + 5, none, now) == Silence("focus", now + 5)
    assert silence_of("away", None, now, none, now) == Silence()
    assert silence_of(None, None, None, night, now) == Silence("quiet", ms("2026-03-11T07:00:00+00:00"))


def test_tomorrow_is_a_morning() -> None:
    assert tomorrow("Europe/Moscow", ms("2026-03-10T01:00:00+03:00")) == ms("2026-03-10T08:00:00+03:00")
    assert tomorrow("Europe/Moscow", ms("2026-03-10T05:00:00+03:00")) == ms("2026-03-11T08:00:00+03:00")
    assert tomorrow("", ms("2026-12-31T23:00:00+00:00")) == ms("2027-01-01T08:00:00+00:00")


def test_only_what_differs_is_stored() -> None:
    assert stored_ways(USUAL_WAYS) == ""
    chosen = {**USUAL_WAYS, "like": frozenset(), "direct": frozenset({"mail"})}
    assert ways_of(stored_ways(chosen)) == chosen
    assert ways_of("") == ways_of("no json") == ways_of('{"direct": 5}') == USUAL_WAYS
    assert ways_of('{"direct": ["smoke", "page"]}')["direct"] == frozenset({"page"})
