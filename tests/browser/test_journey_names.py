"""Names of people in the room page: where they stand, how they are found, and that a change shows
everywhere at once."""

import pytest
from playwright.async_api import ViewportSize, expect

from tests.conftest import unique
from tests.support.browser import PHONE, WIDE, Visitors, one_database

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
