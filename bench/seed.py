"""Writes rooms, people, sessions and history into the database before the server starts.

Nobody registers over HTTP: hashing a password takes 25 ms, and that isn't what is measured."""

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from peewee import chunked

from accounts.models import User
from accounts.people.looks import look
from accounts.people.names import clean_name, name_key
from accounts.site import site_id
from bench.clients.guests import Seats, room_name, user_name
from bench.texts import PLAIN
from chat.models import Member, Room, SitePresence
from chat.roles import Role
from helpers.clock import now_ms
from helpers.db.database import open_database
from helpers.redis.client import open_redis
from helpers.web.session_stores import SIGNED_IN_SECONDS, USER_ID, DatabaseSessions, RedisSessions
from helpers.web.sessions import hash_token

ROWS = 100
"""Rows per INSERT: SQLite limits the number of values."""


HISTORY_TEXT = PLAIN.lines[0]


async def seed(seats: Seats, posts: Sequence[int], database_url: str, redis_url: str) -> list[str]:
    """Writes everything. Returns the token of each place, room by room.

    All people are online already: otherwise it would be measured how that is told."""
    database, redis = open_database(database_url), open_redis(redis_url)
    store = RedisSessions(redis) if redis else DatabaseSessions(database)
    now = now_ms()
    places = range(seats.rooms * seats.members)
    users = [user_row(person, now) for person in range(seats.people)]
    members = [
        {
            "room": place // seats.members + 1,
            "user": seats.person(place) + 1,
            "role": Role.MEMBER,
            "read_number": 0,
            "joined_at": now,
        }
        for place in places
    ]
    tokens = [secrets.token_urlsafe(32) for _ in users]
    try:
        await store.open(await site_id())
        async with database.aio_atomic():
            for model, rows in (
                (Room, [room_row(number, count, now) for number, count in enumerate(posts)]),
                (User, users),
                (Member, members),
                (SitePresence, [{"user_id": user["id"], "online": True, "version": 0} for user in users]),
            ):
                for some in chunked(rows, ROWS):
                    await model.insert_many(some).aio_execute()
        # In Redis they take longer than a transaction may be idle.
        async with database.aio_atomic() if redis is None else contextlib.nullcontext():
            for person, token in enumerate(tokens):
                data = json.dumps({"created": int(time.time()), "session": {USER_ID: person + 1}})
                await store.create(hash_token(token), data, SIGNED_IN_SECONDS)
    finally:
        await database.aio_close()
        if redis is not None:
            await redis.aclose()
    for number, count in enumerate(posts):
        if count:
            _write_history(*(database_url, number + 1, seats.person(number * seats.members) + 1, count, now))
    return [tokens[seats.person(place)] for place in places]


def _write_history(database_url: str, room: int, author: int, count: int, now: int) -> None:
    """Writes `count` posts of one member with one statement: a million rows take about ten
    seconds."""
    insert = (
        "INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, at) "
        f"WITH RECURSIVE line(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM line WHERE seq < {count:d}) "
        f"SELECT {room:d}, seq, seq, seq, 'post', {author:d}, 'h' || seq, '{HISTORY_TEXT}' || seq, {now:d} - "
        f"{count:d} + seq FROM line"
    )
    if database_url.startswith("sqlite:"):
        with contextlib.closing(
            sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        ) as connection:
            connection.execute(insert)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with psycopg.connect(database_url.replace("+aiopg", "", 1), autocommit=True) as connection:
        connection.execute(insert.encode())
        # Autovacuum would have done this by the time a room has such a history.
        connection.execute("VACUUM (ANALYZE) messages")


def room_row(number: int, posts: int, now: int) -> dict[str, Any]:
    names = {
        "id": number + 1,
        "name": room_name(number),
        "slug": room_name(number),
        "topic": "",
        "kind": "open",
    }
    return {
        **names,
        "last_seq": posts,
        "posts": posts,
        "cleared_seq": 0,
        "cleared_number": 0,
        "created_at": now,
    }


def user_row(place: int, now: int) -> dict[str, Any]:
    """Returns the row of a user without a usable password."""
    name = clean_name(user_name(place))
    keys = {"name": name, "name_key": name_key(name), "skeleton": look(name)}
    return {
        "id": place + 1,
        **keys,
        "email": None,
        "password_hash": "!",
        "is_admin": False,
        "created_at": now,
    }
