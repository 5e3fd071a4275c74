"""Each time of `Timings`, as a site has it, in real time: what is said to happen after it doesn't
happen sooner. The stories wait side by side, so that all take as long as the longest.

What else happens is tested with shorter times where it belongs. Nothing here says how soon: that
depends on the machine."""

import asyncio
from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.people import PATIENCE
from tests.support.servers import Redis
from tests.timings import chat_stories, notice_stories, site_stories, viewer_stories
from tests.timings.stage import STORIES, Stage
from timings import DEFAULT, Timings

__all__ = [
    "chat_stories",
    "notice_stories",
    "site_stories",
    "viewer_stories",
]  # importing them adds their stories

ROUNDING = 0.005
"""Clocks and timers tick in milliseconds."""

NAMES = [field.name for field in fields(Timings)]

_played: dict[str, float | BaseException] = {}


@pytest.fixture
async def played(
    request: pytest.FixtureRequest, redis: Redis, tmp_path: Path
) -> dict[str, float | BaseException]:
    """How long each story took that is tested in this run."""
    if not _played:
        calls = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
        asked = [name for name in STORIES if any(params.get("time_of") == name for params in calls)]
        stage = Stage(tmp_path, redis.numbered(14))
        patience = PATIENCE + max(getattr(DEFAULT, name) for name in asked)
        results = await asyncio.gather(
            *(asyncio.wait_for(STORIES[name](stage), patience) for name in asked), return_exceptions=True
        )
        await stage.close()
        _played.update(zip(asked, results, strict=True))
    return _played


@pytest.mark.parametrize("time_of", NAMES)
async def test_it_lasts_as_long_as_it_says(played: dict[str, float | BaseException], time_of: str) -> None:
    took = played[time_of]
    if isinstance(took, BaseException):
        raise took
    assert took >= getattr(DEFAULT, time_of) - ROUNDING


def test_each_time_has_its_story() -> None:
    assert sorted(STORIES) == sorted(NAMES)


def test_a_time_that_is_cut_short_is_noticed() -> None:
    """No time is so short that the rounding hides it."""
    assert min(getattr(DEFAULT, name) for name in NAMES) > 2 * ROUNDING
