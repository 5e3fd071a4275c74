"""A site on which people lived is sound; whatever is broken by hand is found, and mended where it can be."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.sites.saved import SavedSite, live_a_little

SOUND = "Everything is as it must be.\n"

FAULTS = {
    "UPDATE rooms SET last_seq = 1": "the numbering of a room is never behind its lines",
    "UPDATE rooms SET posts = 1": "the numbering of a room is never behind its lines",
    "UPDATE members SET read_number = 999": "nobody has read more than there is",
    "UPDATE messages SET reactions = 7 WHERE number = 2": "the reactions of a line are as many as it counts",
    "UPDATE messages SET reply_to = 99 WHERE number = 2": "an answer is to a post of before",
    "INSERT INTO reactions VALUES (1, 999, 1, 'x', 1)": "reactions belong to a line",
    "INSERT INTO mentions (room_id, number, user_id, of_group) "
    "VALUES (1, 77, 1, FALSE)": "mentions are counted of posts that are there",
    "UPDATE blobs SET refs = 5": "references to contents are as many as they count",
}
"""What breaks a site, and the promise that isn't kept then. All of it can be mended."""


def _executes(site: SavedSite, *statements: str) -> None:
    url = site.env.get("AIOCHAT_DATABASE_URL")
    if url:
        with psycopg.connect(url) as there:
            for sql in statements:
                there.execute(sql.encode())
        return
    with closing(sqlite3.connect(site.data / "aiochat.db")) as here, here:
        for sql in statements:
            here.execute(sql)


async def test_what_is_broken_is_found_and_mended(saved_site: SavedSite) -> None:
    await live_a_little(saved_site)
    assert saved_site.says("verify", "--contents") == SOUND
    for statement, promise in FAULTS.items():
        _executes(saved_site, statement)
        done = saved_site.runs("verify", "--json")
        assert (done.returncode, done.stderr) == (1, b"")
        found = json.loads(done.stdout)["faults"]
        assert promise in [one["promise"] for one in found], statement
    done = saved_site.runs("verify")
    assert all(promise in done.stdout.decode() for promise in FAULTS.values())
    assert saved_site.says("verify", "--repair") == SOUND
    assert saved_site.says("verify") == SOUND


def _removes(file: Path) -> None:
    file.unlink()


def _changes(file: Path) -> None:
    file.write_bytes(file.read_bytes()[::-1])


@pytest.mark.parametrize("saved_site", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("breaks", "promise"),
    [(_removes, "the contents are in the store"), (_changes, "the contents are what was stored")],
)
async def test_what_cannot_be_mended_is_told(
    saved_site: SavedSite, breaks: Callable[[Path], None], promise: str
) -> None:
    await live_a_little(saved_site)
    [file] = [one for one in (saved_site.data / "files" / "blobs").rglob("*") if one.is_file()]
    breaks(file)
    _executes(saved_site, "DELETE FROM messages WHERE number = 2")
    for _ in range(2):
        done = saved_site.runs("verify", "--contents", "--repair")
        assert (done.returncode, done.stderr) == (1, b"")
        said = done.stdout.decode()
        assert f"It isn't true that {promise}: 1 times." in said
        assert file.name in said
        assert "It isn't true that no number of a post is missing: 1 times." in said


@pytest.mark.parametrize("saved_site", ["sqlite"], indirect=True)
async def test_it_looks_while_the_site_serves_and_mends_only_while_it_does_not(saved_site: SavedSite) -> None:
    saved_site.says("migrate")
    with saved_site.serves():
        assert saved_site.says("verify") == SOUND
        done = saved_site.runs("verify", "--repair")
        assert done.returncode == 1
        assert b"another aiochat is running" in done.stderr
