"""A site's database as a whole: a copy of it as it is at one moment, while it is used, and the way back."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from accounts.site import RESTORING
from helpers.storage.blobs import variant_key

Rows = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
"""Returns all rows of a statement."""


SQLITE_TABLES = """
    SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'
    ORDER BY name"""
POSTGRES_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
"""All tables of a site and of its migrations, but for those in which the database keeps its own."""

UNFINISHED = (
    f"DELETE FROM site WHERE name = '{RESTORING}'",
    f"INSERT INTO site (name, value) VALUES ('{RESTORING}', 'yes')",
)
"""A database that takes its place isn't served until what is of after the backup has ended."""


class Snapshot(NamedTuple):
    """What a copy holds: the migrations that were applied, the rows of each table, and the keys of the
    store's objects to which it refers."""

    migrations: list[str]
    rows: dict[str, int]
    keys: list[str]


class SiteDatabase(Protocol):
    """Methods raise Failure, or the driver's errors where the database is unreachable."""

    name: str
    """What it is called in messages."""

    member: str
    """The name of its copy in an archive."""

    tables: str
    """The statement that gives the names of all tables."""

    soundness: str
    """The statement by which the database looks at itself: texts of what is broken. Empty where it has
    none."""

    def reading(self) -> AbstractAsyncContextManager[Rows]:
        """Statements that see the database as it is at one moment."""

    async def write(self, statements: Sequence[str]) -> None:
        """Executes statements in one transaction."""

    async def copy_to(self, file: Path) -> Snapshot:
        """Writes a copy of the database as it is at one moment. Nobody waits for it."""

    async def count_rows(self) -> dict[str, int]:
        """The rows of each table."""

    async def holds_people(self) -> bool:
        """Whether there are accounts, which a copy put in this place would replace."""

    async def check_unused(self) -> None:
        """Raises Failure if somebody else is connected."""

    async def replace_by(self, file: Path) -> Path | None:
        """Puts a copy in the place of the database, whole or not at all. Its sessions have ended, and nobody
        serves it before accounts.site.begin_another_history. Returns where the former one is now, if it was
        kept."""


def is_ours(table: str) -> bool:
    """Not one of those by which migrations are recorded: a lock is among them."""
    return not table.startswith(("_yoyo", "yoyo"))


def keys_of(blobs: Iterable[tuple[str, str]]) -> list[str]:
    """The keys of all objects of blobs, of which `key` and `variants` are given
    (helpers/storage/blobs.py)."""
    return [variant_key(key, name) for key, names in blobs for name in ("", *filter(None, names.split(",")))]
