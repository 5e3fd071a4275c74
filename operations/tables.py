"""The tables of a database, read and written as rows, alike on both."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from graphlib import TopologicalSorter
from typing import Any, NamedTuple, Protocol, Self

import psycopg
from psycopg import sql

from helpers.db.database import libpq_url, sqlite_path
from operations.databases import POSTGRES_TABLES, SQLITE_TABLES, is_ours

ROWS_AT_ONCE = 1000

MADE_ANEW = {
    *("sessions", "ended_sessions", "push_devices", "push_closings"),
    *("leases", "search_lines", "search_progress", "search_text"),
}
"""Tables that aren't copied: the site makes them anew. Who is signed in is in Redis or in the database, and
a device is told of messages for as long as its session lasts."""

Row = tuple[Any, ...]


class Column(NamedTuple):
    name: str
    is_boolean: bool


class Tables(Protocol):
    """One transaction on a database. Leaving the block without an error commits it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: object, *exc: object) -> None: ...

    def names(self) -> list[str]:
        """Of the tables that are copied, in an order in which each comes after those it refers to."""

    def columns(self, table: str) -> list[Column]:
        """The columns that can be written, by name."""

    def count(self, table: str) -> int: ...

    def clear(self, table: str) -> None: ...

    def read(self, table: str, columns: Sequence[Column]) -> Iterator[list[Row]]:
        """All rows, in batches."""

    def write(self, table: str, columns: Sequence[Column], rows: Iterator[list[Row]]) -> None: ...

    def without_triggers(self) -> AbstractContextManager[None]:
        """What triggers would do is copied, too."""

    def last_id(self, table: str) -> int | None:
        """The last id that the table has given; None where it gives none."""

    def set_last_id(self, table: str, last: int) -> None: ...


def _wanted(names: Sequence[str]) -> list[str]:
    return [name for name in names if is_ours(name) and name not in MADE_ANEW]


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


class SqliteTables:
    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(sqlite_path(url), isolation_level=None, timeout=60)

    def __enter__(self) -> Self:
        self._connection.execute("BEGIN")
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        with contextlib.closing(self._connection):
            if kind is None:
                self._connection.execute("COMMIT")
            elif self._connection.in_transaction:
                # SQLite itself has ended it where the disk is full.
                self._connection.execute("ROLLBACK")

    def names(self) -> list[str]:
        rows = self._connection.execute(SQLITE_TABLES)
        return _wanted([name for (name,) in rows.fetchall()])

    def columns(self, table: str) -> list[Column]:
        rows = self._connection.execute(
            "SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY name", (table,)
        )
        return [Column(name, kind == "BOOLEAN") for name, kind in rows.fetchall()]

    def count(self, table: str) -> int:
        return int(self._connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])

    def clear(self, table: str) -> None:
        self._connection.execute(f'DELETE FROM "{table}"')

    def read(self, table: str, columns: Sequence[Column]) -> Iterator[list[Row]]:
        cursor = self._connection.execute(f'SELECT {_listed(columns)} FROM "{table}"')
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows

    def write(self, table: str, columns: Sequence[Column], rows: Iterator[list[Row]]) -> None:
        places = ", ".join("?" for _ in columns)
        for batch in rows:
            self._connection.executemany(
                f'INSERT INTO "{table}" ({_listed(columns)}) VALUES ({places})', batch
            )

    @contextmanager
    def without_triggers(self) -> Iterator[None]:
        triggers = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            self._connection.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, statement in triggers:
            self._connection.execute(statement)

    def last_id(self, table: str) -> int | None:
        found = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)
        ).fetchone()
        return int(found[0]) if found else None

    def set_last_id(self, table: str, last: int) -> None:
        found = self._connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last, table))
        if not found.rowcount and "AUTOINCREMENT" in self._made_by(table):
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))

    def _made_by(self, table: str) -> str:
        found = self._connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return str(found[0]).upper()


class PostgresTables:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(libpq_url(url))
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        if kind is None:
            self._connection.commit()
        else:
            self._connection.rollback()
        self._connection.close()

    def names(self) -> list[str]:
        rows = self._connection.execute(POSTGRES_TABLES).fetchall()
        order: TopologicalSorter[str] = TopologicalSorter({name: () for (name,) in rows})
        references = self._connection.execute(
            "SELECT one.relname, other.relname FROM pg_constraint "
            "JOIN pg_class one ON one.oid = conrelid JOIN pg_class other ON other.oid = confrelid "
            "WHERE contype = 'f' AND conrelid <> confrelid "
            "AND pg_constraint.connamespace = current_schema()::regnamespace"
        )
        for name, other in references.fetchall():
            order.add(name, other)
        return _wanted(list(order.static_order()))

    def columns(self, table: str) -> list[Column]:
        rows = self._connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'",
            (table,),
        )
        # Sorted here: the database's order of names may be that of a language.
        return sorted(Column(name, kind == "boolean") for name, kind in rows.fetchall())

    def count(self, table: str) -> int:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ((count,),) = self._connection.execute(query).fetchall()
        return int(count)

    def clear(self, table: str) -> None:
        self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    def read(self, table: str, columns: Sequence[Column]) -> Iterator[list[Row]]:
        query = sql.SQL("SELECT {} FROM {}").format(_identifiers(columns), sql.Identifier(table))
        with self._connection.cursor(name="rows") as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield rows

    def write(self, table: str, columns: Sequence[Column], rows: Iterator[list[Row]]) -> None:
        booleans = [place for place, column in enumerate(columns) if column.is_boolean]
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _identifiers(columns))
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            for batch in rows:
                for row in batch:
                    copy.write_row(_with_booleans(row, booleans) if booleans else row)

    @contextmanager
    def without_triggers(self) -> Iterator[None]:
        self._switch_triggers("DISABLE")
        yield
        self._switch_triggers("ENABLE")

    def _switch_triggers(self, how: str) -> None:
        for table in self.names():
            query = sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table), sql.SQL(how))
            self._connection.execute(query)

    def last_id(self, table: str) -> int | None:
        sequence = self._sequence(table)
        if sequence is None:
            return None
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.SQL(sequence))
        ((last, is_called),) = self._connection.execute(query).fetchall()
        return int(last) if is_called else 0

    def set_last_id(self, table: str, last: int) -> None:
        sequence = self._sequence(table)
        if sequence is not None and last > 0:
            self._connection.execute("SELECT setval(%s::regclass, %s)", (sequence, last))

    def _sequence(self, table: str) -> str | None:
        found = self._connection.execute(
            "SELECT pg_get_serial_sequence(quote_ident(table_name), column_name) "
            "FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s "
            "AND (is_identity = 'YES' OR column_default LIKE 'nextval%%')",
            (table,),
        ).fetchone()
        return found[0] if found else None


def _identifiers(columns: Sequence[Column]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)


def _with_booleans(row: Row, places: Sequence[int]) -> Row:
    """SQLite has numbers for them."""
    found = list(row)
    for place in places:
        if found[place] is not None:
            found[place] = bool(found[place])
    return tuple(found)


def tables_of(url: str) -> Tables:
    return SqliteTables(url) if url.startswith("sqlite:") else PostgresTables(url)
