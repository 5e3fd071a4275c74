"""Sessions that end take every socket and stream with them, whenever it was opened."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from accounts.models import User
from app import create_app
from helpers.web.sessions import STORAGE
from settings import Settings
from tests.conftest import server_env, unique
from tests.support.accounts import accounts_of
from tests.support.databases import new_sqlite
from tests.support.feed_reader import listens
from tests.support.people import PASSWORD, PATIENCE, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.sites.own_server import OwnServer
from tests.support.wire.raw_http import cookie_of, request
from timings import Timings

ROUNDS, COPIES = 10, 8
"""Eighty tries: in each round the owner signs out everywhere while as many copied cookies connect in a
loop, to one worker and the other."""


@pytest.fixture(scope="module")
def two_workers(postgres: Postgres, redis: Redis) -> Iterator[list[Aiochat]]:
    env = server_env(postgres, redis, unique("raced"))
    with Aiochat(env=env) as one, Aiochat(env={**env, "AIOCHAT_PUBLIC_URL": one.url}) as two:
        yield [one, two]


class Socket:
    """A room's socket, opened with a cookie."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, site: str, cookie: str) -> "Socket | None":
        """None where the cookie is no session's."""
        address = f"{url}/rooms/Lobby/ws"
        try:
            return cls(await http.ws_connect(address, origin=site, headers={"Cookie": cookie}))
        except aiohttp.WSServerHandshakeError as error:
            if error.status != 401:
                raise
            return None

    async def ends(self) -> None:
        """Waits until the server ends it."""
        async for _ in self._ws:
            pass
        # Signed out, or too many at once.
        assert self._ws.close_code in (4503, 4504)

    async def close(self) -> None:
        await self._ws.close()


class EventStream:
    """A stream of the feed, opened with a cookie."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, url: str, site: str, cookie: str
    ) -> "EventStream | None":
        answer = await http.get(f"{url}/feed/events", headers={"Cookie": cookie})
        assert answer.status in (200, 401, 429)
        return None if answer.status == 401 else cls(answer)

    async def ends(self) -> None:
        with contextlib.suppress(aiohttp.ClientError):
            await self._answer.read()

    async def close(self) -> None:
        self._answer.close()


async def connects_in_a_loop(
    kind: type[Socket] | type[EventStream], worker: Aiochat, site: str, cookie: str, began: asyncio.Event
) -> None:
    """A thief who connects anew as soon as they are connected, until the cookie is refused. What was
    opened last must end."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as http:
        held = None
        while (opened := await kind.open(http, worker.url, site, cookie)) is not None:
            if held is not None:
                await held.close()
            held = opened
            began.set()
        assert held is not None
        await held.ends()


@pytest.mark.parametrize("kind", [Socket, EventStream])
async def test_no_copied_cookie_keeps_anything_open(
    two_workers: list[Aiochat], kind: type[Socket] | type[EventStream]
) -> None:
    one, two = two_workers
    owner = await Person(one.url, unique("owner")).joins()
    if kind is Socket:
        await owner.creates("Lobby")
    for _ in range(ROUNDS):
        cookies = [f"session={accounts_of(one.url).sign_in(owner.name).cookie}" for _ in range(COPIES)]
        began = [asyncio.Event() for _ in cookies]
        thieves = [
            asyncio.create_task(connects_in_a_loop(kind, worker, one.url, cookie, event))
            for worker, cookie, event in zip([one, two] * (COPIES // 2), cookies, began, strict=True)
        ]
        await asyncio.gather(*(event.wait() for event in began))
        assert (await owner.submits("/accounts/sessions", page="/rooms", all="")).status == 303
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*thieves)
    await owner.close()


@pytest.fixture
async def app(tmp_path: Path) -> web.Application:
    """The application inside this process. It looks often for sessions that ended without a
    word."""
    settings = Settings(database_url=new_sqlite(tmp_path / "chat.db"), rate_limits="off", debug=True)
    return await create_app(settings, Timings(session_check=0.05))


async def test_what_ended_without_a_word_is_found(app: web.Application) -> None:
    """The session is gone from the store, as after a lost message of Redis."""
    async with TestClient(OwnServer(app)) as client:
        someone = Person(str(client.make_url("")).rstrip("/"), "alice")
        await someone.registers()
        await someone.creates("Lobby")
        socket, stream = await someone.enters("Lobby"), await listens(someone)
        for _ in range(3):
            await socket.is_told()
        store = app[STORAGE].store
        (session_id,) = await store.of_user(1)
        await store.delete(session_id)
        assert await socket.ends() == 4503
        await stream.ends()
        await stream.close()
        await someone.close()


async def test_a_user_who_is_another_now_has_no_session(app: web.Application) -> None:
    """As after a restore that nobody has told of: the id is given once more."""
    async with TestClient(OwnServer(app)) as client:
        someone = Person(str(client.make_url("")).rstrip("/"), "alice")
        await someone.registers()
        await someone.creates("Lobby")
        socket = await someone.enters("Lobby")
        await User.update(session_secret="another").where(User.id == 1).aio_execute()
        assert await socket.ends() == 4503
        async with someone.http.get("/rooms", allow_redirects=False) as answer:
            assert answer.status == 303
        await someone.close()


async def test_a_new_password_kills_copies_and_the_page_goes_on(two_workers: list[Aiochat]) -> None:
    one, two = two_workers
    room = unique("Lobby")
    owner = await Person(one.url, unique("owner")).joins()
    await owner.creates(room)
    old = cookie_of(owner)
    sockets = [await owner.enters(room, url=worker.url) for worker in two_workers]
    stream = await listens(owner)
    thiefs = await owner.enters(room, url=two.url, headers={"User-Agent": "thief"})
    answer = await owner.submits("/accounts/password", password=PASSWORD, new_password="another battery")
    assert answer.status == 303
    assert cookie_of(owner) != old
    for cookie, status in ((old, 303), (cookie_of(owner), 200)):
        assert (await request(one.url, "GET", "/rooms", cookie=cookie)).status == status
    assert await thiefs.ends() == 1012
    for socket in sockets:
        await socket.is_told()
    assert not stream.task.done()
    # They belong to the session that goes on.
    elsewhere = await Person(one.url, owner.name).returns()
    assert (await elsewhere.submits("/accounts/sessions", page="/rooms", all="")).status == 303
    assert [await socket.ends() for socket in sockets] == [4503, 4503]
    await stream.ends()
    for someone in (owner, elsewhere):
        await someone.close()
    await stream.close()
