"""A site below a path of a host, in real Chromium behind a real nginx with the lines of
docs/how-to/subpath.md. Nothing outside of the path is ever asked for."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import LIMITS_OFF, QUICK, unique
from tests.support.accounts import accounts_of
from tests.support.pages.browser import WIDE, Visitor, comes_true, sidebar_is_live
from tests.support.pages.files import all_uploaded, chooses, drawn, payload
from tests.support.pages.shell import STAYS
from tests.support.servers import Aiochat, free_port
from tests.support.servers.subpath import SubPath

PATH = "/team/chat"

KEPT = """async (text) => {
  const name = "aiochat/team/chat";
  if (!navigator.serviceWorker.controller) return false;
  if (!(await indexedDB.databases()).some((one) => one.name === name)) return false;
  const result = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await result(indexedDB.open(name));
  try {
    const rooms = database.transaction(["rooms"]).objectStore("rooms");
    return JSON.stringify(await result(rooms.getAll())).includes(text);
  } finally {
    database.close();
  }
}"""

NEIGHBOUR = """async () => {
  localStorage.setItem("aiochat:draft:neighbour:lobby", "theirs");
  await new Promise((end) => (indexedDB.open("aiochat", 1).onsuccess = ({ target }) => {
    target.result.close();
    end();
  }));
}"""
"""Another aiochat, at the top of the host, has kept something."""

LEFT = """async () => ({
  own: Object.keys(localStorage).filter((key) => key.startsWith("/team/chat ")),
  theirs: localStorage.getItem("aiochat:draft:neighbour:lobby"),
  caches: await caches.keys(),
  databases: (await indexedDB.databases()).map(({ name }) => name).includes("aiochat"),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


@pytest.fixture(scope="module", params=["passed on", "taken off"])
def host(request: pytest.FixtureRequest, own_servers: None) -> Iterator[tuple[SubPath, Aiochat]]:
    port = free_port()
    nginx = SubPath(port, PATH, takes_off=request.param == "taken off")
    env = {**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": f"{nginx.public_url}/", "AIOCHAT_TRUST_PROXY": "true"}
    with Aiochat(port=port, env=env, timings=QUICK) as server, nginx:
        yield nginx, server


@pytest.fixture
async def alice(browser: Browser, host: tuple[SubPath, Aiochat]) -> AsyncIterator[Visitor]:
    nginx, server = host
    context = await browser.new_context(viewport=WIDE, service_workers="allow")
    found = Visitor(context, await context.new_page(), nginx.public_url, unique("alice"))
    accounts_of(server.url).add("bob")
    await found.page.goto(f"{nginx.public_url}/accounts/register")
    await found.page.fill("[name=username]", found.name)
    await found.page.fill("[name=password]", "correct horse battery")
    await found.page.click("main form button")
    await found.page.wait_for_url(f"{nginx.public_url}/rooms")
    yield found
    await found.leaves()


async def makes(alice: Visitor, room: str) -> None:
    await alice.page.goto(f"{alice.url}/rooms")
    await sidebar_is_live(alice.page)
    form = alice.page.locator("#new-room-form")
    if not await form.is_visible():
        await alice.page.locator("#new-room > summary").click()
    await form.locator("[name=title]").fill(room)
    await form.locator("button").click()
    await alice.page.wait_for_url(f"{alice.url}/rooms/{room.lower()}")
    await alice.is_connected()


async def test_a_day_below_a_path(alice: Visitor, host: tuple[SubPath, Aiochat]) -> None:
    page, url, context = alice.page, alice.url, alice.context
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    await page.evaluate(NEIGHBOUR)
    other, room = unique("Kitchen"), unique("Lounge")
    await makes(alice, other)
    await makes(alice, room)

    # A mention, a room and a picture lead below the path, as the server shows them and as scripts do.
    await alice.says(f"ask @bob in #{other}")
    await chooses(alice, payload("wall.png", drawn(900, 600), "image/png"))
    await all_uploaded(alice, 1)
    await alice.says("our wall")
    for _ in range(2):
        await expect(page.locator("#timeline a.mention")).to_have_attribute("href", f"{PATH}/users/bob")
        await expect(page.locator("#timeline a.room-ref")).to_have_attribute(
            "href", f"{PATH}/rooms/{other.lower()}"
        )
        shown = page.locator("#timeline .message img[src*='/files/']")
        await expect(shown).to_have_attribute("src", re.compile(f"^{PATH}/files/.*thumbnail"))
        await comes_true(page, "() => document.querySelector('#timeline img[src*=files]').naturalWidth > 1")
        await page.reload()
        await alice.is_connected()

    # From room to room within the page, and back.
    await page.evaluate(STAYS)
    await page.click(f".room-lists a[href='{PATH}/rooms/{other}' i]")
    await page.wait_for_url(re.compile(f"^{url}/rooms/{other}$", re.IGNORECASE))
    await expect(page.locator("#room-name")).to_have_text(other)
    await alice.is_connected()
    await page.go_back()
    await expect(page.locator("#room-name")).to_have_text(room)
    await page.click("#timeline a.room-ref")
    await expect(page.locator("#room-name")).to_have_text(other)
    await page.go_back()
    await expect(page.locator("#room-name")).to_have_text(room)
    assert await page.evaluate("window.stays")
    await page.click("#timeline a.mention")
    profile = page.locator("[data-part=profile]:visible")
    await expect(profile).to_have_attribute("href", f"{PATH}/users/bob")
    await page.keyboard.press("Escape")

    # Without a network.
    await comes_true(page, KEPT, "our wall")
    await context.set_offline(True)
    await page.goto(f"{url}/rooms/{room}")
    await alice.sees("our wall")
    await expect(page.locator("html")).to_have_attribute("data-base", PATH)
    await alice.says("from the tunnel")
    await context.set_offline(False)
    await alice.is_connected()
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    await page.fill("#composer-text", "half a thought")
    await comes_true(page, "() => Object.keys(localStorage).some((key) => key.includes(':draft:alice'))")

    # What the page asks for while it is left may be refused.
    assert not alice.complaints, alice.complaints

    # Signing out asks, and takes what is ours and nothing else.
    await page.locator("#me-button").evaluate("node => node.click()")
    await page.locator("#settings [data-sign-out] button").click()
    await page.locator("#sign-out").get_by_role("button", name="Sign out").click()
    await page.wait_for_url(f"{url}/")
    await expect(page.locator(".flash")).to_have_text("You are signed out.")
    await comes_true(page, "() => !location.search")
    assert await page.evaluate(LEFT) == {
        **{"own": [], "theirs": "theirs", "caches": [], "databases": True, "workers": 0},
    }

    outside = [one for one in asked if not one.startswith((f"{url}/", "data:", "blob:"))]
    assert asked
    assert not outside
    lines = host[0].access_log.read_text().splitlines()
    assert lines
    assert not [line for line in lines if not re.search(rf'"[A-Z]+ {PATH}/', line)]
