"""A page that goes from one story to the next knows nothing of the first one's user."""

from tests.support.pages.browser import WIDE, Profiles, Screen
from tests.support.servers import Aiochat

FILL = """async () => {
    localStorage.setItem("left", "1");
    sessionStorage.setItem("left", "1");
    document.cookie = "left=1";
    await new Promise((done) => { indexedDB.open("left").onsuccess = done; });
    await (await caches.open("left")).put("/left", new Response("1"));
}"""
FOUND = """async () => [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie,
    ...(await indexedDB.databases()).map((one) => one.name), ...await caches.keys(),
].filter(Boolean)"""


async def test_what_is_left_behind_is_gone(profiles: Profiles, sqlite_chat: Aiochat) -> None:
    screen = Screen(sqlite_chat.url, WIDE, reduced_motion="reduce")
    async with profiles.lent(screen) as page:
        await page.goto(f"{sqlite_chat.url}/accounts/login")
        await page.evaluate(FILL)
        assert len(await page.evaluate(FOUND)) == 5
        await page.context.new_page()
        await page.set_viewport_size({"width": 500, "height": 500})
        await page.route("**/*", lambda route: route.abort())
        await page.context.set_offline(True)
    async with profiles.lent(screen) as again:
        assert again is page
        await page.goto(f"{sqlite_chat.url}/accounts/login")
        assert await page.evaluate(FOUND) == []
        # The page of the login began a session.
        assert {cookie["name"] for cookie in await page.context.cookies()} <= {"session"}
        assert page.context.pages == [page]
        assert page.viewport_size == WIDE


async def test_a_page_whose_site_is_gone_is_used_no_more(profiles: Profiles, own_servers: None) -> None:
    with Aiochat() as server:
        screen = Screen(server.url, WIDE)
        async with profiles.lent(screen) as page:
            await page.goto(f"{server.url}/accounts/login")
            server.kill()
        server.start()
        async with profiles.lent(screen) as other:
            assert other is not page
            assert page.is_closed()
