"""Files in the composer, in real Chromium: chosen, pasted, dropped, described; broken networks, reloads
and refusals lose nothing."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.support.pages.browser import PHONE, Visitor, comes_true, one_database
from tests.support.pages.composer import all_sent, cut
from tests.support.pages.files import (
    Tunnel,
    all_uploaded,
    chooses,
    drawn,
    files_of,
    filmed,
    gives,
    payload,
    pieces,
    through,
)
from tests.support.pages.inspector import Inspector
from tests.support.people import Listener

pytestmark = one_database
MIB = 1024 * 1024
GREEN = """(number) => {
  const video = document.querySelector(`#timeline [data-number="${number}"] video`);
  if (!video || video.readyState < 2 || video.currentTime > 0.1) return false;
  const drawing = document.createElement("canvas").getContext("2d");
  drawing.drawImage(video, 0, 0);
  const [red, green, blue] = drawing.getImageData(20, 20, 1, 1).data;
  return green > 120 && red < 60 && blue < 60;
}"""
"""The first picture of the first video in this message is there, and nobody plays it."""

ASKED = """() => performance.getEntriesByType("resource").filter(
  ({ name }) => name.includes("tall.webm")).length"""

PAINTED = "() => document.querySelector('.attachment-picture:not([hidden])') !== null"


async def test_a_message_takes_its_files_along(alice: Visitor, room: str, carol: Listener) -> None:
    page = alice.page
    box = page.locator("#composer-text")
    await chooses(alice, payload("wall.png", drawn(60, 40), "image/png"))
    await comes_true(page, PAINTED)
    await gives(box, "paste", {"name": "pasted.txt", "type": "text/plain", "text": "pasted"})
    await expect(pieces(alice)).to_have_count(2)

    # Over the whole pane, which says so; beside it nothing happens.
    target = page.locator("#drop-target")
    await gives(page.locator("#sidebar"), "drop", {"name": "no.txt", "type": "", "text": "no"})
    await gives(page.locator(".room-head"), "dragover", {"name": "x.txt", "type": "", "text": ""})
    await expect(target).to_be_visible()
    await expect(target).to_have_text(f"Drop to share in #{room}")
    await gives(
        page.locator(".room-head"), "drop", {"name": "dropped.csv", "type": "text/csv", "text": "a,b"}
    )
    await expect(target).to_be_hidden()
    await expect(pieces(alice)).to_have_count(3)

    await page.get_by_label("Description of wall.png").fill("A green wall")
    await page.get_by_role("button", name="Remove pasted.txt").click()
    await expect(pieces(alice)).to_have_count(2)
    await all_uploaded(alice, 2)
    await box.fill("look at this")
    await box.press("Enter")
    message = await carol.hears("message", text="look at this")
    assert files_of(message) == [("wall.png", "A green wall"), ("dropped.csv", "")]
    await expect(pieces(alice)).to_have_count(0)
    await all_sent(alice)
    shown = page.locator(f"#timeline [data-number='{message['number']}'] .files")
    await expect(shown.locator("a[href]")).to_have_count(2)

    # A command takes none, and leaves them where they are; files alone are a message, too.
    await chooses(alice, payload("alone.txt", b"alone"))
    await alice.says("/me waves")
    await carol.hears("message", text="waves")
    await expect(pieces(alice)).to_have_count(1)
    await page.locator(".send-button").click()
    message = await carol.hears("message", text="")
    assert files_of(message) == [("alone.txt", "")]


async def test_a_picture_is_described_afterwards(
    alice: Visitor, room: str, carol: Listener, axe: str
) -> None:
    page = alice.page
    box, edited = page.locator("#composer-text"), page.locator("#edited-files")
    files = [payload("wall.png", drawn(60, 40), "image/png"), payload("notes.txt", b"notes")]
    await chooses(alice, *files)
    await all_uploaded(alice, 2)
    await box.press("Enter")
    number = (await carol.hears("message", text=""))["number"]
    await all_sent(alice)
    image = page.locator(f"#timeline [data-number='{number}'] .picture img")
    await expect(image).to_have_attribute("alt", "Picture wall.png, not described")
    await box.press("ArrowUp")
    # What is no picture has no field.
    await expect(edited.locator(".attachment")).to_have_count(2)
    await expect(edited.get_by_role("textbox")).to_have_count(1)
    await comes_true(page, PAINTED)
    field = edited.get_by_label("Description of wall.png")
    await field.fill("A green wall")
    inspector = Inspector(page, axe)
    await inspector.looks(page, "files of an edited message", "#composer")
    assert inspector.found == []
    await field.press("Enter")
    await expect(image).to_have_attribute("alt", "A green wall")
    told = await carol.hears("changed", number=number)
    assert files_of(told) == [("wall.png", "A green wall"), ("notes.txt", "")]
    assert "edited_at" not in told
    await expect(edited).to_be_hidden()
    await expect(box).to_be_focused()

    # Half of another survives a reload, and is gone when it is left.
    await box.press("ArrowUp")
    await expect(field).to_have_value("A green wall")
    await field.fill("A green wall with")
    await page.reload()
    await expect(field).to_have_value("A green wall with")
    await alice.is_connected()
    await field.press("Escape")
    await expect(edited).to_be_hidden()
    await page.reload()
    await alice.is_connected()

    # Left alone nothing changes; a text comes to it, and goes again.
    await box.press("ArrowUp")
    await expect(field).to_have_value("A green wall")
    await field.fill("no")
    await field.press("Escape")
    await expect(edited).to_be_hidden()
    await expect(box).to_be_focused()
    await box.press("ArrowUp")
    await expect(field).to_have_value("A green wall")
    await box.fill("my wall")
    await box.press("Enter")
    assert (await carol.hears("changed", text="my wall"))["number"] == number
    await box.press("ArrowUp")
    await expect(field).to_have_value("A green wall")
    await box.fill("")
    await box.press("Enter")
    told = await carol.hears("changed", number=number, text="")
    assert files_of(told)[0] == ("wall.png", "A green wall")


async def test_a_tunnel_costs_the_part_under_way(alice: Visitor, room: str, carol: Listener) -> None:
    tunnel = Tunnel()
    await through(alice, tunnel)
    tunnel.passes = 1
    await chooses(alice, payload("big.bin", bytes(range(256)) * (3 * MIB // 256)))
    await expect(alice.page.locator(".attachment-state")).to_have_text("Waiting for the network")
    await alice.writes("it takes a while")
    await expect(alice.page.locator("#timeline .outgoing progress")).to_be_visible()
    # What is said meanwhile doesn't wait for it.
    await alice.says("meanwhile")
    await carol.hears("message", text="meanwhile")
    tunnel.passes = 100
    message = await carol.hears("message", text="it takes a while")
    assert message["files"][0]["size"] == 3 * MIB
    assert tunnel.lost >= 1
    assert len(tunnel.sizes) == 3


async def test_offline_they_wait_also_across_a_reload(alice: Visitor, room: str, carol: Listener) -> None:
    page = alice.page
    await cut(alice)
    await chooses(alice, payload("offline.txt", b"written in a tunnel"))
    await expect(pieces(alice)).to_have_count(1)
    await alice.says("from the tunnel")
    await expect(page.locator("#timeline .pending .message-state")).to_be_visible()
    # The page can be loaded again, and uploads still can't.
    tunnel = Tunnel()
    await page.route("**/uploads", lambda route: route.abort("internetdisconnected"))
    await alice.context.set_offline(False)
    await page.reload()
    await alice.is_connected()
    await expect(page.locator("#timeline .outgoing")).to_contain_text("offline.txt")
    await page.unroute_all()
    tunnel.passes = 100
    message = await carol.hears("message", text="from the tunnel")
    assert message["files"][0]["name"] == "offline.txt"
    await all_sent(alice)
    kept = """async () => {
      const request = indexedDB.open("aiochat-files");
      await new Promise((resolve) => (request.onsuccess = resolve));
      const count = request.result.transaction("files").objectStore("files").count();
      await new Promise((resolve) => (count.onsuccess = resolve));
      request.result.close();
      return count.result === 0;
    }"""
    await comes_true(page, kept)

    # What isn't sent yet is there after a reload as well, with its description.
    await chooses(alice, payload("draft.png", drawn(30, 30), "image/png"))
    await page.get_by_label("Description of draft.png").fill("A square")
    await all_uploaded(alice, 1)
    await page.reload()
    await alice.is_connected()
    await all_uploaded(alice, 1)
    await comes_true(page, PAINTED)
    await alice.says("after all")
    message = await carol.hears("message", text="after all")
    assert files_of(message) == [("draft.png", "A square")]


async def test_what_is_wrong_is_said_beside_the_piece(alice: Visitor, room: str, tmp_path: Path) -> None:
    page = alice.page
    large = tmp_path / "large.bin"
    with large.open("wb") as sparse:
        sparse.truncate(50 * MIB + 1)
    await page.locator("#composer-file").set_input_files([large])
    piece = pieces(alice)
    await expect(piece).to_have_attribute("data-state", "refused")
    await expect(piece.locator(".attachment-state")).to_contain_text("50")
    await page.locator("#composer-text").fill("with a large one")
    await page.locator("#composer-text").press("Enter")
    await expect(page.locator("#composer-hint")).to_contain_text("try it again, or remove it")
    await expect(page.locator("#composer-text")).to_have_value("with a large one")
    await page.get_by_role("button", name="Try large.bin again").click()
    await expect(piece).to_have_attribute("data-state", "refused")
    await page.get_by_role("button", name="Remove large.bin").click()
    await expect(piece).to_have_count(0)
    await page.locator("#composer-text").press("Enter")
    await alice.sees("with a large one")

    # One that is under way comes back into the box with its text.
    tunnel = Tunnel()
    await through(alice, tunnel)
    await chooses(alice, payload("slow.txt", b"slow"))
    await alice.writes("never mind")
    await page.get_by_role("button", name="Cancel sending").click()
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    await expect(page.locator("#composer-text")).to_have_value("never mind")
    await expect(pieces(alice)).to_have_count(1)
    await page.get_by_role("button", name="Remove slow.txt").click()
    assert [line for line in await alice.texts() if line] == ["with a large one"]
    alice.complaints = [one for one in alice.complaints if "413" not in one]


async def test_files_are_sent_without_scripts(
    browser: Browser, alice: Visitor, room: str, carol: Listener
) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)
    assert alice.person
    cookie = next(iter(alice.person.http.cookie_jar))
    await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": alice.url}])
    page = await context.new_page()
    await page.goto(f"{alice.url}/rooms/{room}")
    await page.fill("#composer-text", "without any script")
    await page.set_input_files("#composer-file", [payload("plain.txt", b"plain")])
    await page.click(".send-button")
    message = await carol.hears("message", text="without any script")
    assert files_of(message) == [("plain.txt", "")]
    await expect(page.locator("#timeline .file-name")).to_have_text("plain.txt")
    await page.fill("#composer-text", "and words alone")
    await page.click(".send-button")
    await carol.hears("message", text="and words alone")
    await context.close()


async def test_a_video_is_seen_before_it_is_played(alice: Visitor, room: str, carol: Listener) -> None:
    """At its size from the beginning, and no black box."""
    page = alice.page
    film = await filmed(page, 120, 200)
    await chooses(alice, payload("tall.webm", film, "video/webm"), payload("lie.webm", film[:300]))
    await all_uploaded(alice, 2)
    await page.locator("#composer-text").press("Enter")
    message = await carol.hears("message", text="")
    assert [(one["width"], one["height"], one["thumbnail"]) for one in message["files"]] == [
        (120, 200, None),
        (120, 200, None),
    ]
    for again in range(2):
        shown = page.locator(f"#timeline [data-number='{message['number']}'] video")
        await expect(shown).to_have_count(2)
        await comes_true(page, GREEN, message["number"])
        assert await shown.first.evaluate("({offsetWidth, offsetHeight}) => [offsetWidth, offsetHeight]") == [
            120,
            200,
        ]
        asked = (
            "performance.getEntriesByType('resource').filter(({ name }) => name.includes('tall.webm')).length"
        )
        assert await page.evaluate(asked) == 1
        if not again:
            await page.reload()
            await alice.is_connected()
