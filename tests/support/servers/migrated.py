"""A database of SQLite that has its tables already, for which all migrations run once in a process of
the tests."""

import functools
import tempfile
from pathlib import Path

from helpers.db.migrations import MIGRATIONS, migrate


@functools.cache
def migrated_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        migrate(f"sqlite:///{path}", MIGRATIONS)
        return path.read_bytes()
