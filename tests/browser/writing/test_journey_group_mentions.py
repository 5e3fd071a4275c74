"""`@all` and `@here` in real Chromium: proposed to who may use them, asked about where many are
called, and shown to those whom they call."""

from playwright.async_api import Locator, expect

from chat.history.members import SMALL_ROOM
from tests.support.accounts import accounts_of
from tests.support.pages.browser import WIDE, Visitor, Visitors, one_database
from tests.support.pages.composer import all_sent, box, options, write

pytestmark = one_database


def groups(visitor: Visitor) -> Locator:
    """What is proposed beside people, whose names may begin alike."""
    return visitor.page.locator("#completions [data-sign=group]")


async def test_many_are_called_after_a_question(alice: Visitor, visitors: Visitors, room: str) -> None:
    bob = await visitors("bob", WIDE)
    await bob.enters(room)
    await write(alice, "@al")
    await expect(groups(alice)).to_have_count(1)
    await write(alice, "{Escape}", "l of two", "{Enter}")
    await bob.sees("@all of two")
    accounts_of(alice.url).crowd(room, SMALL_ROOM)
    for visitor in (alice, bob):
        await visitor.page.reload()
        await visitor.is_connected()
    question = alice.page.locator("#question")
    await box(alice).fill("`@all` is code")
    await write(alice, "{Enter}")
    await all_sent(alice)
    await box(alice).fill("@all, come")
    await write(alice, "{Enter}")
    await expect(question).to_contain_text(f"This calls {SMALL_ROOM + 1} people.")
    await write(alice, "{Escape}")
    await expect(question).to_be_hidden()
    await expect(box(alice)).to_have_value("@all, come")
    await write(alice, "{Enter}")
    await expect(question.locator("[value=yes]")).to_be_focused()
    await write(alice, "{Enter}")
    await expect(box(alice)).to_have_value("")
    await expect(bob.page.locator(".calls-you .mention", has_text="@all")).to_have_count(2)
    await expect(alice.page.locator(".calls-you")).to_have_count(0)
    # Bob may not: nothing is proposed, nothing asked, and he is told.
    await write(bob, "@al")
    await expect(options(bob).filter(has_text=alice.name)).to_have_count(1)
    await expect(groups(bob)).to_have_count(0)
    await write(bob, "l hello", "{Enter}")
    await expect(bob.page.locator("#timeline")).to_contain_text("@all and @here are for moderators")
    await alice.sees("@all hello")
    await expect(alice.page.locator(".calls-you")).to_have_count(0)
