"""No statement of the hot paths reads more than it shows, however long the histories and however
many the rooms.

A real server runs on a large site (tests/support/sites/large.py) while people do there what people
do. PostgreSQL itself notes the plan of everything that it ran, with the rows that each step of it
read; SQLite's statements are noted and explained afterwards."""

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from helpers.db.migrations import migrate
from tests.conftest import LIMITS_OFF, patient
from tests.support.servers import ROOT, Aiochat, Postgres
from tests.support.sites.a_day import live
from tests.support.sites.hot_paths import EXCEPTIONS, HOT_PATHS
from tests.support.sites.large import Crowd

TABLES = {
    "users",
    "rooms",
    "room_names",
    "members",
    "messages",
    "sessions",
    "reactions",
    "message_versions",
}
TABLES |= {"mentions", "statuses", "invitations", "presence"}
TABLES |= {
    "follows",
    "follow_requests",
    "follow_counts",
    "blocks",
    "feed_posts",
    "feed_comments",
    "feed_likes",
    "feed_events",
}
"""Those that grow."""

MOST_ROWS = 6000
"""That one step of a plan may read: the longest list has a thousand, and the page of open rooms, a
hundred, is compared with each of one's own."""

MOST_EXPECTED = 30_000
"""That PostgreSQL may expect where it sees a hundred times as much as there is: six hundred changes
look like thirteen to twenty-one thousand, as the sample falls from which it guesses."""

READ_FIRST = {"Sort", "Hash", "Materialize", "Bitmap Heap Scan", "Bitmap Index Scan", "Aggregate"}
"""Steps that read all before they give anything on. Where PostgreSQL expects many rows there it was
lucky with this site: a longer history is read from end to end, as one of ten million lines was."""

MOST_CHARACTERS = 10_000
"""Of a statement and its plan, as they are written."""

MOST_INSTRUCTIONS = 150_000
"""Of SQLite's virtual machine. A page of a thousand members takes half of it; to scan the hall's
history takes five times as much."""

SORTED = (
    r"INNER JOIN \"members\"|room\.id FOR UPDATE|ORDER BY room\.id"
    r"|JOIN invitations AS invitation|ROW_NUMBER"
)
"""What SQLite may sort, since it is few rows: one's own rooms, those of a commit, one's invitations."""


@dataclass(frozen=True)
class Seen:
    """A statement that was run, and what is wrong with how it was."""

    statement: str
    plan: str
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([*(f"- {problem}" for problem in self.problems), self.statement, self.plan])


def report(seen: list[Seen]) -> str:
    wrong = [
        str(one)
        for one in seen
        if one.problems and not any(re.search(found, one.statement, re.S) for found in EXCEPTIONS)
    ]
    return (
        f"{len(wrong)} of {len(seen)} statements read too much\n\n" + "\n\n".join(wrong[:10]) if wrong else ""
    )


def check(seen: list[Seen]) -> None:
    """Fails with the plans of those statements that read too much, or when it saw less than there
    is."""
    missed = [
        path
        for path, words in HOT_PATHS.items()
        if not any(re.search(words, one.statement, re.S) for one in seen)
    ]
    assert not missed, "not seen"
    for found in EXCEPTIONS:
        assert any(re.search(found, one.statement, re.S) for one in seen), (
            f"the exception {found} has become needless"
        )
    assert not report(seen), report(seen)


async def written(path: Path, words: str, seconds: float = 25) -> None:
    """Waits until a statement like this is in the file. What was read once isn't read again, but for
    the last of it."""
    text = ""
    async with asyncio.timeout(seconds):
        with path.open() as file:
            while not re.search(words, text, re.S):
                await asyncio.sleep(0.1)
                text = text[-MOST_CHARACTERS:] + file.read().replace('\\"', '"')


# PostgreSQL


@pytest.fixture(scope="module")
def explaining(own_servers: None) -> Iterator[Postgres]:
    """A PostgreSQL that writes the plans of what the role `aiochat` runs to its log."""
    # Machine code would be made for each plan that is believed to be expensive.
    server_settings = {"shared_preload_libraries": "auto_explain", "jit": "off"}
    settings = {"log_analyze": "on", "log_timing": "off", "log_format": "json", "log_nested_statements": "on"}
    with Postgres(
        options={**server_settings, **{f"auto_explain.{name}": value for name, value in settings.items()}}
    ) as server:
        yield server


def plan_prepared_statements(server: Postgres, mode: str) -> None:
    """What PostgreSQL does with a prepared statement from now on. By itself it plans it anew five
    times, and may then keep one plan for all values. Returns when every connection knows."""
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(f"ALTER SYSTEM SET plan_cache_mode = {mode}".encode())
        admin.execute("SELECT pg_reload_conf()")
    while True:
        # A new connection has what the first process has read; it has told the others before.
        with psycopg.connect(server.admin_url) as admin:
            if admin.execute("SHOW plan_cache_mode").fetchall() == [(mode,)]:
                return


def plans(log: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for found in re.finditer(r"duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)", log):
        entry = json.loads(found[1])
        yield entry["Query Text"], entry["Plan"]


def steps(plan: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    yield depth, plan
    for part in plan.get("Plans", ()):
        yield from steps(part, depth + 1)


def rows_read(step: dict[str, Any]) -> float:
    """Those that it gave on and those that it threw away, in all its turns."""
    rows = step["Actual Rows"] + sum(value for name, value in step.items() if name.startswith("Rows Removed"))
    return float(rows * step["Actual Loops"])


def judge_plan(statement: str, plan: dict[str, Any]) -> Seen:
    problems, lines = [], []
    for depth, step in steps(plan):
        kind, table = step["Node Type"], step.get("Relation Name", "")
        lines.append(
            f"{'  ' * depth}{kind} {table} {step.get('Index Name', '')} {step.get('Index Cond', '')} rows "
            f"{rows_read(step):.0f}"
        )
        if kind == "Seq Scan" and table in TABLES:
            problems.append(f"scans {table}")
        if rows_read(step) > MOST_ROWS:
            problems.append(f"reads {rows_read(step):.0f} rows: {kind} {table}")
        if kind in READ_FIRST and step["Plan Rows"] > MOST_EXPECTED:
            problems.append(f"expects {step['Plan Rows']} rows: {kind} {table}")
    return Seen(statement, "\n".join(lines), tuple(problems))


async def test_postgres_reads_what_is_shown_and_no_more(own_servers: None, explaining: Postgres) -> None:
    crowd = Crowd()
    url = explaining.create_database("large")
    migrate(url, ROOT / "migrations")
    large = explaining.admin_url.removesuffix("postgres") + "large"
    with psycopg.connect(large, autocommit=True) as admin:
        with admin.transaction():
            for statement in crowd.statements():
                admin.execute(statement.encode())
        admin.execute("VACUUM ANALYZE")
        admin.execute("ALTER ROLE aiochat SET auto_explain.log_min_duration = 0")
    with Aiochat(env={"AIOCHAT_DATABASE_URL": patient(url), **LIMITS_OFF}, arguments=["serve"]) as server:
        for times in (1, 100):
            # The planner believes in a hundred times as many messages, rooms, members and people.
            with psycopg.connect(large, autocommit=True) as admin:
                grow = "UPDATE pg_class SET reltuples = reltuples * %s WHERE relname = ANY(%s)"
                admin.execute(grow, [times, sorted(TABLES)])
            for mode in ("force_custom_plan", "force_generic_plan"):
                plan_prepared_statements(explaining, mode)
                await live(server.url, crowd)
        await written(explaining.log, HOT_PATHS["who is online"])
    check([judge_plan(statement, plan) for statement, plan in plans(explaining.log.read_text())])


# SQLite


def explain(connection: sqlite3.Connection, statement: str) -> Seen:
    lines = [detail for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    aliases = {
        alias or table: table
        for table, alias in re.findall(r'(?:FROM|JOIN|UPDATE|,) "?(\w+)"?(?: AS "?(\w+)"?)?', statement)
    }
    problems = []
    for line in lines:
        scanned = re.match(r"SCAN (\w+)", line)
        if scanned and aliases.get(scanned[1], scanned[1]) in TABLES:
            problems.append(line)
        if "TEMP B-TREE" in line and TABLES & set(aliases.values()) and not re.search(SORTED, statement):
            problems.append(line)
    spent = instructions(connection, statement)
    if spent > MOST_INSTRUCTIONS:
        problems.append(f"takes {spent} instructions")
    return Seen(statement, "\n".join([*lines, f"{spent} instructions"]), tuple(problems))


def instructions(connection: sqlite3.Connection, statement: str) -> int:
    """How many SQLite needs to read what a SELECT asks for, in thousands and a thousand more."""
    if not statement.lstrip().upper().startswith("SELECT"):
        return 0
    spent = 0

    def note() -> int:
        nonlocal spent
        spent += 1000
        return 0

    connection.set_progress_handler(note, 1000)
    connection.execute(statement).fetchall()
    connection.set_progress_handler(None, 0)
    return spent


def fill_sqlite(path: Path, crowd: Crowd) -> None:
    migrate(f"sqlite:///{path}", ROOT / "migrations")
    connection = sqlite3.connect(path)
    for statement in crowd.statements():
        connection.execute(statement)
    connection.commit()
    connection.close()


def statements_of(path: Path) -> list[str]:
    """Each once, whatever the values in it."""
    written = map(json.loads, dict.fromkeys(path.read_text().splitlines()))
    texts = [text for text in written if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", text)]
    # First the strings, which are most of it.
    shapes = (re.sub(r"\b\d+\b", "?", re.sub(r"(?:'[^']*')+", "?", text)) for text in texts)
    return list(dict(zip(shapes, texts, strict=True)).values())


async def test_sqlite_reads_what_is_shown_and_no_more(own_servers: None, tmp_path: Path) -> None:
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
        await live(server.url, crowd)
        await written(trace, HOT_PATHS["who is online"])
    for is_analysed in (False, True):  # SQLite isn't told of sizes unless somebody does
        connection = sqlite3.connect(path)
        if is_analysed:
            connection.execute("ANALYZE")
            connection.close()
            connection = sqlite3.connect(path)
        check([explain(connection, statement) for statement in statements_of(trace)])
        connection.close()
