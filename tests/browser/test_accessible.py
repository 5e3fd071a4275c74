"""axe-core finds nothing against WCAG 2.2 AA on any page, in any of its states: wide and on a
phone, light and dark."""

from urllib.parse import quote

import pytest
from playwright.async_api import expect

from tests.chat.actions.test_invite_links import makes_link
from tests.conftest import Cast, unique
from tests.support.feed_reader import asks, goes_private
from tests.support.pages.browser import PHONE, WIDE
from tests.support.pages.composer import cut_off
from tests.support.pages.files import drawn, payload
from tests.support.pages.inspector import Inspector, alice, bob, chat, is_connected, opens_by_script
from tests.support.people import JsonObject, Person
from tests.support.sites.linked import linked_site

__all__ = ["alice", "bob", "chat"]

MARKED = """# Beans
*Six* ~~beans~~ **up**, see `soil.py`, https://example.org and #{room}

> They grow
- by day
1. by night

| bed | beans |
|-----|-------|
| one | six   |

```python
def grow(beans: int) -> str:  # slowly
    return f"{{beans * 2}} beans"
```"""


@pytest.fixture
async def garden(alice: Person, bob: Person) -> str:
    """A room of Alice's in which everything has happened that shows: in order, so that Bob's last
    words are unread."""
    name = unique("Garden")
    await alice.creates(name, topic="Beans")
    at_alice = await alice.enters(name)
    at_bob = await bob.enters(name)

    async def asks(listener: object, **request: object) -> None:
        at = at_alice if listener is at_alice else at_bob
        nonce = unique("look")
        await at.ws.send_json({**request, "nonce": nonce})
        await at.hears("receipt", nonce=nonce)

    by_bob: list[JsonObject] = [
        {"type": "post", "text": "Six beans are up"},
        {"type": "edit", "number": 1, "text": "Seven beans are up"},
        {"type": "react", "number": 1, "emoji": "🎉", "on": True},
        {"type": "post", "text": "Never mind"},
        {"type": "delete", "number": 2},
        {"type": "post", "text": MARKED.format(room=name)},
        {"type": "post", "text": "and\n" * 40},
    ]
    by_alice: list[JsonObject] = [
        {"type": "pin", "number": 1, "on": True},
        {"type": "react", "number": 1, "emoji": "🎉", "on": True},
        {"type": "post", "text": "Seven!", "reply_to": 1},
        {"type": "post", "text": "/me counts"},
        {"type": "post", "text": "/topic Seven beans"},
        {"type": "read", "number": 6},
    ]
    for listener, requests in ((at_bob, by_bob), (at_alice, by_alice)):
        for request in requests:
            await asks(listener, **request)
    await asks(at_bob, type="post", text=f"@{alice.name} come and see")
    return name


async def test_the_pages_for_visitors(inspector: Inspector, cast: Cast) -> None:
    for path in ("/", "/accounts/login", "/accounts/register", "/nowhere"):
        page = await inspector.opens(cast.url + path)
        await inspector.looks(page, path)
    await page.goto(f"{cast.url}/accounts/register")
    await page.fill("[name=username]", "boss")
    await page.fill("[name=password]", "short")
    await page.locator("main form").evaluate("form => { form.noValidate = true; form.submit(); }")
    await expect(page.locator(".field-error").first).to_be_visible()
    await inspector.looks(page, "a refused form")


async def test_the_pages_around_the_rooms(
    inspector: Inspector, alice: Person, bob: Person, garden: str
) -> None:
    await bob.creates(unique("Attic"), topic="Dust")
    await alice.creates(ended := unique("Ended"))
    await (await alice.enters(ended)).types(f"/delete-room {ended}")
    await alice.listeners[-1].ends()
    page = await inspector.opens(f"{alice.url}/rooms", alice)
    await page.locator("summary").evaluate_all("all => all.forEach((one) => one.click())")
    await inspector.looks(page, "rooms")
    for asked in ("", "?q=beans", "?q=zxqv", "?q=on:sometime"):
        await inspector.opens(f"{alice.url}/search{asked}", alice)
        await inspector.looks(page, f"search{asked}")
    await goes_private(alice)
    await asks(bob, f"/users/{alice.name}/follow")
    lists = ("/accounts/requests", "/accounts/followers", "/accounts/blocked")
    sections = ("", *(f"/{name}" for name in ("account", "notifications", "appearance", "privacy")))
    for path in (
        f"/users/{bob.name}",
        f"/users/{alice.name}",
        *lists,
        *(f"/settings{name}" for name in sections),
        "/settings/data",
        "/accounts/delete",
        "/weather",
        "/rooms/nowhere",
        f"/invitations?room={garden}",
        f"/join/{(await makes_link(bob))['code']}",
        f"/rooms/{garden}/settings",
        f"/rooms/{garden}/log",
        f"/rooms/{garden}/notifications",
        f"/rooms/{garden}/1/why",
        "/notifications",
    ):
        await page.goto(alice.url + path)
        await inspector.looks(page, path)


async def test_in_russian(inspector: Inspector, alice: Person, garden: str) -> None:
    page = await inspector.opens(f"{alice.url}/language?to=ru&next={quote('/rooms/' + garden)}", alice)
    await is_connected(page)
    await expect(page.locator("html")).to_have_attribute("lang", "ru")
    await inspector.looks(page, "a room")
    await opens_by_script(page, "#me-button", "#settings[open]")
    await inspector.looks(page, "settings")


async def test_a_room(inspector: Inspector, alice: Person, garden: str) -> None:
    page = await inspector.opens(f"{alice.url}/rooms/{garden}", alice)
    await is_connected(page)
    await expect(page.locator("#timeline > .new")).to_have_count(1)
    await inspector.looks(page, "as it opens")
    await page.goto(f"{alice.url}/rooms/{garden}/3")
    await is_connected(page)
    await expect(page.locator("#timeline > .pointed")).to_have_count(1)
    await inspector.looks(page, "at a message")
    if page.viewport_size == PHONE:
        for drawer in ("sidebar", "members"):
            await page.click(f"[data-drawer={drawer}]")
            await expect(page.locator("#app")).to_have_attribute("data-open", drawer)
            await inspector.looks(page, f"the drawer of {drawer}")
            await page.keyboard.press("Escape")
    conversation = await alice.submits("/conversations", page="/rooms", **{"with": "boss"})
    await page.goto(alice.url + conversation.headers["Location"])
    await is_connected(page)
    await page.fill("#composer-text", "between us")
    await page.press("#composer-text", "Enter")
    await inspector.looks(page, "a conversation")


async def test_what_opens_over_a_room(inspector: Inspector, alice: Person, bob: Person, garden: str) -> None:
    page = await inspector.opens(f"{alice.url}/rooms/{garden}", alice)
    await is_connected(page)
    await page.keyboard.press("Control+k")
    await expect(page.locator("#switcher")).to_be_visible()
    await inspector.looks(page, "the switcher")
    await page.keyboard.type(bob.name)
    await expect(page.locator("#switcher-list [aria-selected=true]")).to_contain_text(bob.name)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".picked-list li")).to_have_count(1)
    await inspector.looks(page, "the switcher with somebody chosen")
    await page.keyboard.press("Escape")
    await opens_by_script(page, f"#members [data-person='{bob.name}']", "#person-card")
    await inspector.looks(page, "a card")
    await page.click("[data-card=kick]")
    await expect(page.locator(".card-sure")).to_be_visible()
    await inspector.looks(page, "a card that asks whether one is sure")
    await page.locator("#person-card [data-close]").click()
    for opener, dialog in (
        ("#me-button", "#settings"),
        ("[data-keys].keys-button", "#keys"),
        ("#pins-button", "#pins"),
    ):
        await opens_by_script(page, opener, dialog)
        if dialog == "#pins":
            await expect(page.locator(".pinned-text")).to_have_count(1)
        await inspector.looks(page, dialog)
        await page.keyboard.press("Escape")
        await expect(page.locator(dialog)).to_be_hidden()
    await page.fill("#composer-text", "half a thought")
    await opens_by_script(page, "#settings [data-sign-out] button", "#sign-out")
    await inspector.looks(page, "what signing out would lose")
    await page.goto(f"{alice.url}/rooms")
    await opens_by_script(page, "header [data-sign-out] button", "#sign-out")
    await inspector.looks(page, "the same on another page")


async def test_what_one_does_with_messages(inspector: Inspector, alice: Person, garden: str) -> None:
    page = await inspector.opens(f"{alice.url}/rooms/{garden}", alice)
    await is_connected(page)
    menu, message = page.locator("#message-menu"), page.locator("#timeline > [data-number='5']")
    await message.focus()
    if page.viewport_size == WIDE:
        await expect(message.locator(".bar")).to_be_visible()
    await inspector.looks(page, "a message with its bar")
    await page.keyboard.press("Enter")
    await expect(menu).to_be_visible()
    await inspector.looks(page, "a menu")
    await menu.locator("[data-do=pick]").press("Enter")
    await expect(page.locator("#emoji-picker .picker-name")).to_have_text("thumbs up")
    await inspector.looks(page, "the emoji")
    await page.keyboard.press("Escape")
    await page.locator("#timeline > [data-number='1'] .edited").evaluate("node => node.click()")
    await expect(page.locator(".version-text")).to_have_count(2)
    await inspector.looks(page, "former texts")
    await page.keyboard.press("Escape")
    await message.focus()
    await page.keyboard.press("Enter")
    await menu.locator("[data-do=delete]").press("Enter")
    await expect(page.locator(".toast")).to_be_visible()
    await inspector.looks(page, "a toast")


async def test_what_one_writes(inspector: Inspector, alice: Person, bob: Person, garden: str) -> None:
    page = await inspector.opens(f"{alice.url}/rooms/{garden}", alice)
    await is_connected(page)
    box, timeline = page.locator("#composer-text"), page.locator("#timeline")
    if page.viewport_size == PHONE:
        await page.click("#composer-tools-opener")
    for begun in ("/to", "@", "#g", ":thu"):
        await box.fill("")
        await box.press_sequentially(begun)
        await expect(page.locator("#completions [role=option]").first).to_be_visible()
        await inspector.looks(page, f"the proposals for {begun}")
    await box.press("Escape")
    await box.fill("so **loud**, `code` and [links](https://example.org)")
    await opens_by_script(page, "[data-tool=preview]", "#composer-preview a")
    await inspector.looks(page, "the preview")
    await page.keyboard.press("Escape")
    await page.locator("#timeline > [data-number='7']").focus()
    await page.keyboard.press("r")
    await expect(page.locator("#composer-mode")).to_be_visible()
    await box.fill("x" * 10_001)
    await expect(page.locator("#composer-hint")).to_contain_text("Too long")
    await inspector.looks(page, "a reply that is too long")
    await box.press("Escape")
    for text, shown in (("/help", ".notice"), ("/nichts", ".refusal")):
        await box.fill(text)
        await page.click("#composer .send-button")
        await expect(timeline.locator(shown)).to_be_visible()
    # The last of who types is told again and again: it lapses while axe looks.
    at_bob = await bob.enters(garden)
    await at_bob.ws.send_json({"type": "typing"})
    await expect(page.locator("chat-typing")).to_contain_text(bob.name)
    await inspector.looks(page, "an answer, a refusal and somebody who types")
    await cut_off(inspector.context)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await box.fill("from the tunnel")
    await page.click("#composer .send-button")
    await expect(timeline.locator(".message-state")).to_be_visible()
    await inspector.looks(page, "without a network")
    await inspector.context.set_offline(False)
    await is_connected(page)
    await alice.logs_out()
    await expect(page.locator("#banner")).to_be_visible()
    await inspector.looks(page, "signed out elsewhere")


async def test_reports(inspector: Inspector, alice: Person, bob: Person, garden: str) -> None:
    shed = unique("Shed")
    await alice.creates(shed)
    at_bob = await bob.enters(shed)
    await at_bob.says("buy my watches")
    page = await inspector.opens(f"{alice.url}/rooms/{shed}", alice)
    await is_connected(page)
    await page.locator("#timeline > [data-number='1']").focus()
    await page.keyboard.press("Enter")
    await page.locator("#message-menu [data-do=report]").press("Enter")
    await expect(page.locator("#report [name=reason]")).to_be_focused()
    await inspector.looks(page, "a report")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reports-link")).to_be_visible()
    await inspector.looks(page, "a room with a report")
    await page.goto(f"{alice.url}/rooms/{shed}/reports")
    await expect(page.locator(".report")).to_have_count(1)
    await inspector.looks(page, "reports to answer")
    await page.get_by_role("button", name="Leave it as it is").click()
    await expect(page.locator("chat-outcomes")).to_contain_text("Nothing had to be done.")
    await page.goto(f"{alice.url}/rooms/{shed}/reports?answered=1")
    await expect(page.locator(".report")).to_have_count(1)
    await inspector.looks(page, "answered reports")


async def test_files(inspector: Inspector, alice: Person, garden: str) -> None:
    page = await inspector.opens(f"{alice.url}/rooms/{garden}", alice)
    await is_connected(page)
    chosen = [payload("wall.png", drawn(900, 600), "image/png"), payload("beds.csv", b"bed,beans\none,six\n")]
    await page.set_input_files("#composer-file", chosen)
    await expect(page.locator(".attachment[data-state=ready]")).to_have_count(2)
    await inspector.looks(page, "files to send")
    await page.click(".send-button")
    row = page.locator("#timeline > .message", has=page.locator(".files"))
    await expect(row).to_have_count(1)
    await row.get_by_role("button", name="Preview").evaluate("node => node.click()")
    await expect(row.locator(".file-preview")).to_be_visible()
    await inspector.looks(page, "files in a message")
    await opens_by_script(page, ".picture", "#lightbox")
    await inspector.looks(page, "a picture")
    await page.keyboard.press("Escape")
    await opens_by_script(page, "#files-button", "#files")
    await expect(page.locator("#files .shared-file")).to_have_count(2)
    await inspector.looks(page, "the files of a room")
    await page.goto(f"{alice.url}/rooms/{garden}/files")
    await inspector.looks(page, "a page of files")


async def test_previews_and_the_search_beside_them(inspector: Inspector, alice: Person, garden: str) -> None:
    async with linked_site() as site:
        site.pages["beans"] = (
            "<title>Beans</title><meta name=description content='They grow'>"
            "<meta property='og:site_name' content='The Garden'>"
        )
        at_alice = await alice.enters(garden)
        number = (await at_alice.says(site.url("beans")))["number"]
        await at_alice.hears("changed", number=number)
    page = await inspector.opens(f"{alice.url}/rooms/{garden}", alice)
    await expect(page.locator(".preview-title")).to_have_text("Beans")
    await page.locator(".preview a").focus()
    await inspector.looks(page, "a preview")
    await page.locator(".preview summary").click()
    await inspector.looks(page, "a preview, collapsed")
    await page.locator("[data-search-room]").click()
    await inspector.looks(page, "the search, before one types")
    await page.locator("#search-pane").get_by_role("combobox").fill("beans from:")
    await expect(page.locator("#search-pane .word-chip")).to_have_text(["from:me"])
    await inspector.looks(page, "words of the search")
    await page.locator("#search-pane").get_by_role("combobox").fill("beans")
    await expect(page.get_by_role("option")).not_to_have_count(0)
    await page.keyboard.press("ArrowDown")
    await inspector.looks(page, "what the search has found")
