"""A statement over many rows, passed as a table: arrays and `unnest` on PostgreSQL, a JSON array
and `json_each` on SQLite."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from peewee_async.databases import AioDatabase

from helpers.db.database import is_sqlite
from helpers.db.statement import Statement

DATABASE_NOW_MS = {
    True: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    False: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}

_encoder = msgspec.json.Encoder()


class Bulk:
    """One SQL text for both databases. A name in braces, such as `{given}`, is a table of rows;
    `{now_ms}` is the database's clock. `FOR UPDATE OF` and `FOR SHARE OF` are removed for SQLite,
    which has one writer and no row locks.

    `tables` maps each such name to its columns and their PostgreSQL types, in the order in which
    `sql` uses the tables."""

    def __init__(self, database: AioDatabase, sql: str, **tables: Mapping[str, str]) -> None:
        self._sqlite = is_sqlite(database)
        if self._sqlite:
            sql = re.sub(r"FOR (UPDATE|SHARE) OF \w+", "", sql)
        self._kinds = [list(columns.values()) for columns in tables.values()]
        sources = {name: self._source(name, columns) for name, columns in tables.items()}
        self.sql = sql.format(**sources, now_ms=DATABASE_NOW_MS[self._sqlite])

    def _source(self, name: str, columns: Mapping[str, str]) -> str:
        if not self._sqlite:
            return (
                f"unnest({', '.join(f'%s::{kind}[]' for kind in columns.values())}) AS "
                f"{name}({', '.join(columns)})"
            )
        parts = ", ".join(
            f"json_extract(value, '$[{place}]') AS {column}" for place, column in enumerate(columns)
        )
        return f"(SELECT {parts} FROM json_each(?)) AS {name}"  # noqa: S608 - names of our own code alone

    def bind(self, *tables: Sequence[Sequence[Any]]) -> Statement:
        """Builds the statement for the given rows of each table."""
        if self._sqlite:
            return Statement(self.sql, [_encoder.encode(rows).decode() for rows in tables])
        return Statement(
            self.sql,
            [
                _texts(column) if kind == "text" else _numbers(column)
                for kinds, rows in zip(self._kinds, tables, strict=True)
                for kind, column in zip(kinds, _columns(rows, len(kinds)), strict=True)
            ],
        )


def _columns(rows: Sequence[Sequence[Any]], count: int) -> Iterable[Sequence[Any]]:
    return zip(*rows, strict=True) if rows else [()] * count


def _numbers(values: Sequence[int | None]) -> str:
    """Formats an array as PostgreSQL reads it. The driver's own conversion, value by value, took a
    tenth of the time of storing a message."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def _texts(values: Sequence[str | None]) -> str:
    return f"{{{','.join(['NULL' if value is None else _quoted(value) for value in values])}}}"


def _quoted(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if '"' in value:
        value = value.replace('"', '\\"')
    return f'"{value}"'
