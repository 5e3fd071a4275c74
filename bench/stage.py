"""Where it is measured: real servers, with rooms and people that are written into the database before the server starts.

Nobody registers by HTTP: a password's hash costs 25 ms, and a thousand of them are not what is measured."""

import asyncio
import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peewee import chunked

from accounts.models import User
from accounts.names import clean_name, name_key, skeleton
from bench.load import Address, Guest
from bench.processes import Usage, memory_kb, pin, usage
from bench.scenarios import Scenario
from chat.models import Member, Room
from chat.roles import Role
from helpers.clock import now_ms
from helpers.database import open_database
from helpers.migrations import migrate
from helpers.redis import open_redis
from helpers.sessions import SIGNED_IN_SECONDS, USER_ID, DatabaseSessions, RedisSessions, hash_token
from settings import ROOT
from tests.servers import Aiochat, Nginx, Postgres, Redis, Server, free_port

DATABASES = ("sqlite", "postgresql", "postgresql+redis", "postgresql+aiopg", "postgresql+aiopg+redis")
WITNESSES = 2
"""Of each room, if it has so many who don't talk; one of each room where there are many rooms."""

ROWS = 100
"""In one INSERT: SQLite takes a limited number of values."""


@dataclass(frozen=True)
class Setup:
    """Which servers: the database, how many workers, nginx before them or not."""

    database: str = "sqlite"
    workers: int = 1
    nginx: bool = False

    @property
    def has_redis(self) -> bool:
        return self.database.endswith("+redis")

    def problem(self) -> str | None:
        """Why these servers can't work together, or None."""
        if self.workers > 1 and not self.has_redis:
            return "several workers need PostgreSQL and Redis: --database postgresql+redis"
        return None


@dataclass(frozen=True)
class Cores:
    """Which cores the servers get and which one the generator gets; the same where there is nothing to divide."""

    servers: set[int]
    generator: set[int]

    @property
    def are_apart(self) -> bool:
        return not self.servers & self.generator


def divide_cores(workers: int) -> Cores:
    """One core for the servers and another for the generator. Several workers get all there are."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1 or workers > 1:
        return Cores(set(cores), set(cores))
    return Cores({cores[0]}, {cores[1]})


@dataclass
class Stage:
    """The running servers and who is to come."""

    guests: list[Guest]
    servers: dict[str, list[Server]]

    def usage(self) -> Usage:
        return usage({name: [server.pid for server in servers] for name, servers in self.servers.items()})

    def memory_kb(self, name: str) -> int:
        """What the servers of this name hold."""
        return memory_kb(server.pid for server in self.servers.get(name, ()))


class Services:
    """PostgreSQL and Redis, started when first needed and kept for the next measurement."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._postgres: Postgres | None = None
        self._redis: Redis | None = None

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @property
    def postgres(self) -> Postgres:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(Postgres())
        return self._postgres

    @property
    def redis(self) -> Redis:
        if self._redis is None:
            self._redis = self._stack.enter_context(Redis())
        return self._redis


@contextlib.contextmanager
def open_stage(scenario: Scenario, setup: Setup, services: Services, cores: Cores) -> Iterator[Stage]:
    """New workers on a new database. Everything is ended, and the database dropped, when the block ends."""
    with contextlib.ExitStack() as stack:
        workers = [Aiochat(arguments=["serve"]) for _ in range(setup.workers)]
        for worker in workers:
            stack.callback(worker.close)
        servers: dict[str, list[Server]] = {"aiochat": [*workers]}
        database_url, redis_url = f"sqlite:///{workers[0].folder}/aiochat.db", ""
        if setup.database != "sqlite":
            name = f"bench_{secrets.token_hex(4)}"
            database_url = services.postgres.create_database(name)
            stack.callback(services.postgres.drop_database, name)
            servers["postgres"] = [services.postgres]
            if "+aiopg" in setup.database:
                database_url = database_url.replace("postgresql:", "postgresql+aiopg:", 1)
        if setup.has_redis:
            redis_url = services.redis.url
            servers["redis"] = [services.redis]
        addresses = [Address(worker.port, worker.url) for worker in workers]
        front = Nginx([worker.port for worker in workers], port=free_port()) if setup.nginx else None
        if front is not None:
            stack.callback(front.close)
            addresses = [Address(front.port, front.url)]
            servers["nginx"] = [front]
        for worker in workers:
            worker.env = {"AIOCHAT_DATABASE_URL": database_url, "AIOCHAT_REDIS_URL": redis_url, "AIOCHAT_RATE_LIMITS": "off"}
            if front is not None:
                worker.env |= {"AIOCHAT_PUBLIC_URL": front.url, "AIOCHAT_TRUST_PROXY": "1"}
        migrate(database_url, ROOT / "migrations")
        tokens = asyncio.run(_seed(scenario, database_url, redis_url))
        for server in (*workers, *([front] if front else [])):
            server.start()
        pin((server.pid for group in servers.values() for server in group), cores.servers)
        yield Stage(list(_guests(scenario, tokens, addresses)), servers)


def _guests(scenario: Scenario, tokens: list[str], addresses: list[Address]) -> Iterator[Guest]:
    witnesses = WITNESSES if scenario.rooms <= 5 else 1
    for place, token in enumerate(tokens):
        room, seat = divmod(place, scenario.members)
        is_sender = seat < scenario.senders
        is_witness = not is_sender and seat < scenario.senders + witnesses
        yield Guest(room, _room_name(room), token, addresses[place % len(addresses)], place, is_sender, is_witness)


def _room_name(room: int) -> str:
    return f"bench{room}"


async def _seed(scenario: Scenario, database_url: str, redis_url: str) -> list[str]:
    """Writes rooms, people, memberships and sessions. Returns everybody's token, room by room.

    All are present already: a thousand lines about who came would be measured otherwise."""
    database, redis = open_database(database_url), open_redis(redis_url)
    store = RedisSessions(redis) if redis else DatabaseSessions(database)
    now = now_ms()
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number"), 0)
    rooms = [
        {
            "id": number + 1,
            "name": _room_name(number),
            "slug": _room_name(number),
            "topic": "",
            "kind": "open",
            "created_at": now,
            **counters,
        }
        for number in range(scenario.rooms)
    ]
    users = [_user(place, now) for place in range(scenario.connections)]
    members = [
        {"room": place // scenario.members + 1, "user": place + 1, "role": Role.MEMBER, "present": True, "read_number": 0, "joined_at": now}
        for place in range(scenario.connections)
    ]
    tokens = [secrets.token_urlsafe(32) for _ in users]
    try:
        async with database.aio_atomic():
            for model, rows in ((Room, rooms), (User, users), (Member, members)):
                for some in chunked(rows, ROWS):
                    await model.insert_many(some).aio_execute()
            for place, token in enumerate(tokens):
                data = json.dumps({"created": int(time.time()), "session": {USER_ID: place + 1}})
                await store.create(hash_token(token), data, SIGNED_IN_SECONDS)
    finally:
        await database.aio_close()
        if redis is not None:
            await redis.aclose()
    return tokens


def _user(place: int, now: int) -> dict[str, Any]:
    """A row for somebody who signs in by no password."""
    name = clean_name(f"bench{place}")
    keys = {"name": name, "name_key": name_key(name), "skeleton": skeleton(name)}
    return {"id": place + 1, **keys, "email": None, "password_hash": "!", "is_admin": False, "created_at": now}
