"""The stage: real servers, one of each kind a session, and the people and places of the stories."""

import functools
import gc
import itertools
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings

from tests.support.accounts import accounts_of
from tests.support.database_snapshot import Stored, stored_by
from tests.support.databases import new_postgres
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Postgres, Redis, Server
from timings import Timings

for name in [name for name in os.environ if name.startswith("AIOCHAT_")]:
    del os.environ[name]

Aiochat.forks = True

# The same examples each time, however long they take: others may have the processor.
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("suite", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW)
settings.load_profile("suite")

LIMITS_OFF = {"AIOCHAT_RATE_LIMITS": "off"}
"""The stories register more people from one address than a site lets in an hour."""

QUICK = Timings(store_marks=0.1, unread_round=0.1, retention=0.5, push=600.0, missed_mail=600.0)
"""The shared servers tell soon what is unread, and send nothing: what waits to be sent stays as it was
decided. Who reconnects has the usual time for it."""

LONGEST = (
    "test_query_plans",
    "test_timings",
    "test_supervisor",
    "test_command_line",
    "test_journey",
    "test_accessible",
    "test_bench_runs",
    "test_state",
    "test_people_commands",
    "test_authorization",
    "test_budgets",
    "test_crash",
    "test_profile_doors",
    "test_feed_events",
    "test_hung_workers",
    "test_direct_calls",
    "test_erasure_races",
    "test_health",
    "test_endless_tasks",
    "test_workers",
    "test_update",
    "test_box",
)
"""The beginnings of the names of files that take longest, the longest first."""

_counter = itertools.count(1)


def unique(name: str) -> str:
    """A name that no other test uses."""
    return f"{name}{next(_counter)}"


SERVERS = {
    *("postgres", "redis", "sqlite_chat", "postgres_chat", "chat", "lone_chat", "site"),
    *("own_servers", "programs"),
}
"""The fixtures that a test with the mark `server` has one of."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Modules and tests stay until the end: whoever looks for garbage needn't look at them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by their fixtures, and puts the longest files first: what is left for the end is
    short, and no process is without work for long."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if callspec := getattr(item, "callspec", None):
            # A fixture may ask for the one that its parameter names.
            named = {str(value).partition("+")[0] for value in callspec.params.values()}
            fixtures |= {"postgres" if name == "postgresql" else name for name in named}
        if "browser" in fixtures:
            item.add_marker("browser")
        if fixtures & SERVERS:
            item.add_marker("server")
    items.sort(key=lambda item: _turn(item.path.stem))


@functools.cache
def _turn(file: str) -> int:
    """Of a test file of this name."""
    return next((place for place, name in enumerate(LONGEST) if file.startswith(name)), len(LONGEST))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    Server.may_start = item.get_closest_marker("server") is not None


def _no_programs(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: who starts a program asks for `programs`. The program's own helper processes and
    commands in a fork are quick."""
    if event == "subprocess.Popen" and not Server.may_start:
        words = [os.fsdecode(word) for word in arguments[1]]
        is_helper = any(word.startswith("helpers.") for word in words)
        if not is_helper and Path(words[0]).name != "setpriv":
            raise RuntimeError(f"this test starts a program: it needs the fixture programs: {words}")


sys.addaudithook(_no_programs)


@pytest.fixture(scope="session")
def programs() -> None:
    """For who starts programs that are no servers, which takes long: `make quick` leaves these tests
    out."""


@pytest.fixture(scope="session")
def own_servers() -> None:
    """For who starts servers otherwise than by a fixture of this file: `make quick` leaves these
    tests out."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_chat() -> Iterator[Aiochat]:
    """aiochat as `make run` starts it."""
    with Aiochat(env=LIMITS_OFF, timings=QUICK) as server:
        accounts_of(server.url).add("boss")
        yield server


@pytest.fixture(scope="session")
def postgres_chat(postgres: Postgres, redis: Redis) -> Iterator[Aiochat]:
    """aiochat on PostgreSQL and Redis."""
    env = patient_env(postgres, redis, "shared")
    with Aiochat(env=env, timings=QUICK) as server:
        accounts_of(server.url).add("boss")
        yield server


_redis_numbers = itertools.count(20)


def server_env(postgres: Postgres, redis: Redis, database: str) -> dict[str, str]:
    """The settings of a worker on a new database of this name. What it keeps in Redis has a number of
    its own there: sessions are listed by user, and each database counts its users from 1."""
    return {
        "AIOCHAT_DATABASE_URL": new_postgres(postgres, database),
        "AIOCHAT_REDIS_URL": redis.numbered(next(_redis_numbers)),
        **LIMITS_OFF,
    }


def patient(url: str) -> str:
    """The same database, of which a worker waits for locks and statements as long as a test does."""
    limits = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    options = " ".join(f"-c {name}={PATIENCE * 1000:.0f}" for name in limits)
    return f"{url}?options={quote(options)}"


def patient_env(postgres: Postgres, redis: Redis, database: str) -> dict[str, str]:
    """`server_env` of a patient worker."""
    env = server_env(postgres, redis, database)
    return {**env, "AIOCHAT_DATABASE_URL": patient(env["AIOCHAT_DATABASE_URL"])}


@pytest.fixture(params=["sqlite", "postgres"])
def chat(request: pytest.FixtureRequest) -> Aiochat:
    """The same story on both databases."""
    server: Aiochat = request.getfixturevalue(f"{request.param}_chat")
    return server


@pytest.fixture(params=["room", "person"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same story by the sockets of rooms, and by those of people."""
    monkeypatch.setattr(Person, "over_personal", request.param == "person")


@pytest.fixture
def stored(chat: Aiochat) -> Stored:
    """What the database holds of these people, to be compared."""
    return lambda *people: stored_by(chat, people)


@dataclass
class Cast:
    """Who plays, on which server. The boss, who has its first account, administers it."""

    url: str
    boss: Person
    people: list[Person]

    async def person(self, name: str) -> Person:
        """A new person, with an account and signed in."""
        someone = Person(self.url, unique(name))
        self.people.append(someone)
        return await someone.joins()

    def stranger(self, name: str = "visitor") -> Person:
        """Somebody without an account."""
        someone = Person(self.url, unique(name))
        self.people.append(someone)
        return someone

    async def close(self) -> None:
        for someone in self.people:
            await someone.close()


@pytest.fixture
async def cast(chat: Aiochat) -> AsyncIterator[Cast]:
    boss = Person(chat.url, "boss")
    stage = Cast(chat.url, boss, [boss])
    try:
        await (boss.returns() if accounts_of(chat.url).has("boss") else boss.joins())
        yield stage
    finally:
        await stage.close()


@pytest.fixture
async def alice(cast: Cast) -> Person:
    """The owner of the lobby."""
    return await cast.person("alice")


@pytest.fixture
async def bob(cast: Cast) -> Person:
    """A member of the lobby."""
    return await cast.person("bob")


@pytest.fixture
async def mallory(cast: Cast) -> Person:
    """An outsider."""
    return await cast.person("mallory")


@pytest.fixture
async def lobby(alice: Person) -> str:
    """An open room of Alice's."""
    name = unique("Lobby")
    await alice.creates(name)
    return name


@pytest.fixture
async def cellar(alice: Person) -> str:
    """A closed room of Alice's."""
    return await alice.closes_off(unique("Cellar"))
