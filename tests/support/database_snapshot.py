"""What the database holds of the feed, of messages and of what is between people: a refusal changes
none of it."""

import contextlib
import sqlite3
from collections.abc import Iterable
from typing import Any, Protocol

import psycopg

from tests.support.people import Person
from tests.support.servers import Aiochat

PEOPLE = {
    "blocks": ("blocker_id", "blocked_id"),
    "follows": ("follower_id", "followed_id"),
    "follow_requests": ("follower_id", "followed_id"),
    "follow_counts": ("user_id",),
    "feed_posts": ("author_id",),
    "feed_comments": ("author_id",),
    "feed_likes": ("user_id",),
    "feed_events": ("author_id", "user_id"),
    "messages": ("author_id",),
    "invitations": ("user_id", "inviter_id"),
}
"""The columns of each table that hold a person."""

PLACES = {
    **dict.fromkeys(
        ("feed_comments", "feed_likes", "feed_events"),
        ("post_id", "SELECT id FROM feed_posts WHERE author_id"),
    ),
    **dict.fromkeys(("messages", "invitations"), ("room_id", "SELECT room_id FROM members WHERE user_id")),
}
"""What others put below the posts of these people, and into their rooms, is theirs as well."""


class Stored(Protocol):
    def __call__(self, *people: Person) -> dict[str, Any]:
        """The rows by table that these people wrote or that are about them. Other tests change the
        others meanwhile."""


def stored_by(chat: Aiochat, people: Iterable[Person]) -> dict[str, Any]:
    names = [one.name for one in people]
    assert names
    assert all(name.isalnum() for name in names)
    theirs = "IN (SELECT id FROM users WHERE name IN ({}))".format(", ".join(f"'{name}'" for name in names))
    statements = {}
    for table, columns in PEOPLE.items():
        conditions = [f"{column} {theirs}" for column in columns]
        if place := PLACES.get(table):
            conditions.append(f"{place[0]} IN ({place[1]} {theirs})")
        statements[table] = f"SELECT * FROM {table} WHERE {' OR '.join(conditions)} ORDER BY 1, 2"
    if url := chat.env.get("AIOCHAT_DATABASE_URL"):
        with psycopg.connect(url) as postgres:
            return {
                table: postgres.execute(statement.encode()).fetchall()
                for table, statement in statements.items()
            }
    with contextlib.closing(sqlite3.connect(chat.data_dir / "aiochat.db")) as sqlite:
        return {table: sqlite.execute(statement).fetchall() for table, statement in statements.items()}
