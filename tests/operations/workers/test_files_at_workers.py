"""Files at two workers, in a store that speaks S3's protocol and is of another make; with a scanner."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import server_env, unique
from tests.operations.workers.test_workers import QUICK
from tests.support.deleted_accounts import change, rows
from tests.support.files import begins, goes_on, posts
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.services.object_store import ObjectStore
from tests.support.services.scanner import EICAR, scanner


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with ObjectStore() as found:
        yield found


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scanner") / "clamd"


@pytest.fixture(scope="module")
def workers(
    own_servers: None, postgres: Postgres, redis: Redis, store: ObjectStore, scanned: Path
) -> Iterator[tuple[Aiochat, Aiochat]]:
    env = {**server_env(postgres, redis, "files"), "AIOCHAT_FILES_URL": store.url}
    env["AIOCHAT_SCAN_COMMAND"] = f"clamd://{scanned}"
    timings = replace(QUICK, purge=0.3)
    with Aiochat(env=env, timings=timings) as one, Aiochat(env=env, timings=timings) as two:
        yield one, two


@pytest.fixture
async def alice(workers: tuple[Aiochat, Aiochat]) -> AsyncIterator[Person]:
    someone = await Person(workers[0].url, unique("alice")).joins()
    yield someone
    await someone.close()


async def holds(store: ObjectStore, blobs: int) -> None:
    """Waits until so many contents are stored, and nothing else: parts go when the file is ready."""
    async with asyncio.timeout(PATIENCE):
        while [key.startswith("blobs/") for key in store.objects] != [True] * blobs:
            await asyncio.sleep(0.05)


async def test_a_file_goes_on_at_another_worker(
    workers: tuple[Aiochat, Aiochat], alice: Person, store: ObjectStore, scanned: Path
) -> None:
    room = unique("Hall")
    await alice.creates(room)
    at_alice = await alice.enters(room)
    data = secrets.token_bytes(7_000_000)
    async with scanner(scanned):
        at = (await begins(alice, "data.bin", len(data))).headers["Location"]
        assert (await goes_on(alice, at, 0, data[:3_000_000])).status == 204
        other = await Person(workers[1].url, alice.name).returns()
        async with other.http.head(at) as answer:
            assert answer.headers["Upload-Offset"] == "3000000"
        assert (await goes_on(other, at, 3_000_000, data[3_000_000:])).status == 204
        state = await alice.gets(at)
        assert state["ready"]
        number = (await posts(at_alice, state["id"]))["number"]
        async with other.http.get(state["file"]["url"]) as answer:
            assert await answer.read() == data
        part = {"Range": "bytes=6999990-"}
        async with other.http.get(state["file"]["url"], headers=part) as answer:
            assert (answer.status, await answer.read()) == (206, data[6_999_990:])
        await holds(store, 1)
        at = (await begins(alice, "virus.txt", len(EICAR))).headers["Location"]
        assert (await goes_on(alice, at, 0, EICAR)).status == 204
        assert "EICAR" in (await alice.gets(at))["error"]
    at = (await begins(alice, "hello.txt", 5)).headers["Location"]
    assert (await goes_on(alice, at, 0, b"hello")).status == 204
    assert "viruses" in (await alice.gets(at))["error"], "the scanner is away"
    async with scanner(scanned):
        store.is_away = True
        at = (await begins(alice, "hello.txt", 5)).headers["Location"]
        assert (await goes_on(alice, at, 0, b"hello")).status == 503
        async with other.http.get(state["file"]["url"]) as answer:
            assert answer.status == 503
        store.is_away = False
        assert (await goes_on(alice, at, 0, b"hello")).status == 204
        assert (await alice.gets(at))["ready"]
    await holds(store, 2)
    await at_alice.ws.send_json({"type": "delete", "number": number})
    await at_alice.hears("changed", number=number, deleted=True)
    change(workers[0], "UPDATE messages SET deleted_at = deleted_at - 100000 WHERE deleted_at IS NOT NULL")
    async with asyncio.timeout(PATIENCE):
        # The object goes first: what is noted is found again after a crash.
        while (len(store.objects), rows(workers[0], "SELECT COUNT(*) FROM blobs")) != (1, [(1,)]):
            await asyncio.sleep(0.05)
    await other.close()
