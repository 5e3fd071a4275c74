"""Accounts and sessions written into the database of a running server by statements: a
registration by the pages takes a hundred times as long."""

import functools
import json
import secrets
import sqlite3
import time
import weakref
from dataclasses import asdict, dataclass
from typing import Any, cast

import psycopg
import redis
from argon2 import PasswordHasher

from accounts.people.looks import look
from accounts.people.names import name_key
from accounts.signin.sessions import SECRET
from helpers.web import csrf
from helpers.web.session_stores import SIGNED_IN_SECONDS, USER_ID, SessionInfo
from helpers.web.sessions import hash_token
from tests.support.servers import Aiochat

PASSWORD = "correct horse battery"

_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A hash names its own cost: to sign in with this one takes a millisecond."""

_accounts: "weakref.WeakKeyDictionary[Aiochat, Accounts]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class SignedIn:
    """A session: the cookie's value, and the token of its forms."""

    cookie: str
    csrf_token: str


class Accounts:
    """The accounts of one server, whichever database and store of sessions it has."""

    def __init__(self, server: Aiochat) -> None:
        self._sqlite: sqlite3.Connection | None = None
        self._postgres: psycopg.Connection | None = None
        self._redis: redis.Redis | None = None
        if url := server.env.get("AIOCHAT_DATABASE_URL"):
            # The driver that the program uses is named in the scheme.
            self._postgres = psycopg.connect(url.replace("+aiopg", "", 1), autocommit=True)
            self._postgres.execute("SET synchronous_commit = off")
        else:
            path = server.data_dir / "aiochat.db"
            self._sqlite = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._sqlite.execute("PRAGMA synchronous = off")
        if url := server.env.get("AIOCHAT_REDIS_URL"):
            self._redis = redis.Redis.from_url(url)

    def _run(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        if self._postgres is not None:
            return self._postgres.execute(sql.replace("?", "%s").encode(), values).fetchall()
        assert self._sqlite is not None
        return self._sqlite.execute(sql, values).fetchall()

    def add(self, name: str, email: str = "") -> None:
        """An account with the password PASSWORD. The first of a site is its administrator's."""
        is_first = self._run(
            "INSERT INTO site (name, value) VALUES ('first_account', ?) "
            "ON CONFLICT DO NOTHING RETURNING name",
            name,
        )
        self._run(
            "INSERT INTO users (name, name_key, skeleton, email, password_hash, is_admin, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            *(name, name_key(name), look(name), email or None, _HASH, bool(is_first), _now_ms()),
        )

    def give_role(self, name: str, role: int) -> None:
        """A role on the site, a number of accounts/people/site_roles.py."""
        self._run(
            "UPDATE users SET site_role = ?, is_admin = ? WHERE name = ? RETURNING id",
            *(role, role == 3, name),
        )

    def crowd(self, room: str, count: int) -> None:
        """So many more members of a room, who aren't there. Nobody is told of them."""
        for _ in range(count):
            name = f"p{secrets.token_hex(8)}"
            self.add(name)
            self._run(
                "INSERT INTO members (room_id, user_id, role, present, read_number, joined_at) "
                "SELECT id, ?, 1, FALSE, posts, 0 FROM rooms WHERE name = ? RETURNING user_id",
                *(self.id_of(name), room),
            )

    def gone(self, name: str) -> None:
        """Somebody is recorded as offline, as some seconds after they went."""
        self._run("UPDATE presence_clock SET version = version + 1 RETURNING version")
        self._run(
            "UPDATE presence SET online = FALSE, version = (SELECT version FROM presence_clock) "
            "WHERE user_id = (SELECT id FROM users WHERE name = ?) RETURNING user_id",
            name,
        )

    def mention_rows(self, room: str) -> int:
        """How many mentions are counted in a room."""
        [(found,)] = self._run(
            "SELECT COUNT(*) FROM mentions WHERE room_id = (SELECT id FROM rooms WHERE name = ?)", room
        )
        return int(found)

    @functools.cached_property
    def site(self) -> str:
        """The site's id, which its names in Redis carry."""
        [(found,)] = self._run("SELECT value FROM site WHERE name = 'id'")
        return str(found)

    def mails_waiting(self) -> list[int]:
        """Of each mail that waits, in how many milliseconds it is due."""
        now = _now_ms()
        return [due_at - now for (due_at,) in self._run("SELECT due_at FROM mails ORDER BY due_at")]

    def rooms_like(self, word: str) -> list[str]:
        """The names of the rooms that have the word in their name or title, or no name."""
        condition = "lower(name) LIKE ? OR lower(title) LIKE ? OR name = ''"
        return [
            name for (name,) in self._run(f"SELECT name FROM rooms WHERE {condition}", *[f"%{word}%"] * 2)
        ]

    def has(self, name: str) -> bool:
        return bool(self._run("SELECT id FROM users WHERE name = ?", name))

    def id_of(self, name: str) -> int:
        [(user_id,)] = self._run("SELECT id FROM users WHERE name = ?", name)
        return int(user_id)

    def sign_in(self, name: str) -> SignedIn:
        """A new session of somebody's, last used now."""
        [(user_id, secret)] = self._run("SELECT id, session_secret FROM users WHERE name = ?", name)
        session = SignedIn(secrets.token_urlsafe(32), csrf.new_token())
        key = hash_token(session.cookie)
        values = {USER_ID: user_id, SECRET: secret, csrf.FIELD: session.csrf_token}
        data = json.dumps({"created": int(time.time()), "session": values})
        use = SessionInfo(user_id, "", "127.0.0.1", _now_ms())
        if self._redis is not None:
            self._redis.hset(f"aiochat:{self.site}:sessions-of:{user_id}", key, json.dumps(asdict(use)))
            self._redis.set(f"aiochat:{self.site}:session:{key}", data, ex=SIGNED_IN_SECONDS)
            return session
        self._run(
            "INSERT INTO sessions (token_hash, data, expires_at, user_id, agent, address, used_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING token_hash",
            *(key, data, _now_ms() + SIGNED_IN_SECONDS * 1000, user_id, use.agent, use.address, use.at),
        )
        return session

    def session_ids(self) -> set[str]:
        """The ids of all stored sessions."""
        if self._redis is not None:
            prefix = f"aiochat:{self.site}:session:"
            keys = cast("list[bytes]", self._redis.keys(f"{prefix}*"))
            return {key.decode().removeprefix(prefix) for key in keys}
        return {str(key) for (key,) in self._run("SELECT token_hash FROM sessions")}

    def close(self) -> None:
        for connection in (self._sqlite, self._postgres, self._redis):
            if connection is not None:
                connection.close()


def _now_ms() -> int:
    return int(time.time() * 1000)


def accounts_of(url: str) -> Accounts:
    """Those of the running server that is reached at this address."""
    server = Aiochat.reached_at[url]
    found = _accounts.get(server)
    if found is None:
        found = _accounts[server] = Accounts(server)
        server.closing.callback(found.close)
    return found
