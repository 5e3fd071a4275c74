"""A journey in real Chromium through the settings: from section to section as on one page, by mouse,
by keyboard, on a phone, and without scripts."""

from playwright.async_api import Browser, Page, expect

from tests.support.pages.browser import PHONE, Visitor, Visitors, comes_true, one_database

pytestmark = one_database


def section(page: Page, name: str) -> str:
    return f".own-page[data-section={name}]"


async def goes(page: Page, name: str) -> None:
    await page.click(f".own-nav a[href='/settings/{name}']")
    await expect(page.locator(section(page, name))).to_be_visible()


async def test_from_section_to_section_the_page_stays(alice: Visitor) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/settings")
    await expect(page.locator(section(page, "profile"))).to_be_visible()
    await page.evaluate("() => { document.body.dataset.mark = 'the same page'; }")
    await page.fill("#bio", "half written")
    for name in ("account", "notifications", "appearance", "privacy", "sessions", "data"):
        await goes(page, name)
        await expect(page).to_have_url(f"{alice.url}/settings/{name}")
        current = page.locator(".own-nav a[aria-current]")
        await expect(current).to_have_attribute("href", f"/settings/{name}")
        await expect(current).to_be_focused()
        await expect(page.locator("#section-told")).to_have_text(await page.title())
        await expect(page.locator("a[hreflang=ru]").first).to_have_attribute(
            "href", f"/language?to=ru&next=%2Fsettings%2F{name}"
        )
    await page.go_back()
    await expect(page.locator(section(page, "sessions"))).to_be_visible()
    # Its times are those of the reader's zone, as on a page that is loaded.
    await expect(page.locator(".own-sessions time").first).not_to_contain_text("UTC")
    await page.go_forward()
    await expect(page.locator(section(page, "data"))).to_be_visible()
    await goes(page, "profile")
    await expect(page.locator("#bio")).to_have_value("half written")
    await expect(page.locator("body")).to_have_attribute("data-mark", "the same page")
    await page.click(".own-page form[action='/accounts/profile'] .primary")
    await expect(page.locator(".flash")).to_have_text("Your profile is saved.")
    await expect(page).to_have_url(f"{alice.url}/settings/profile")
    await expect(page.locator("#bio")).to_have_value("half written")
    await goes(page, "account")
    await expect(page.locator(".flash")).to_have_count(0)
    await page.fill("#new_password", "abc")
    await expect(page.locator("[data-strength]")).to_have_text("Easy to guess")


async def test_a_page_of_another_version_is_loaded(alice: Visitor) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/settings/profile")
    await page.evaluate("() => { document.body.dataset.mark = 'the same page'; }")
    await page.evaluate("() => { document.documentElement.lang = 'xx'; }")
    await goes(page, "account")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("body")).not_to_have_attribute("data-mark", "the same page")
    assert alice.person
    await alice.person.submits("/accounts/logout", page="/rooms")
    await page.click(".own-nav a[href='/settings/data']")
    await page.wait_for_url("**/accounts/login**")
    # Of what the page asked in between.
    alice.complaints.clear()


async def test_how_it_looks_is_so_at_once_and_in_the_next_page(alice: Visitor, room: str) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/settings/appearance")
    other = await alice.context.new_page()
    await other.goto(f"{alice.url}/feed")
    for name, value in (("theme", "dark"), ("sides", "one"), ("density", "compact")):
        await page.locator(
            f".own-page [data-preference={name}] label", has=page.locator(f"[value={value}]")
        ).click()
        for one in (page, other):
            await expect(one.locator("html")).to_have_attribute(f"data-{name}", value)
    await page.locator(".own-page [data-preference=hours] label", has=page.locator("[value=h23]")).click()
    await other.close()
    # Also before scripts run, and from section to section.
    text = await (await alice.context.request.get(f"{alice.url}/rooms/{room}")).text()
    assert '<html lang="en" data-theme="dark" data-sides="one" data-density="compact">' in text
    await goes(page, "privacy")
    await goes(page, "appearance")
    await expect(page.locator("[name=hours][value=h23]")).to_be_checked()
    await page.click("header [data-theme-toggle]")
    await expect(page.locator(".own-page [name=theme][value='']")).to_be_checked()
    await page.goto(f"{alice.url}/rooms/{room}")
    await alice.is_connected()
    await alice.says("What time is it?")
    times = page.locator("#timeline .message-time")
    await expect(times.last).not_to_contain_text("M")
    await expect(page.locator("html")).to_have_attribute("data-density", "compact")


async def test_what_calls_is_told_as_one_likes(alice: Visitor, visitors: Visitors, room: str) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/settings/notifications")
    dora = await visitors("dora", PHONE)
    assert dora.person
    listener = await dora.person.enters(room)
    await listener.says(f"@{alice.name} one")
    await expect(page).to_have_title("(1) Notifications – Settings – aiochat")
    await goes(page, "privacy")
    await expect(page).to_have_title("(1) Privacy – Settings – aiochat")
    await goes(page, "notifications")
    await page.get_by_role("switch", name="Count in the tab").uncheck()
    await listener.says(f"@{alice.name} two")
    await expect(page.locator(f".room-lists a[data-room='{room}'] [data-part=count]")).to_contain_text("2")
    await expect(page).to_have_title("Notifications – Settings – aiochat")
    await page.reload()
    await expect(page.get_by_role("switch", name="Count in the tab")).not_to_be_checked()
    await expect(page).to_have_title("Notifications – Settings – aiochat")


async def test_on_a_phone_the_list_leads_to_a_section_and_back(bob: Visitor) -> None:
    page = bob.page
    await page.goto(f"{bob.url}/settings")
    await expect(page.locator(".own-page")).to_be_hidden()
    await goes(page, "privacy")
    await expect(page.locator(".own-nav")).to_be_hidden()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.click(".own-back")
    await expect(page.locator(".own-nav a[aria-current]")).to_be_focused()
    await expect(page).to_have_url(f"{bob.url}/settings")
    await page.go_back()
    await expect(page.locator(section(page, "privacy"))).to_be_visible()


async def test_nothing_is_cut_off_where_letters_are_large_and_words_long(bob: Visitor) -> None:
    """Russian at 320 pixels, with letters of twice the size."""
    page = bob.page
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.goto(f"{bob.url}/language?to=ru&next=/settings")
    sections = ("profile", "account", "notifications", "appearance", "privacy", "sessions", "data")
    for name in ("", *(f"/{one}" for one in sections)):
        await page.goto(f"{bob.url}/settings{name}")
        await page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        await comes_true(page, "document.documentElement.scrollWidth <= innerWidth")


async def test_by_keyboard(alice: Visitor) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/settings/profile")
    await page.focus(".own-nav a[aria-current]")
    for _ in range(3):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(section(page, "appearance"))).to_be_visible()
    for _ in range(3):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.locator(".own-page [name=theme]:checked")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_without_scripts(browser: Browser, alice: Visitor) -> None:
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(await alice.context.cookies())  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{alice.url}/settings")
    await page.click(".own-nav a[href='/settings/appearance']")
    await page.locator(".own-page [name=theme][value=dark]").check(force=True)
    await page.locator(".own-page [name=sides][value=one]").check(force=True)
    await page.click(".own-page form button")
    await expect(page.locator(".flash")).to_have_text("Your settings are saved.")
    await expect(page.locator("html[data-theme=dark][data-sides=one]")).to_have_count(1)
    await page.click(".own-nav a[href='/settings/notifications']")
    await page.locator("[role=switch][name=calls]").uncheck()
    await page.click(".own-page form button")
    await expect(page.locator("[role=switch][name=calls]")).not_to_be_checked()
    await expect(page.locator("[role=switch][name=title]")).to_be_checked()
    await expect(page.locator("html[data-theme=dark][data-sides=one]")).to_have_count(1)
    await page.click(".own-nav a[href='/settings/account']")
    await page.get_by_role("radio", name="Русский").check()
    await page.get_by_role("button", name="Change language").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Учётная запись")
    await expect(page).to_have_url(f"{alice.url}/settings/account")
    await context.close()
