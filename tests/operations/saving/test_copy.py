"""A site moves from one database to another, of either kind, and is the same there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.people import Person
from tests.support.programs.shell import line_of, run
from tests.support.servers import Postgres, Redis
from tests.support.sites.saved import SavedSite, live_a_little


@dataclass
class Move:
    """Two sites that share a folder of data: one that is lived on, and a new one."""

    old: SavedSite
    new: SavedSite

    @property
    def source(self) -> str:
        return self.old.env.get("AIOCHAT_DATABASE_URL") or f"sqlite:///{self.old.data / 'aiochat.db'}"


@pytest.fixture(params=["to postgres", "to sqlite"])
def move(
    request: pytest.FixtureRequest, own_servers: None, postgres: Postgres, redis: Redis, tmp_path: Path
) -> Move:
    name = unique("moved")
    files = {"AIOCHAT_FILES_URL": (tmp_path / "store").as_uri()}
    on_postgres = SavedSite(tmp_path, {**server_env(postgres, redis, name), **files}, postgres, name)
    on_sqlite = SavedSite(tmp_path, {**LIMITS_OFF, **files}, None, "")
    return Move(on_sqlite, on_postgres) if request.param == "to postgres" else Move(on_postgres, on_sqlite)


async def _everything(site: SavedSite) -> dict[str, Any]:
    with site.serves() as server:
        alice = await Person(server.url, "alice").logs_in()
        lines = await alice.history("Lobby")
        found = {
            "lines": [{**line, "nonce": None} for line in lines],
            "rooms": (await alice.gets("/rooms?only=own"))["rooms"],
            "members": (await alice.gets("/rooms/Lobby/members"))["members"],
            "log": await alice.gets("/rooms/Lobby/log"),
            "versions": await alice.gets("/rooms/Lobby/2/versions"),
        }
        [url] = [file["url"] for line in lines for file in line.get("files", ())]
        async with alice.http.get(url) as answer:
            found["file"] = answer.status, await answer.read()
        await alice.close()
    return found


async def test_it_is_the_same_site_there(move: Move) -> None:
    await live_a_little(move.old)
    before = await _everything(move.old)
    move.new.says("migrate")
    said = move.new.says("copy", move.source)
    assert said.endswith(" rows copied and compared. Everybody signs in anew; files stay where they are.\n")
    assert await _everything(move.new) == before
    assert move.new.says("verify", "--contents") == "Everything is as it must be.\n"
    with move.new.serves() as server:
        # Ids go on where they were, and what the database does by itself is done again.
        carol = await Person(server.url, "carol").registers()
        room = await carol.enters("Lobby")
        last = max(line["number"] for line in before["lines"] if "number" in line)
        assert (await room.says("I am new here"))["number"] == last + 1
        await carol.creates("Elsewhere")
        await carol.close()
    assert move.new.says("verify") == "Everything is as it must be.\n"


async def test_not_over_a_site_nor_beside_a_server(move: Move) -> None:
    await live_a_little(move.old)
    await live_a_little(move.new)
    done = move.new.runs("copy", move.source)
    assert line_of(done) == "there is a site already in the database of the settings; give it an empty one"
    with move.old.serves():
        done = move.new.runs("copy", move.source)
        assert "another aiochat is running on" in line_of(done) or "is in use" in line_of(done)


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("nonsense", 2, "is named by its URL"),
        ("sqlite:///nowhere.db", 1, "there is no database"),
        ("postgresql://127.0.0.1:1/nothing", 1, "can't be"),
    ],
)
def test_a_wrong_source_is_one_line(tmp_path: Path, source: str, code: int, says: str) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    done = run(tmp_path, "copy", source)
    assert done.returncode == code
    [line] = done.stderr.decode().splitlines()
    assert says in line
    assert not (tmp_path / "nowhere.db").exists()


def test_what_fails_on_the_way_leaves_an_empty_database(
    own_servers: None, postgres: Postgres, redis: Redis, tmp_path: Path
) -> None:
    name = unique("halfway")
    site = SavedSite(tmp_path, server_env(postgres, redis, name), postgres, name)
    assert run(tmp_path, "migrate").returncode == 0
    assert run(tmp_path, "register", "alice", given=b"a fine password\n").returncode == 0
    source = f"sqlite:///{tmp_path / 'data' / 'aiochat.db'}"
    site.says("migrate")
    with psycopg.connect(site.env["AIOCHAT_DATABASE_URL"]) as there:
        there.execute("ALTER TABLE users ADD CONSTRAINT nobody CHECK (name <> 'alice')")
    done = site.runs("copy", source)
    assert done.returncode == 1
    assert len(done.stderr.decode().splitlines()) == 1
    with psycopg.connect(site.env["AIOCHAT_DATABASE_URL"]) as there:
        assert there.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert there.execute("SELECT count(*) FROM site").fetchone() == (1,)
        enabled = there.execute("SELECT DISTINCT tgenabled FROM pg_trigger WHERE NOT tgisinternal").fetchall()
        assert enabled == [("O",)] or enabled == [(b"O",)]
        there.execute("ALTER TABLE users DROP CONSTRAINT nobody")
    site.says("copy", source)
