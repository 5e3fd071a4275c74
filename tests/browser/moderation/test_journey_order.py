"""Keeping order by mouse: a person's card, the toast with its undo, what who may not write sees, the
log and the settings of a room."""

import re

import pytest
from playwright.async_api import expect

from tests.support.pages.browser import Visitor, one_database

pytestmark = one_database


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    """Bob is in it too."""
    await bob.enters(room)
    return room


async def opens_card(visitor: Visitor, name: str) -> None:
    await visitor.page.locator("#timeline .message-author", has_text=name).first.click()


async def test_a_raider_goes_with_their_messages_and_comes_back_by_undo(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    for text in ("spam one", "spam two"):
        await bob.says(text)
        await alice.sees(text)
    await opens_card(alice, bob.name)
    await alice.page.click("[data-card=kick]")
    await alice.page.select_option("#person-card [name=out]", "1d")
    await alice.page.select_option("#person-card [name=purge]", "1h")
    await alice.page.fill("#person-card [name=reason]", "a raid")
    await alice.page.click("#person-card [data-part=sure]")
    timeline = alice.page.locator("#timeline")
    await expect(timeline).to_contain_text(f"{alice.name} banned {bob.name} for 1 d: a raid")
    await expect(timeline).not_to_contain_text("spam one")
    await expect(bob.page.locator("#banner")).to_contain_text("You were removed from this room.")
    toast = alice.page.locator(".toast")
    await expect(toast).to_have_count(1)
    await expect(toast).to_contain_text("is kept out")
    await toast.get_by_role("button", name="Undo").click()
    await expect(timeline).to_contain_text("spam one")
    await expect(timeline).to_contain_text("spam two")
    await expect(timeline).to_contain_text(f"{alice.name} took {bob.name} back into the room")
    await bob.page.reload()
    await bob.is_connected()
    await bob.sees("spam two")


async def test_who_may_not_write_now_is_told_in_place_of_the_box(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.says("hello")
    await alice.sees("hello")
    composer, banner = bob.page.locator("chat-composer"), bob.page.locator("#banner")
    await opens_card(alice, bob.name)
    await alice.page.click("[data-card=timeout]")
    await alice.page.select_option("#person-card [name=time]", "1h")
    await alice.page.click("#person-card [data-part=sure]")
    await expect(banner).to_contain_text("You can only read here until")
    await expect(composer).to_be_hidden()
    await alice.says(f"/untimeout {bob.name}")
    await expect(banner).to_be_hidden()
    await expect(composer).to_be_visible()
    for off, on, text in (
        ("/lock", "/unlock", "only moderators write here"),
        ("/archive", "/unarchive", "it can only be read"),
    ):
        await alice.says(off)
        await expect(banner).to_contain_text(text)
        await expect(composer).to_be_hidden()
        await bob.page.reload()
        await expect(banner).to_contain_text(text)
        if off == "/lock":
            await expect(alice.page.locator("#banner")).to_be_hidden()
            await alice.says(on)
        else:
            # There is no box any more to say it in: the room's settings have it.
            await alice.page.click(".room-settings-link")
            await alice.page.get_by_role("button", name="Take out of the archive").click()
            await alice.page.locator("h1 a").click()
            await alice.is_connected()
        await expect(banner).to_be_hidden()
    await bob.says("at last")
    await alice.sees("at last")


async def test_a_cleared_history_comes_back_where_it_is_read(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.says("precious")
    await alice.sees("precious")
    await alice.says("/clear by mistake")
    await alice.page.get_by_role("button", name=re.compile("Clear")).click()
    for visitor in (alice, bob):
        await expect(visitor.page.locator("#timeline")).not_to_contain_text("precious")
        await expect(visitor.page.locator("#timeline")).to_contain_text("cleared the history: by mistake")
    await alice.page.locator(".toast").get_by_role("button", name="Undo").click()
    for visitor in (alice, bob):
        await visitor.sees("precious")
        await expect(visitor.page.locator("#timeline")).to_contain_text("brought the history back")


async def test_the_log_and_the_settings_without_scripts(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("/topic Tea")
    await expect(alice.page.locator("#room-topic")).to_have_text("Tea")
    await alice.page.goto(f"{alice.url}/rooms/{room}/settings")
    await alice.page.fill("#topic", "Soup")
    await alice.page.press("#topic", "Enter")
    await expect(alice.page.locator("#topic")).to_have_value("Soup")
    await alice.page.select_option("#pause", "30s")
    await alice.page.locator("form", has=alice.page.locator("#pause")).get_by_role("button").click()
    await expect(alice.page.locator("#pause")).to_have_value("30s")
    await alice.page.get_by_role("link", name="Log").click()
    entries = alice.page.locator(".log-entries > li")
    await expect(entries).to_have_count(3)
    await expect(entries.first).to_contain_text("one message in 30 s")
    await entries.nth(1).get_by_role("button", name="Undo").click()
    await expect(entries).to_have_count(4)
    await expect(entries.first).to_contain_text("undid A2")
    await bob.page.goto(f"{bob.url}/rooms/{room}/log")
    await expect(bob.page.locator(".log-entries > li")).to_have_count(4)
    await expect(bob.page.get_by_role("button", name="Undo")).to_have_count(0)
    await bob.page.goto(f"{bob.url}/rooms/{room}")
    await expect(bob.page.locator("#room-topic")).to_have_text("Tea")
