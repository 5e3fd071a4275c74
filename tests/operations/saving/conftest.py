"""New databases of each kind."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import unique
from tests.support.servers import Postgres


@pytest.fixture(params=["sqlite", "postgresql", "postgresql+aiopg"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/chat.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = unique("migrations")
    yield postgres.create_database(name).replace("postgresql", request.param, 1)
    postgres.drop_database(name)


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url.replace("+aiopg", "")) as other:
        return other.execute(sql.encode()).fetchall()
