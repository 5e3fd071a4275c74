"""No command makes a database that isn't there, but for those whose work it is: a setting that is mistyped
would lead to a new and empty site, and nobody would see it."""

from pathlib import Path

import psycopg
import pytest

from tests.conftest import unique
from tests.support.programs.shell import line_of, run
from tests.support.servers import Postgres

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("serve",),
    ("register", "alice"),
    ("set-password", "alice"),
    ("sessions", "alice"),
    ("make-admin", "alice"),
    ("holds",),
    ("backup", "site.tar"),
    ("verify",),
    ("render",),
    ("restored",),
    ("compact",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_file_is_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    line = line_of(run(tmp_path, *command, given=b"a fine password\n"))
    assert line.startswith(f"there is no site at {tmp_path / 'data' / 'aiochat.db'} (AIOCHAT_DATA_DIR")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_nothing_is_made_in_postgresql(postgres: Postgres, tmp_path: Path, command: tuple[str, ...]) -> None:
    name = unique("none")
    url = postgres.create_database(name)
    line = line_of(run(tmp_path, *command, given=b"a fine password\n", DATABASE_URL=url))
    if command == ("compact",):
        assert "SQLite" in line
    else:
        assert line.startswith("there is no site in the database of AIOCHAT_DATABASE_URL yet")
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
    postgres.drop_database(name)
