"""axe-core finds nothing against WCAG 2.2 AA on any page: wide and on a phone, light and dark."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.conftest import Cast, unique
from tests.people import JsonObject, Person
from tests.visitors import PHONE, WIDE

AXE = "axe-core@4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Look = Callable[[Page], Awaitable[None]]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's source, from the npm registry."""
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error", AXE],
        cwd=folder,
        check=True,
        timeout=120,
    )
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def complaints(page: Page, axe: str) -> list[str]:
    """What axe finds, each with its rule, the element and the reason."""
    await page.evaluate(axe)
    found = await page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES)
    return [
        f"{violation['id']}: {' '.join(node['target'])}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


SCENES = [(viewport, scheme) for viewport in (WIDE, PHONE) for scheme in ("light", "dark")]


@pytest.fixture(params=SCENES, ids=lambda scene: f"{'phone' if scene[0] is PHONE else 'wide'}-{scene[1]}")
async def context(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[BrowserContext]:
    viewport, scheme = request.param
    found = await browser.new_context(viewport=viewport, has_touch=viewport is PHONE, color_scheme=scheme, reduced_motion="reduce")
    yield found
    await found.close()


async def signed_in(context: BrowserContext, someone: Person) -> Page:
    cookie = next(iter(someone.http.cookie_jar))
    await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": someone.url}])
    return await context.new_page()


@pytest.mark.parametrize("path", ["/", "/accounts/login", "/accounts/register", "/nowhere"])
async def test_the_pages_for_visitors(context: BrowserContext, axe: str, cast: Cast, path: str) -> None:
    page = await context.new_page()
    await page.goto(cast.url + path)
    assert await complaints(page, axe) == []


async def test_the_list_of_rooms(context: BrowserContext, axe: str, alice: Person, bob: Person, lobby: str) -> None:
    await bob.creates(unique("Attic"), topic="Dust")
    page = await signed_in(context, alice)
    await page.goto(f"{alice.url}/rooms")
    assert await complaints(page, axe) == []


async def test_what_opens_over_a_room(context: BrowserContext, axe: str, alice: Person, bob: Person, lobby: str) -> None:
    await bob.enters(lobby)
    page = await signed_in(context, alice)
    await page.goto(f"{alice.url}/rooms/{lobby}")
    await page.keyboard.press("Control+k")
    await page.locator("#switcher[open]").wait_for()
    assert await complaints(page, axe) == []
    await page.keyboard.press("Escape")
    # What is in a drawer on a phone is pressed by its script.
    for opener, dialog in ((f"#members [data-person='{bob.name}']", "#person-card"), ("#me-button", "#settings")):
        await page.locator(opener).evaluate("node => node.click()")
        await page.locator(f"{dialog}[open]").wait_for()
        assert await complaints(page, axe) == [], dialog
        await page.keyboard.press("Escape")
    for drawer in ("sidebar", "members"):
        if page.viewport_size == PHONE:
            await page.click(f"[data-drawer={drawer}]")
            assert await complaints(page, axe) == [], drawer
            await page.keyboard.press("Escape")


async def test_what_one_does_with_messages(context: BrowserContext, axe: str, alice: Person, bob: Person, lobby: str) -> None:
    heard = await bob.enters(lobby)
    requests: list[JsonObject] = [
        {"type": "post", "text": "Six beans are up"},
        {"type": "post", "text": "Seven", "reply_to": 1},
        {"type": "edit", "number": 1, "text": "Seven beans are up"},
        {"type": "react", "number": 1, "emoji": "🎉", "on": True},
        {"type": "post", "text": "Never mind"},
        {"type": "delete", "number": 3},
    ]
    for number, request in enumerate(requests):
        await heard.ws.send_json({**request, "nonce": f"n{number}"})
        await heard.hears("receipt", nonce=f"n{number}")
    page = await signed_in(context, alice)
    await page.goto(f"{alice.url}/rooms/{lobby}")
    message = page.locator("#timeline > [data-number='1']")
    await message.focus()
    assert await complaints(page, axe) == []
    await page.keyboard.press("Enter")
    await expect(page.locator("#message-menu")).to_be_visible()
    assert await complaints(page, axe) == []
    await page.locator("#message-menu [data-do=pick]").press("Enter")
    await expect(page.locator("#emoji-picker .picker-name")).to_have_text("thumbs up")
    assert await complaints(page, axe) == []
    await page.keyboard.press("Escape")
    await page.locator("#pins-button").press("Enter")
    await expect(page.locator("#pins")).to_be_visible()
    assert await complaints(page, axe) == []
    await page.keyboard.press("Escape")
    await message.focus()
    await page.keyboard.press("Enter")
    await page.locator("#message-menu [data-do=delete]").press("Enter")
    await expect(page.locator(".toast")).to_be_visible()
    assert await complaints(page, axe) == []
