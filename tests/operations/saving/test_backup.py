"""A site is saved while people talk, lost, and put back: all that was acknowledged before the backup is
there, and nothing is left of what came after it. What isn't a whole backup changes nothing."""

import asyncio
import io
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.files import posts, uploads
from tests.support.people import PATIENCE, Person
from tests.support.programs.shell import run
from tests.support.sites.saved import SavedSite
from tests.support.wire.raw_http import cookie_of, request

WORDS = b"what the meeting decided\n"
NOTES = "notes.txt"


async def _everything(someone: Person, file: dict[str, Any]) -> dict[str, Any]:
    """What `someone` finds on the site, as soon as the search finds what was decided."""
    async with asyncio.timeout(PATIENCE):
        while not (results := (await someone.gets("/search?q=decided"))["results"]):
            await asyncio.sleep(0.05)
    async with someone.http.get(file["url"]) as answer:
        content = answer.status, await answer.read()
    members = await someone.gets("/rooms/Lobby/members")
    return {
        "lines": [{**line, "nonce": None} for line in await someone.history("Lobby")],
        "members": [(one["name"], one["role"]) for one in members["members"]],
        "search": results,
        "file": content,
    }


async def test_a_site_is_saved_while_people_talk_lost_and_put_back(saved_site: SavedSite) -> None:
    archive = str(saved_site.folder / "site.tar")
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        bob = await Person(server.url, "bob").registers()
        await alice.creates("Lobby")
        at_alice, at_bob = await alice.enters("Lobby"), await bob.enters("Lobby")
        epoch = at_alice.heard("hello")[0]["epoch"]
        state = await uploads(alice, NOTES, WORDS)
        await posts(at_alice, {"id": state["id"], "description": "minutes"}, text="we *decided* that, @bob")
        await at_bob.hears("message", text="we *decided* that, @bob")
        before = await _everything(alice, state["file"])
        talk = asyncio.create_task(_talks(at_bob))
        saving = asyncio.to_thread(saved_site.says, "backup", archive)
        said = await saving
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)
        assert said.startswith(f"{archive}: ")
        assert said.endswith(" 1 files.\n")
        await at_alice.says("this will be lost")
        cookies = [cookie_of(alice), cookie_of(bob)]
        server.kill()
    saved_site.lose()
    assert saved_site.says("restore", archive).startswith("The site is as it was at 20")
    with saved_site.serves() as server:
        for cookie in cookies:
            assert (await request(server.url, "GET", "/rooms", cookie=cookie)).status == 303
        again = await Person(server.url, "alice").logs_in()
        found = await _everything(again, state["file"])
        lines = found.pop("lines")
        said_before = before.pop("lines")
        assert lines[: len(said_before)] == said_before
        assert not [line for line in lines if line.get("text") == "this will be lost"]
        numbers = [line["number"] for line in lines if "number" in line]
        assert numbers == list(range(1, len(numbers) + 1))
        assert found == before
        assert found["file"] == (200, WORDS)
        room = await again.enters("Lobby", since=1, epoch=epoch)
        assert room.heard("reset")
        receipt = await room.says("life goes on")
        assert receipt["number"] == len(numbers) + 1
        await again.close()
    await alice.close()
    await bob.close()


async def _talks(someone: Any) -> None:
    count = 0
    while True:
        count += 1
        await someone.says(f"line {count} of a lively evening")


async def test_a_site_that_is_there_is_replaced_only_on_purpose(saved_site: SavedSite) -> None:
    archive = str(saved_site.folder / "site.tar")
    saved_site.says("migrate")
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Lobby")
        saved_site.says("backup", archive)
        await alice.creates("Later")
        assert saved_site.says("restore", archive, "--check").startswith(f"{archive} is whole")
        # Nothing is put in the place of a database that is used.
        done = saved_site.runs("restore", archive, "--force")
        assert done.returncode == 1
        assert b"running on" in done.stderr or b"in use" in done.stderr
        assert (await request(server.url, "GET", "/rooms/Later", cookie=cookie_of(alice))).status == 200
        await alice.close()
    done = saved_site.runs("restore", archive)
    assert (done.returncode, done.stderr) == (
        1,
        b"aiochat: there is a site already; --force puts the backup in its place\n",
    )
    assert saved_site.says("restore", archive, "--check").startswith(f"{archive} is whole")
    said = saved_site.says("restore", archive, "--force")
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").logs_in()
        names = [room["name"] for room in (await alice.gets("/rooms"))["rooms"]]
        assert names == ["Lobby"]
        await alice.close()
    if "former database is " in said:
        kept = Path(said.split("former database is ")[1].split(": delete")[0])
        with closing(sqlite3.connect(kept)) as former:
            assert former.execute("SELECT count(*) FROM rooms WHERE name = 'Later'").fetchone() == (1,)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a site on SQLite."""
    folder = tmp_path_factory.mktemp("small")
    assert run(folder, "migrate").returncode == 0
    assert run(folder, "register", "alice", given=b"a fine password\n").returncode == 0
    assert run(folder, "backup", str(folder / "site.tar")).returncode == 0
    return folder / "site.tar"


def _changed(archive: Path, to: Path, change: Any) -> None:
    """Copies an archive with another manifest, or with other contents."""
    with tarfile.open(archive) as old, tarfile.open(to, "w") as new:
        contents: dict[str, bytes] = {}
        for member in old.getmembers():
            found = old.extractfile(member)
            assert found is not None
            contents[member.name] = found.read()
        manifest = json.loads(contents.pop("manifest.json"))
        change(manifest, contents)
        for name, data in {**contents, "manifest.json": json.dumps(manifest).encode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))


def _newer(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    manifest["migrations"].append("9999_of_tomorrow")


def _other_format(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    manifest["format"] = 2


def _of_another_type(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    manifest["contents"] = 5


def _more(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    contents["files/../../etc/cron.d/evil"] = b"* * * * *"


def _outside(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    contents["files/../../etc/cron.d/evil"] = b"* * * * *"
    manifest["contents"]["files/../../etc/cron.d/evil"] = {"size": 9, "sha256": "0" * 64}


def _another_byte(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    data = bytearray(contents["database.sqlite"])
    data[len(data) // 2] ^= 1
    contents["database.sqlite"] = bytes(data)


def _of_postgresql(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    contents["database.dump"] = contents.pop("database.sqlite")
    manifest["contents"]["database.dump"] = manifest["contents"].pop("database.sqlite")
    manifest["database"] = "PostgreSQL"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_newer, "of a newer version"),
        (_other_format, "of another version of aiochat"),
        (_of_another_type, "its manifest can't be read"),
        (_more, "isn't what its manifest lists"),
        (_outside, "holds what no backup does"),
        (_another_byte, "database.sqlite isn't what was saved"),
        (_of_postgresql, "the backup is of PostgreSQL, and AIOCHAT_DATABASE_URL is of SQLite"),
    ],
)
def test_what_is_no_backup_of_ours_changes_nothing(
    small: Path, tmp_path: Path, change: Any, says: str
) -> None:
    _changed(small, tmp_path / "changed.tar", change)
    done = run(tmp_path, "restore", "changed.tar")
    assert done.returncode == 1
    [line] = done.stderr.decode().splitlines()
    assert says in line
    assert not (tmp_path / "data" / "aiochat.db").exists()


def test_what_was_killed_is_cleared_away_by_the_next_one(small: Path, tmp_path: Path) -> None:
    """Also the copy of the database, which holds what is private."""
    left = tmp_path / "site.tar.part.files"
    left.mkdir()
    for path in (left / "database.sqlite", tmp_path / "site.tar.part"):
        path.write_bytes(b"half a database")
    assert run(small.parent, "backup", str(tmp_path / "site.tar")).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["site.tar"]


@pytest.mark.parametrize("length", [0, 100, 512, 20_000, -12_000])
def test_half_an_archive_is_none(small: Path, tmp_path: Path, length: int) -> None:
    (tmp_path / "half.tar").write_bytes(small.read_bytes()[:length])
    done = run(tmp_path, "restore", "half.tar")
    assert done.returncode == 1
    [line] = done.stderr.decode().splitlines()
    assert "half.tar" in line


def test_what_cannot_be_read_or_written_is_one_line(small: Path, tmp_path: Path) -> None:
    folder = small.parent
    for arguments, says in (
        (("backup", str(small)), "exists already"),
        (("backup", str(tmp_path / "no" / "such.tar")), "can't write"),
        (("restore", "nowhere.tar"), "can't read nowhere.tar"),
        (("restore", str(tmp_path)), "can't read"),
    ):
        done = run(folder, *arguments)
        assert done.returncode == 1
        [line] = done.stderr.decode().splitlines()
        assert says in line
    assert not list(folder.glob("*.part"))
    assert not list(tmp_path.iterdir())


def test_a_log_of_before_is_not_played_over_what_is_restored(small: Path, tmp_path: Path) -> None:
    """A server that was killed leaves the log of its database."""
    data = tmp_path / "data"
    data.mkdir()
    for ending in ("", "-wal", "-shm"):
        (data / f"aiochat.db{ending}").write_bytes(b"")
    with closing(sqlite3.connect(data / "killed.db")) as killed:
        killed.execute("PRAGMA journal_mode = WAL")
        killed.execute("CREATE TABLE users (id INTEGER)")
        killed.execute("INSERT INTO users VALUES (1)")
        killed.commit()
        for ending in ("", "-wal", "-shm"):
            shutil.copyfile(data / f"killed.db{ending}", data / f"aiochat.db{ending}")
    assert (data / "aiochat.db-wal").stat().st_size
    done = run(tmp_path, "restore", str(small), "--force")
    assert (done.returncode, done.stderr) == (0, b"")
    with closing(sqlite3.connect(data / "aiochat.db")) as restored:
        assert restored.execute("SELECT name FROM users").fetchall() == [("alice",)]
    assert len(list(data.glob("aiochat.db.before-*-wal"))) == 1
