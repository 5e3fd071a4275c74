"""Measures queries of the feed on a large site: `python -m bench.feed postgresql://…` (an empty
database), or `sqlite:///…` (a new file).

It fills the database with people, follows, posts and likes, runs each query several times, and
prints the medians."""

import asyncio
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from feed import event_log
from feed.reading import NEWEST, author_page, feed_page, feed_statement
from helpers.db.database import fetch, open_database, sqlite_path
from helpers.db.migrations import migrate
from settings import ROOT

PEOPLE = 200_000
LIKES = 200_000
POSTS = 1_000_000
FOLLOWERS = 1_000_000
"""Followers of the user with id 1. Their ids need no rows in users, since nothing joins them."""
READERS = {2: 10, 3: 300, 4: 5000, 5: 5000}
"""Readers and how many people each follows: 4 follows recent authors, 5 follows authors of old
posts."""
TIMES = 15

OBVIOUS = """
    SELECT post.id FROM feed_posts AS post
    WHERE post.deleted_at IS NULL AND post.id < {before} AND (post.author_id = {me}
        OR post.author_id IN (SELECT followed_id FROM follows WHERE follower_id = {me}))
    ORDER BY post.id DESC LIMIT 31"""


def numbers(first: int, last: int, sqlite: bool) -> str:
    """Returns the SQL of a table `n(i)` of integers."""
    if sqlite:
        return f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    return f"WITH n(i) AS (SELECT generate_series({first}, {last}))"


def fill(url: str) -> None:
    """Fills the database without foreign key checks and triggers. PostgreSQL allows this to
    superusers."""
    sqlite = url.startswith("sqlite:")
    connection: Any = sqlite3.connect(sqlite_path(url)) if sqlite else psycopg.connect(url, autocommit=True)

    def run(first: int, last: int, insert: str, select: str) -> None:
        table = numbers(first, last, sqlite)
        connection.execute(f"{insert} {table} {select} FROM n")

    connection.execute("PRAGMA synchronous = OFF" if sqlite else "SET session_replication_role = replica")
    users = "INSERT INTO users (id, name, name_key, skeleton, password_hash, is_admin, created_at)"
    run(1, PEOPLE, users, f"SELECT i, 'p' || i, 'p' || i, 'p' || i, '', {'0' if sqlite else 'false'}, 0")
    # Authors with ids above 100,000 wrote the first half of the posts, the others the second half.
    writer = (
        f"CASE WHEN i <= {POSTS // 2} THEN 100000 + (CAST(i AS BIGINT) * 7919) % 100000 ELSE 6 + (CAST(i "
        "AS BIGINT) * 7919) % 99990 END"
    )
    run(
        1,
        POSTS,
        "INSERT INTO feed_posts (author_id, text, at)",
        f"SELECT {writer}, 'Some words, as people write them', i",
    )
    follow = "INSERT INTO follows (follower_id, followed_id, at)"
    for reader, count in READERS.items():
        first = 100_000 if reader == 5 else 6
        run(0, count - 1, follow, f"SELECT {reader}, {first} + i * {(PEOPLE // 2 - 10) // count}, 0")
    run(1, FOLLOWERS, follow, f"SELECT {PEOPLE} + i, 1, 0")
    run(1, LIKES, "INSERT INTO feed_likes (post_id, user_id, at)", f"SELECT {POSTS}, i, 0")
    events = "INSERT INTO feed_events (id, kind, change, author_id, post_id, user_id)"
    run(1, 20_000, events, "SELECT i, 'post', 'edited', 6 + i, i, 6")
    connection.execute("UPDATE feed_clock SET last = 20000")
    connection.commit()
    connection.execute("ANALYZE" if sqlite else "VACUUM ANALYZE")
    connection.close()


async def median(work: Callable[[], Awaitable[Any]]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - begun) * 1000)
        if sum(taken) > 8000:
            break
    return statistics.median(taken)


async def measure(url: str) -> None:
    migrate(url, ROOT / "migrations")
    fill(url)
    database = open_database(url)
    try:
        for reader, count in READERS.items():
            what = f"follows {count}" + (", silent ones" if reader == 5 else "")
            for name, before in (("first page", NEWEST), ("a page in the middle", POSTS // 2)):
                ours = feed_statement(database, reader, before, 31)
                obvious = OBVIOUS.format(me=reader, before=before)
                page = await median(lambda reader=reader, before=before: feed_page(database, reader, before))  # type: ignore[misc]
                found = await median(lambda ours=ours: fetch(database, ours))  # type: ignore[misc]
                other = await median(lambda obvious=obvious: fetch(database, obvious))  # type: ignore[misc]
                assert await fetch(database, ours) == await fetch(database, obvious)
                print(
                    f"{what}, {name}: {page:.1f} ms, of it the statement {found:.1f}; the obvious one "
                    f"{other:.1f}",
                    flush=True,
                )
        for reader in (4, PEOPLE + 1):
            back = await median(lambda reader=reader: event_log.read_since(10_000, 500, reader_id=reader))  # type: ignore[misc]
            print(f"coming back after 10,000 events, follows {READERS.get(reader, 1)}: {back:.1f} ms")
        print(f"posts of one person: {await median(lambda: author_page(7, 4)):.1f} ms")
        counted = await median(lambda: fetch(database, "SELECT COUNT(*) FROM follows WHERE followed_id = 1"))
        print(f"counting {FOLLOWERS} followers, which nobody does: {counted:.1f} ms")
        counted = await median(
            lambda: fetch(database, f"SELECT COUNT(*) FROM feed_likes WHERE post_id = {POSTS}")
        )
        print(f"counting {LIKES} likes, which nobody does: {counted:.1f} ms")
    finally:
        await database.aio_close()


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1]))
