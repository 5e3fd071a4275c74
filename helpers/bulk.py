"""One statement over many rows, given as a table named `given`: `unnest` on PostgreSQL, `json_each` on SQLite."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from peewee_async.databases import AioDatabase

from helpers.database import is_sqlite
from helpers.transactions import Statement

DATABASE_NOW_MS = {
    True: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    False: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}


class Bulk:
    """`sql` once for both databases, with `{given}` where the rows come in, and optionally `{now_ms}`. SQLite, which has one
    writer and no locks of rows, doesn't see its `FOR UPDATE OF`.

    `columns` are the names and PostgreSQL types of what each row holds."""

    def __init__(self, database: AioDatabase, sql: str, columns: Mapping[str, str]) -> None:
        self._sqlite = is_sqlite(database)
        if self._sqlite:
            parts = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
            given = f"(SELECT {parts} FROM json_each(?)) AS given"  # noqa: S608 - names of our own code alone
            sql = re.sub(r"FOR UPDATE OF \w+", "", sql)
        else:
            given = f"unnest({', '.join(f'%s::{kind}[]' for kind in columns.values())}) AS given({', '.join(columns)})"
        self.sql = sql.format(given=given, now_ms=DATABASE_NOW_MS[self._sqlite])

    def over(self, rows: Sequence[Sequence[Any]]) -> Statement:
        """The statement over these rows. There must be one."""
        params = [json.dumps(rows)] if self._sqlite else [list(column) for column in zip(*rows, strict=True)]
        return Statement(self.sql, params)
