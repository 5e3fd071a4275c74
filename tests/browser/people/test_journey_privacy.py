"""A journey in real Chromium: somebody goes private, lets a follower in, and blocks them from their
card in a room."""

from collections.abc import Awaitable, Callable

from playwright.async_api import ViewportSize, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitor, one_database

pytestmark = one_database
"""What is told here is the browser's part; tests/accounts/relations/test_blocks.py and
tests/accounts/relations/test_privacy.py tell the server's, on each database."""


async def test_a_private_person_and_a_follower(
    visitors: Callable[[str, ViewportSize], Awaitable[Visitor]],
) -> None:
    alice, bob = await visitors("alice", WIDE), await visitors("bob", PHONE)
    at_alice, at_bob = alice.page, bob.page
    await at_alice.goto(f"{alice.url}/settings/privacy")
    await at_alice.get_by_label("Private profile").check()
    await at_alice.get_by_role("button", name="Save").click()
    await at_bob.goto(f"{bob.url}/users/{alice.name}")
    await at_bob.get_by_role("button", name="Ask to follow").click()
    await expect(at_bob.get_by_role("button", name="Take the request back")).to_be_visible()
    await at_alice.goto(f"{alice.url}/users/{alice.name}")
    await at_alice.get_by_role("link", name="1 person asks to follow you").click()
    await expect(at_alice.locator(".own-nav .own-count")).to_have_text("1 request")
    await at_alice.get_by_role("button", name=f"Accept: {bob.name}").click()
    await expect(at_alice.locator(".own-nav .own-count")).to_have_count(0)
    await expect(at_alice.get_by_text("Nobody asks to follow you.")).to_be_visible()

    # The feed is live, and a post is left when it is hidden.
    await at_bob.goto(f"{bob.url}/feed")
    await expect(at_bob.locator("[data-live][data-connected]")).to_have_count(1)
    await at_alice.goto(f"{alice.url}/feed")
    await at_alice.fill("#new-post textarea", "among friends")
    await at_alice.click("#new-post button")
    await at_bob.click("#new-posts")
    await at_bob.locator("[data-post] .when").click()
    await expect(at_bob.locator("[data-live][data-connected]")).to_have_count(1)

    # In a room they meet; the card says what is so, and changes it.
    room = unique("Lobby")
    await alice.makes(room)
    await bob.page.context.new_page()
    elsewhere = Visitor(bob.context, bob.page.context.pages[-1], bob.url, bob.name)
    await elsewhere.enters(room)
    await elsewhere.says("Good morning")
    await alice.sees("Good morning")
    await at_alice.locator("#timeline .message-author", has_text=bob.name).click()
    card = at_alice.locator("#person-card")
    await expect(card.locator("[data-card=follow]")).to_have_text("Follow")
    await card.locator("[data-card=follow]").click()
    await expect(card.locator("[data-card=follow]")).to_have_text("Unfollow")
    await card.locator("[data-card=block]").click()
    await expect(card.locator("[data-card=block]")).to_have_text("Unblock")
    await expect(card.locator("[data-card=follow]")).to_be_hidden()
    await expect(card.locator("[data-card=message]")).to_be_hidden()

    await at_alice.goto(f"{alice.url}/feed")
    await at_alice.locator("[data-post] .like").click()
    await at_bob.wait_for_url("**/feed")
    await expect(at_bob.locator("[data-post]")).to_have_count(0)
    await at_bob.goto(f"{bob.url}/users/{alice.name}")
    await expect(at_bob.locator(".following-counts")).to_have_count(0)
    await at_alice.goto(f"{alice.url}/settings/privacy")
    await at_alice.get_by_role("button", name=f"Unblock: {bob.name}").click()
    await expect(at_alice.get_by_text("You block nobody.")).to_be_visible()
