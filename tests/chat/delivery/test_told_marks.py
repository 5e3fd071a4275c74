"""Whom a read mark is told to: every other connection of its user, whichever are gone."""

import asyncio
from typing import Any

import pytest

from chat.actions.order import filtering
from chat.delivery import read_marks
from chat.envelopes import UnreadHint
from chat.models import Member
from chat.requests import new_nonce
from helpers.db.database import fetch
from tests.support.in_process import ALICE, BOB, CELLAR, Site, Tab, until

pytestmark = pytest.mark.usefixtures("by_both")


def marks(tab: Tab) -> list[int]:
    """The marks of the room that it was told, but for those with which it began."""
    told = [room for event in tab.heard("unread") if "whole" not in event for room in event["rooms"]]
    return [room["read_number"] for room in told if "read_number" in room]


async def two_tabs(site: Site) -> tuple[Tab, Tab]:
    first, second = await site.entered(), await site.entered()
    for tab in (first, second):
        await tab.hears("unread", whole=True)
    return first, second


async def test_a_mark_is_told_though_who_set_it_is_gone(site: Site) -> None:
    await site.posts("to be read")
    first, second = await two_tabs(site)
    second.says("read", number=1)
    second.close()
    await until(lambda: marks(first) == [1])


async def test_what_one_has_written_is_read_though_the_tab_is_gone(site: Site) -> None:
    first, second = await two_tabs(site)
    second.says("post", text="last words", nonce="n")
    second.close()
    await until(lambda: marks(first) == [1])


async def test_what_one_has_written_at_another_process_is_read(site: Site) -> None:
    tab = await site.entered()
    await tab.hears("unread", whole=True)
    await filtering.post_and_wait(site.there, CELLAR, BOB, "from there", new_nonce(), "post")
    site.engine.unread.note_hint(UnreadHint(numbers={CELLAR: 1}, posted=[(CELLAR, BOB.id, 1)]))
    await until(lambda: marks(tab) == [1])


async def test_who_sets_a_mark_is_not_told_of_it(site: Site) -> None:
    await site.posts("to be read")
    first, second = await two_tabs(site)
    first.says("read", number=1)
    await until(lambda: marks(second) == [1])
    second.says("post", text="mine", nonce="n")
    await until(lambda: marks(first) == [2])
    assert (marks(first), marks(second)) == ([2], [1])


async def test_a_mark_that_went_back_is_told_when_it_comes_again(site: Site) -> None:
    """Also to the connection that had set it before."""
    for text in ("one", "two", "three"):
        await site.posts(text)
    first, second = await two_tabs(site)
    first.says("read", number=3)
    await until(lambda: marks(second) == [3])
    second.says("read", number=1, back=True, nonce="back")
    await until(lambda: marks(first)[-1:] == [1] and marks(second)[-1:] == [1])
    second.says("read", number=3)
    await until(lambda: marks(first)[-1:] == [3])


def last_mark(tab: Tab) -> tuple[int, int]:
    told = [room for event in tab.heard("unread") for room in event["rooms"] if "read_number" in room]
    return told[-1]["read_number"], told[-1].get("times_back", 0)


async def test_each_mark_tells_how_often_it_went_back(site: Site) -> None:
    """So that of two marks that arrive in any order the later one is known."""
    for text in ("one", "two", "three"):
        await site.posts(text)
    first, second = await two_tabs(site)
    second.says("read", number=3)
    await until(lambda: last_mark(first) == (3, 0))
    for number, back in ((2, True), (1, True)):
        second.says("read", number=number, back=back, nonce=str(number))
    await until(lambda: last_mark(first) == last_mark(second) == (1, 2))
    # Who reads on before they heard of that is told what holds now, though they set it.
    first.says("read", number=3)
    await until(lambda: last_mark(first) == last_mark(second) == (3, 2))
    third = await site.entered()
    await third.hears("unread", whole=True)
    assert last_mark(third) == (3, 2)


async def test_a_mark_far_ahead_leaves_nothing_untold(site: Site) -> None:
    await site.posts("to be read")
    first, second = await two_tabs(site)
    first.says("read", number=2**53)
    await until(lambda: marks(second) == [1])
    second.says("post", text="mine", nonce="n")
    await until(lambda: marks(first) == [2])


async def test_who_reads_waits_also_for_a_mark_that_is_being_stored(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.posts("to be read")
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def held(*given: Any) -> Any:
        begun.set()
        await may_go_on.wait()
        return await fetch(*given)

    monkeypatch.setattr(read_marks, "fetch", held)
    marks = site.engine.read_marks
    marks.note(CELLAR, ALICE.id, 1)
    storing = asyncio.create_task(marks.store_for({ALICE.id}))
    await begun.wait()
    waiting = asyncio.create_task(marks.store_for({ALICE.id}))
    await asyncio.sleep(0)
    assert not waiting.done()
    await asyncio.create_task(marks.store_for({BOB.id}))
    may_go_on.set()
    await asyncio.gather(storing, waiting)
    stored = Member.select().where(Member.room_id == CELLAR, Member.user_id == ALICE.id)
    assert [row.read_number for row in await stored.aio_execute()] == [1]
