"""A site below a path of its host: whatever leaves it bears the path, and it takes requests with the path
and without it. tests/browser/surroundings/test_journey_base_path.py is somebody's day there, behind nginx."""

import asyncio
import io
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import aiohttp
import pytest
from yarl import URL

from public_address import OWN_NAMES
from tests.conftest import LIMITS_OFF, QUICK
from tests.support.accounts import accounts_of
from tests.support.feed_reader import comments
from tests.support.files import posts, uploads
from tests.support.pages.files import drawn
from tests.support.people import JsonObject, Person
from tests.support.servers import ROOT, Aiochat, Nginx, free_port
from tests.support.servers.subpath import OUTSIDE, SubPath
from tests.support.sites.below_a_path import BASE, Addresses, addresses_of_json, wrong_headers
from tests.support.wire.raw_http import request
from urls import ROUTES

VALUES = {"name": "lounge", "number": "1", "post": "1", "id": "1", "comment": "1", "icon": "app-192"}
PLACE = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}")
"""In the path of a route."""

MOST = 400


@dataclass
class Stage:
    server: Aiochat
    boss: Person
    alice: Person
    bob: Person
    code: str
    """Of a link that invites."""

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture(scope="module")
def server(own_servers: None) -> Iterator[Aiochat]:
    port = free_port()
    env = {**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": f"http://127.0.0.1:{port}{BASE}/"}
    with Aiochat(port=port, env=env, timings=QUICK) as found:
        yield found


@pytest.fixture(scope="module")
async def stage(server: Aiochat) -> AsyncIterator[Stage]:
    """A site in use, so that each page has something to show. People of it come without the path, as
    from a proxy that has taken it off."""
    names = ("boss", "alice", "bob")
    boss, alice, bob = [await Person(server.url, name).joins() for name in names]
    await alice.creates("Lounge", topic="See /rooms")
    here, there = await alice.enters("Lounge"), await bob.enters("Lounge")
    await here.says('Hello @bob, **look** at #lounge and /rooms/lounge, as ` href="/rooms"`')
    picture = await uploads(alice, "wall.png", drawn(900, 600))
    await posts(here, picture["file"], text="our wall @bob")
    await there.says("nice, @alice")
    await there.says("/report 2 spam")
    await here.says("/pin 1")
    await here.says("/msg @bob psst")
    code = (await made_link(alice))["url"].rpartition("/")[2]
    form = aiohttp.FormData({"text": "Beans! @alice", "csrf_token": await alice.token("/feed")})
    form.add_field("picture", drawn(900, 600), filename="beans.png", content_type="image/png")
    async with alice.http.post("/feed", data=form, headers={"Accept": "application/json"}) as answer:
        assert answer.status == 201, await answer.text()
        post = await answer.json()
    await comments(bob, post, "Fine, @alice")
    yield Stage(server, boss, alice, bob, code)
    for person in (boss, alice, bob):
        await person.close()


async def made_link(person: Person) -> JsonObject:
    headers = {"Accept": "application/json", "X-CSRF-Token": await person.token("/rooms")}
    async with person.http.post("/invitations", data={"rooms": "lounge"}, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        found: JsonObject = await answer.json()
        return found


def first_addresses(stage: Stage) -> list[str]:
    """Each address of the site that is read, with an example of what it names."""
    values = {**VALUES, "code": stage.code, "token": "x" * 43}
    found = []
    for route in ROUTES:
        if not hasattr(route.view, "get") or route.is_endless:
            continue
        path = re.sub(
            r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}", lambda name: values.get(name[1], "none"), route.path
        )
        found.append(path.replace("/users/lounge", "/users/bob").replace("/people/lounge", "/people/bob"))
    return [f"{BASE}{path}" for path in found]


def is_read(address: str) -> bool:
    """It is no stream, no file that all pages share, and doesn't name the page that it was found on."""
    path = address.removeprefix(BASE).partition("?")[0]
    is_shared = path.startswith(("/static/", "/language")) or "next=" in address
    return not is_shared and not re.search("/(ws|events|export|download)$", path)


async def crawl(stage: Stage, person: Person | None) -> tuple[set[str], dict[int, int]]:
    """Reads all that the person finds, from all addresses on, and fails where an address lacks the path.
    Returns what was read, and how often each status came."""
    cookie = person._cookie if person else ""
    waiting = first_addresses(stage)
    seen, statuses, wrong = set(waiting), dict[int, int](), list[str]()
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        while waiting:
            address = waiting.pop()
            for accepted in ("text/html", "application/json"):
                headers = {"Accept": accepted, "Cookie": f"session={cookie}" if cookie else ""}
                url = URL(f"{stage.url}{address}", encoded=True)
                async with http.get(url, headers=headers, allow_redirects=False) as answer:
                    statuses[answer.status] = statuses.get(answer.status, 0) + 1
                    assert answer.status < 500, address
                    wrong += [f"{address}: {one}" for one in wrong_headers(list(answer.headers.items()))]
                    kind = answer.content_type
                    text = await answer.text() if "html" in kind or "json" in kind else ""
                if not text or "Content-Disposition" in answer.headers:
                    continue
                found = Addresses(text) if "html" in kind else addresses_of_json(text)
                wrong += [f"{address}: {one}" for one in found.wrong]
                new = {one for one in found.good if is_read(one)} - seen
                seen |= new
                waiting += sorted(new)
                assert len(seen) < MOST, "\n".join(sorted(seen))
    assert not wrong, "\n".join(wrong[:40])
    return seen, statuses


async def test_what_a_visitor_reads(stage: Stage) -> None:
    seen, statuses = await crawl(stage, None)
    assert f"{BASE}/accounts/register" in seen
    assert statuses[200] > 20
    assert statuses[303] > 20


async def test_what_somebody_reads(stage: Stage) -> None:
    seen, statuses = await crawl(stage, stage.alice)
    for pattern in ("/files/.*thumbnail", "/feed/1/pictures/1", "/rooms/Lounge/2", "/users/bob/posts"):
        assert any(re.search(pattern, one) for one in seen), pattern
    assert statuses[200] > 120


async def test_what_who_runs_the_site_reads(stage: Stage) -> None:
    seen, statuses = await crawl(stage, stage.boss)
    assert f"{BASE}/admin/people/bob" in seen
    assert statuses[200] > 120


def test_the_names_of_the_site_are_known() -> None:
    """A path can't begin with them. Add a new one to public_address.py."""
    assert {re.split(r"[/{]", route.path[1:])[0] for route in ROUTES} - {""} <= OWN_NAMES
    assert {"static"} | {re.split(r"[/{]", route.path[1:])[0] for route in ROUTES} - {""} == OWN_NAMES


async def test_what_is_told_over_sockets(stage: Stage) -> None:
    here = await stage.bob.enters("Lounge", since=0)
    [message] = here.heard("message", number=1)
    assert f'href="{BASE}/users/bob"' in message["html"]
    assert f'href="{BASE}/rooms/Lounge"' in message["html"]
    assert '<code> href="/rooms"</code>' in message["html"], "what was typed stays so"
    assert message["text"].endswith('` href="/rooms"`')
    [file] = here.heard("message", number=2)[0]["files"]
    assert file["url"].startswith(f"{BASE}/files/")
    assert file["thumbnail"].startswith(f"{BASE}/files/")
    other = await stage.alice.enters("Lounge")
    number = (await here.says("and @alice"))["number"]
    assert f'href="{BASE}/users/alice"' in (await other.hears("message", number=number))["html"]
    await here.close()


async def test_nothing_is_stored_with_it(stage: Stage) -> None:
    stored = accounts_of(stage.url)._run("SELECT html FROM messages WHERE html LIKE '%href%'")
    assert stored
    assert all(BASE not in html for (html,) in stored)


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        (f"{BASE}/", 200, ""),
        ("/", 200, ""),
        (BASE, 308, f"{BASE}/"),
        (f"{BASE}?x=1", 308, f"{BASE}/?x=1"),
        (f"{BASE}/rooms", 303, f"{BASE}/accounts/login?next=/rooms"),
        ("/rooms", 303, f"{BASE}/accounts/login?next=/rooms"),
        (f"{BASE}/accounts/login/", 308, f"{BASE}/accounts/login"),
        (f"{BASE}{BASE}/rooms", 404, ""),
        (f"{BASE}x", 404, ""),
        (f"{BASE}x/rooms", 404, ""),
        (f"/{BASE}", 404, ""),
        (f"/{BASE}/rooms", 404, ""),
        (f"{BASE}//example.org/", 404, ""),
        (f"{BASE}/%2e%2e/rooms", 404, ""),
        (f"{BASE}/../rooms", 404, ""),
        (f"{BASE}/%00", 404, ""),
    ],
)
async def test_requests_with_the_path_and_without(
    stage: Stage, path: str, status: int, location: str
) -> None:
    answer = await request(stage.url, "GET", path)
    assert (answer.status, answer.location) == (status, location)
    head = await request(stage.url, "HEAD", path)
    assert (head.status, head.location) == (status, location)


@pytest.mark.parametrize("prefix", [BASE, ""])
async def test_forms_and_sockets_come_from_pages_of_the_host(stage: Stage, prefix: str) -> None:
    cookie, token = f"session={stage.bob._cookie}", await stage.bob.token("/rooms")
    body = f"next={BASE}/feed&csrf_token={token}".encode()
    where = f"{prefix}/users/alice/follow"
    good = await request(stage.url, "POST", where, cookie=cookie, body=body, headers={"Origin": stage.url})
    assert (good.status, good.location) == (303, f"{BASE}/feed")
    for origin in ("http://example.org", f"{stage.url}{BASE}"):
        answer = await request(stage.url, "POST", where, cookie=cookie, body=body, headers={"Origin": origin})
        assert answer.status == 403
    async with aiohttp.ClientSession(headers={"Cookie": cookie}) as http:
        async with http.ws_connect(f"{stage.url}{prefix}/ws", origin=stage.url) as ws:
            assert (await ws.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{stage.url}{prefix}/ws", origin="http://example.org")


@pytest.mark.parametrize(
    "target",
    [
        "//example.org",
        f"{BASE}//example.org",
        f"{BASE}/../other",
        "/..%2fother",
        "/%2e%2e/other",
        "https://x.org",
    ],
)
async def test_nobody_is_led_out_of_the_path(stage: Stage, target: str) -> None:
    cookie = f"session={stage.bob._cookie}"
    answer = await request(stage.url, "GET", f"{BASE}/accounts/login?next={target}", cookie=cookie)
    assert answer.status == 303
    assert answer.location in (f"{BASE}/", f"{BASE}/rooms", f"{BASE}//example.org")


async def test_of_two_cookies_with_one_name_the_nearer_counts(stage: Stage) -> None:
    """Browsers send that of the longer path first."""
    cookie = f"session={stage.bob._cookie}; session={'x' * 43}"
    assert (await request(stage.url, "GET", f"{BASE}/feed", cookie=cookie)).status == 200


async def test_signing_out_clears_nothing_of_others(stage: Stage) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        where = f"{stage.url}{BASE}"
        page = await (await http.get(f"{where}/accounts/register")).text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        fields = {"username": "dora", "password": "correct horse battery", "csrf_token": token[1]}
        answer = await http.post(f"{where}/accounts/register", data=fields, allow_redirects=False)
        assert (answer.status, answer.headers["Location"][: len(BASE) + 1]) == (303, f"{BASE}/")
        page = await (await http.get(f"{where}/rooms")).text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        sent = {"csrf_token": token[1]}
        answer = await http.post(f"{where}/accounts/logout", data=sent, allow_redirects=False)
        assert answer.headers["Location"] == f"{BASE}/?forget=1"
        assert "Clear-Site-Data" not in answer.headers
        assert "accounts/forget.js" in await (await http.get(f"{where}/?forget=1")).text()
        assert "forget.js" not in await (await http.get(f"{where}/")).text()


async def test_the_manifest_and_the_service_worker_are_below_it(stage: Stage) -> None:
    async with aiohttp.ClientSession() as http:
        manifest = await (await http.get(f"{stage.url}{BASE}/manifest.webmanifest")).json(content_type=None)
        assert (manifest["scope"], manifest["id"]) == (f"{BASE}/", f"{BASE}/")
        for icon in manifest["icons"]:
            assert (await http.get(f"{stage.url}{icon['src']}")).status == 200
        assert (await http.get(f"{stage.url}{BASE}/service-worker.js")).status == 200


async def test_by_tls_cookies_go_to_the_path_alone(own_servers: None) -> None:
    env = {**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": f"https://example.org{BASE}"}
    with Aiochat(env=env, timings=QUICK) as server:
        accounts_of(server.url).add("boss")
        answer = await request(server.url, "GET", f"{BASE}/accounts/register")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Secure-session=")
        assert {f"Path={BASE}", "Secure", "HttpOnly"} <= set(cookie.split("; "))
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert "connect-src 'self' wss://example.org;" in answer.headers["Content-Security-Policy"]
        token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        assert token
        answer = await request(
            *(server.url, "POST", f"{BASE}/accounts/login"),
            cookie=cookie.partition(";")[0],
            body=f"username=boss&password=correct+horse+battery&csrf_token={token[1]}".encode(),
            headers={"Origin": "https://example.org"},
        )
        assert (answer.status, answer.location) == (303, f"{BASE}/rooms")
        assert all(f"Path={BASE}" in one for one in answer.headers.getall("Set-Cookie"))
        names = {one.partition("=")[0] for one in answer.headers.getall("Set-Cookie")}
        assert names == {"__Secure-session", "__Secure-device"}


@pytest.mark.parametrize("takes_off", [False, True], ids=["passed on", "taken off"])
async def test_the_lines_of_the_documents(stage: Stage, takes_off: bool) -> None:
    """What they say for nginx works: pages, sockets, large bodies, and doctor asks through it."""
    port = free_port()
    nginx = SubPath(port, takes_off=takes_off)
    env = {**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": nginx.public_url, "AIOCHAT_TRUST_PROXY": "true"}
    with Aiochat(port=port, env=env, timings=QUICK) as server, nginx:
        for path, status in ((f"{BASE}/", 200), (BASE, 308), ("/", OUTSIDE), (f"{BASE}x", OUTSIDE)):
            assert (await request(nginx.url, "GET", path)).status == status
        accounts = accounts_of(server.url)
        accounts.add("erin")
        headers = {"Cookie": f"session={accounts.sign_in('erin').cookie}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            async with http.ws_connect(f"{nginx.public_url}/ws", origin=nginx.url) as ws:
                assert (await ws.receive_json())["type"] == "hello"
            large = io.BytesIO(b"x" * (2 * 1024 * 1024))
            async with http.post(f"{nginx.public_url}/accounts/picture", data={"picture": large}) as answer:
                assert answer.status == 403, "read by the server, which misses the token"
        settings = {**server.env, "AIOCHAT_DATA_DIR": str(server.data_dir), "PATH": "/usr/bin:/bin"}
        command = [str(ROOT / ".venv" / "bin" / "python"), str(ROOT / "app.py"), "doctor"]
        done = await asyncio.create_subprocess_exec(
            *command, cwd=server.folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        told, _ = await done.communicate()
        assert f"{nginx.public_url}/livez answers 200" in told.decode()
        assert "ok    proxy: streams" in told.decode()


async def test_a_host_of_its_own_with_a_path(own_servers: None) -> None:
    """deploy/nginx-site --path: with the limits of nginx/aiochat.conf, which know of no path."""
    port = free_port()
    nginx = Nginx([port], path=BASE)
    env = {**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": f"{nginx.url}{BASE}", "AIOCHAT_TRUST_PROXY": "true"}
    with Aiochat(port=port, env=env, timings=QUICK), nginx:
        answer = await request(nginx.url, "GET", f"{BASE}/accounts/login")
        assert answer.status == 200
        static = re.search(rf'href="({BASE}/static/[^"]+\.css)"', answer.text)
        assert static
        for path in (static[1], f"{BASE}/favicon.ico", f"{BASE}/static/favicon.svg", f"{BASE}/robots.txt"):
            assert (await request(nginx.url, "GET", path)).status == 200
        assert (await request(nginx.url, "GET", f"{BASE}/rooms")).location.startswith(
            f"{BASE}/accounts/login"
        )
        for path in ("/", BASE):
            assert (await request(nginx.url, "GET", path)).location.endswith(f"{nginx.url}{BASE}/")
