"""A room's picture, set in its settings and shown at once wherever the room is."""

from playwright.async_api import FilePayload, expect

from tests.support.pages.browser import WIDE, Visitor, one_database
from tests.support.pictures import drawn

pytestmark = one_database


async def test_it_is_shown_at_once_and_taken_back(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.page.set_viewport_size(WIDE)
    await bob.enters(room)
    in_head = bob.page.locator(".room-title .room-picture")
    in_sidebar = bob.page.locator(f"#room-list [data-room={room}] .room-picture")
    await expect(in_head).to_be_hidden()
    await expect(in_sidebar).to_be_hidden()
    await alice.page.click(".room-settings-link")
    file = FilePayload(name="room.png", mimeType="image/png", buffer=drawn())
    await alice.page.set_input_files("#room-picture", files=file)
    await alice.page.get_by_role("button", name="Save: Picture").click()
    await expect(alice.page.get_by_alt_text("The picture now")).to_be_visible()
    for shown in (in_head, in_sidebar):
        await expect(shown).to_be_visible()
        await expect(shown).to_have_js_property("naturalWidth", 64)
    await expect(bob.page.locator("#timeline")).to_contain_text("gave the room a picture")
    await expect(bob.page.locator(f"#room-list [data-room={room}] .kind-open")).to_be_hidden()
    # The page that is loaded anew has it from the server.
    await bob.page.reload()
    for shown in (in_head, in_sidebar):
        await expect(shown).to_be_visible()
    await alice.page.get_by_role("button", name="Remove the picture").click()
    await expect(in_head).to_be_hidden()
    await expect(in_sidebar).to_be_hidden()
