"""What is kept of one's rooms is gone with the person: by signing out, here or elsewhere, and by
somebody else who signs in."""

import pytest
from playwright.async_api import Error, expect

from tests.browser.account.test_journey_sign_out import signs_out
from tests.conftest import unique
from tests.support.pages.browser import Visitor, Visitors, comes_true, one_database
from tests.support.pages.offline import NOTHING, is_kept
from tests.support.people import PASSWORD, Person

pytestmark = one_database


async def shows_nothing(visitor: Visitor, room: str) -> None:
    """The browser's own page comes, that there is no network."""
    await visitor.context.set_offline(True)
    for path in (f"/rooms/{room}", "/rooms", "/feed"):
        with pytest.raises(Error, match="ERR_"):
            await visitor.page.goto(f"{visitor.url}{path}")
    await visitor.context.set_offline(False)


async def test_signing_out(alice: Visitor, room: str) -> None:
    await alice.says("mine")
    await is_kept(alice, room, "mine")
    await signs_out(alice.page)
    await alice.page.wait_for_url(f"{alice.url}/")
    await comes_true(alice.page, NOTHING)
    registrations = "async () => (await navigator.serviceWorker.getRegistrations()).length"
    assert await alice.page.evaluate(registrations) == 0
    await shows_nothing(alice, room)


async def test_signed_out_everywhere_from_another_device(alice: Visitor, room: str) -> None:
    await alice.says("mine")
    await is_kept(alice, room, "mine")
    elsewhere = await Person(alice.url, alice.name).logs_in()
    answer = await elsewhere.submits("/accounts/sessions", page="/accounts/sessions", all="1")
    assert answer.status == 303
    await elsewhere.close()
    await expect(alice.page.locator("#banner")).to_be_visible()
    await comes_true(alice.page, NOTHING)
    await shows_nothing(alice, room)
    alice.complaints.clear()


async def test_the_session_ended_while_the_browser_was_closed(alice: Visitor, room: str) -> None:
    await is_kept(alice, room)
    await alice.page.goto("about:blank")
    await alice.context.clear_cookies()
    await alice.page.goto(f"{alice.url}/rooms/{room}")
    await alice.page.wait_for_url("**/accounts/login**")
    await comes_true(alice.page, NOTHING)
    await shows_nothing(alice, room)


async def test_the_account_is_deleted(alice: Visitor, room: str) -> None:
    page = alice.page
    await is_kept(alice, room)
    await page.goto(f"{alice.url}/accounts/delete")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button.danger, main form button")
    await page.wait_for_url(f"{alice.url}/")
    await comes_true(page, NOTHING)
    # What was under way is refused.
    alice.complaints.clear()


async def test_somebody_else_signs_in(alice: Visitor, visitors: Visitors, room: str) -> None:
    await alice.says("mine")
    await is_kept(alice, room, "mine")
    mallory = await Person(alice.url, unique("mallory")).joins()
    await alice.context.clear_cookies()
    await alice.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": alice.url} for cookie in mallory.http.cookie_jar]
    )
    await alice.page.goto(f"{alice.url}/rooms")
    await expect(alice.page.locator(".who")).to_contain_text(mallory.name)
    await comes_true(alice.page, NOTHING)
    await shows_nothing(alice, room)
    # Theirs is kept anew, and has nothing of hers.
    own = unique("Den")
    await mallory.creates(own)
    await alice.enters(own)
    await is_kept(alice, own)
    await alice.context.set_offline(True)
    await alice.page.goto(f"{alice.url}/rooms/{room}")
    await expect(alice.page.get_by_role("heading", level=1)).to_have_text("There is no connection")
    await expect(alice.page.locator("main li")).to_have_text([f"#{own}"])
    await mallory.close()
