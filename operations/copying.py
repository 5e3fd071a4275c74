"""Moves a site from one database to another, of the same kind or not."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import psycopg

from helpers.db.database import is_unavailable
from helpers.processes.terminal import Failure, Progress
from operations.tables import Column, Row, Tables, tables_of

DIGEST_BYTES = 16
MODULUS = 1 << (8 * DIGEST_BYTES)


class Sum(NamedTuple):
    """Of the rows of a table, in whatever order."""

    rows: int = 0
    digest: int = 0


class _Summing:
    """Sums rows while they pass."""

    def __init__(self, batches: Iterator[list[Row]], done: Progress) -> None:
        self._batches = batches
        self._done = done
        self.sum = Sum()

    def __iter__(self) -> Iterator[list[Row]]:
        for batch in self._batches:
            rows, digest = self.sum
            for row in batch:
                digest += _digest(row)
            self.sum = Sum(rows + len(batch), digest % MODULUS)
            self._done.step(len(batch))
            yield batch


def _digest(row: Row) -> int:
    # A boolean of PostgreSQL is a number on SQLite, and its bytes come as a view.
    plain = [int(value) if isinstance(value, bool) else value for value in row]
    data = msgspec.msgpack.encode(plain)
    return int.from_bytes(hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest())


def copy_site(source_url: str, target_url: str) -> int:
    """Copies all rows to a database that is migrated and empty, in one transaction, reads them again, and
    compares. Returns how many there are. Nobody may use either of them. It may be stopped at any moment:
    the target is empty then, and it can be run again. Raises Failure."""
    with tables_of(source_url) as source, tables_of(target_url) as target:
        names = target.names()
        if set(source.names()) != set(names):
            raise Failure("the databases aren't of the same version: run `migrate` on both")
        if target.count("users"):
            raise Failure("there is a site already in the database of the settings; give it an empty one")
        total = sum(source.count(name) for name in names)
        # Every row is read twice.
        with Progress("rows", 2 * total) as progress, target.without_triggers():
            for name in reversed(names):
                # Migrations write some rows, such as the site's id.
                target.clear(name)
            for name in names:
                _copy(source, target, name, progress)
    return total


def _copy(source: Tables, target: Tables, name: str, progress: Progress) -> None:
    columns = target.columns(name)
    if [column.name for column in source.columns(name)] != [column.name for column in columns]:
        raise Failure(f"the table {name} has other columns: run `migrate` on both databases")
    read = _Summing(source.read(name, columns), progress)
    try:
        target.write(name, columns, iter(read))
    except (psycopg.DatabaseError, sqlite3.DatabaseError) as error:
        if is_unavailable(error):
            raise
        # What follows the first line is the row.
        raise Failure(f"the rows of {name} can't be written: {str(error).partition(chr(10))[0]}") from None
    written = _sum_of(target, name, columns, progress)
    if written != read.sum:
        raise Failure(f"the rows of {name} aren't what was read: nothing was copied")
    if (last := source.last_id(name)) is not None:
        target.set_last_id(name, last)


def _sum_of(tables: Tables, name: str, columns: Sequence[Column], progress: Progress) -> Sum:
    found = _Summing(tables.read(name, columns), progress)
    for _ in found:
        pass
    return found.sum
