"""Messages with files as they come live, by the scripts, and as the server renders them: the same markup,
and nothing moves. What one does with them: the lightbox, previews, the list of the room's files."""

import asyncio
import io
import re

from PIL import Image
from playwright.async_api import Route, expect

from tests.browser.timeline.test_first_rows import PAINTED
from tests.support.files import posts, uploads
from tests.support.pages.browser import PHONE, comes_true
from tests.support.pages.files import drawn
from tests.support.pages.inspector import Inspector
from tests.support.pages.timeline import Reader, Reads
from tests.support.people import Listener, Person

FILES = """() => [...document.querySelectorAll("#timeline .files")].map((box) => {
  const copy = box.cloneNode(true);
  // Which video is seen is another matter.
  for (const video of copy.querySelectorAll("video")) {
    video.setAttribute("preload", "none");
    video.setAttribute("src", video.getAttribute("src").split("#")[0]);
  }
  for (const one of [copy, ...copy.querySelectorAll("*")]) {
    const shown = [...one.attributes].map(({ name, value }) => [name, value]).sort();
    for (const { name } of [...one.attributes]) one.removeAttribute(name);
    for (const [name, value] of shown) if (name !== "tabindex" && value) one.setAttribute(name, value);
  }
  return copy.outerHTML.replace(/>\\s+/g, ">").replace(/\\s+</g, "<");
})"""

HEIGHTS = "() => [...document.querySelectorAll('#timeline .message')].map((row) => row.offsetHeight)"

LOADED = """() => [...document.querySelectorAll("#timeline .picture img")].every(
  (image) => image.complete && image.naturalWidth > 0)"""

FITS = """() => [...document.querySelectorAll("#files, #files *")].every((node) => {
  const { left, right, width } = node.getBoundingClientRect();
  return !width || (left >= 0 && right <= document.documentElement.clientWidth);
})"""

WEBM = b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm"
OGG = b"OggS\x00\x02vorbis"


def animated() -> bytes:
    found = io.BytesIO()
    frames = [Image.new("RGB", (500, 80), colour) for colour in ("red", "green")]
    frames[0].save(found, "GIF", save_all=True, append_images=frames[1:])
    return found.getvalue()


async def _shares(bob: Person, pen: Listener, *files: tuple[str, bytes, str], text: str = "") -> int:
    sent = []
    for name, data, description in files:
        state = await uploads(bob, name, data)
        assert state["ready"], state
        sent.append({"id": state["id"], "description": description})
    return int((await posts(pen, *sent, text=text))["number"])


async def _shares_all(bob: Person, pen: Listener) -> None:
    tall, wide = drawn(300, 900, "maroon"), drawn(1400, 700)
    await _shares(bob, pen, ("wide.png", wide, "A <wide> wall"), text="one")
    await _shares(bob, pen, ("tiny.png", drawn(9, 9), ""))
    await _shares(
        bob, pen, *[(f"{place}.png", data, "") for place, data in enumerate([wide, tall, animated()])]
    )
    await _shares(
        *(bob, pen),
        ("film.webm", WEBM, "A film"),
        ("sound.ogg", OGG, ""),
        ("notes & more.txt", b"notes\n" * 400, ""),
        ("archive.zip", b"PK\x03\x04" + bytes(5000), ""),
        text="all of them",
    )


async def test_both_render_the_same_and_nothing_moves(
    alice: Reader, bob: Person, pen: Listener, room: str
) -> None:
    page = alice.page
    await alice.opens()
    await _shares_all(bob, pen)
    await expect(page.locator("#timeline .files")).to_have_count(4)
    await comes_true(page, LOADED)
    await alice.is_unread(0)
    made, heights = await page.evaluate(FILES), await page.evaluate(HEIGHTS)

    # As the server renders them, before any script or picture is here.
    ready = asyncio.Event()

    async def hold(route: Route) -> None:
        await ready.wait()
        await route.continue_()

    await page.route(re.compile(r"/static/(?!.*theme).*\.js|/thumbnail-"), hold)
    await page.goto(f"{alice.person.url}/rooms/{room}", wait_until="commit")
    await comes_true(page, PAINTED)
    await expect(page.locator("#timeline .files")).to_have_count(4)
    assert await page.evaluate(FILES) == made
    assert await page.evaluate(HEIGHTS) == heights
    ready.set()
    await expect(page.locator("#status")).to_have_attribute("data-state", "connected")
    await comes_true(page, LOADED)
    assert await page.evaluate(FILES) == made
    assert await page.evaluate(HEIGHTS) == heights


async def test_pictures_open_one_after_the_other(alice: Reader, bob: Person, pen: Listener) -> None:
    page = alice.page
    await alice.opens()
    await _shares_all(bob, pen)
    box = page.locator("#lightbox")
    image = box.locator("img")
    await page.get_by_role("link", name="A <wide> wall").click()
    await expect(box).to_be_visible()
    await expect(image).to_have_attribute("alt", "A <wide> wall")
    await expect(box.locator("figcaption")).to_have_text("A <wide> wall")
    await expect(box.locator("[data-part=count]")).to_have_text("1 of 5")
    await expect(box.get_by_role("button", name="Previous")).to_be_disabled()
    for _ in range(2):
        await page.keyboard.press("ArrowRight")
    await expect(box.locator("[data-part=name]")).to_have_text("0.png")
    await page.keyboard.press("End")
    await expect(box.locator("[data-part=name]")).to_have_text("2.png")
    await page.keyboard.press("ArrowLeft")
    await expect(box.locator("[data-part=name]")).to_have_text("1.png")
    async with page.expect_download() as download:
        await page.keyboard.press("d")
    assert (await download.value).suggested_filename == "1.png"
    async with page.context.expect_page() as original:
        await page.keyboard.press("o")
    await (await original.value).close()
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()
    # The focus is where it was.
    assert await page.evaluate("document.activeElement.dataset.do") == "picture"


async def test_a_text_unfolds_and_a_deleted_message_shows_none(
    alice: Reader, bob: Person, pen: Listener
) -> None:
    page = alice.page
    await alice.opens()
    number = await _shares(bob, pen, ("table.csv", b"bed,beans\none,six\n", ""), text="see")
    row = alice.message(number)
    button = row.get_by_role("button", name="Preview")
    await button.click()
    await expect(row.locator(".file-preview")).to_contain_text("beans")
    await row.get_by_role("button", name="Fold").click()
    await expect(row.locator(".file-preview")).to_be_hidden()
    await pen.ws.send_json({"type": "post", "text": "an answer", "reply_to": number, "nonce": "answer"})
    alone = await _shares(bob, pen, ("alone.txt", b"alone", ""))
    await pen.ws.send_json({"type": "post", "text": "to a file", "reply_to": alone, "nonce": "to"})
    quote = page.locator("#timeline .message", has_text="to a file").locator(".quote-text")
    await expect(quote).to_have_text("a file")
    await alice.opens()
    await expect(quote).to_have_text("a file")
    await expect(row.locator(".files")).to_have_count(1)
    for one in (number, alone):
        await pen.ws.send_json({"type": "delete", "number": one, "nonce": f"gone{one}"})
    await expect(row.locator(".files")).to_have_count(0)
    await expect(quote).to_have_text("This message was deleted.")
    await alice.opens()
    await expect(page.locator("#timeline .files")).to_have_count(0)


async def test_the_files_of_the_room(alice: Reader, bob: Person, pen: Listener) -> None:
    page = alice.page
    await alice.opens()
    await _shares_all(bob, pen)
    opener = page.get_by_role("link", name="Files", exact=True)
    await opener.click()
    pane = page.locator("#files")
    items = pane.locator(".shared-file")
    await expect(items).to_have_count(9)
    await expect(items.first.locator(".file-name")).to_have_text("archive.zip")
    await pane.get_by_label("Kind").select_option("picture")
    await expect(items).to_have_count(5)
    await items.last.locator(".picture").click()
    await expect(page.locator("#lightbox")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#lightbox")).to_be_hidden()
    await pane.get_by_label("From").select_option(alice.person.name)
    await expect(items).to_have_count(0)
    await expect(pane.locator("[data-part=note]")).to_have_text("No such files have been shared here.")
    await pane.get_by_label("From").select_option(bob.name)
    await pane.get_by_label("Kind").select_option("text")
    await expect(items).to_have_count(1)
    await items.get_by_role("link", name="Show in the room").click()
    await expect(pane).to_be_hidden()
    await expect(page.locator("#timeline .pointed")).to_contain_text("notes & more.txt")

    # By a word of its name, and of what is said of it.
    await opener.click()
    await pane.get_by_label("From").select_option("")
    await pane.get_by_label("Kind").select_option("")
    await expect(items).to_have_count(9)
    words = pane.get_by_label("Name or description")
    await words.fill("ARCHIVE")
    await expect(items).to_have_count(1)
    await expect(items.locator(".file-name")).to_have_text("archive.zip")
    await words.fill("no such thing")
    await expect(pane.locator("[data-part=note]")).to_have_text("No such files have been shared here.")
    await page.keyboard.press("Escape")

    # The same as a page.
    await page.goto(f"{alice.person.url}/rooms/{alice.room}/files?kind=picture&by={bob.name}")
    await expect(page.locator(".shared-file")).to_have_count(5)
    await expect(page.get_by_label("Kind")).to_have_value("picture")


async def test_the_files_of_the_room_by_keyboard(alice: Reader, bob: Person, pen: Listener) -> None:
    page = alice.page
    await _shares_all(bob, pen)
    await alice.opens()
    opener = page.get_by_role("link", name="Files", exact=True)
    await opener.focus()
    await page.keyboard.press("Enter")
    pane = page.locator("#files")
    items = pane.locator(".shared-file")
    await expect(items).to_have_count(9)
    assert await page.evaluate("document.querySelector('#files').contains(document.activeElement)")
    kind = pane.get_by_label("Kind")
    await kind.focus()
    await page.keyboard.press("p")
    await expect(kind).to_have_value("picture")
    await expect(items).to_have_count(5)
    # Everything in it is a stop, and the last file leads to its message.
    last = items.last.get_by_role("link", name="Show in the room")
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await last.evaluate("(node) => node === document.activeElement"):
            break
    await expect(last).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(pane).to_be_hidden()
    await expect(page.locator("#timeline .pointed")).to_contain_text("one")
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(items.first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_the_files_of_the_room_on_a_phone(
    reads: Reads, bob: Person, pen: Listener, room: str, axe: str
) -> None:
    alice = await reads(viewport=PHONE)
    await (await alice.person.enters(room)).close()
    page = alice.page
    await _shares_all(bob, pen)
    await alice.opens()
    await page.get_by_role("link", name="Files", exact=True).tap()
    pane = page.locator("#files")
    items = pane.locator(".shared-file")
    await expect(items).to_have_count(9)
    # It is as wide as the screen at most, and nothing in it is wider.
    await comes_true(page, FITS)
    inspector = Inspector(page, axe)
    await inspector.looks(page, "files on a phone", "#files")
    assert inspector.found == []
    await pane.get_by_label("Kind").select_option("picture")
    await expect(items).to_have_count(5)
    await items.first.locator(".picture").tap()
    await expect(page.locator("#lightbox")).to_be_visible()
    await page.locator("#lightbox [data-part=close]").tap()
    await expect(page.locator("#lightbox")).to_be_hidden()
    await expect(pane).to_be_visible()
    await items.last.get_by_role("link", name="Show in the room").tap()
    await expect(pane).to_be_hidden()
    await expect(page.locator("#timeline .pointed")).to_contain_text("one")


async def test_pins_show_files(reads: Reads, alice: Reader, bob: Person, pen: Listener) -> None:
    number = await _shares(bob, pen, ("pinned.txt", b"pinned", ""), text="keep")
    await pen.ws.send_json({"type": "pin", "number": number, "on": True, "nonce": "pin"})
    await pen.hears("receipt", nonce="pin")
    await alice.opens()
    await alice.page.locator("#pins-button").click()
    await expect(alice.page.locator("#pins .file-name")).to_have_text("pinned.txt")
