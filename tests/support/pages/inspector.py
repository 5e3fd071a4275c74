"""Looks at pages with axe-core, in each of their states: wide and on a phone, light and dark."""

import fcntl
import subprocess
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.conftest import Cast
from tests.support.pages.browser import PHONE, WIDE, Profiles, Screen
from tests.support.people import Person
from tests.support.servers import ROOT, Aiochat

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's source: `make node` installs what package.json names."""
    with (ROOT / "package.json").open() as package:
        # One process of the tests after the other: two installations would spoil each other's.
        fcntl.flock(package, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "node"], cwd=ROOT, check=True, timeout=300)
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


AT_REST = "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"

SCENES = [(WIDE, "light"), (PHONE, "dark")]
"""Both themes and both layouts; all four took CI twice as long, and the colours are the same in
both layouts."""


class Inspector:
    """Looks at a page in its present state, and notes what axe finds."""

    def __init__(self, page: Page, axe: str) -> None:
        self.page = page
        self.context = page.context
        self.axe = axe
        self.found: list[str] = []

    async def opens(self, url: str, someone: Person | None = None) -> Page:
        if someone:
            cookies = [
                {"name": cookie.key, "value": cookie.value, "url": someone.url}
                for cookie in someone.http.cookie_jar
            ]
            await self.context.add_cookies(cookies)  # type: ignore[arg-type]
        await self.page.goto(url)
        return self.page

    async def looks(self, page: Page, what: str, part: str | dict[str, list[str]] = "") -> None:
        """`part` is a selector, or a context of axe: what is around it was looked at already."""
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(self.axe)
        await page.evaluate(AT_REST)
        violations = await page.evaluate(
            "async ([tags, part]) => (await axe.run(part || document, { runOnly: tags, resultTypes: "
            "['violations'] })).violations",
            [RULES, part],
        )
        self.found += [
            f"{what}: {violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
            for violation in violations
            for node in violation["nodes"]
        ]


@pytest.fixture
def chat(sqlite_chat: Aiochat) -> Aiochat:
    """How a page looks doesn't depend on the database. Files that look at pages import this one, and their
    people, who have no browser of their own."""
    return sqlite_chat


@pytest.fixture
async def alice(cast: Cast) -> Person:
    return await cast.person("alice")


@pytest.fixture
async def bob(cast: Cast) -> Person:
    return await cast.person("bob")


@pytest.fixture(params=SCENES, ids=lambda scene: f"{'phone' if scene[0] is PHONE else 'wide'}-{scene[1]}")
async def inspector(
    request: pytest.FixtureRequest, profiles: Profiles, chat: Aiochat, axe: str
) -> AsyncIterator[Inspector]:
    viewport, scheme = request.param
    screen = Screen(chat.url, viewport, color_scheme=scheme, reduced_motion="reduce")
    async with profiles.lent(screen) as page:
        found = Inspector(page, axe)
        yield found
    assert not found.found, "\n".join(found.found)


async def is_connected(page: Page) -> None:
    await expect(page.locator("#status")).to_have_attribute("data-state", "connected")


async def opens_by_script(page: Page, opener: str, opened: str) -> None:
    """What is in a drawer on a phone, or shows under a pointer alone, is pressed by a script."""
    await page.locator(opener).evaluate("node => node.click()")
    await expect(page.locator(opened)).to_be_visible()
