"""Servers to which nobody else sends anything: what is in their logs belongs to the tests that ask
for them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import LIMITS_OFF, QUICK, patient_env
from tests.support.accounts import accounts_of
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
