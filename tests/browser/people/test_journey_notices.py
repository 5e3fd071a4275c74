"""What calls one, as people meet it: the bell counts it wherever they are, it leads to the message, and the
message says why."""

from playwright.async_api import expect

from tests.conftest import unique
from tests.support.pages.browser import Visitor, one_database

pytestmark = one_database


async def test_the_bell_tells_and_leads_to_the_message(alice: Visitor, bob: Visitor, room: str) -> None:
    page = alice.page
    assert alice.person
    assert bob.person
    quiet = unique("quiet")
    await bob.person.creates(quiet)
    elsewhere = await bob.person.enters(quiet)
    await (await alice.person.enters(quiet)).close()
    await page.goto(f"{alice.url}/rooms/{room}")
    await alice.is_connected()
    bell = page.locator("#bell")
    await expect(bell.locator("[data-part=count]")).to_be_hidden()
    await elsewhere.says(f"have a look, @{alice.name}")
    await expect(bell.locator("[data-part=number]")).to_have_text("1")
    await expect(page.locator("#calls")).to_have_text(f"#{quiet}: 1 message for you")
    await bell.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    notice = page.locator(".notice").first
    await expect(notice).to_contain_text("mentioned you in")
    await expect(notice).to_contain_text(f"have a look, @{alice.name}")
    await notice.get_by_role("link", name="Why?").click()
    await expect(page.locator("main")).to_contain_text("Message 1 called you. It mentions you.")
    await page.get_by_role("link", name="To the message").click()
    await alice.is_connected()
    # What is read there is read at the bell.
    await expect(bell.locator("[data-part=count]")).to_be_hidden()
    row = page.locator("#timeline .message", has_text="have a look")
    await row.focus()
    await page.keyboard.press("Shift+F10")
    await page.locator("#message-menu [data-do=why]").click()
    dialog = page.locator("#why")
    await expect(dialog).to_contain_text("It mentions you.")
    await expect(dialog).to_contain_text("Push")
    # A room of which one wants nothing counts nothing.
    await dialog.get_by_role("link", name="How much of this room calls you").click()
    await page.get_by_role("radio", name="Nothing").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".flash")).to_have_text("Your settings are saved.")
    await page.goto(f"{alice.url}/rooms/{room}")
    await alice.is_connected()
    await elsewhere.says(f"again, @{alice.name}")
    await elsewhere.says(f"/msg {alice.name} in private")
    await expect(bell.locator("[data-part=number]")).to_have_text("1")
    link = page.locator(f".room-lists a[data-room='{quiet}']")
    await expect(link.locator("[data-part=mentions]")).to_be_hidden()
    await expect(link.locator("[data-part=count]")).to_be_hidden()
    assert alice.complaints == []
