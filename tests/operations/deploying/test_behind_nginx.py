"""What is found and shared on a site of two workers behind nginx: links are looked at once, told everywhere,
and in fair turns; an upload goes on where its connection broke."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web

from tests.chat.attachments.test_broken_uploads import breaks_within_a_part, offset_of
from tests.conftest import server_env, unique
from tests.operations.workers.test_workers import QUICK
from tests.support.files import begins, goes_on
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Nginx, Postgres, Redis, free_port
from tests.support.services.fake_upstream import drawn
from tests.support.sites.linked import Site, linked_site


@pytest.fixture(scope="module")
def workers(
    own_servers: None, postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Nginx, Aiochat, Aiochat]]:
    ports = [free_port(), free_port()]
    nginx = Nginx(ports)
    env = server_env(postgres, redis, "previews")
    env |= {"AIOCHAT_PUBLIC_URL": nginx.url, "AIOCHAT_TRUST_PROXY": "true"}
    env["AIOCHAT_FILES_URL"] = f"file://{tmp_path_factory.mktemp('files')}"
    with (
        Aiochat(env=env, timings=QUICK, port=ports[0]) as one,
        Aiochat(env=env, timings=QUICK, port=ports[1]) as two,
        nginx,
    ):
        Aiochat.reached_at[nginx.url] = one
        yield nginx, one, two


@pytest.fixture
async def people(workers: tuple[Nginx, Aiochat, Aiochat]) -> AsyncIterator[tuple[Person, Person]]:
    """Alice and Bob."""
    found = [await Person(workers[0].url, unique(name)).joins() for name in ("alice", "bob")]
    yield found[0], found[1]
    for someone in found:
        await someone.close()


async def test_a_card_is_told_at_every_worker(
    workers: tuple[Nginx, Aiochat, Aiochat], people: tuple[Person, Person]
) -> None:
    alice, bob = people
    async with linked_site() as site:

        async def picture(_: web.Request) -> web.Response:
            return web.Response(body=drawn("green", (600, 300)), content_type="image/png")

        page = "<title>Fish</title><meta property=og:image content=/p.png>"
        site.pages |= {"fish": page, "p.png": picture}
        # nginx gives all of a room to one worker: more rooms than one are at both.
        rooms = [unique("Shop") for _ in range(4)]
        for room in rooms:
            await alice.creates(room)
            at_alice, at_bob = await alice.enters(room), await bob.enters(room)
            number = (await at_alice.says(site.url("fish")))["number"]
            [card] = (await at_bob.hears("changed", number=number))["previews"]
            assert card["title"] == "Fish"
            async with bob.http.get(card["picture"]) as answer:
                assert (answer.status, answer.content_type) == (200, "image/webp")
            async with aiohttp.ClientSession(cookie_jar=bob.http.cookie_jar) as straight:
                for worker in workers[1:]:
                    # From the store, which both have.
                    async with straight.get(f"{worker.url}{card['picture']}") as answer:
                        assert answer.status == 200
        assert sorted(path for _, path in site.asked) == ["/fish", "/p.png"], "once for all of them"


async def test_many_links_of_one_hold_up_nobody_else(people: tuple[Person, Person]) -> None:
    alice, bob = people
    async with linked_site() as site:
        goes_on = asyncio.Event()

        async def slow(_: web.Request) -> web.Response:
            await goes_on.wait()
            return web.Response(text="<title>Slow</title>", content_type="text/html")

        site.pages |= {f"slow{number}": slow for number in range(20)} | {"fine": "<title>Fine</title>"}
        room = unique("Shop")
        await alice.creates(room)
        at_alice, at_bob = await alice.enters(room), await bob.enters(room)
        for number in range(20):
            await at_alice.says(site.url(f"slow{number}"))
        await until_asked(site, "/slow0")
        number = (await at_bob.says(site.url("fine")))["number"]
        [card] = (await at_alice.hears("changed", number=number))["previews"]
        assert card["title"] == "Fine"
        assert len([path for _, path in site.asked if path.startswith("/slow")]) == 1
        goes_on.set()


async def test_an_upload_that_breaks_within_a_part(people: tuple[Person, Person]) -> None:
    alice, _ = people
    data = secrets.token_bytes(3_000_000)
    at = (await begins(alice, "data.bin", len(data))).headers["Location"]
    # More than the 2 MB after which a part is stored: so much isn't lost.
    await breaks_within_a_part(alice, at, 0, data, 2_500_000, "close")
    async with asyncio.timeout(PATIENCE):
        while not (offset := await offset_of(alice, at)):
            await asyncio.sleep(0.05)
    answer = await goes_on(alice, at, offset, data[offset:])
    while answer.status == 409:
        # The rest of what came was stored after it was asked for.
        offset = await offset_of(alice, at)
        answer = await goes_on(alice, at, offset, data[offset:])
    assert answer.status == 204
    state = await alice.gets(at)
    async with alice.http.get(state["file"]["url"]) as read:
        assert await read.read() == data


async def until_asked(site: Site, path: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while path not in {one for _, one in site.asked}:
            await asyncio.sleep(0.02)
