"""What the command line does to people holds in a running server at once: sockets and streams end,
and who administers is known."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from peewee_async.databases import AioDatabase

from accounts.keys import SESSION_ENDED, Successor
from accounts.models import EndedSession, User
from accounts.people import accounts, directory
from accounts.signin import ended_sessions
from accounts.signin.ended_sessions import end_sessions
from app import create_app
from helpers.db.database import open_database
from helpers.keys import DATABASE
from helpers.web.session_stores import DatabaseSessions
from helpers.web.sessions import STORAGE, hash_token
from settings import Settings
from tests.conftest import LIMITS_OFF, Cast, server_env, unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.feed_reader import listens
from tests.support.people import PASSWORD, PATIENCE, Listener, Person
from tests.support.programs.shell import beside, empty_redis
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.sites.own_server import OwnServer
from tests.support.wire.raw_http import cookie_of, request
from timings import TIMINGS, Timings

NEW = "another horse battery"


async def says(server: Aiochat, *arguments: str, given: str = "") -> str:
    return await asyncio.to_thread(beside, server, *arguments, given=given)


async def is_signed_in(someone: Person) -> bool:
    return (await request(someone.url, "GET", "/rooms", cookie=cookie_of(someone))).status == 200


async def again(cast: Cast, someone: Person) -> Person:
    """The same person at another browser."""
    other = cast.stranger()
    other.name = someone.name
    return await other.returns()


async def test_a_new_password_ends_what_is_open(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    elsewhere = await again(cast, alice)
    here, there, at_bob = [await someone.enters(lobby) for someone in (alice, elsewhere, bob)]
    stream, at_bobs = await listens(elsewhere), await listens(bob)
    assert (
        await says(chat, "set-password", alice.name, given=NEW)
        == f"{alice.name} has a new password. 2 sessions ended.\n"
    )
    assert [await listener.ends() for listener in (here, there)] == [4503, 4503]
    await stream.ends()
    await at_bob.is_told()
    assert not at_bobs.task.done()
    assert [await is_signed_in(someone) for someone in (alice, elsewhere, bob)] == [False, False, True]
    assert (
        await cast.stranger().submits("/accounts/login", username=alice.name, password=PASSWORD)
    ).status == 401
    await alice.logs_in(NEW)
    await alice.enters(lobby)
    for one in (stream, at_bobs):
        await one.close()


@pytest.fixture(params=["no Redis", "two processes"])
def servers(request: pytest.FixtureRequest, postgres: Postgres, redis: Redis) -> Iterator[list[Aiochat]]:
    """On PostgreSQL: one without Redis, or two with it."""
    if request.param == "no Redis":
        with Aiochat(
            env={"AIOCHAT_DATABASE_URL": postgres.create_database(unique("plain")), **LIMITS_OFF}
        ) as server:
            yield [server]
        return
    env = {**server_env(postgres, redis, unique("two")), "AIOCHAT_REDIS_URL": empty_redis(redis, 14)}
    with Aiochat(env=env) as server, Aiochat(env={**env, "AIOCHAT_PUBLIC_URL": server.url}) as other:
        yield [server, other]


async def test_one_session_ends_and_the_others_do_not(servers: list[Aiochat]) -> None:
    first, last = servers[0], servers[-1]
    someone = Person(first.url, "alice")
    await someone.joins()
    elsewhere = await Person(first.url, "alice").returns()
    await someone.creates("Lobby")
    staying = await someone.enters("Lobby")
    # A socket of the session that ends on each server.
    sockets = [
        Listener(
            await elsewhere.http.ws_connect(
                f"{server.url}/rooms/Lobby/ws", origin=first.url if server is last else server.url
            )
        )
        for server in servers
    ]
    elsewhere.listeners.extend(sockets)
    for listener in sockets:
        await listener.hears("caught_up")
    found = json.loads(await says(last, "sessions", "alice", "--json"))
    assert len(found) == 2
    # Which of the two stands first is which was used last, and both are in use.
    ending = hash_token(cookie_of(elsewhere).removeprefix("session="))
    assert ending in [one["id"] for one in found]
    assert await says(last, "sessions", "alice", "--end", ending[:8]) == "1 session of alice ended.\n"
    assert {await listener.ends() for listener in sockets} == {4503}
    await staying.is_told()
    assert [await is_signed_in(person) for person in (someone, elsewhere)] == [True, False]
    for person in (someone, elsewhere):
        await person.close()


async def test_who_administers_is_known_at_once(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    await alice.enters(lobby)
    listener = await bob.enters(lobby)
    assert (await listener.says("/clear"))["type"] == "error"
    await says(chat, "make-admin", bob.name)
    assert (await listener.says("/clear"))["type"] == "cleared"
    await says(chat, "make-admin", bob.name, "--undo")
    assert (await listener.says("/clear"))["type"] == "error"


@pytest.fixture(params=["sqlite", "redis"])
async def app(request: pytest.FixtureRequest, tmp_path: Path) -> web.Application:
    """The application inside this process, with sessions in the database or in Redis."""
    redis_url = empty_redis(request.getfixturevalue("redis"), 15) if request.param == "redis" else ""
    settings = Settings(
        database_url=new_sqlite(tmp_path / "chat.db"), redis_url=redis_url, rate_limits="off", debug=True
    )
    return await create_app(settings)


async def test_no_sign_in_with_the_old_password_outlives_its_change(
    app: web.Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one was found right, then it was changed and all sessions ended, and only then would
    the new session be stored."""
    really = directory.authenticate

    async def slowly(login: str, password: str) -> User | None:
        found = await really(login, password)
        user = await directory.user_by_name("alice")
        assert user
        if password == PASSWORD:
            await accounts.change_password(user, NEW)
        store = app[STORAGE].store
        await end_sessions(app[DATABASE], store, await store.of_user(user.id))
        return found

    monkeypatch.setattr(directory, "authenticate", slowly)
    async with TestClient(OwnServer(app)) as client:
        await accounts.register(app[DATABASE], "alice", "", PASSWORD)
        someone = Person(str(client.make_url("/")), "alice")
        for password, status in ((PASSWORD, 303), (NEW, 200)):
            assert (
                await someone.submits("/accounts/login", username="alice", password=password)
            ).status == 303
            async with someone.http.get("/rooms", allow_redirects=False) as answer:
                assert answer.status == status
        assert len(await app[STORAGE].store.of_user(1)) == 1
        await someone.close()


@pytest.fixture(params=["sqlite", "postgresql", "postgresql+aiopg"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AioDatabase]:
    if request.param == "sqlite":
        url = new_sqlite(tmp_path / "chat.db")
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = new_postgres(postgres, unique("ended")).replace("postgresql", request.param, 1)
    database = open_database(url)
    yield database
    await database.aio_close()


async def test_what_is_committed_late_is_not_passed_by(database: AioDatabase) -> None:
    """Of two that end sessions at once the second waits for the first: a reader who has seen an id
    has seen all before it."""
    store = DatabaseSessions(database)
    begun, may_commit = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.aio_atomic():
            await end_sessions(database, store, ["first"])
            begun.set()
            await may_commit.wait()

    async def second() -> None:
        await begun.wait()
        await end_sessions(database, store, ["second"])

    async def seen() -> list[str]:
        return [row.session_id for row in await EndedSession.select().order_by(EndedSession.id).aio_execute()]

    tasks = [asyncio.create_task(first()), asyncio.create_task(second())]
    await begun.wait()
    await asyncio.sleep(0.2)
    assert await seen() == [], "and reading doesn't wait"
    may_commit.set()
    await asyncio.gather(*tasks)
    assert await seen() == ["first", "second"]


async def test_what_is_old_is_swept(database: AioDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DatabaseSessions(database)
    await end_sessions(database, store, [f"old{number}" for number in range(250)])
    assert await EndedSession.select().aio_count() == 250
    monkeypatch.setattr(ended_sessions, "KEPT_MS", -1000)
    await end_sessions(database, store, ["new"])
    assert await EndedSession.select().aio_count() == 1


async def test_what_goes_wrong_is_tried_again(app: web.Application) -> None:
    app[TIMINGS] = Timings(ended_sessions_poll=0.01)
    told: list[str] = []
    done = asyncio.Event()

    def tell(session_id: str, _: Successor | None) -> None:
        told.append(session_id)
        if len(told) == 2:
            raise ConnectionError("away")
        if len(told) == 202:
            done.set()

    await end_sessions(app[DATABASE], app[STORAGE].store, ["before the start"])
    async with OwnServer(app):
        app[SESSION_ENDED].append(tell)
        await end_sessions(app[DATABASE], app[STORAGE].store, [f"s{number}" for number in range(201)])
        await asyncio.wait_for(done.wait(), PATIENCE)
    assert told == ["s0", "s1", *(f"s{number}" for number in range(1, 201))]
