"""Indexes of PostgreSQL that are far larger than their rows need. They are estimated by what ANALYZE has
noted: that needs no extension and no other rights, and reads no index."""

from typing import Any

import psycopg

from operations.diagnosis.findings import BOUND, OK, WARN, Finding

FACTOR = 3
"""One whose keys came in any order is 1.4 times as large as one that was just built, and twice as large
where they came in falling order."""

UNUSED_BYTES = 25_000_000
"""Less isn't worth the trouble."""

PAGE = "current_setting('block_size')::int"
HEADS, SPECIAL = 24, 16
"""Bytes of a page of a B-tree that hold no entry."""

ENTRY = 12
"""The head of an entry, and the pointer to it."""

ALIGNED = 8
"""No column takes up more, and most take up less: the estimate is too large rather than too small."""

FILLED = 0.9
"""What a page of a new index is filled to."""

INDEXES = f"""
    WITH entries AS (
        SELECT pg_index.indexrelid AS id,
            greatest(pg_class.reltuples, tables.n_live_tup, 0) AS rows,
            {ENTRY} + {ALIGNED} * sum(ceil(pg_stats.avg_width / {ALIGNED}.0)) AS width
        FROM pg_index
        JOIN pg_class ON pg_class.oid = pg_index.indexrelid
        JOIN pg_am ON pg_am.oid = pg_class.relam AND pg_am.amname = 'btree'
        JOIN pg_stat_user_tables AS tables ON tables.relid = pg_index.indrelid
        JOIN pg_attribute AS keys ON keys.attrelid = pg_index.indexrelid
        LEFT JOIN pg_attribute AS columns ON columns.attrelid = pg_index.indrelid
            AND columns.attnum = pg_index.indkey[keys.attnum - 1] AND columns.attnum > 0
        LEFT JOIN pg_stats ON pg_stats.schemaname = tables.schemaname AND NOT pg_stats.inherited
            AND pg_stats.tablename = CASE WHEN columns.attnum IS NULL
                THEN pg_class.relname ELSE tables.relname END
            AND pg_stats.attname = coalesce(columns.attname, keys.attname)
        WHERE tables.schemaname = current_schema() AND pg_index.indisvalid
        GROUP BY pg_index.indexrelid, pg_class.reltuples, tables.n_live_tup
        HAVING count(*) = count(pg_stats.avg_width)
    ),
    sizes AS (
        SELECT id, pg_relation_size(id) AS size,
            {PAGE} * (2 + ceil(rows * width / ({FILLED} * ({PAGE} - {HEADS} - {SPECIAL})))) AS needed
        FROM entries
    )
    SELECT id::regclass::text, size, needed::bigint FROM sizes
    WHERE size > {FACTOR} * needed AND size - needed > {UNUSED_BYTES}
    ORDER BY size - needed DESC LIMIT 3"""  # noqa: S608 - of constants
"""Whatever else isn't known for sure makes the estimate larger, too: rows that came since the last ANALYZE,
those that a partial index leaves out, and keys that are there often, which are stored once. An index of
which nothing is known isn't looked at."""


async def look_at_indexes(connection: psycopg.AsyncConnection[Any]) -> Finding:
    subject = "bloat of indexes"
    try:
        async with connection.transaction():
            await connection.execute(BOUND)
            found = await (await connection.execute(INDEXES.encode())).fetchall()
    except psycopg.errors.QueryCanceled:
        return Finding(subject, OK, "they weren't looked at: that takes too long now")
    if not found:
        return Finding(subject, OK, "none is far larger than its rows need")
    told = [
        f"{name} takes {size / 1e6:,.0f} MB, and its rows need about {needed / 1e6:,.0f}"
        for name, size, needed in found
    ]
    return Finding(
        *(subject, WARN, "; ".join(told), "the database grows and gets slow"),
        " ".join(f"REINDEX INDEX CONCURRENTLY {name};" for name, *_ in found),
    )
