"""Who is in the very room, and not just on the site: a small mark among the members."""

import pytest
from playwright.async_api import Locator, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, Visitor
from tests.support.pages.inspector import Inspector, axe
from tests.support.pages.shell import STAYS, goes_to

__all__ = ["axe"]


@pytest.fixture
async def cellar(bob: Visitor) -> str:
    """Another room, of Bob's."""
    assert bob.person
    name = unique("Cellar")
    await bob.person.creates(name)
    return name


def mark(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator(f".member:has([data-person='{name}']) .viewing")


async def test_a_mark_shows_who_is_here(
    alice: Visitor, bob: Visitor, room: str, cellar: str, axe: str
) -> None:
    await bob.enters(room)
    await bob.page.evaluate(STAYS)
    for name in (alice.name, bob.name):
        await expect(mark(alice, name)).to_be_visible()
        await expect(mark(alice, name)).to_have_text("in this room")
    bobs = alice.page.locator(f".member:has([data-person='{bob.name}'])")
    await expect(bobs).to_contain_text("online")
    inspector = Inspector(alice.page, axe)
    await inspector.looks(alice.page, "members with marks", "#members")

    # He goes to another room, and is as much on the site as before.
    await goes_to(bob, cellar)
    await expect(mark(alice, bob.name)).to_be_hidden()
    await expect(bobs).to_contain_text("online")
    assert bob.page.viewport_size == PHONE
    await bob.page.click(".members-button")
    await expect(mark(bob, bob.name)).to_be_visible()
    await inspector.looks(bob.page, "members over the room", "#members")
    assert not inspector.found
    await bob.page.click("#members [data-drawer-close]")

    # And comes back, also after a break of the network.
    await goes_to(bob, room)
    await expect(mark(alice, bob.name)).to_be_visible()
    await alice.context.set_offline(True)
    await expect(mark(alice, bob.name)).to_be_hidden()
    await alice.context.set_offline(False)
    await alice.is_connected()
    await expect(mark(alice, bob.name)).to_be_visible()
    await bob.page.goto(f"{bob.url}/settings")
    await expect(mark(alice, bob.name)).to_be_hidden()
