"""Hidden text is nobody's until it is opened, and people who are mentioned are called by their names:
in rooms and in the feed."""

from playwright.async_api import Page, expect

from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitors, one_database

pytestmark = one_database

SECRET = "the butler"


async def what_is_read(page: Page, selector: str) -> str:
    return await page.locator(selector).aria_snapshot()


async def opens_by_keyboard(page: Page, within: str) -> None:
    """The page's one spoiler, which holds a link."""
    spoiler = page.locator(f"{within} .spoiler")
    await expect(spoiler).to_have_role("button")
    await expect(spoiler).to_have_accessible_name("hidden text")
    assert SECRET not in await what_is_read(page, within)
    assert await spoiler.locator("a").evaluate("node => (node.focus(), document.activeElement !== node)")
    await spoiler.focus()
    # To come there isn't to ask for it.
    assert await spoiler.evaluate("node => getComputedStyle(node).color") == "rgba(0, 0, 0, 0)"
    assert SECRET not in await what_is_read(page, within)
    await page.keyboard.press("Enter")
    assert SECRET in await what_is_read(page, within)
    await expect(spoiler.get_by_role("link")).to_have_count(1)
    assert await spoiler.evaluate("node => getComputedStyle(node).color") != "rgba(0, 0, 0, 0)"


async def test_hidden_text_and_names_in_a_room(visitors: Visitors) -> None:
    alice = await visitors("alice", WIDE)
    bob = await visitors("bob", WIDE)
    assert alice.person
    assert bob.person
    page, room = alice.page, unique("hall")
    await alice.makes(room)
    listener = await bob.person.enters(room)
    name, later = f"Боб {unique('Ж')}", f"Роберт {unique('Ж')}"
    await bob.person.submits("/accounts/profile", display_name=name)
    await listener.says(f"It was ||{SECRET} https://a.example||, @{alice.name} and @{bob.name}")
    await alice.sees("It was")
    await opens_by_keyboard(page, "#timeline")
    assert SECRET not in await page.locator("#announcer").inner_text()
    row = page.locator("#timeline > .message").last
    await row.focus()
    assert SECRET not in (await row.get_attribute("aria-label") or "")

    mention = page.locator(f".mention[href='/users/{bob.name}']")
    await expect(mention).to_have_text(f"@{name}")
    await expect(mention).to_have_attribute("title", f"@{bob.name}")
    await expect(page.locator(f".mention[href='/users/{alice.name}']")).to_have_text(f"@{alice.name}")
    await bob.person.submits("/accounts/profile", display_name=later)
    await expect(mention).to_have_text(f"@{later}")
    # Somebody else of that name: the handle tells who is meant.
    await alice.person.submits("/accounts/profile", display_name=later)
    await expect(mention).to_have_text(f"@{later} @{bob.name}")
    await mention.click()
    await expect(page.locator("#person-card .card-handle")).to_have_text(f"@{bob.name}")


async def test_hidden_text_and_names_in_the_feed(visitors: Visitors) -> None:
    alice = await visitors("alice", WIDE)
    bob = await visitors("bob", WIDE)
    assert alice.person
    assert bob.person
    name, hers = f"Боб {unique('Ж')}", f"Алиса {unique('Я')}"
    await bob.person.submits("/accounts/profile", display_name=name)
    text = f"It was ||{SECRET} https://a.example||, @{bob.name}"
    assert (await alice.person.submits("/feed", text=text, nonce=unique("n"))).status == 303
    page = alice.page
    await page.goto(f"{alice.url}/feed")
    post = f"#{await page.locator('.posts > *').first.get_attribute('id')}"
    await opens_by_keyboard(page, f"{post} .post-text")
    mention = page.locator(f"{post} .mention")
    await expect(mention).to_have_text(f"@{name}")
    await expect(mention).to_have_attribute("title", f"@{bob.name}")

    # A page that is open learns of a new name at once.
    await expect(page.locator("#feed[data-connected]")).to_be_visible()
    await alice.person.submits("/accounts/profile", display_name=hers)
    await expect(page.locator(f"{post} .author")).to_have_text(hers)
