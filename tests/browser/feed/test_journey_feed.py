"""A journey through the feed in real Chromium: two people follow each other, write, comment and
like, and see it live.

And all of it without scripts."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Route, ViewportSize, expect

from tests.conftest import unique
from tests.support import feed_reader
from tests.support.pages.browser import PHONE, WIDE, Visitor, behind_nginx
from tests.support.people import PASSWORD

pytestmark = behind_nginx

Visitors = Callable[[str, ViewportSize], Awaitable[Visitor]]


def post(visitor: Visitor, text: str) -> Any:
    return visitor.page.locator("[data-post]", has_text=text)


async def opens(visitor: Visitor, path: str) -> None:
    await visitor.page.goto(f"{visitor.url}{path}")


async def is_live(visitor: Visitor) -> None:
    await expect(visitor.page.locator("[data-live][data-connected]")).to_have_count(1)


async def writes(visitor: Visitor, text: str) -> None:
    await visitor.page.fill("#new-post textarea", text)
    await visitor.page.click("#new-post button")
    await expect(post(visitor, text.replace("*", ""))).to_have_count(1)


async def follows(visitor: Visitor, other: Visitor) -> None:
    await opens(visitor, f"/users/{other.name}")
    await visitor.page.get_by_role("button", name="Follow", exact=True).click()
    await expect(visitor.page.get_by_role("button", name="Unfollow")).to_be_visible()


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
async def test_two_people_read_each_other_live(visitors: Visitors, screen: ViewportSize) -> None:
    alice, bob = await visitors("alice", screen), await visitors("bob", WIDE)
    await follows(alice, bob)
    await follows(bob, alice)
    for one in (alice, bob):
        await opens(one, "/feed")
        await is_live(one)

    # Posts of others are announced, and come when one asks for them.
    await writes(bob, "My **first** post")
    await writes(bob, "My second post")
    announced = alice.page.locator("#new-posts")
    await expect(announced).to_have_text("2 new posts")
    await expect(post(alice, "My")).to_have_count(0)
    await announced.click()
    await expect(alice.page.locator("#posts [data-post]")).to_have_text(
        [re.compile("My second post"), re.compile("My first post")]
    )
    await expect(announced).to_be_hidden()
    await expect(post(alice, "My first post").locator("strong")).to_have_text("first")

    # A like is counted where both see it.
    keep_alive = post(alice, "My first post").locator(".like")
    await keep_alive.click()
    await expect(keep_alive).to_have_attribute("aria-pressed", "true")
    await expect(post(bob, "My first post").locator(".like .tally")).to_have_text("1")
    await keep_alive.click()
    await expect(keep_alive).to_have_attribute("aria-pressed", "false")
    await expect(post(bob, "My first post").locator(".like .tally")).to_have_text("0")

    # A comment comes to who reads the post, and is counted in the feed.
    first = bob.page.locator("[data-post]", has_text="My first post")
    await alice.page.locator("[data-post]", has_text="My first post").locator(".when").click()
    await is_live(alice)
    await alice.page.fill("#new-comment textarea", "Well *said*")
    await alice.page.click("#new-comment button")
    await expect(alice.page.locator("[data-comment]")).to_have_count(1)
    await expect(alice.page.locator("#new-comment textarea")).to_have_value("")
    await expect(first.locator("[data-part=comments]")).to_have_text("1")
    await first.locator(".when").click()
    await is_live(bob)
    await bob.page.fill("#new-comment textarea", "Thank you")
    await bob.page.click("#new-comment button")
    await expect(alice.page.locator("[data-comment]", has_text="Thank you")).to_have_count(1)
    await expect(alice.page.locator("[data-comment]")).to_have_count(2)

    # An edit and a deletion too.
    own = bob.page.locator("article[data-post] details.own")
    await own.locator("> summary").click()
    await own.locator("textarea").fill("My first post, bettered")
    await own.get_by_role("button", name="Save").click()
    await expect(post(alice, "bettered").locator("[data-part=edited]")).to_be_visible()
    mine = alice.page.locator("[data-comment]", has_text="Well said").locator("details.own")
    await mine.locator("> summary").click()
    await mine.get_by_text("Delete", exact=True).click()
    await expect(mine).to_contain_text("The comment goes. For a minute you can take that back.")
    await mine.get_by_role("button", name="Delete it").click()
    await expect(bob.page.locator("[data-comment]")).to_have_count(1)
    await own.locator("> summary").click()
    await own.get_by_text("Delete", exact=True).click()
    await expect(own).to_contain_text("with its comments and likes")
    await own.get_by_role("button", name="Delete it").click()
    await alice.page.wait_for_url("**/feed")
    await expect(alice.page.locator("[data-post]")).to_have_count(1)


async def test_what_is_written_while_an_answer_is_awaited_stays_and_is_sent(visitors: Visitors) -> None:
    bob = await visitors("bob", WIDE)
    await opens(bob, "/feed")
    await is_live(bob)
    answer = asyncio.Event()

    async def hold(route: Route) -> None:
        response = await route.fetch()
        await answer.wait()
        await route.fulfill(response=response)

    await bob.page.route("**/feed", hold, times=1)
    # The stream shows the post before its form is answered.
    await writes(bob, "The first")
    await bob.page.fill("#new-post textarea", "The second")
    await bob.page.click("#new-post button")
    await expect(bob.page.locator("#new-post[aria-busy]")).to_have_count(1)
    answer.set()
    await expect(post(bob, "The second")).to_have_count(1)
    await expect(bob.page.locator("#new-post textarea")).to_have_value("")
    await expect(post(bob, "The first")).to_have_count(1)


async def test_what_is_half_written_is_there_after_a_reload(visitors: Visitors) -> None:
    bob = await visitors("bob", WIDE)
    await opens(bob, "/feed")
    await writes(bob, "Sent")
    own = post(bob, "Sent").locator("details.own")
    await own.locator("> summary").click()
    await own.locator("textarea").fill("Sent, and half an ed")
    await bob.page.fill("#new-post textarea", "Half a po")
    await bob.page.reload()
    await expect(bob.page.locator("#new-post textarea")).to_have_value("Half a po")
    await expect(own.locator("textarea")).to_be_visible()
    await expect(own.locator("textarea")).to_have_value("Sent, and half an ed")
    await own.get_by_role("button", name="Save").click()
    await writes(bob, "Whole")
    await bob.page.reload()
    await expect(bob.page.locator("#new-post textarea")).to_have_value("")
    await expect(post(bob, "half an ed").locator("details.own textarea")).to_be_hidden()


async def test_a_lost_connection_loses_nothing(visitors: Visitors) -> None:
    alice, bob = await visitors("alice", WIDE), await visitors("bob", WIDE)
    await follows(alice, bob)
    for one in (alice, bob):
        await opens(one, "/feed")
        await is_live(one)
    await writes(bob, "seen")
    await expect(alice.page.locator("#new-posts")).to_have_text("1 new post")
    # Between the page and its stream, and while the page is away in the browser's history.
    await opens(alice, "/feed")
    await is_live(alice)
    await writes(bob, "seen too")
    await expect(alice.page.locator("#new-posts")).to_have_text("1 new post")


async def test_without_scripts(visitors: Visitors, browser: Browser) -> None:
    bob = await visitors("bob", WIDE)
    await opens(bob, "/feed")
    await writes(bob, "From Bob")
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    alice = Visitor(context, await context.new_page(), bob.url, unique("alice"))
    await alice.registers()
    await follows(alice, bob)
    await opens(alice, "/feed")
    await alice.page.fill("#new-post textarea", "From Alice")
    await alice.page.click("#new-post button")
    await expect(alice.page.locator("#posts [data-post]")).to_have_count(2)
    await post(alice, "From Bob").locator(".like").click()
    await expect(post(alice, "From Bob").locator(".like .tally")).to_have_text("1")
    await post(alice, "From Bob").locator("[data-part=discuss]").click()
    await alice.page.fill("#new-comment textarea", "A comment")
    await alice.page.click("#new-comment button")
    await expect(alice.page.locator("[data-comment]")).to_have_count(1)
    assert PASSWORD not in await alice.page.content()
    await context.close()


async def test_a_changed_name_shows_on_all_that_one_wrote(visitors: Visitors) -> None:
    alice, bob = await visitors("alice", WIDE), await visitors("bob", WIDE)
    assert bob.person
    await follows(alice, bob)
    name = f"Мария {unique('ONeil')}"
    await bob.person.submits("/accounts/profile", display_name=name)
    await feed_reader.writes(bob.person, "The first")
    await opens(alice, "/feed")
    await is_live(alice)
    author = post(alice, "The first").locator(".author")
    await expect(author).to_have_text(name)
    await expect(author).to_have_attribute("title", f"@{bob.name}")
    await bob.person.submits("/accounts/profile", display_name="مريم")
    await feed_reader.writes(bob.person, "The second")
    await expect(author).to_have_text(re.compile("مريم"))
    await alice.page.locator("#new-posts").click()
    await expect(alice.page.locator("#posts .author")).to_have_text([re.compile("مريم")] * 2)
    assert alice.complaints == []
