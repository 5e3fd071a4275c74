"""Health, and what people see while the database or Redis is away: 503 and when to come back, never
an error of ours."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import redis

from helpers.web.observing.health import UnwritableError, Writing
from tests.conftest import LIMITS_OFF, Cast, unique
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.wire.raw_http import cookie_of, request


async def test_both_are_well_on_a_good_day(cast: Cast) -> None:
    live, ready = await request(cast.url, "GET", "/livez"), await request(cast.url, "GET", "/readyz")
    assert (live.status, live.text) == (200, '{"alive": true}')
    assert ready.status == 200
    assert ready.text in (
        '{"ready": true, "database": true}',
        '{"ready": true, "database": true, "redis": true}',
    )


async def test_while_another_program_holds_sqlite(sqlite_chat: Aiochat) -> None:
    """A backup, say, or `app.py register`: for longer than we wait."""
    someone = await Person(sqlite_chat.url, unique("patient")).joins()
    token = await someone.token("/rooms")
    holder = sqlite3.connect(sqlite_chat.data_dir / "aiochat.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        answer = await request(
            someone.url,
            "POST",
            "/rooms",
            cookie=cookie_of(someone),
            body=b"name=Held",
            headers={"X-CSRF-Token": token},
        )
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert (await request(someone.url, "GET", "/rooms", cookie=cookie_of(someone))).status == 200, (
            "reading goes on"
        )
    finally:
        holder.close()
    assert (await someone.creates("Held"))["name"] == "Held"
    await someone.close()


@pytest.fixture(scope="module")
def own_postgres(own_servers: None) -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def own_redis(own_servers: None) -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="module", params=["postgresql", "postgresql+aiopg"])
def site(request: pytest.FixtureRequest, own_postgres: Postgres, own_redis: Redis) -> Iterator[Aiochat]:
    """aiochat with a PostgreSQL and a Redis that nobody misses."""
    url = own_postgres.create_database(unique("health")).replace("postgresql", request.param, 1)
    with Aiochat(
        env={**LIMITS_OFF, "AIOCHAT_DATABASE_URL": url, "AIOCHAT_REDIS_URL": own_redis.url}
    ) as server:
        yield server


@pytest.fixture(scope="module")
async def resident(site: Aiochat) -> AsyncIterator[Person]:
    someone = await Person(site.url, "resident").joins()
    await someone.creates("Home")
    yield someone
    await someone.close()


async def ready(site: Aiochat) -> str:
    answer = await request(site.url, "GET", "/readyz")
    assert answer.status == (200 if answer.text.startswith('{"ready": true') else 503)
    return answer.text


async def becomes(site: Aiochat, state: str) -> None:
    """Waits until /readyz says so."""
    async with asyncio.timeout(PATIENCE):
        while await ready(site) != state:
            await asyncio.sleep(0.05)


async def pages_are_away(someone: Person, token: str) -> None:
    async def away(method: str, path: str, body: bytes = b"") -> None:
        headers = {"Origin": someone.url, "X-CSRF-Token": token}
        answer = await request(
            someone.url, method, path, cookie=cookie_of(someone), body=body, headers=headers
        )
        assert answer.status == 503, path
        assert int(answer.headers["Retry-After"]) >= 1
        assert '"unavailable"' in answer.text or "Back in a moment" in answer.text

    await asyncio.gather(
        *(
            away("GET", f"/rooms{path}")
            for path in ("", "/Home", "/Home/messages", "/Home/members", "/Home/ws")
        ),
        away("POST", "/rooms", b"name=Never&kind=open"),
        away("POST", "/accounts/logout"),
        away("POST", "/accounts/login", b"username=resident&password=x"),
    )
    for path in ("/livez", "/robots.txt", "/static/css/base.css"):
        assert (await request(someone.url, "GET", path)).status == 200, "what needs neither goes on"


WELL = '{"ready": true, "database": true, "redis": true}'


async def test_while_postgresql_is_away(site: Aiochat, own_postgres: Postgres, resident: Person) -> None:
    token = await resident.token("/rooms")
    own_postgres.kill()
    try:
        await becomes(site, '{"ready": false, "database": false, "redis": true}')
        await pages_are_away(resident, token)
    finally:
        own_postgres.start()
    await becomes(site, WELL)
    assert (await request(site.url, "GET", "/rooms/Home", cookie=cookie_of(resident))).status == 200, (
        "nobody was signed out"
    )
    assert "Never" not in [room["name"] for room in (await resident.gets("/rooms"))["rooms"]]
    await resident.creates("Again")
    assert "Traceback" not in site.tail(10_000)


async def test_while_redis_is_away(site: Aiochat, own_redis: Redis, resident: Person) -> None:
    token = await resident.token("/rooms")
    own_redis.kill()
    try:
        await becomes(site, '{"ready": false, "database": true, "redis": false}')
        await pages_are_away(resident, token)
    finally:
        own_redis.start()
    await becomes(site, WELL)
    assert (await request(site.url, "GET", "/rooms/Home", cookie=cookie_of(resident))).status == 303, (
        "it came back empty"
    )
    await resident.logs_in()
    assert (await request(site.url, "GET", "/rooms/Home", cookie=cookie_of(resident))).status == 200
    assert "Traceback" not in site.tail(10_000)


async def test_when_redis_is_there_but_does_not_answer(
    site: Aiochat, own_redis: Redis, resident: Person
) -> None:
    token = await resident.token("/rooms")
    own_redis.pause()
    try:
        await becomes(site, '{"ready": false, "database": true, "redis": false}')
        await pages_are_away(resident, token)
    finally:
        own_redis.resume()
    await becomes(site, WELL)
    assert (await request(site.url, "GET", "/rooms", cookie=cookie_of(resident))).status == 200
    assert "Traceback" not in site.tail(10_000)


async def test_a_postgresql_that_takes_no_writes(
    site: Aiochat, own_postgres: Postgres, resident: Person
) -> None:
    """As a replica does, which still answers what is read."""
    token = await resident.token("/rooms")

    def set_read_only(value: str) -> None:
        with psycopg.connect(own_postgres.admin_url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
            connection.execute("SELECT pg_reload_conf()")

    set_read_only("on")
    try:
        await becomes(site, '{"ready": false, "database": false, "redis": true}')
        answer = await request(
            *(site.url, "POST", "/rooms"),
            cookie=cookie_of(resident),
            body=b"name=Never",
            headers={"X-CSRF-Token": token},
        )
        assert answer.status == 503
        assert (await request(site.url, "GET", "/rooms/Home", cookie=cookie_of(resident))).status == 200
        # However often it is asked, it is logged once.
        await becomes(site, '{"ready": false, "database": false, "redis": true}')
        assert site.tail(100_000).count("database takes no writes: cannot execute INSERT in a read-only") == 1
    finally:
        set_read_only("off")
    await becomes(site, WELL)
    assert "database takes writes again" in site.tail(10_000)
    assert "Never" not in [room["name"] for room in (await resident.gets("/rooms"))["rooms"]]
    assert "Traceback" not in site.tail(10_000)


@pytest.mark.parametrize(
    ("fault", "cure"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    ],
    ids=["a replica", "no memory"],
)
async def test_a_redis_that_takes_no_writes(
    site: Aiochat, own_redis: Redis, resident: Person, fault: tuple[str, ...], cure: tuple[str, ...]
) -> None:
    with redis.Redis.from_url(own_redis.url) as own:
        own.execute_command(*fault)
        try:
            await becomes(site, '{"ready": false, "database": true, "redis": false}')
        finally:
            own.execute_command(*cure)
    await becomes(site, WELL)
    assert (await request(site.url, "GET", "/rooms/Home", cookie=cookie_of(resident))).status == 200
    assert "Traceback" not in site.tail(10_000)


async def test_however_many_ask_few_writes_are_tried() -> None:
    writing, tried, refused = Writing(), [0], [True]

    async def write() -> None:
        tried[0] += 1
        await asyncio.sleep(0)
        if refused[0]:
            raise OSError("no space")

    async def asks() -> list[object]:
        return await asyncio.gather(
            *(writing.works("database", write) for _ in range(100)), return_exceptions=True
        )

    assert {type(one) for one in [*await asks(), *await asks()]} == {UnwritableError}
    assert tried[0] == 1
    refused[0] = False
    async with asyncio.timeout(PATIENCE):
        while (await asks())[0] is not None:
            await asyncio.sleep(0.05)
    assert await asks() == [None] * 100
    assert tried[0] == 2


async def test_a_full_disk_under_sqlite(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        await becomes(server, '{"ready": true, "database": true}')
        _, most = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        # As on a full disk, no file grows.
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, most))
        try:
            await becomes(server, '{"ready": false, "database": false}')
            assert (await request(server.url, "GET", "/livez")).status == 200
            assert (await request(server.url, "GET", "/accounts/login")).status == 200
        finally:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, most))
        await becomes(server, '{"ready": true, "database": true}')
        assert "Traceback" not in server.tail(10_000)


async def test_connections_that_were_cut_are_not_missed(
    site: Aiochat, own_postgres: Postgres, resident: Person
) -> None:
    for _ in range(3):
        own_postgres.cut_connections(site.env["AIOCHAT_DATABASE_URL"].rpartition("/")[2])
        answers = await asyncio.gather(
            *(request(site.url, "GET", "/rooms", cookie=cookie_of(resident)) for _ in range(5))
        )
        assert {answer.status for answer in answers} <= {200, 503}
        await becomes(site, WELL)
    assert (await request(site.url, "GET", "/rooms", cookie=cookie_of(resident))).status == 200
    assert "Traceback" not in site.tail(10_000)
