"""Servers to which nobody else sends anything: what is in their logs belongs to the tests that ask
for them. And people of whom nothing is taken that they send, who are the same in all stories of a file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from tests.conftest import LIMITS_OFF, QUICK, patient_env, unique
from tests.support.accounts import accounts_of
from tests.support.people import Person
from tests.support.servers import Aiochat, Postgres, Redis


@pytest.fixture(scope="session")
def sqlite_alone(own_servers: None) -> Iterator[Aiochat]:
    with Aiochat(env=LIMITS_OFF, timings=QUICK) as server:
        accounts_of(server.url).add("boss")
        yield server


@pytest.fixture(scope="session")
def postgres_alone(postgres: Postgres, redis: Redis) -> Iterator[Aiochat]:
    with Aiochat(env=patient_env(postgres, redis, "alone"), timings=QUICK) as server:
        accounts_of(server.url).add("boss")
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def lone_chat(request: pytest.FixtureRequest) -> Aiochat:
    server: Aiochat = request.getfixturevalue(f"{request.param}_alone")
    return server


@pytest.fixture
async def nothing_logged(lone_chat: Aiochat) -> AsyncIterator[None]:
    """Nothing goes to the log that somebody should look at."""
    before = len(lone_chat.log.read_text("utf-8", "replace"))
    yield
    fresh = lone_chat.log.read_text("utf-8", "replace")[before:]
    assert "Traceback" not in fresh
    assert "ERROR" not in fresh


Lasting = Callable[[str], Awaitable[Person]]
"""Somebody by the name that they go by, for all stories of a file on one server; who is called
`visitor` has no account."""


@pytest.fixture(scope="module")
async def _lasting_people() -> AsyncIterator[dict[tuple[str, str], Person]]:
    found: dict[tuple[str, str], Person] = {}
    yield found
    for someone in found.values():
        await someone.close()


@pytest.fixture
def lasting(lone_chat: Aiochat, _lasting_people: dict[tuple[str, str], Person]) -> Lasting:
    async def find(name: str) -> Person:
        key = lone_chat.url, name
        if key not in _lasting_people:
            someone = _lasting_people[key] = Person(lone_chat.url, unique(name))
            if name != "visitor":
                await someone.joins()
        return _lasting_people[key]

    return find
