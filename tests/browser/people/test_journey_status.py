"""A journey in real Chromium: one's status from any page, by the button with one's name; and the
directory of people."""

from playwright.async_api import Browser, expect

from tests.support.pages.browser import Visitor, one_database, sidebar_is_live
from tests.support.people import Person

pytestmark = one_database


async def test_from_any_page(alice: Visitor, bob: Visitor, room: str) -> None:
    page = alice.page
    for visitor in (alice, bob):
        assert visitor.person
        await visitor.person.enters(room)
    await bob.page.goto(f"{bob.url}/rooms/{room}")
    await bob.is_connected()
    await page.goto(f"{alice.url}/feed")
    await sidebar_is_live(page)
    await page.click("#me-button")
    dialog = page.locator("#settings")
    await expect(dialog.locator("[name=text]")).to_be_hidden()
    await dialog.locator("label", has=page.locator("[value=dnd]")).click()
    await dialog.locator("[name=text]").fill("deep in <thought>")
    await dialog.locator("[name=lasts]").select_option("30m")
    await dialog.get_by_role("button", name="Set status").click()
    await expect(dialog).to_be_hidden()
    await expect(page.locator("#me-button .me-status")).to_have_text("deep in <thought>")
    await expect(page.locator("#me-button .avatar")).to_have_attribute("data-dot", "dnd")
    await expect(page.locator("#me-button")).to_be_focused()
    await bob.page.evaluate("document.querySelector('[data-drawer=members]').click()")
    member = bob.page.locator(f"#members [data-person='{alice.name}']")
    await expect(member.locator(".avatar")).to_have_attribute("data-dot", "dnd")
    await page.goto(f"{alice.url}/users")
    await sidebar_is_live(page)
    await expect(page.locator("#me-button .me-status")).to_have_text("deep in <thought>")
    await page.click("#me-button")
    await expect(dialog.locator(".card-state")).to_contain_text("Do not disturb until")
    await dialog.locator("label", has=page.locator("[name=status][value='']")).click()
    await page.keyboard.press("Enter")
    await expect(page.locator("#me-button .me-status")).to_have_text("")
    await expect(member.locator(".avatar")).not_to_have_attribute("data-dot", "dnd")


async def test_what_the_server_refuses_or_does_not_hear_is_said(alice: Visitor) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/feed")
    await sidebar_is_live(page)
    await page.click("#me-button")
    dialog = page.locator("#settings")
    await dialog.locator("label", has=page.locator("[value=away]")).click()
    await dialog.locator("[name=text]").evaluate(
        "node => { node.maxLength = 500; node.value = 'x'.repeat(101); }"
    )
    await dialog.get_by_role("button", name="Set status").click()
    await expect(dialog.locator(".card-note")).to_have_text("One line of at most 100 characters, please.")
    await alice.context.set_offline(True)
    await dialog.get_by_role("button", name="Set status").click()
    await expect(dialog.locator(".card-note")).to_contain_text("connection")
    await alice.context.set_offline(False)
    alice.complaints.clear()


async def test_without_scripts_in_a_room_too(browser: Browser, alice: Visitor, room: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(await alice.context.cookies())  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{alice.url}/rooms/{room}")
    await page.click("#me-button")
    await page.locator("main [name=status][value=away]").check(force=True)
    await page.fill("main [name=text]", "out for a walk")
    await page.click("main .status-form button")
    await expect(page).to_have_url(f"{alice.url}/rooms/{room}")
    await expect(page.locator("#me-button .me-status")).to_have_text("out for a walk")
    await context.close()


async def test_people_are_found_and_written_to(alice: Visitor, bob: Visitor) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/feed")
    await page.click(".room-lists a[href='/users']")
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    await expect(page.locator(".room-lists a[href='/users']")).to_have_attribute("aria-current", "page")
    await page.get_by_role("searchbox", name="Find somebody").fill(bob.name)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name=f"Message: {bob.name}").click()
    await alice.is_connected()
    await expect(page.locator("#room-name")).to_have_text(bob.name)
    assert isinstance(bob.person, Person)
