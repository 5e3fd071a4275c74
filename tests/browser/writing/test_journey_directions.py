"""Text from right to left beside text from left to right: in the box, in messages plain and
formatted, and in code."""

from typing import Any

from playwright.async_api import Locator, expect

from tests.conftest import unique
from tests.support.pages.browser import Visitor, one_database
from tests.support.pages.composer import all_sent, box, write

pytestmark = one_database

HEBREW, ENGLISH = "שלום לכולם.", "Hello, all of you."

SIDES = """(node) => {
    const found = [];
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const around = node.getBoundingClientRect();
    for (let text = walker.nextNode(); text; text = walker.nextNode())
        for (const line of text.data.matchAll(/[^\\n]+/g)) {
            if (!line[0].trim()) continue;
            const range = document.createRange();
            range.setStart(text, line.index);
            range.setEnd(text, line.index + line[0].length);
            const place = range.getBoundingClientRect();
            found.push([line[0].trim(), place.left - around.left, around.right - place.right]);
        }
    return found;
}"""
"""Each line of the text, and how far its ends are from those of the element around it."""


async def sides(node: Locator) -> dict[str, str]:
    """At which side each line begins."""
    found: list[Any] = await node.evaluate(SIDES)
    return {line: "left" if left < right else "right" for line, left, right in found}


def text_of(visitor: Visitor, number: int) -> Locator:
    return visitor.page.locator(f'#timeline [data-number="{number}"] .message-text')


async def test_each_line_has_the_direction_of_its_letters(alice: Visitor, bob: Visitor, room: str) -> None:
    wide = f"{ENGLISH} And as wide as any line here, so that the others have room beside them."
    await box(alice).fill(f"{HEBREW}\n{wide}")
    await expect(box(alice)).to_have_css("direction", "rtl")
    await alice.page.keyboard.press("Enter")
    await alice.says(f"{wide}\n{HEBREW}")
    await alice.says(f"- **{HEBREW}**\n- {wide}\n\n```\n{wide} {wide}\nx = 1\n```")
    await all_sent(alice)
    await bob.enters(room)
    for visitor in (alice, bob):
        for number in (1, 2):
            assert (await sides(text_of(visitor, number)))[HEBREW] == "right"
        await expect(text_of(visitor, 3).locator("pre")).to_have_css("direction", "ltr")
    assert (await sides(text_of(alice, 3).locator("pre")))["x = 1"] == "left"
    assert (await sides(text_of(alice, 1)))[wide] == "left"
    await write(alice, ENGLISH)
    await expect(box(alice)).to_have_css("direction", "ltr")


FIRST_SIGN = """(node) => {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    range.setStart(walker.nextNode(), 0);
    range.setEnd(walker.currentNode, 1);
    return range.getBoundingClientRect().left - node.getBoundingClientRect().left;
}"""
"""How far from the left the first sign of an element stands."""


async def test_names_addresses_and_code_keep_their_order_in_a_sentence_from_the_right(
    alice: Visitor, room: str
) -> None:
    assert alice.person
    name = f"Мария Łukasz {unique('ONeil')}"
    await alice.person.submits("/accounts/profile", display_name=name)
    listener = await alice.person.enters(room)
    await listener.says(f"שלום @{alice.name} 123 https://a.example/x, `b 12 c`! (עולם)")
    text = text_of(alice, 1)
    await expect(text.locator(".mention")).to_have_text(f"@{name}")
    for part in (".mention", "a:not(.mention)", "code"):
        assert await text.locator(part).evaluate(FIRST_SIGN) < 8, part
