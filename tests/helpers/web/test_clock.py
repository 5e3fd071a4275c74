"""The reader's clock, as a script of the page tells it."""

import pytest

from helpers.web.clock import Clock


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("60~HH", "10:05"),
        ("0~H", "9:05"),
        ("0~HH", "09:05"),
        ("-600~h", "11:05 PM"),
        ("175~h", "12:00 PM"),
        ("-545~h", "12:00 AM"),
        ("60~hn", "10:05\u202fAM"),
        ("60~", ""),
    ],
)
def test_times_are_shown_as_the_browsers_clock_shows_them(cookie: str, shown: str) -> None:
    clock = Clock.read(cookie)
    assert clock is not None
    assert clock.time(clock.local("2026-11-21T09:05:30.123Z")) == shown


@pytest.mark.parametrize(
    "cookie", ["", "~", "60", "x~HH", "60~hh", "895~H", "9999~H", "60~HH ", "６０~HH", "-~H", "60~HH\n"]
)
def test_what_no_clock_says_is_no_clock(cookie: str) -> None:
    assert Clock.read(cookie) is None
