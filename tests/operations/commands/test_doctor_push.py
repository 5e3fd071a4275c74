"""What `doctor` says of the services that bring pushes to the devices of a site."""

import socket
import sqlite3
import ssl
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import psycopg
import pytest

from helpers import fetching
from operations.diagnosis import push
from operations.diagnosis.findings import Finding
from settings import read_settings
from tests.conftest import unique
from tests.operations.commands.test_doctor import examined
from tests.support.programs.shell import run
from tests.support.servers import Postgres, free_port
from tests.support.services.push_service import PushService, push_service
from tests.support.sites.linked import PUBLIC

COLUMNS = "user_id, session_id, endpoint, endpoint_hash, browser_key, auth, name, made_at, used_at"


def silent_port() -> socket.socket:
    """Listens, and never answers."""
    found = socket.socket()
    found.bind((PUBLIC, 0))
    found.listen()
    return found


class Site:
    """A site that isn't served, with devices."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def add(self, *endpoints: str) -> None:
        values = ", ".join(f"(1, 's', '{one}', '{unique('hash')}', 'k', 'a', '', 1, 1)" for one in endpoints)
        statement = f"INSERT INTO push_devices ({COLUMNS}) VALUES {values}"
        if self.url.startswith("sqlite:"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection, connection:
                connection.execute(statement)
        else:
            with psycopg.connect(self.url) as database:
                database.execute(statement.encode())

    async def says(self) -> Finding:
        [found] = [one async for one in push.look_at_push_services(read_settings())]
        return found


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    url = f"sqlite:///{tmp_path}/data/aiochat.db"
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.create_database(unique("devices"))
    assert run(tmp_path, "migrate", DATABASE_URL=url).returncode == 0
    assert run(tmp_path, "register", "alice", given=b"a long sentence", DATABASE_URL=url).returncode == 0
    monkeypatch.setenv("AIOCHAT_DATABASE_URL", url)
    return Site(url, tmp_path)


@pytest.fixture
async def pushes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PushService]:
    async with push_service(tmp_path) as found:
        trusting = ssl.create_default_context(cafile=str(found.certificate))
        monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
        monkeypatch.setattr(fetching, "is_public", lambda address: address == PUBLIC)
        yield found


async def test_a_service_that_answers_is_sent_nothing(site: Site, pushes: PushService) -> None:
    device = pushes.device()
    site.add(device.endpoint)
    found = await site.says()
    # It has no front page: 404 is an answer.
    assert (found.state, found.told) == ("ok", f"{pushes.origin}: this machine reaches them")
    assert (device.asked, device.messages) == (0, [])


async def test_services_that_are_away(site: Site, pushes: PushService) -> None:
    closed = f"https://{PUBLIC}:{free_port()}"
    site.add(
        f"{closed}/s3cret/1", f"{closed}?s3cret=2", f"{closed}#s3cret", f"https://me:s3cret@{closed[8:]}/"
    )
    found = await site.says()
    assert (found.subject, found.state) == ("push services", "fail")
    assert found.told.startswith(f"{closed}: ")
    assert found.breaks == f"no notifications reach closed pages of browsers that use {closed}"
    assert "s3cret" not in "".join(found)
    # Another one is reached.
    site.add(pushes.device().endpoint)
    found = await site.says()
    assert (found.state, pushes.origin in found.told + found.breaks) == ("warn", False)


async def test_those_that_most_devices_use_are_asked(
    site: Site, pushes: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def status(_: fetching.Fetcher, url: str, *, seconds: float) -> int:
        assert seconds <= 10
        asked.append(url)
        return 404

    monkeypatch.setattr(fetching.Fetcher, "status", status)
    for count in range(1, push.MOST_SERVICES + 2):
        site.add(*(f"https://push-{count}.example/{number}" for number in range(count)))
    assert (await site.says()).state == "ok"
    assert asked == [f"https://push-{count}.example/" for count in range(push.MOST_SERVICES + 1, 1, -1)]


async def test_one_that_says_nothing(
    site: Site, pushes: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection, and is waited for no longer than said."""
    monkeypatch.setattr(push, "SECONDS", 0.2)
    with closing(silent_port()) as silent:
        site.add(f"https://{PUBLIC}:{silent.getsockname()[1]}/s3cret")
        found = await site.says()
    assert (found.state, "took more than 0.2 s" in found.told) == ("fail", True)


def test_without_devices_nobody_is_asked(site: Site) -> None:
    found = examined(site.folder, 0, DATABASE_URL=site.url)["push services"]
    assert found["told"] == "no device asks for any"


def test_no_private_address_is_asked(site: Site) -> None:
    """As a push isn't sent there."""
    site.add("https://127.0.0.1:1/s3cret")
    found = examined(site.folder, 1, DATABASE_URL=site.url)["push services"]
    assert (found["state"], "is no public address" in found["told"]) == ("fail", True)
