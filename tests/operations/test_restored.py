"""After a restore of the database nobody is signed in as somebody else, and what clients know of the
lost history counts for nothing."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.feed_reader import listens, since, writes
from tests.support.people import Person
from tests.support.raw_http import cookie_of, request
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.shell import run


class Site:
    """A site whose database can be saved and restored. Redis keeps what it has."""

    def __init__(self, folder: Path, env: dict[str, str], postgres: Postgres | None, name: str) -> None:
        self.folder = folder
        self.env = env
        self._data = folder / "data"
        self._postgres = postgres
        self._name = name

    def serves(self) -> Aiochat:
        return Aiochat(env=self.env, data_dir=self._data)

    def says(self, *arguments: str) -> str:
        env = {name.removeprefix("AIOCHAT_"): value for name, value in self.env.items()}
        done = run(self.folder, *arguments, given=b"", **{"DATA_DIR": str(self._data), **env})
        assert (done.returncode, done.stderr) == (0, b""), done
        return done.stdout.decode()

    def save(self) -> None:
        if self._postgres is not None:
            self._postgres.create_database(f"{self._name}backup", self._name)
        else:
            shutil.copytree(self._data, self.folder / "backup")

    def restore(self) -> None:
        if self._postgres is not None:
            self._postgres.drop_database(self._name)
            self._postgres.create_database(self._name, f"{self._name}backup")
        else:
            shutil.rmtree(self._data)
            shutil.copytree(self.folder / "backup", self._data)


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, own_servers: None, tmp_path: Path) -> Site:
    if request.param == "sqlite":
        return Site(tmp_path, LIMITS_OFF, None, "")
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: Redis = request.getfixturevalue("redis")
    name = unique("restored")
    return Site(tmp_path, server_env(postgres, redis, name), postgres, name)


async def test_a_restored_database_signs_nobody_in(site: Site) -> None:
    with site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Lobby")
        epoch = (await alice.enters("Lobby")).heard("hello")[0]["epoch"]
        await alice.close()
    site.save()
    with site.serves() as server:
        mallory = await Person(server.url, "mallory").registers()
        await writes(mallory, "This will be lost.")
        last = await since(mallory)
        cookies = [cookie_of(someone) for someone in (alice, mallory)]
        for cookie in cookies:
            assert (await request(server.url, "GET", "/rooms", cookie=cookie)).status == 200
        await mallory.close()
    site.restore()
    said = site.says("restored")
    assert said == "Everybody is signed out, and open pages will load everything again.\n"
    with site.serves() as server:
        bob = await Person(server.url, "bob").registers()
        for cookie in cookies:
            assert (await request(server.url, "GET", "/rooms", cookie=cookie)).status == 303
        assert (await request(server.url, "GET", "/rooms", cookie=cookie_of(bob))).status == 200
        room = await bob.enters("Lobby", since=1, epoch=epoch)
        assert room.heard("hello")[0]["epoch"] != epoch
        assert room.heard("reset")
        for _ in range(3):
            await writes(bob, "This is new.")
        stream = await listens(bob, last_event_id=str(last))
        await stream.hears("reset")
        await stream.close()
        await bob.close()
    with site.serves() as server:
        again = await Person(server.url, "bob").logs_in()
        assert (await again.enters("Lobby")).heard("hello")[0]["epoch"] == room.heard("hello")[0]["epoch"]
        await again.close()


def test_not_while_a_server_uses_the_file(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        done = run(server.folder, "restored", DATA_DIR=str(server.data_dir))
    assert done.returncode == 1
    assert b"another aiochat is running" in done.stderr
