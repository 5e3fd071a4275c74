"""A picture in the browser: given without any script, and then beside every message and name, once
it has come."""

import io
from collections.abc import Awaitable, Callable

from PIL import Image
from playwright.async_api import ViewportSize, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitor, behind_nginx

pytestmark = behind_nginx


def drawn() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(file, "JPEG")
    return file.getvalue()


async def creates(visitor: Visitor, room: str) -> None:
    form = visitor.page.locator("#new-room-form")
    await visitor.page.goto(f"{visitor.url}/rooms")
    if not await form.is_visible():
        await visitor.page.locator("#new-room > summary").click()
    await form.locator("[name=title]").fill(room)
    await form.locator("button").click()
    await visitor.is_connected()


async def test_a_picture_stands_beside_what_one_says(
    visitors: Callable[[str, ViewportSize], Awaitable[Visitor]],
) -> None:
    alice, bob = await visitors("alice", WIDE), await visitors("bob", PHONE)
    await alice.page.goto(f"{alice.url}/accounts/profile")
    await alice.page.set_input_files(
        "[name=picture]", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": drawn()}
    )
    await alice.page.click("[form=picture-form]")
    await expect(alice.page.locator(".flash")).to_have_text("Your picture is saved.")
    room = unique("Gallery")
    await creates(alice, room)
    await alice.says("Look at me")
    await bob.enters(room)
    await bob.sees("Look at me")
    picture = bob.page.locator(".message .avatar img.loaded")
    await expect(picture).to_have_count(1)
    assert await picture.evaluate("image => image.naturalWidth") == 64
    await bob.says("I have none")
    await bob.sees("I have none")
    await alice.sees("I have none")
    await expect(
        alice.page.locator("#members .avatar img.loaded, chat-members .avatar img.loaded")
    ).to_have_count(1)
    other = alice.page.locator(".message:not(.own) .avatar")
    await expect(other).to_have_text("B")
    assert await other.locator("img").count() == 0


async def test_whoever_has_left_keeps_their_picture_beside_their_words(
    visitors: Callable[[str, ViewportSize], Awaitable[Visitor]],
) -> None:
    alice, bob = await visitors("alice", WIDE), await visitors("bob", WIDE)
    await bob.page.goto(f"{bob.url}/accounts/profile")
    await bob.page.set_input_files(
        "[name=picture]", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": drawn()}
    )
    await bob.page.click("[form=picture-form]")
    room = unique("Gallery")
    await creates(alice, room)
    await bob.enters(room)
    await bob.says("Good bye")
    await bob.sees("Good bye")
    await bob.says("/leave")
    await expect(bob.page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.page.reload()
    await expect(alice.page.locator(".message:not(.own) .avatar img.loaded")).to_have_count(1)
