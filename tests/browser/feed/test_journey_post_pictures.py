"""Pictures in posts, in real Chromium behind nginx: pasted, chosen, described and taken back, and
seen live by somebody else."""

from collections.abc import Awaitable, Callable

from playwright.async_api import FilePayload, ViewportSize, expect

from tests.browser.feed.test_journey_feed import follows, is_live, opens
from tests.support.pages.browser import PHONE, WIDE, Visitor, behind_nginx, comes_true
from tests.support.pictures import drawn

PASTE = """async (box) => {
  const canvas = new OffscreenCanvas(900, 600);
  canvas.getContext("2d").fillRect(0, 0, 900, 600);
  const given = new DataTransfer();
  given.items.add(new File([await canvas.convertToBlob()], "image.png", { type: "image/png" }));
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: given, bubbles: true, cancelable: true }));
}"""
PAINTED = "(canvas) => canvas.getContext('2d').getImageData(80, 80, 1, 1).data[3] === 255"


def file(name: str, kind: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


@behind_nginx
async def test_pictures_are_posted_and_seen(
    visitors: Callable[[str, ViewportSize], Awaitable[Visitor]],
) -> None:
    alice, bob = await visitors("alice", WIDE), await visitors("bob", PHONE)
    await follows(bob, alice)
    for one in (alice, bob):
        await opens(one, "/feed")
        await is_live(one)
    form = alice.page.locator("#new-post")
    rows = form.locator("[data-part=picked] li")

    # What is chosen or pasted is shown, and can be described and taken back.
    await form.locator("textarea").evaluate(PASTE)
    await form.locator("[name=picture]").set_input_files(
        [file("a.png", "image/png", drawn()), file("b.jpg", "image/jpeg", drawn("JPEG"))]
    )
    await expect(rows).to_have_count(3)
    handle = await rows.nth(0).locator("canvas").element_handle()
    await comes_true(alice.page, PAINTED, handle)
    await form.locator("[name=picture]").set_input_files([file("c.gif", "image/gif", drawn("GIF"))])
    await expect(form.locator("[data-part=error]")).to_have_text("A picture is a JPEG, PNG or WebP file.")
    await form.get_by_label("Description of picture 1").fill("A black wall")
    await form.get_by_label("Remove picture 2").click()
    await expect(rows).to_have_count(2)
    await form.get_by_label("Description of picture 2").fill("A red wall")
    await form.get_by_role("button", name="Post", exact=True).click()
    await expect(rows).to_have_count(0)

    # Both see them; the other when they ask for what is new.
    await bob.page.locator("#new-posts").click()
    for one in (alice, bob):
        pictures = one.page.locator("[data-post] .shot img")
        await expect(pictures).to_have_count(2)
        await expect(pictures.nth(0)).to_have_attribute("alt", "A black wall")
        await comes_true(
            one.page, "[...document.querySelectorAll('.shot img')].every((one) => one.naturalWidth > 0)"
        )
    # One is opened over the page, and the other by a key.
    await bob.page.get_by_role("link", name="A black wall").click()
    opened = bob.page.locator("#lightbox")
    await expect(opened.locator("figcaption")).to_have_text("A black wall")
    await bob.page.keyboard.press("ArrowRight")
    await expect(opened.locator("figcaption")).to_have_text("A red wall")
    await bob.page.keyboard.press("Escape")
    await expect(opened).to_be_hidden()
    link = bob.page.get_by_role("link", name="A black wall")
    answer = await bob.page.request.get(bob.url + str(await link.get_attribute("href")))
    assert answer.headers["content-type"] == "image/webp"

    # An edit takes one away, and the words of the other.
    own = alice.page.locator("[data-post] details.own")
    await own.locator("> summary").click()
    await own.get_by_label("Remove").nth(0).check()
    await own.locator("textarea").fill("Just one")
    await own.get_by_role("button", name="Save").click()
    for one in (alice, bob):
        await expect(one.page.locator("[data-post] .shot img")).to_have_count(1)
        await expect(one.page.locator("[data-post] .post-text")).to_have_text("Just one")
    await own.locator("> summary").click()
    await expect(own.locator("[data-part=kept] li")).to_have_count(1)
    await expect(own.locator("[data-part=kept] .alt")).to_have_value("A red wall")
