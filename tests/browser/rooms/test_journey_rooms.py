"""A room with a title in any script, by keyboard: made, renamed, found by title and address, and still
there at its former address."""

from playwright.async_api import expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitors, one_database

pytestmark = one_database


async def test_a_room_with_a_title_by_keyboard(visitors: Visitors) -> None:
    alice = await visitors("alice", WIDE)
    page, word, other = alice.page, unique("w").lower(), unique("hall")
    # Where there is no room at all the form is open.
    await alice.makes(other)
    await page.goto(f"{alice.url}/rooms")
    await page.locator("summary", has_text="New room").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("[name=title]")).to_be_focused()
    await page.keyboard.type(f"Кухня {word}")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/rooms/kukhnya-{word}")
    await alice.is_connected()
    name = page.locator("#room-name")
    await expect(name).to_have_text(f"Кухня {word}")
    await expect(name).to_have_attribute("title", f"#kukhnya-{word}")
    await alice.says("Stays here")
    await alice.sees("Stays here")

    await page.keyboard.type(f"/rename Столовая {word}")
    await page.keyboard.press("Enter")
    await expect(name).to_have_text(f"Столовая {word}")
    await expect(page).to_have_title(f"#Столовая {word} – aiochat")
    await expect(page.locator("#composer-text")).to_have_attribute(
        "placeholder", f"Write to #Столовая {word}"
    )
    await expect(page.locator("#room-list [aria-current] .room-link-name")).to_have_text(f"Столовая {word}")
    await expect(page.locator(".service").last).to_contain_text(f"named the room Столовая {word}")
    await page.keyboard.type(f"/address dining-{word}")
    await page.keyboard.press("Enter")
    await expect(page.locator(".service").last).to_contain_text(f"address to #dining-{word}")

    # What is open goes on, and what is written is still there after the way by the former address.
    await alice.says("Still here")
    await alice.sees("Still here")
    await page.keyboard.type("half a thought")
    await page.goto(f"{alice.url}/rooms/kukhnya-{word}")
    await page.wait_for_url(f"**/rooms/dining-{word}")
    await alice.is_connected()
    await alice.sees("Still here")
    await expect(page.locator("#composer-text")).to_have_value("half a thought")

    await alice.enters(other)
    for typed in (f"столовая {word}", f"#dining-{word}"):
        await page.keyboard.press("Control+k")
        await page.locator("#switcher-text").press_sequentially(typed)
        first = page.locator("#switcher-list [role=option]").first
        await expect(first).to_contain_text(f"Столовая {word}")
        await expect(first).to_contain_text(f"#dining-{word}")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/rooms/dining-{word}")
        await alice.is_connected()
        await alice.enters(other)
    assert alice.complaints == []


async def test_long_titles_and_those_from_right_to_left(visitors: Visitors) -> None:
    alice = await visitors("alice", PHONE)
    assert alice.person
    page, word = alice.page, unique("w").lower()
    titles = [f"{word} {'я' * 40}", f"غرفة الاجتماعات {word}", f"{word}{'w' * 50}"]
    rooms = [(await alice.person.creates("", title=title))["name"] for title in titles]
    for room, title in zip(rooms, titles, strict=True):
        await alice.enters(room)
        await expect(page.locator("#room-name")).to_have_text(title)
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, title
    await page.goto(f"{alice.url}/rooms?q={word}")
    for room, title in zip(rooms, titles, strict=True):
        card = page.locator(f".room-card[href='/rooms/{room}']")
        await expect(card).to_contain_text(title)
        await expect(card.locator(".room-address")).to_have_text(f"#{room}")
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert alice.complaints == []


async def test_on_a_phone_the_menu_tells_what_is_new_in_other_rooms(visitors: Visitors) -> None:
    alice, bob = await visitors("alice", PHONE), await visitors("bob", WIDE)
    here, there = unique("here"), unique("there")
    await alice.makes(there)
    await alice.makes(here)
    await alice.is_connected()
    assert bob.person
    count = alice.page.locator("#menu-count")
    await expect(count).to_be_hidden()
    listener = await bob.person.enters(there)
    await listener.says("to nobody")
    await expect(count).to_have_class("count menu-count dot")
    await expect(count).to_have_text("Unread messages")
    calls = alice.page.locator("#calls")
    await expect(calls).to_have_text("")
    await listener.says(f"@{alice.name} to you")
    await expect(calls).to_have_text(f"#{there}: 1 message for you")
    await expect(count).to_have_text("11 message for you")
    await expect(count).to_have_class("count menu-count")
    await alice.page.locator("[data-drawer=sidebar]").click()
    await alice.enters(there)
    await expect(count).to_be_hidden()
