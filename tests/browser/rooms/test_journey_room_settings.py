"""A room's settings by mouse and keyboard: who may do what, its kind, its members; and archived rooms in
the sidebar. All of it holds at once for whoever is there."""

import pytest
from playwright.async_api import expect

from tests.support.pages.browser import WIDE, Visitor, one_database

pytestmark = one_database


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    """Bob is in it too."""
    await bob.enters(room)
    return room


async def opens_settings(visitor: Visitor) -> None:
    await visitor.page.click(".room-settings-link")
    await expect(visitor.page.locator("#rights-room")).to_be_visible()


async def test_what_an_owner_chooses_holds_for_who_is_there(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.says("hello")
    await opens_settings(alice)
    await alice.page.select_option("#right-post", "owners")
    await alice.page.get_by_role("button", name="Save: Write").click()
    await expect(bob.page.locator("#banner")).to_contain_text("Only owners write in this room.")
    await expect(bob.page.locator("chat-composer")).to_be_hidden()
    await expect(bob.page.locator("#timeline")).to_contain_text("chose who may write: owners alone")
    await expect(alice.page.locator("#right-post")).to_have_value("owners")
    await alice.page.select_option("#right-post", "members")
    await alice.page.get_by_role("button", name="Save: Write").click()
    await expect(bob.page.locator("chat-composer")).to_be_visible()


async def test_a_room_is_closed_after_a_question(alice: Visitor, bob: Visitor, room: str) -> None:
    await opens_settings(alice)
    question = alice.page.locator(".room-kind").first
    await expect(question.get_by_role("button", name="Close it")).to_be_hidden()
    # By keyboard.
    await question.locator("summary").focus()
    await alice.page.keyboard.press("Enter")
    await expect(question).to_contain_text("won’t find or read the room any more")
    await question.get_by_role("button", name="Close it").click()
    await expect(alice.page.locator("#kind-room + p")).to_contain_text("The room is closed")
    await expect(bob.page.locator("#timeline")).to_contain_text("closed the room: only members")
    await expect(bob.page.locator(".room-title [data-part=closed]")).to_be_visible()
    await expect(bob.page.locator(f"#room-list [data-room={room}]")).to_have_attribute("data-kind", "closed")


async def test_an_archived_room_leaves_the_list_and_comes_back(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    link = f"[data-room={room}]"
    # On a phone the sidebar is a drawer.
    await bob.page.set_viewport_size(WIDE)
    await expect(bob.page.locator(f"#room-list {link}")).to_be_visible()
    await expect(bob.page.locator("details.archived-rooms")).to_be_hidden()
    await alice.says("/archive")
    await expect(bob.page.locator(f"#room-list {link}")).to_have_count(0)
    await expect(bob.page.locator(f"#archived-list {link}")).to_be_hidden()
    await bob.page.locator("#archived-title").focus()
    await bob.page.keyboard.press("Enter")
    await expect(bob.page.locator(f"#archived-list {link}")).to_be_visible()
    await opens_settings(alice)
    await alice.page.get_by_role("button", name="Take out of the archive").click()
    await expect(bob.page.locator(f"#room-list {link}")).to_be_visible()
    await expect(bob.page.locator("details.archived-rooms")).to_be_hidden()


async def test_roles_by_a_press(alice: Visitor, bob: Visitor, room: str) -> None:
    await opens_settings(alice)
    await alice.page.get_by_role("button", name=f"Make a moderator: {bob.name}").click()
    await expect(bob.page.locator("#timeline")).to_contain_text(f"made {bob.name} a moderator")
    await alice.page.get_by_role("button", name=f"Make a member: {bob.name}").click()
    await expect(bob.page.locator("#timeline")).to_contain_text(f"made {bob.name} a member")
