"""A journey in real Chromium: what was deleted in the feed is taken back, by the toast and without
scripts."""

from playwright.async_api import Browser, Locator, expect

from tests.support.feed_reader import comments, follows, writes
from tests.support.pages.browser import Visitor, one_database, sidebar_is_live

pytestmark = one_database


async def deletes(written: Locator) -> None:
    await written.locator("details.own > summary").click()
    await written.locator("details.sure > summary").click()
    await written.get_by_role("button", name="Delete it").click()


async def test_by_the_toast(alice: Visitor, bob: Visitor) -> None:
    assert alice.person
    assert bob.person
    await follows(bob.person, alice.person)
    made = [await writes(alice.person, text) for text in ("older", "newer")]
    for visitor in (alice, bob):
        await visitor.page.goto(f"{visitor.url}/feed")
        await expect(visitor.page.locator("[data-live][data-connected]")).to_have_count(1)
    page = alice.page
    await sidebar_is_live(page)
    await deletes(page.locator(f"[data-post='{made[0]['id']}']"))
    await expect(page.locator(".toast")).to_contain_text("The post is deleted.")
    for visitor in (alice, bob):
        await expect(visitor.page.locator("[data-post]")).to_have_count(1)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("[data-post] [data-part=text]")).to_have_text(["newer", "older"])
    await expect(page.locator(".toast")).to_have_count(0)
    await bob.page.click("#new-posts")
    await expect(bob.page.locator("[data-post] [data-part=text]")).to_have_text(["newer", "older"])
    # By the keyboard, too.
    await deletes(page.locator(f"[data-post='{made[1]['id']}']"))
    await expect(page.locator(".toast")).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(page.locator("[data-post] [data-part=text]")).to_have_text(["newer", "older"])


async def test_comments_and_the_post_of_its_own_page(alice: Visitor) -> None:
    assert alice.person
    post = await writes(alice.person, "a post")
    for text in ("one", "two", "three"):
        await comments(alice.person, post, text)
    page = alice.page
    await page.goto(f"{alice.url}/feed/{post['id']}")
    await expect(page.locator("[data-live][data-connected]")).to_have_count(1)
    await sidebar_is_live(page)
    await deletes(page.locator(".comment", has_text="two"))
    await expect(page.locator(".toast")).to_contain_text("The comment is deleted.")
    await page.get_by_role("button", name="Undo").click()
    shown = page.locator(".comment [data-part=text]")
    await expect(shown).to_have_text(["one", "two", "three"])
    # The page goes with its post; the next one offers to take that back.
    await deletes(page.locator(f"#post-{post['id']}"))
    await page.wait_for_url("**/feed")
    await expect(page.locator(".flash")).to_contain_text("The post is deleted.")
    await page.locator(".flash").get_by_role("button", name="Undo").click()
    await expect(page.locator("[data-post] [data-part=text]")).to_have_text("a post")
    await page.goto(f"{alice.url}/feed/{post['id']}")
    await expect(shown).to_have_text(["one", "two", "three"])


async def test_without_scripts(browser: Browser, alice: Visitor) -> None:
    assert alice.person
    await writes(alice.person, "a post")
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(await alice.context.cookies())  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{alice.url}/feed")
    await deletes(page.locator("[data-post]"))
    await expect(page.locator("[data-post]")).to_have_count(0)
    await page.locator(".flash").get_by_role("button", name="Undo").click()
    await expect(page.locator("[data-post] [data-part=text]")).to_have_text("a post")
    await context.close()
