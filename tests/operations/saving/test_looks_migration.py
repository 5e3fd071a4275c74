"""The migration of what names look like: who is there stays, on both databases."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from accounts.people.looks import display_look, look
from helpers.db.migrations import migrate
from tests.conftest import unique
from tests.support.servers import ROOT, Postgres

FOLDER = ROOT / "migrations"
NAME = "0028_looks"
MANY = 900
"""More than the migration takes at once."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as it was before."""
    name = unique("looks")
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/chat.db"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.create_database(name)
    before = tmp_path / "before"
    before.mkdir()
    for path in FOLDER.glob("[0-9]*.py"):
        if path.stem < NAME:
            shutil.copy(path, before)
    migrate(url, before)
    yield url
    if request.param != "sqlite":
        postgres.drop_database(name)


def run(url: str, sql: str, rows: list[tuple[Any, ...]] | None = None) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            with connection:
                return (
                    connection.executemany(sql, rows).fetchall()
                    if rows
                    else connection.execute(sql).fetchall()
                )
        finally:
            connection.close()
    with psycopg.connect(url) as other, other.cursor() as cursor:
        if rows is None:
            return cursor.execute(sql.encode()).fetchall()
        cursor.executemany(sql.replace("?", "%s").encode(), rows)
    return []


def add(url: str, people: list[tuple[int, str, str, str, int | None]]) -> None:
    """People by id, handle, former key, displayed name, and when they left."""
    rows = [
        (one, name, name if left is None else f"~ {one}", key, shown, False, left)
        for one, name, key, shown, left in people
    ]
    run(
        url,
        "INSERT INTO users (id, name, name_key, skeleton, display_name, is_admin, left_at, password_hash, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, '', 0)",
        rows,
    )


def keys(url: str) -> dict[int, tuple[str, str]]:
    return {
        row[0]: row[1:] for row in run(url, "SELECT id, skeleton, display_skeleton FROM users ORDER BY id")
    }


def test_people_whose_names_look_alike_now_all_stay(url: str) -> None:
    alike: list[tuple[int, str, str, str, int | None]]
    alike = [(1, "siteadm", "siteadm", "", None), (2, "siteadrn", "siteadrn", "Ann", None)]
    # The new key of one is the former key of another.
    alike += [(3, "max", "max", "", None), (4, "rnax", "rnax", "", None), (5, "ilia", "ilia", "", None)]
    alike += [(6, "deleted user", "~ 6", "", 1), (7, "lila", "lila", "Лила", None)]
    many = [(100 + one, f"wi{one}", f"wi{one}", "", None) for one in range(MANY)]
    late = [(100 + MANY, "mario", "mario", "", None), (101 + MANY, "rnario", "rnario", "", None)]
    # One of the first lot, and one of the last.
    late.append((102 + MANY, "vvi7", "vvi7", "", None))
    add(url, [*alike, *many, *late])
    migrate(url, FOLDER)
    found = keys(url)
    assert len(found) == len(alike) + len(many) + len(late)
    assert [found[one][0] for one in (1, 2)] == [look("siteadm"), f"{look('siteadm')} 2"]
    assert [found[one][0] for one in (3, 4)] == ["rnax", "rnax 4"]
    assert [found[one][0] for one in (5, 7)] == ["llla", "llla 7"]
    assert found[6] == ("~ 6", "")
    assert found[100] == (look("wi0"), display_look("wi0"))
    assert found[99 + MANY][0] == look(f"wi{MANY - 1}")
    assert found[101 + MANY][0] == f"{look('mario')} {101 + MANY}"
    assert found[102 + MANY][0] == f"{look('wi7')} {102 + MANY}"
    assert found[2][1] == display_look("Ann")
    assert found[7][1] == display_look("Лила")


def test_a_migration_that_breaks_off_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add(url, [(1, "max", "max", "", None), (2, "wil", "wil", "Will", None)])
    before = keys(url)
    with monkeypatch.context() as patch:
        patch.setattr("accounts.people.looks.display_look", lambda name: 1 / (name != "Will"))
        with pytest.raises(ZeroDivisionError):
            migrate(url, FOLDER)
    assert keys(url) == before
    migrate(url, FOLDER)
    assert keys(url) == {1: ("rnax", "rnax"), 2: ("vvll", display_look("Will"))}
