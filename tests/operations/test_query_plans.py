"""No statement of the hot paths reads more than it shows, however long the histories and however
many the rooms.

A real server runs on a large site (tests/support/large_site.py) while people do there what people
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
from tests.support.a_day import live
from tests.support.large_site import Crowd
from tests.support.servers import ROOT, Aiochat, Postgres

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

EXCEPTIONS = {
    r"\"users\".*REPLACE\(": "to find people by a part of their names the names are read, where not enough "
    "begin with it",
    r"rooms.*REPLACE\(": "to find a room by a part of its name the names are read: some milliseconds for "
    "10,000, when somebody types",
    r"FROM \"statuses\" AS \"t1\" WHERE \(\"t1\"\.\"status\" = ": "at the start: who is away?",
    r"FROM \"presence\" AS \"t1\" WHERE \"t1\"\.\"online\"": "at the start: who is online?",
    r"INNER JOIN \"presence\"": "who is online in a room of thousands: 3 ms for 10,000, by indices alone",
    r"WITH latest AS": "a page of the feed looks at each person whom one follows, 10,000 at most",
    r"\"is_admin\" OR .* ORDER BY": "when an account is deleted: the index holds administrators alone",
    r"FROM \"?users\"?( AS \"?t1\"?)? LIMIT 1\b": "at the start: is there anybody yet?",
}
"""Which statements may scan, and why."""

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


HOT_PATHS = {
    "sessions": r"JOIN sessions",
    "the user": r"FROM \"users\".* WHERE \(+\"t1\"\.\"id\" IN",
    "access to a room": r"JOIN rooms AS room ON room\.slug",
    "a room by a former name": r"JOIN room_names AS former",
    "names that are taken": r"FROM \"room_names\".*\"slug\" IN",
    "the names of a room": r"FROM \"room_names\".*ORDER BY",
    "an open room with such a title": r"\"title_key\" =",
    "standing": r"room\.kind, member\.role,\s+member\.read_number,",
    "sign-in": r"FROM \"users\".*\"name_key\" =",
    "one's own rooms": r"FROM \"rooms\".*INNER JOIN \"members\".*ORDER BY",
    "open rooms": r"FROM \"rooms\".*LEFT OUTER JOIN \"members\".*ORDER BY",
    "a page by number": r"SELECT \"t1\"\.\"seq\" FROM \"messages\"",
    "a page": r"FROM \"messages\".*ORDER BY \"t1\"\.\"seq\"",
    "what became of kept lines": r"FROM \"messages\".*\"seq\" \+ 0.*ORDER BY \"t1\"\.\"changed_seq\"",
    "rooms of which lines are kept": r"FROM \"rooms\".*INNER JOIN \"members\".*\"id\" IN",
    "resuming": r"FROM \"messages\".*ORDER BY \"t1\"\.\"changed_seq\"",
    "the ends of histories": r"SELECT \"t1\"\.\"id\", \"t1\"\.\"last_seq\" FROM \"rooms\"",
    "members": r"FROM \"members\".*ORDER BY \"t\d\"\.\"role\" DESC",
    "members who are online": r"FROM \"members\".*INNER JOIN \"presence\".*\"role\" DESC",
    "the journal's lock": r"SELECT room\.id, room\.name.*ORDER BY room\.id",
    "the journal's standings": r"SELECT users\.is_admin.*JOIN members AS member",
    "the journal's nonces": r"JOIN messages AS line",
    "the journal's lines": r"INSERT INTO messages",
    "the journal's counters": r"UPDATE rooms SET last_seq",
    "a post by its number": r"\"reactions\",.*FROM \"messages\".*\"number\" <= ",
    "the place of a post": r"SELECT \"t1\"\.\"seq\" FROM \"messages\".*\"number\" <= ",
    "pinned posts": r"FROM \"messages\".*\"t1\"\.\"pinned\"\)? AND",
    "former texts": r"FROM \"message_versions\"",
    "who reacted": r"FROM \"reactions\"",
    "a change of a post": r"UPDATE \"messages\"",
    "what it said before": r"INSERT INTO \"message_versions\"",
    "a reaction": r"INSERT INTO \"reactions\"",
    "one taken back": r"DELETE FROM \"reactions\"",
    "names in texts": r"FROM \"users\".*\"name_key\" IN",
    "mentions of a post": r"INSERT INTO mentions",
    "whom a post calls, and what it answers": r"answered AS MATERIALIZED",
    "their names": r"SELECT \"t1\".\"id\", \"t1\".\"name\" FROM \"users\"",
    "mentions added by an edit": r"INSERT INTO \"mentions\"",
    "a call taken back": r"DELETE FROM \"mentions\"",
    "who is online of those it calls": r"SELECT \"t1\"\.\"user_id\".*INNER JOIN \"presence\".*\"blocks\"",
    "who is online": r"INSERT INTO presence",
    "who came or went": r"FROM \"presence\".*\"version\" >",
    "to which rooms it is told": r"SELECT \"t1\"\.\"room_id\", \"t1\"\.\"user_id\" FROM \"members\".* IN ",
    "that they aren't called": r"DELETE FROM \"mentions\".*\"of_group\"",
    "is it a small room": r"SELECT \"t1\"\.\"user_id\" FROM \"members\" AS \"t1\" WHERE .* LIMIT ",
    "what calls all": r"AS calling",
    "what calls all in one's own rooms": r"unread_of_all",
    "mentions in one's own rooms": r"COUNT\(.*FROM \"mentions\".*INNER JOIN \"members\"",
    "deleted posts in one's own rooms": r"COUNT\(.*FROM \"messages\".*INNER JOIN \"members\"",
    "deleted posts after a read mark": r"FROM messages AS message",
    "a status": r"INSERT INTO \"statuses\"",
    "the end of one": r"DELETE FROM \"statuses\"",
    "read marks": r"UPDATE members SET read_number",
    "marks told": r"SELECT member\.room_id, member\.user_id, room\.posts",
    "invitations": r"JOIN invitations AS invitation",
    "an invitation": r"INSERT INTO \"invitations\"",
    "one's invitations of somebody": r"COUNT.*FROM \"invitations\".*\"inviter_id\" =",
    "who is invited": r"FROM \"invitations\".*\"room_id\" =.*ORDER BY \"t\d\"\.\"user_id\" LIMIT",
    "what is unread": r"SELECT member\.user_id, room\.id",
    "titles": r"SELECT \"t1\"\.\"room_id\", \"t1\"\.\"user_id\", \(SELECT",
    "a conversation by its name": r"FROM \"rooms\".*\"slug\" =",
    "who is in it": r"SELECT \"t1\"\.\"user_id\" FROM \"members\"",
    "is somebody still there": r"SELECT \"t1\"\.\"id\" FROM \"users\".*\"left_at\" IS NULL",
    "who administers the site": r"FROM \"users\".* WHERE \(\"t1\"\.\"is_admin\" OR .*ORDER BY",
    "what somebody wrote": r"FROM \"messages\".*\"author_id\" =.*ORDER BY \"t1\"\.\"nonce\"",
    "lines about somebody": r"FROM \"messages\".*\"target_id\" =.*ORDER BY",
    "posts by their places": r"FROM \"messages\".*\"seq\" IN",
    "posts erased": r"DELETE FROM \"message_versions\"",
    "what somebody reacted to": r"FROM \"reactions\".*\"user_id\" =.*ORDER BY",
    "mentions of a person": r"SELECT \"t1\"\.\"room_id\", \"t1\"\.\"number\" FROM \"mentions\"",
    "somebody's rooms": r"FROM \"members\".*\"user_id\" =.*ORDER BY \"t1\"\.\"room_id\" LIMIT",
    "people by their names": r"FROM \"users\".*COLLATE",
    "a page of the feed": r"WITH latest AS",
    "somebody's posts": r"FROM \"feed_posts\".*\"author_id\" =",
    "one's own that were removed": r"FROM \"feed_posts\".*\"removed_by\" IS NOT NULL",
    "comments": r"FROM \"feed_comments\".*\"post_id\" =",
    "what one likes": r"FROM \"feed_likes\".*\"post_id\" IN",
    "what happened to the feed": r"FROM \"feed_events\".*EXISTS",
    "what happened to a post": r"FROM \"feed_events\".*\"post_id\" =",
    "who follows": r"SELECT given\.follower_id, given\.followed_id",
    "who is hidden": r"SELECT given\.viewer_id(?!.*is_private)",
    "whose posts are hidden": r"SELECT given\.viewer_id.*is_private",
    "who takes part in blocks": r"SELECT given\.person_id, 0",
    "a block between two": r"FROM \"blocks\".* OR ",
    "whom one blocks": r"FROM \"blocks\".*ORDER BY",
    "who follows one": r"FROM \"follows\".*ORDER BY",
    "who asks": r"FROM \"follow_requests\".*ORDER BY",
    "the end of following": r"DELETE FROM \"follows\"",
    "going public": r"DELETE FROM \"follow_requests\" WHERE \(\"follow_requests\"\.\"followed_id\" =",
    "a block's room": r"UPDATE \"rooms\" SET \"standings_seq\"",
    "sweeping sessions": r"DELETE FROM sessions WHERE expires_at",
}
"""Each by words of its statement: what is listed here was run, or the test has seen nothing."""


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
        program=ROOT / "tests" / "support" / "query_trace.py",
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
