"""The timeline in real Chromium: long histories, read marks, permalinks and keys. Alice reads what Bob has written."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.conftest import LIMITS_OFF, unique
from tests.people import Listener, Person
from tests.servers import Aiochat
from tests.visitors import PHONE, WIDE

NODES = 380
"""Rows of the timeline at most: 300 posts, and the dividers between them."""

TEXT = "What is said here takes a line or two on a phone, and one on a desk. "

Reads = Callable[..., Awaitable["Reader"]]


@pytest.fixture(scope="module")
def server() -> Iterator[Aiochat]:
    with Aiochat(env=LIMITS_OFF) as found:
        yield found


@pytest.fixture
async def bob(server: Aiochat) -> AsyncIterator[Person]:
    """Bob writes, by a program."""
    found = await Person(server.url, unique("bob")).registers()
    yield found
    await found.close()


@pytest.fixture
async def room(bob: Person) -> str:
    name = unique("Library")
    await bob.creates(name)
    return name


async def writes(listener: Listener, first: int, last: int) -> None:
    """Lines from one number to another, in a room that has nothing else, as fast as they are taken."""
    nonce = ""
    for number in range(first, last + 1):
        nonce = secrets.token_hex(8)
        await listener.ws.send_json({"type": "post", "text": f"line {number}. {TEXT * (number % 3)}", "nonce": nonce})
    await listener.hears("receipt", nonce=nonce)


class Reader:
    """Alice's page. Whatever it complains of is in `complaints`."""

    def __init__(self, page: Page, person: Person, room: str) -> None:
        self.page = page
        self.person = person
        self.room = room
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    async def opens(self, address: str = "") -> None:
        await self.page.goto(f"{self.person.url}/rooms/{self.room}{address}")
        await expect(self.page.locator("#status")).to_have_attribute("data-state", "connected")

    def message(self, number: int) -> Any:
        return self.page.locator(f"#timeline > [data-number='{number}']")

    async def top_of(self, number: int) -> float:
        """Its top in px against the top of what is visible."""
        found: float = await self.page.evaluate(
            """number => document.querySelector(`#timeline > [data-number="${number}"]`).getBoundingClientRect().top
               - document.querySelector('.timeline-scroller').getBoundingClientRect().top""",
            number,
        )
        return found

    async def height(self) -> float:
        found: float = await self.page.evaluate("document.querySelector('.timeline-scroller').clientHeight")
        return found

    async def sees(self, number: int) -> None:
        await expect(self.message(number)).to_be_in_viewport(ratio=0.9)

    async def scrolls(self, by: int) -> None:
        """By the wheel, and until the page has drawn it and has nothing under way."""
        await self.page.mouse.move(500 if self.page.viewport_size == WIDE else 200, 300)
        await self.page.mouse.wheel(0, by)
        await self.calms()

    async def calms(self) -> None:
        await self.page.evaluate(
            """async () => {
                const box = document.querySelector('.timeline-scroller');
                for (let still = 0, was = -1; still < 4; was = box.scrollTop + box.scrollHeight) {
                  await new Promise(requestAnimationFrame);
                  still = was === box.scrollTop + box.scrollHeight ? still + 1 : 0;
                }
            }"""
        )

    async def first_on_screen(self) -> tuple[int, float]:
        """The number of the first post that is wholly on screen, and its top."""
        number, top = await self.page.evaluate(
            """() => {
                const frame = document.querySelector('.timeline-scroller').getBoundingClientRect();
                const rows = [...document.querySelectorAll('#timeline > [data-number]')];
                const row = rows.find((one) => one.getBoundingClientRect().top >= frame.top);
                return [Number(row.dataset.number), row.getBoundingClientRect().top - frame.top];
            }"""
        )
        return number, top

    async def rows(self) -> int:
        return await self.page.locator("#timeline > li").count()

    async def server_mark(self) -> int:
        """How many posts are unread for the server."""
        rooms = (await self.person.gets("/rooms?only=own"))["rooms"]
        return int(next(room["unread"] for room in rooms if room["name"] == self.room))

    async def is_unread(self, count: int) -> None:
        """The server counts so many, soon: marks are stored once a second."""
        for _ in range(100):
            if await self.server_mark() == count:
                return
            await self.page.wait_for_timeout(100)
        assert await self.server_mark() == count


@pytest.fixture
async def reads(browser: Browser, server: Aiochat, room: str) -> AsyncIterator[Reads]:
    """Opens a page of the room for a new person, or another one for the same. None of them may have complained."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    async def make(person: Person | None = None, viewport: ViewportSize = WIDE) -> Reader:
        person = person or await Person(server.url, unique("alice")).registers()
        context = await browser.new_context(viewport=viewport, has_touch=viewport is PHONE, reduced_motion="reduce")
        contexts.append(context)
        cookies = [{"name": cookie.key, "value": cookie.value, "url": server.url} for cookie in person.http.cookie_jar]
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        reader = Reader(await context.new_page(), person, room)
        readers.append(reader)
        return reader

    yield make
    for context in contexts:
        await context.close()
    for reader in readers:
        await reader.person.close()
        assert not reader.complaints, reader.complaints


@pytest.fixture
async def pen(bob: Person, room: str) -> Listener:
    return await bob.enters(room)


@pytest.fixture
async def alice(reads: Reads, room: str) -> Reader:
    """Alice, who is a member of the room since before anything was said."""
    reader = await reads()
    await (await reader.person.enters(room)).close()
    return reader


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_long_history_is_scrolled_both_ways_in_a_bounded_page(reads: Reads, pen: Listener, viewport: ViewportSize) -> None:
    await writes(pen, 1, 900)
    alice = await reads(viewport=viewport)
    await alice.opens()
    await alice.sees(900)
    most = 0
    while not await alice.message(1).count():
        await alice.scrolls(-2500)
        most = max(most, await alice.rows())
    await expect(alice.message(900)).to_have_count(0)
    while not await alice.message(900).count():
        await alice.scrolls(2500)
        most = max(most, await alice.rows())
    await expect(alice.message(1)).to_have_count(0)
    assert 200 < most <= NODES


async def test_what_one_reads_stays_where_it_is_to_the_pixel(reads: Reads, pen: Listener) -> None:
    await writes(pen, 1, 700)
    alice = await reads()
    await alice.opens()
    await alice.sees(700)
    # Slowly enough that each step is seen, and far enough that pages come above and go below.
    drifts = []
    for _ in range(40):
        number, top = await alice.first_on_screen()
        await alice.scrolls(-400)
        drifts.append(abs(await alice.top_of(number) - top - 400))
    assert await alice.message(700).count() == 0
    assert max(drifts) <= 1, drifts
    # Live messages, a picture's worth of height above, a narrower window: what is there stays there.
    number, top = await alice.first_on_screen()
    await writes(pen, 701, 720)
    await alice.page.evaluate(
        """number => {
            const row = document.querySelector(`#timeline > [data-number="${number - 20}"]`);
            const picture = document.createElement('div');
            picture.className = 'picture';
            row.append(picture);
            const sheet = new CSSStyleSheet();
            sheet.replaceSync('.picture { height: 333.3px }');
            document.adoptedStyleSheets = [sheet];
        }""",
        number,
    )
    await alice.calms()
    assert abs(await alice.top_of(number) - top) <= 1
    await alice.page.set_viewport_size({"width": 900, "height": 700})
    await alice.calms()
    assert abs(await alice.top_of(number) - top) <= 1


async def test_it_opens_at_the_first_unread_and_reads_what_is_seen(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 40)
    await alice.opens()
    await expect(alice.page.locator("#timeline > .new")).to_be_in_viewport()
    await alice.sees(1)
    await expect(alice.message(40)).not_to_be_in_viewport()
    before = int((await alice.page.locator(".jump-text").inner_text()).partition("(")[2].rstrip(")"))
    await alice.is_unread(before)
    await alice.scrolls(300)
    after = int((await alice.page.locator(".jump-text").inner_text()).partition("(")[2].rstrip(")"))
    assert after < before
    await alice.is_unread(after)
    await expect(alice.page.locator("#timeline > .new")).to_have_count(1)
    await alice.page.keyboard.press("Escape")
    await alice.sees(40)
    await expect(alice.page.locator(".jump")).to_be_hidden()
    await alice.is_unread(0)
    # The line stays until one leaves.
    await expect(alice.page.locator("#timeline > .new")).to_have_count(1)
    await alice.page.reload()
    await alice.sees(40)
    await expect(alice.page.locator("#timeline > .new")).to_have_count(0)


async def test_the_end_is_followed_only_near_it(reads: Reads, pen: Listener) -> None:
    await writes(pen, 1, 60)
    alice = await reads()
    await alice.opens()
    await alice.sees(60)
    await alice.scrolls(-60)
    await writes(pen, 61, 62)
    await alice.sees(62)
    await alice.scrolls(-300)
    number, top = await alice.first_on_screen()
    await writes(pen, 63, 69)
    await expect(alice.page.locator(".jump-text")).to_have_text("Jump to latest (7)")
    assert abs(await alice.top_of(number) - top) <= 1
    await alice.page.click(".jump")
    await alice.sees(69)
    await expect(alice.page.locator(".jump")).to_be_hidden()
    await expect(alice.page.locator("#composer-text")).to_be_focused()


async def test_unread_from_here_stays_until_one_reads_on(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 40)
    await alice.opens()
    await alice.page.keyboard.press("Escape")
    await alice.sees(40)
    await alice.is_unread(0)
    await alice.page.evaluate("document.querySelector('chat-timeline').page.store.dispatch({ type: 'unread_from', number: 38 })")
    await expect(alice.page.locator("#timeline > .new + li")).to_have_attribute("data-number", "38")
    await writes(pen, 41, 41)
    await alice.sees(41)
    await alice.is_unread(4)
    await alice.page.reload()
    await expect(alice.page.locator("#timeline > .new + li")).to_have_attribute("data-number", "38")


async def test_a_hidden_page_doesnt_run_ahead_of_its_reader(reads: Reads, pen: Listener, alice: Reader) -> None:
    await writes(pen, 1, 30)
    await alice.opens()
    await alice.page.keyboard.press("Escape")
    await alice.sees(30)
    await alice.page.evaluate(
        """() => {
            Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    await writes(pen, 31, 60)
    await expect(alice.message(60)).to_have_count(1)
    await alice.calms()
    await expect(alice.page.locator("#timeline > .new")).to_be_in_viewport()
    await alice.sees(31)
    await expect(alice.message(60)).not_to_be_in_viewport()


async def press(alice: Reader, *keys: str) -> None:
    for key in keys:
        await alice.page.keyboard.press(key)


async def here(alice: Reader) -> int | None:
    """The number of the message that has the focus."""
    number: str | None = await alice.page.evaluate("document.activeElement?.dataset.number ?? null")
    return int(number) if number else None


async def test_messages_by_keyboard(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 60)
    await alice.opens()
    await alice.page.keyboard.press("Escape")
    await alice.sees(60)
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab")
    assert await here(alice) == 60
    await press(alice, "k", "ArrowUp", "k")
    assert await here(alice) == 57
    await press(alice, "j")
    assert await here(alice) == 58
    await press(alice, "Home")
    number = await here(alice)
    assert number is not None
    assert number <= 11
    await alice.sees(number)
    await press(alice, "n")
    assert await here(alice) == 1
    await alice.sees(1)
    for _ in range(59):
        await press(alice, "j")
    assert await here(alice) == 60
    await press(alice, "Home", "End")
    assert await here(alice) == 60
    await press(alice, "Escape")
    await expect(alice.page.locator("#composer-text")).to_be_focused()
    # Letters are letters where one writes.
    await press(alice, "j", "?")
    await expect(alice.page.locator("#composer-text")).to_have_value("j?")


async def test_the_keys_are_shown(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 3)
    await alice.opens()
    await alice.page.focus("#composer-text")
    await press(alice, "Control+/")
    dialog = alice.page.locator("#keys")
    await expect(dialog).to_be_visible()
    await expect(dialog).to_contain_text("Next message")
    await press(alice, "Escape")
    await expect(dialog).to_be_hidden()
    await expect(alice.page.locator("#composer-text")).to_be_focused()
    await press(alice, "Shift+Tab", "?")
    await expect(dialog).to_be_visible()


async def test_menu_and_reaction_are_asked_for_by_events(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 3)
    await alice.opens()
    await alice.page.evaluate(
        """() => {
            window.asked = [];
            for (const name of ['message-menu', 'message-react'])
              document.addEventListener(name, (event) => asked.push([event.type, event.detail.number]));
        }"""
    )
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab", "k", ":", "Enter")
    assert await alice.page.evaluate("asked") == [["message-react", 2], ["message-menu", 2]]


async def test_the_keyboard_keeps_its_place_when_its_message_leaves_the_page(reads: Reads, pen: Listener) -> None:
    await writes(pen, 1, 700)
    alice = await reads()
    await alice.opens()
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab")
    assert await here(alice) == 700
    while await alice.message(700).count():
        await alice.scrolls(-2500)
    assert await here(alice) is not None
    await press(alice, "j")
    number = await here(alice)
    assert number is not None
    await alice.sees(number)


async def test_many_unread_begin_at_the_first(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 300)
    await alice.opens()
    await expect(alice.page.locator("#timeline > .new + li")).to_have_attribute("data-number", "1")
    await alice.sees(1)
    await expect(alice.message(300)).to_have_count(0)
    while not await alice.message(300).count():
        await alice.scrolls(600)
    await alice.page.keyboard.press("Escape")
    await alice.sees(300)
    await alice.is_unread(0)


async def test_jumping_over_unread_messages_reads_them_only_at_the_end(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 300)
    await alice.opens("/200")
    await alice.sees(200)
    await alice.scrolls(200)
    await alice.is_unread(300)
    await alice.page.click(".jump")
    await alice.sees(300)
    await alice.is_unread(0)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_permalink_opens_in_context(reads: Reads, pen: Listener, viewport: ViewportSize) -> None:
    await writes(pen, 1, 300)
    alice = await reads(viewport=viewport)
    await alice.opens("/150")
    await alice.sees(150)
    middle = await alice.top_of(150) + (await alice.message(150).bounding_box())["height"] / 2
    assert abs(middle - await alice.height() / 2) < 3
    await expect(alice.page.locator("#timeline > .pointed")).to_have_attribute("data-number", "150")
    await expect(alice.page.locator("#timeline > .pointed")).to_have_count(0)
    await writes(pen, 301, 303)
    await alice.calms()
    assert abs(await alice.top_of(150) + (await alice.message(150).bounding_box())["height"] / 2 - middle) <= 1
    while not await alice.message(1).count():
        await alice.scrolls(-1500)
    while not await alice.message(303).count():
        await alice.scrolls(1500)
    await alice.opens("/150")
    await expect(alice.page.locator(".jump")).to_be_visible()
    await alice.page.click(".jump")
    await alice.sees(303)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{alice.room}")
    await writes(pen, 304, 304)
    await alice.sees(304)


async def test_links_to_messages_lead_there_and_back(reads: Reads, pen: Listener, room: str) -> None:
    await writes(pen, 1, 300)
    alice = await reads()
    await pen.says(
        f"see {alice.person.url}/rooms/{room}/20 and {alice.person.url}/rooms/{room}/295 and {alice.person.url}/rooms/{room}/999"
    )
    await alice.opens()
    await alice.sees(301)
    await alice.page.evaluate("window.same = true")
    await alice.page.locator("a", has_text=f"/rooms/{room}/20").click()
    await alice.sees(20)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{room}/20")
    assert await here(alice) == 20
    await alice.page.go_back()
    await alice.sees(301)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{room}")
    await alice.page.go_forward()
    await alice.sees(20)
    await alice.page.keyboard.press("Escape")
    await alice.sees(301)
    # From where one was reading, to one that is loaded, and back to the pixel.
    await alice.scrolls(-150)
    number, top = await alice.first_on_screen()
    await alice.page.locator("a", has_text=f"/rooms/{room}/295").click()
    await alice.sees(295)
    await alice.page.go_back()
    await alice.calms()
    assert abs(await alice.top_of(number) - top) <= 1
    assert await alice.page.evaluate("window.same")


async def test_a_link_to_nothing_says_so(reads: Reads, pen: Listener, room: str) -> None:
    alice = await reads()
    await pen.says(f"see {alice.person.url}/rooms/{room}/999")
    await alice.opens()
    await alice.page.locator("a", has_text="/999").click()
    await expect(alice.page.locator("#main")).to_contain_text("no message 999")
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{room}")
    alice.complaints = [text for text in alice.complaints if "404" not in text]
