"""`make demo` fills a new site with an office in use."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.demo.__main__ import PASSWORD
from operations.demo.office import SCRIPT, Office
from operations.importing.records import Message, Person, Record
from tests.support.people import Person as Visitor
from tests.support.servers import ROOT, Aiochat


def _read(hour: int) -> list[Record]:
    return list(Office(SCRIPT.read_text("utf-8"), datetime(2027, 3, 4, hour, 30, tzinfo=UTC)).read())


@pytest.mark.parametrize("hour", [0, 9, 15, 23])
def test_all_of_it_is_read_and_nothing_is_of_the_future(hour: int) -> None:
    records = _read(hour)
    people = {one.key for one in records if isinstance(one, Person)}
    messages = [one for one in records if isinstance(one, Message)]
    now = datetime(2027, 3, 4, hour, 30, tzinfo=UTC).timestamp() * 1000
    assert len(people) == 6
    assert all(one.at < now for one in messages)
    before: dict[str, Message] = {}
    for one in messages:
        assert one.author in people
        assert {name for found in one.reactions for name in found.people} <= people
        assert not one.answers or before[one.answers].room == one.room
        latest = max((other.at for other in before.values() if other.room == one.room), default=0)
        assert one.at > latest, "in the order of their times"
        before[one.key] = one


def test_a_line_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="line 3"):
        list(Office("An office.\n\nwho: what\n").read())


def demo(**settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations.demo"]
    environment = {**os.environ, **settings}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("programs")
def test_it_fills_no_site_that_somebody_has_set_up(tmp_path: Path) -> None:
    done = demo(AIOCHAT_DATABASE_URL=f"sqlite:///{tmp_path}/own.db", AIOCHAT_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        "the demo can't be made: it has a database of its own: leave out AIOCHAT_DATABASE_URL, also in .env\n"
    )
    assert not list(tmp_path.iterdir())
    wrong = demo(AIOCHAT_PORT="none", AIOCHAT_DATA_DIR=str(tmp_path))
    assert wrong.returncode == 1
    assert len(wrong.stderr.splitlines()) == 1
    assert "AIOCHAT_PORT" in wrong.stderr


async def test_an_office_is_there_to_sign_in_to_and_stays_as_it_is(own_servers: None, tmp_path: Path) -> None:
    def run() -> str:
        done = demo(AIOCHAT_DATA_DIR=str(tmp_path / "var"))
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Sign in as maria, tom, lukasz, yuki, olga, sam." in run()
    assert "stays as it is" in run()
    with Aiochat(env={"AIOCHAT_DATA_DIR": str(tmp_path / "var")}) as server:
        maria = await Visitor(server.url, "maria").logs_in(PASSWORD)
        rooms = (await maria.gets("/rooms"))["rooms"]
        assert {"general", "launch", "kitchen", "help", "Prices 2027"} <= {one["title"] for one in rooms}
        history = await maria.history("launch")
        [line] = [one for one in history if "stand, two tables" in one.get("text", "")]
        assert line["pinned"]
        await maria.close()
