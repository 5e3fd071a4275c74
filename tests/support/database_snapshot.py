"""What the database holds of the feed and of what is between people: a refusal changes none of it."""

import contextlib
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg

from tests.support.servers import Aiochat

TABLES = ("blocks", "follows", "follow_requests", "follow_counts", "feed_posts", "feed_comments", "feed_likes", "feed_events", "messages")

Stored = Callable[[], dict[str, Any]]


def stored_by(chat: Aiochat) -> dict[str, Any]:
    """All rows, by table."""
    statements = {table: f"SELECT * FROM {table} ORDER BY 1, 2" for table in TABLES}
    if url := chat.env.get("AIOCHAT_DATABASE_URL"):
        with psycopg.connect(url) as postgres:
            return {table: postgres.execute(statement.encode()).fetchall() for table, statement in statements.items()}
    with contextlib.closing(sqlite3.connect(chat.data_dir / "aiochat.db")) as sqlite:
        return {table: sqlite.execute(statement).fetchall() for table, statement in statements.items()}
