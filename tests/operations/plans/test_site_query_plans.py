"""The pages of those who run the site, and the search, read no more than they have to on a large site: what
they show is among many people, rooms, acts and reports. tests/operations/plans/test_query_plans.py has how it
is found out."""

import asyncio
import re
import sqlite3
from pathlib import Path

import psycopg

from helpers.db.migrations import migrate
from tests.conftest import LIMITS_OFF, patient
from tests.operations.plans.test_query_plans import (
    MOST_INSTRUCTIONS,
    Seen,
    explaining,
    fill_sqlite,
    instructions,
    plans,
    rows_read,
    statements_of,
    steps,
    written,
)
from tests.support.servers import ROOT, Aiochat, Postgres
from tests.support.sites.large import Crowd
from tests.support.sites.site_requests import looks_over, person, searches

__all__ = ["explaining"]

MOST_ROWS = 6000
"""That one step of a plan may read."""

MANY = (12_000, 300_000)

ALLOWED = {
    r"search_lines|search_text": (110_000, 5_000_000),  # a search looks at so many posts, not more
    r"REPLACE\(": MANY,  # to find by a part of a name all names are read
    r"LIMIT 10000\) AS counted": MANY,  # of the members of a very large room so many are counted
    r"ORDER BY \"t1\".\"last_seq\" DESC": MANY,  # the largest of all rooms: an index would cost each message
}
"""Rows and instructions that these may take instead."""

LAST = r"search_(lines|text)"
"""The last that is asked."""


async def asks_all(url: str, crowd: Crowd) -> None:
    boss = person(url, crowd.tokens[0])
    try:
        await looks_over(boss)
        await searches(boss)
    finally:
        await boss.close()


def too_much(statement: str, rows: float, spent: int) -> list[str]:
    most = next(
        (found for words, found in ALLOWED.items() if re.search(words, statement, re.S)),
        (MOST_ROWS, MOST_INSTRUCTIONS),
    )
    return [f"{rows:.0f} rows, {spent} instructions"] if rows > most[0] or spent > most[1] else []


def check(seen: list[Seen]) -> None:
    for words in (r"site_acts", r"\bacts\b", "reports", "held_posts", "search_lines", "invite_links"):
        assert any(re.search(words, one.statement) for one in seen), f"{words} not seen"
    wrong = [str(one) for one in seen if one.problems]
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(seen)}", *wrong[:20]])


async def test_postgres(own_servers: None, explaining: Postgres) -> None:
    crowd, url = Crowd(), explaining.create_database("site")
    migrate(url, ROOT / "migrations")
    large = explaining.admin_url.removesuffix("postgres") + "site"
    with psycopg.connect(large, autocommit=True) as admin:
        with admin.transaction():
            for statement in crowd.statements():
                admin.execute(statement.encode())
        admin.execute("VACUUM ANALYZE")
        admin.execute("ALTER ROLE aiochat SET auto_explain.log_min_duration = 0")
    with Aiochat(env={"AIOCHAT_DATABASE_URL": patient(url), **LIMITS_OFF}, arguments=["serve"]) as server:
        await asks_all(server.url, crowd)
        await written(explaining.log, LAST)
    seen = []
    for statement, plan in plans(explaining.log.read_text()):
        most = max(rows_read(step) for _, step in steps(plan))
        lines = [
            f"{'  ' * depth}{step['Node Type']} {step.get('Relation Name', '')} {step.get('Index Name', '')} "
            f"{rows_read(step):.0f}"
            for depth, step in steps(plan)
        ]
        seen.append(Seen(statement, "\n".join(lines), tuple(too_much(statement, most, 0))))
    check(seen)


async def test_sqlite(own_servers: None, tmp_path: Path) -> None:
    crowd, trace, path = Crowd(), tmp_path / "statements", tmp_path / "data" / "aiochat.db"
    path.parent.mkdir()
    await asyncio.to_thread(fill_sqlite, path, crowd)
    server = Aiochat(
        env={"STATEMENTS": str(trace), **LIMITS_OFF},
        arguments=["serve"],
        data_dir=path.parent,
        program=ROOT / "tests" / "support" / "programs" / "query_trace.py",
    )
    with server:
        await asks_all(server.url, crowd)
        await written(trace, LAST)
    connection = sqlite3.connect(path)
    seen = []
    for statement in statements_of(trace):
        spent = instructions(connection, statement)
        plan = "\n".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
        seen.append(Seen(statement, plan, tuple(too_much(statement, 0, spent))))
    connection.close()
    check(seen)
