"""The keys of the page by their places, where a keyboard has no Latin letters; and the switcher, which
every page has."""

import re

import pytest
from playwright.async_api import Page, expect

from helpers.web.routing import Access
from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitor, Visitors, comes_true, one_database
from urls import ROUTES

pytestmark = one_database

CTRL, SHIFT = 2, 8


async def press(page: Page, key: str, code: str, held: int = 0) -> None:
    """As a keyboard of another alphabet does: Playwright knows the American one."""
    session = await page.context.new_cdp_session(page)
    place = ord(code[-1]) if code.startswith("Key") else {"Slash": 191, "Semicolon": 186}[code]
    told = {"key": key, "code": code, "modifiers": held, "windowsVirtualKeyCode": place}
    text = {} if held & CTRL else {"text": key}
    await session.send("Input.dispatchKeyEvent", {"type": "keyDown", **told, **text})
    await session.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})
    await session.detach()


async def test_the_keys_of_a_room_by_their_places(alice: Visitor, room: str) -> None:
    page = alice.page
    await alice.says("First")
    await alice.says("Second")
    await alice.sees("Second")
    for key in ("л", "κ", "ن", "ל", "क", "ㅏ"):
        await press(page, key, "KeyK", CTRL)
        await expect(page.locator("#switcher")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("#switcher")).to_be_hidden()
    box = page.locator("#composer-text")
    for key, code, held, text in (
        ("и", "KeyB", CTRL, "**word**"),
        ("لا", "KeyB", CTRL, "**word**"),
        ("ı", "KeyI", CTRL, "*word*"),
        ("У", "KeyE", CTRL, "`word`"),
        ("Ч", "KeyX", CTRL | SHIFT, "~~word~~"),
    ):
        await box.fill("word")
        await box.select_text()
        await press(page, key, code, held)
        await expect(box).to_have_value(text)
    await box.fill("")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".composer-mode")).to_be_visible()
    await page.keyboard.press("Escape")

    row = page.locator("#timeline > .message")
    await row.last.focus()
    await press(page, "л", "KeyK")
    await expect(row.first).to_be_focused()
    await press(page, "ξ", "KeyJ")
    await expect(row.last).to_be_focused()
    await press(page, ",", "Slash", SHIFT)
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await press(page, ".", "Slash", CTRL)
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await row.last.focus()
    await press(page, "Ж", "Semicolon", SHIFT)
    await expect(page.locator("dialog.picker")).to_be_visible()
    await page.keyboard.press("Escape")
    await row.last.focus()
    await press(page, "ق", "KeyR")
    await expect(page.locator(".composer-mode")).to_contain_text(alice.name)


async def test_every_page_has_the_switcher(alice: Visitor, room: str) -> None:
    """Of whoever is signed in: no route is left out."""
    assert alice.person
    made = await alice.page.context.request.post(
        f"{alice.url}/feed",
        form={"text": "A post", "nonce": unique("n"), "csrf_token": await alice.person.token("/feed")},
    )
    assert made.ok
    posts = (await alice.person.gets(f"/users/{alice.name}/posts"))["posts"]
    values = {"name": alice.name, "post": str(posts[0]["id"])}
    seen = 0
    for route in ROUTES:
        if route.access is not Access.SIGNED_IN or route.json or route.kept:
            continue
        given = {**values, "name": room} if route.path.startswith("/rooms/") else values
        path = route.path
        for name in re.findall(r"\{(\w+)", path):
            path = re.sub(rf"\{{{name}[^/]*", given.get(name, "1"), path)
        async with alice.person.http.get(path, allow_redirects=False) as answer:
            if answer.content_type != "text/html" or answer.status in (303, 405):
                continue
            text = await answer.text()
        assert text.count('id="switcher"') == 1, path
        assert text.count('id="part-destination"') == 1, path
        assert 'data-dialog="switcher"' in text, path
        seen += 1
    assert seen > 15


@pytest.mark.parametrize("place", ["/feed", "/accounts/sessions", "/users/{name}"])
async def test_the_switcher_of_other_pages_leads_on(visitors: Visitors, place: str) -> None:
    alice = await visitors("alice", WIDE)
    bob = await visitors("bob", WIDE)
    assert alice.person
    assert bob.person
    page, word = alice.page, unique("w").lower()
    own = (await alice.person.creates("", title=f"Кухня {word}"))["name"]
    await bob.person.creates("", title=f"Гараж {word}")
    await page.goto(alice.url + place.format(name=alice.name))
    await press(page, "л", "KeyK", CTRL)
    await expect(page.locator("#switcher")).to_be_visible()
    options = page.locator("#switcher-list [role=option]")
    await expect(options.first).to_contain_text(f"Кухня {word}")
    # A room that one isn't in, and somebody.
    await page.locator("#switcher-text").fill(f"гараж {word}")
    await expect(options.first).to_contain_text(f"Гараж {word}")
    await expect(options.first).to_contain_text("you aren’t in it yet")
    await page.locator("#switcher-text").fill(bob.name)
    await expect(options.filter(has_text=bob.name)).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator("#switcher")).to_be_hidden()
    await page.locator(".jump-button").click()
    await expect(page.locator("#switcher")).to_be_visible()
    await page.locator("#switcher-text").fill(word)
    await expect(options.first).to_contain_text(f"Кухня {word}")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/rooms/{own}")


async def test_a_room_is_found_by_what_it_was_called(visitors: Visitors) -> None:
    alice = await visitors("alice", WIDE)
    assert alice.person
    page, word = alice.page, unique("w").lower()
    former = (await alice.person.creates("", title=f"Former {word}"))["name"]
    listener = await alice.person.enters(former)
    assert (await listener.says(f"/address later-{word}"))["type"] == "receipt"
    assert (await listener.says(f"/rename {'Later ' * 8}{word}"))["type"] == "receipt"
    await page.goto(f"{alice.url}/feed")
    await page.keyboard.press("Control+k")
    await page.locator("#switcher-text").fill(former)
    first = page.locator("#switcher-list [role=option]").first
    # However long the title is, the whole address stands beside it.
    await expect(first).to_contain_text(f"#later-{word}")
    # Read at once: the list is drawn anew with each answer.
    await comes_true(
        page,
        """() => {
          const row = document.querySelector("#switcher-list [role=option]");
          const detail = row?.querySelector(".destination-detail");
          return detail && detail.scrollWidth <= detail.clientWidth + 1
            && detail.getBoundingClientRect().right <= row.getBoundingClientRect().right;
        }""",
    )
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/rooms/later-{word}")
