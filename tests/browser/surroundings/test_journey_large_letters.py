"""Letters of twice the size on a phone, by the browser's own setting: nothing is cut off, and only texts
scroll."""

import pytest

from tests.support.pages.browser import Visitor

LARGE = "() => { document.documentElement.style.fontSize = '200%'; }"

OUTSIDE = """() => [...document.querySelectorAll("header *, main *")].filter((node) => {
  const { left, right, width } = node.getBoundingClientRect();
  return width && node.checkVisibility({ visibilityProperty: true })
    && !node.closest(".visually-hidden, .table-scroller, [tabindex='0']:not(a, button, input)")
    && (left < -1 || right > innerWidth + 1);
}).map((node) => node.outerHTML.slice(0, 100))"""


pytestmark = pytest.mark.parametrize("site", ["shared"], indirect=True)


async def test_nothing_is_cut_off_where_letters_are_large(bob: Visitor, room: str) -> None:
    page = bob.page
    await bob.enters(room)
    await bob.says("A message of several words, and https://example.org/a-long-address/without-an-end")
    paths = [f"/rooms/{room}", "/rooms", "/search?q=words", f"/rooms/{room}/settings", "/feed", "/users"]
    paths += ["/notifications", f"/rooms/{room}/files", f"/rooms/{room}/log", f"/users/{bob.name}"]
    for path in paths:
        await page.goto(f"{bob.url}{path}")
        await page.evaluate(LARGE)
        assert await page.evaluate(OUTSIDE) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    await page.goto(f"{bob.url}/rooms/{room}")
    await page.evaluate(LARGE)
    box = page.locator("#composer-text")
    assert (await box.evaluate("node => node.clientWidth")) > 250, "there is room to write in"
    for button in ("#bell", ".members-button", "[data-search-room]", ".drawer-open", ".send-button"):
        found = await page.locator(button).first.bounding_box()
        assert found, button
        assert 0 <= found["x"] <= 390 - found["width"], button
