"""A store that others have written, with keys and signatures; and whatever can be wrong with a store: away,
silent, refusing, full. People get a clear word, nothing is there by halves, and nothing is lost."""

import asyncio
import io
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.storage import store as storage
from helpers.storage.store import MissingError, StorageError, open_store
from tests.conftest import unique
from tests.operations.workers.test_workers import QUICK
from tests.support.deleted_accounts import change, rows
from tests.support.files import begins, goes_on, posts, sends, uploads
from tests.support.people import PATIENCE, Listener, Person
from tests.support.pictures import drawn, picture_of
from tests.support.pictures import uploads as sets_picture
from tests.support.servers import Aiochat, SignedStore
from tests.support.services.fault_proxy import FaultProxy, fault_proxy


@pytest.fixture(scope="module")
def store(own_servers: None) -> Iterator[SignedStore]:
    with SignedStore() as found:
        yield found


async def test_all_that_a_store_does(store: SignedStore) -> None:
    found = open_store(store.url)
    large = secrets.token_bytes(storage.PART * 2 + 77)
    await found.put("a/small", b"hello")
    await found.put("a/large", io.BytesIO(large))
    assert await found.read("a/small") == b"hello"
    assert await found.read("a/large") == large
    pieces = [piece async for piece in found.stream("a/large", 5_000_000, 10_000_001)]
    assert b"".join(pieces) == large[5_000_000:10_000_001]
    with pytest.raises(MissingError):
        await found.read("a/other")
    await found.delete(["a/small", "a/small", "a/never"])
    with pytest.raises(MissingError):
        await found.read("a/small")
    await found.delete_old("a", 3600)
    assert await found.read("a/large") == large
    await found.delete_old("a", -3600)
    with pytest.raises(MissingError):
        await found.read("a/large")


async def test_another_secret_is_refused(store: SignedStore) -> None:
    refused = open_store(store.at(store.port, "another secret"))
    with pytest.raises(StorageError, match="SignatureDoesNotMatch") as raised:
        await refused.put("b/hello", b"hello")
    assert (raised.value.code, raised.value.status) == ("storage_away", 503)
    with pytest.raises(MissingError):
        await open_store(store.url).read("b/hello")


async def test_a_reader_may_be_slow_and_a_store_may_not(
    store: SignedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(storage.CLIENT, "read_timeout", "500ms")
    async with fault_proxy(store.port) as proxy:
        found = open_store(store.at(proxy.port))
        large = secrets.token_bytes(6_000_000)
        await found.put("c/large", large)
        read = b""
        async for piece in found.stream("c/large"):
            read += piece
            await asyncio.sleep(0.05)
        assert read == large
        proxy.withhold()
        async with asyncio.timeout(30):
            with pytest.raises(StorageError):
                await found.read("c/large")
            with pytest.raises(StorageError):
                await found.put("c/other", large)
        proxy.reset()
        assert await found.read("c/large") == large
    async with asyncio.timeout(60):
        with pytest.raises(StorageError):
            await found.read("c/large")


@pytest.fixture(scope="module")
async def proxy(store: SignedStore) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(store.port) as found:
        yield found


@pytest.fixture(scope="module")
def chat(store: SignedStore, proxy: FaultProxy) -> Iterator[Aiochat]:
    env = {"AIOCHAT_FILES_URL": store.at(proxy.port)}
    with Aiochat(env=env, timings=replace(QUICK, purge=0.3)) as found:
        yield found


async def _hall(someone: Person) -> tuple[str, Listener]:
    room = unique("Hall")
    await someone.creates(room)
    return room, await someone.enters(room)


async def test_pictures_and_files_are_there_and_go_on_when_it_is_back(
    chat: Aiochat, store: SignedStore, proxy: FaultProxy
) -> None:
    alice = await Person(chat.url, unique("alice")).joins()
    room, at_alice = await _hall(alice)
    assert (await sets_picture(alice, drawn()))[0] == 200
    file = await uploads(alice, "red.png", drawn())
    assert (await posts(at_alice, file["id"]))["type"] == "receipt"
    status, shown = await picture_of(alice, alice.name)
    assert (status.status, status.headers["Content-Type"]) == (200, "image/webp")
    half = (await begins(alice, "later.txt", 10)).headers["Location"]
    assert (await goes_on(alice, half, 0, b"01234")).status == 204
    proxy.is_gone = True
    proxy.reset()
    # It is gone: what needs it says so at once, and all else is as before.
    answer = await goes_on(alice, half, 5, b"56789")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "can’t be stored or read" in (await answer.json())["error"]["text"]
    assert (await sends(alice, room, ("a.txt", b"hello"))).status == 503
    code, told = await sets_picture(alice, drawn("JPEG"), "image/jpeg")
    assert (code, "storage_away" in str(told)) == (503, True)
    async with alice.http.get(file["file"]["url"]) as read:
        assert read.status == 503
    fallback, initial = await picture_of(alice, alice.name)
    assert (fallback.status, fallback.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert (fallback.headers["Cache-Control"], initial != shown) == ("private, no-cache", True)
    await at_alice.says("text goes on")
    assert rows(chat, "SELECT COUNT(*) FROM files") == [(1,)]
    assert rows(chat, "SELECT COUNT(*) FROM blobs WHERE state = 'stored'") == [(4,)]
    async with alice.http.head(half) as answer:
        assert answer.headers["Upload-Offset"] == "5"
    proxy.is_gone = False
    assert (await goes_on(alice, half, 5, b"56789")).status == 204
    state = await alice.gets(half)
    async with alice.http.get(state["file"]["url"]) as read:
        assert await read.read() == b"0123456789"
    assert (await picture_of(alice, alice.name))[1] == shown
    await alice.close()


NO_SPACE = """
mount -t tmpfs -o size=3m,mode=0700 none "$0" && exec "$@"
"""


class OnSmallDisk(Aiochat):
    """Its files are on a disk of 3 MB, which only it sees."""

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    def _prepare(self) -> None:
        self.disk.mkdir()
        self.env["AIOCHAT_FILES_URL"] = self.disk.as_uri()
        super()._prepare()

    def _command(self) -> list[str]:
        alone = ["unshare", "--mount", "--map-root-user", "sh", "-c", NO_SPACE, str(self.disk)]
        return [*alone, *super()._command()]

    def stored(self) -> dict[str, int]:
        seen = Path(f"/proc/{self.pid}/root{self.disk}")
        return {str(one.relative_to(seen)): one.stat().st_size for one in seen.rglob("*") if one.is_file()}


@pytest.fixture
def mounts(tmp_path: Path) -> None:
    """Skips where one may not have a disk of one's own: in some containers."""
    tried = ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk in a namespace of its own")


async def test_a_full_disk(own_servers: None, mounts: None) -> None:
    chat = OnSmallDisk(timings=replace(QUICK, purge=0.3), forked=False)
    with chat:
        alice = await Person(chat.url, unique("alice")).joins()
        room, at_alice = await _hall(alice)
        kept = secrets.token_bytes(1_500_000)
        file = await uploads(alice, "kept.bin", kept)
        number = (await posts(at_alice, file["id"]))["number"]
        assert sum(chat.stored().values()) == len(kept)
        # Its second part doesn't fit any more: nothing of that is there, and what came stays.
        large, part = secrets.token_bytes(1_700_000), 1_000_000
        at = (await begins(alice, "large.bin", len(large))).headers["Location"]
        assert (await goes_on(alice, at, 0, large[:part])).status == 204
        answer = await goes_on(alice, at, part, large[part:])
        assert answer.status == 507
        assert "no more space" in (await answer.json())["error"]["text"]
        assert sorted(chat.stored().values()) == [part, len(kept)]
        async with alice.http.head(at) as answer:
            assert answer.headers["Upload-Offset"] == str(part)
        # All parts of another one fit, but not what is made of them.
        other = (await begins(alice, "other.bin", 400_000)).headers["Location"]
        assert (await goes_on(alice, other, 0, large[:400_000])).status == 204
        async with asyncio.timeout(PATIENCE):
            while (state := await alice.gets(other))["error"] is None:
                await asyncio.sleep(0.05)
        assert (state["ready"], "no more space" in state["error"]) == (False, True)
        answer = await sends(alice, room, ("large.bin", secrets.token_bytes(1_600_000)), text="with it")
        assert answer.status == 507
        assert sorted(chat.stored().values()) == [400_000, part, len(kept)]
        assert rows(chat, "SELECT COUNT(*) FROM files") == [(1,)]
        await at_alice.says("text goes on")
        async with alice.http.get(file["file"]["url"]) as read:
            assert await read.read() == kept
        assert (await sends(alice, room, ("small.txt", b"hello"))).status == 201
        # There is space again, and both go on by themselves.
        await at_alice.ws.send_json({"type": "delete", "number": number})
        await at_alice.hears("changed", number=number, deleted=True)
        change(chat, "UPDATE messages SET deleted_at = deleted_at - 100000 WHERE deleted_at IS NOT NULL")
        async with asyncio.timeout(PATIENCE):
            while len(kept) in chat.stored().values():
                await asyncio.sleep(0.05)
            while not (await alice.gets(other))["ready"]:
                await asyncio.sleep(0.05)
        assert (await goes_on(alice, at, part, large[part:])).status in (204, 507)
        await alice.close()
