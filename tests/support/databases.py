"""New databases that have their tables already: copies of one that was migrated, for which all
migrations run once in a process of the tests. It takes a tenth of the time."""

import functools
from pathlib import Path

from helpers.db.migrations import MIGRATIONS, migrate
from tests.support.servers import Postgres
from tests.support.servers.migrated import migrated_sqlite

TEMPLATE = "migrated"


def new_sqlite(path: Path) -> str:
    """Writes the file and returns its URL."""
    path.write_bytes(migrated_sqlite())
    return f"sqlite:///{path}"


def new_postgres(postgres: Postgres, name: str) -> str:
    """Returns the URL of the new database of this name."""
    return postgres.create_database(name, _postgres_template(postgres))


@functools.cache
def _postgres_template(postgres: Postgres) -> str:
    migrate(postgres.create_database(TEMPLATE), MIGRATIONS)
    return TEMPLATE
