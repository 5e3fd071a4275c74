"""Names of people in the room page: where they stand, how they are found, and that a change shows
everywhere at once."""

import pytest
from playwright.async_api import ViewportSize, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitors, one_database

pytestmark = one_database

MARIA = "Мария Łukasz O'Neil"


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_person_is_called_by_their_name(visitors: Visitors, screen: ViewportSize) -> None:
    alice = await visitors("alice", screen)
    maria = await visitors("maria", WIDE)
    assert maria.person
    assert alice.person
    name = f"{MARIA} {unique('Q')}"
    await maria.person.submits("/accounts/profile", display_name=name)
    room = unique("hall")
    await alice.makes(room)
    listener = await maria.person.enters(room)
    await listener.says("First")
    page = alice.page
    await alice.sees("First")
    author = page.locator(".message-author", has_text=name)
    await expect(author).to_have_attribute("title", f"@{maria.name}")
    await listener.ws.send_json({"type": "post", "text": "Second", "nonce": "second", "reply_to": 1})
    await expect(page.locator(".quote-author")).to_have_text(name)
    await expect(page.locator(".service", has_text=f"{name} joined the room")).to_have_count(1)
    await listener.ws.send_json({"type": "react", "number": 1, "emoji": "🎉", "on": True, "nonce": "react"})
    await expect(page.locator(".chip[data-emoji]")).to_have_attribute("title", name)
    member = page.locator(f".member-button[data-person='{maria.name}']")
    await expect(member.locator(".member-name")).to_have_text(name)
    await expect(member.locator(".handle")).to_have_text(f"@{maria.name}")
    await listener.ws.send_json({"type": "typing"})
    await expect(page.locator("chat-typing")).to_have_text(f"{name} is typing…")

    await page.locator("#composer-text").press_sequentially("@lukasz")
    option = page.locator("#completions .completion").filter(has_text=name)
    await expect(option).to_contain_text(f"@{maria.name}")
    await page.fill("#composer-text", "")

    await author.first.click()
    await expect(page.locator("#person-card-name")).to_have_text(name)
    await expect(page.locator("#person-card .card-handle")).to_have_text(f"@{maria.name}")
    await page.locator("#person-card [data-card=message]").click()
    await page.wait_for_url("**/rooms/direct.*")
    await alice.is_connected()
    await expect(page).to_have_title(f"{name} – aiochat")
    await expect(page.locator("#room-name")).to_have_text(name)
    await expect(page.locator("#conversation-list .room-link-name").first).to_have_text(name)
    await page.keyboard.press("Control+k")
    await page.fill("#switcher-text", f"oneil {name.split()[-1]}")
    await expect(page.locator("#switcher-list [role=option]").first).to_contain_text(name)
    await page.keyboard.press("Escape")

    other = unique("Marie")
    await maria.person.submits("/accounts/profile", display_name=other)
    await expect(page.locator("#room-name")).to_have_text(other)
    await expect(page).to_have_title(f"{other} – aiochat")
    await expect(page.locator("#conversation-list .room-link-name").first).to_have_text(other)
    await alice.enters(room)
    await expect(page.locator(".message-author").first).to_have_text(other)
    assert alice.complaints == []


BARE = """handle => {
    const found = [];
    const look = (text) => new RegExp(`(?<![@\\\\w])${handle}`).test(text ?? "") && found.push(text);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const unread = "script, style, noscript, textarea";
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest(unread)) look(walker.currentNode.textContent);
    for (const node of document.querySelectorAll("[aria-label], [title], [alt], [placeholder]"))
        for (const name of ["aria-label", "title", "alt", "placeholder"]) look(node.getAttribute(name));
    look(document.title);
    return found;
}"""
"""What a page tells of somebody by the handle, without the sign that says so."""


@pytest.mark.parametrize("name", ["محمد عبد الله 7", "界" * 62 + "🦊"], ids=["rtl", "wide"])
async def test_no_place_of_the_page_shows_the_handle_alone(visitors: Visitors, name: str) -> None:
    alice = await visitors("alice", WIDE)
    omar = await visitors("omar", WIDE)
    assert alice.person
    assert omar.person
    page, handle, room = alice.page, omar.name, unique("hall")
    await alice.makes(room)
    await omar.person.submits("/accounts/profile", display_name=name)
    listener = await omar.person.enters(room)
    for number, text in enumerate(
        ("First", "/topic Words", "/me waves", f"Hello @{alice.name} and @{handle}")
    ):
        await listener.says(text)
        await listener.ws.send_json(
            {"type": "react", "number": 1, "emoji": "🎉", "on": True, "nonce": f"r{number}"}
        )
    await listener.ws.send_json({"type": "post", "text": "An answer", "nonce": "answer", "reply_to": 1})
    await expect(page.locator(".message-author", has_text=name).first).to_be_visible()
    await alice.sees("An answer")
    assert await page.evaluate(BARE, handle) == []
    first = page.locator("#timeline > .message").first
    await first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog[open]")).to_be_visible()
    assert await page.evaluate(BARE, handle) == []
    await page.keyboard.press("Escape")
    await first.focus()
    await page.keyboard.press("r")
    await expect(page.locator(".composer-mode")).to_contain_text(name)
    await page.locator(".message-author", has_text=name).first.click()
    await expect(page.locator("#person-card-name")).to_contain_text(name)
    assert await page.evaluate(BARE, handle) == []
    await page.locator("#person-card [data-card=message]").click()
    await page.wait_for_url("**/rooms/direct.*")
    await alice.is_connected()
    shown = f"\u2068{name}\u2069" if name.startswith("م") else name
    await expect(page).to_have_title(f"{shown} – aiochat")
    await page.keyboard.press("Control+k")
    await page.fill("#switcher-text", handle)
    await expect(page.locator("#switcher-list [role=option]").first).to_contain_text(name)
    assert await page.evaluate(BARE, handle) == []
    for path in (f"/users/{handle}", f"/users/{handle}/posts"):
        await page.goto(f"{alice.url}{path}")
        assert shown in await page.title()
    titled = (await alice.person.creates("", title=f"غرفة {room}"))["name"]
    await alice.enters(titled)
    await expect(page).to_have_title(f"#\u2068غرفة {room}\u2069 – aiochat")
    await alice.says(f"/rename قاعة {room}")
    await expect(page).to_have_title(f"#\u2068قاعة {room}\u2069 – aiochat")
    # What a screen reader says of the box follows the room's new name.
    await expect(page.get_by_role("textbox", name=f"Message to \u2068قاعة {room}\u2069")).to_be_visible()
