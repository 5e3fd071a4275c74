"""Gravatar, where it is allowed: fetched by the server, made anew, kept, and never in the way."""

import asyncio
import hashlib
import io
import re
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from PIL import Image

from accounts.models import User
from accounts.people import gravatar
from accounts.people.gravatar import Gravatar, hash_of
from helpers.fetching import Fetcher
from helpers.images import PictureMaker
from tests.conftest import LIMITS_OFF, Cast, unique
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat
from tests.support.services.fake_upstream import Elsewhere, drawn, elsewhere


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as found:
        yield found


@pytest.fixture(scope="module")
def chat(service: Elsewhere) -> Iterator[Aiochat]:
    """Pictures don't depend on the database."""
    with Aiochat(
        env={**LIMITS_OFF, "AIOCHAT_GRAVATAR": "1", "AIOCHAT_GRAVATAR_URL": f"{service.url}/avatar/"}
    ) as server:
        yield server


async def somebody(cast: Cast, email: str = "") -> Person:
    person = cast.stranger("vera")
    return await person.joins(email=email)


async def picture_of(
    reader: Person, name: str, query: str = "size=64&v=0", **headers: str
) -> tuple[aiohttp.ClientResponse, bytes]:
    async with reader.http.get(f"/users/{name}/picture?{query}", headers=headers) as answer:
        return answer, await answer.read()


def colour_of(data: bytes) -> tuple[int, ...]:
    image = Image.open(io.BytesIO(data))
    assert image.format == "WEBP"
    return tuple(image.convert("RGB").resize((1, 1)).tobytes())


def test_the_hash() -> None:
    assert hash_of(" Vera@Example.org ") == hashlib.sha256(b"vera@example.org").hexdigest()


async def test_it_is_made_anew_and_asked_for_once(cast: Cast, alice: Person, service: Elsewhere) -> None:
    email = f"{unique('Vera')}@example.org"
    name = hash_of(email)
    service.pictures[name] = drawn("red")
    service.asked.clear()
    vera = await somebody(cast, email)
    # On a slow machine the first readers see the initial.
    async with asyncio.timeout(PATIENCE):
        while (await picture_of(alice, vera.name))[0].headers["Content-Type"] != "image/webp":
            await asyncio.sleep(0.05)
    for size in (64, 128, 256):
        answer, data = await picture_of(alice, vera.name, f"size={size}&v=0")
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert colour_of(data)[0] > 200
        assert Image.open(io.BytesIO(data)).size == (size, size)
    assert service.asked == [f"/avatar/{name}?s=256&d=404"]
    assert not {"Cookie", "Referer", "X-Forwarded-For", "Accept-Language"} & set(service.headers[-1])
    again, _ = await picture_of(alice, vera.name, "size=256", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.headers["Cache-Control"]) == (304, "private, no-cache")
    # What one gives goes before, and what one takes away isn't shown any more.
    form = aiohttp.FormData()
    form.add_field("picture", io.BytesIO(drawn("blue")), filename="a", content_type="image/png")
    headers = {"X-CSRF-Token": await vera.token("/accounts/profile"), "Accept": "application/json"}
    async with vera.http.post("/accounts/picture", data=form, headers=headers) as given:
        assert given.status == 200
    assert colour_of((await picture_of(alice, vera.name))[1])[2] > 200
    await vera.submits("/accounts/picture/remove", page="/accounts/profile")
    assert colour_of((await picture_of(alice, vera.name))[1])[0] > 200
    await vera.submits("/accounts/email", email="", password="correct horse battery")
    answer, _ = await picture_of(alice, vera.name)
    assert answer.headers["Content-Type"].startswith("image/svg+xml")


async def test_without_one_the_initial_is_drawn_and_nobody_asks_again(
    cast: Cast, alice: Person, service: Elsewhere
) -> None:
    service.asked.clear()
    vera, nobody = await somebody(cast, f"{unique('Nemo')}@example.org"), await somebody(cast)
    for person in (vera, nobody):
        for _ in range(2):
            answer, data = await picture_of(alice, person.name)
            assert answer.headers["Content-Type"].startswith("image/svg+xml")
            assert answer.headers["Cache-Control"] == "private, max-age=3600"
            assert b">V</text>" in data
    assert len(service.asked) == 1


async def test_the_page_asks_for_everybodys(cast: Cast, alice: Person) -> None:
    room = unique("Hall")
    await alice.creates(room)
    async with alice.http.get(f"/rooms/{room}") as page:
        assert re.search(r'"gravatar": true', await page.text())
    vera = await somebody(cast, f"{unique('Nemo')}@example.org")
    async with vera.http.get("/accounts/profile") as page:
        assert "Gravatar" in await page.text(), "one is told that one's address is asked about"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    found = Fetcher()
    yield found
    await found.close()


@pytest.fixture
async def maker() -> AsyncIterator[PictureMaker]:
    found = PictureMaker()
    yield found
    await found.close()


def user(email: str) -> User:
    return User(name="vera", email=email)


BROKEN = ["broken", "redirect", "html", "huge", "endless", "bomb", "cut", "garbage", "binary"]


async def test_what_is_no_picture_is_none_for_a_while(
    fetcher: Fetcher, maker: PictureMaker, service: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gravatar, "hash_of", lambda email: email)
    now = 0.0
    found = Gravatar(fetcher, maker, service.url, clock=lambda: now)
    service.pictures |= {
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "half": drawn()[:100],
        "page": b"<script>alert(1)</script>",
    }
    for name in (*BROKEN, "svg", "half", "page"):
        service.asked.clear()
        for _ in range(2):
            assert await found.picture(user(name), 64) == (None, False), name
        assert len(service.asked) == 1, name
    for asked in (1, 2):
        now += gravatar.AWAY_SECONDS + 1
        assert await found.picture(user("again/broken"), 64) == (None, False)
        assert service.asked[1:] == ["/again/broken?s=256&d=404"] * asked, "the while is over"
    await found.close()


async def test_nobody_waits_long_for_it(
    fetcher: Fetcher, maker: PictureMaker, service: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Gravatar(fetcher, maker, f"{service.url}/slowly/..", patience=0.05)
    monkeypatch.setattr(gravatar, "hash_of", lambda email: "slowly")
    service.go.clear()
    assert await found.picture(user("a"), 64) == (None, False)
    assert await found.picture(user("a"), 64) == (None, False)
    monkeypatch.setattr(gravatar, "AT_ONCE", 1)
    monkeypatch.setattr(gravatar, "hash_of", lambda email: "another")
    service.asked.clear()
    assert await found.picture(user("b"), 64) == (None, False)
    assert not service.asked, "there are as many under way as there may be"
    service.go.set()
    await found.close()
