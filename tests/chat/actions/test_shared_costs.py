"""What others must see of somebody is counted on all workers together, and a refusal says when to come
again."""

import time
from collections.abc import Iterator

import pytest
import redis as redis_client

from accounts.doors.profiles import NAMES
from chat.costs import INVITATIONS, ROOMS
from helpers.limits import Rule
from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.accounts import accounts_of
from tests.support.people import Person, person
from tests.support.servers import Aiochat, Postgres, Redis


@pytest.fixture(scope="module")
def workers(postgres: Postgres, redis: Redis) -> Iterator[list[Aiochat]]:
    env = {**server_env(postgres, redis, unique("costs")), "AIOCHAT_RATE_LIMITS": "on"}
    with Aiochat(env=env) as one, Aiochat(env={**env, "AIOCHAT_PUBLIC_URL": one.url}) as two:
        yield [one, two]


def leave(server: Aiochat, rule: Rule, someone: Person, tokens: int) -> None:
    """What somebody has left of their tokens."""
    found = accounts_of(server.url)
    name = f"aiochat:{found.site}:limit:{rule.name}:{found.id_of(someone.name)}"
    with redis_client.Redis.from_url(server.env["AIOCHAT_REDIS_URL"]) as client:
        client.hset(name, mapping={"level": tokens, "at": time.time()})


async def test_rooms(workers: list[Aiochat]) -> None:
    one = workers[0]
    async with person(one.url, unique("maker")) as maker:
        await maker.joins()
        leave(one, ROOMS, maker, 4)
        headers = {
            "Accept": "application/json",
            "X-CSRF-Token": await maker.token("/rooms"),
            "Origin": one.url,
        }
        statuses = []
        for place in range(6):
            address, fields = f"{workers[place % 2].url}/rooms", {"name": unique("Room"), "kind": "open"}
            async with maker.http.post(address, data=fields, headers=headers) as answer:
                statuses.append(answer.status)
                if answer.status == 429:
                    assert (await answer.json())["error"]["code"] == "rate_limited"
                    assert 1 <= int(answer.headers["Retry-After"]) <= 1 / ROOMS.rate + 1
        assert statuses == [201] * 4 + [429] * 2


async def test_invitations_and_new_conversations(workers: list[Aiochat]) -> None:
    one = workers[0]
    room = unique("Room")
    async with person(one.url, unique("host")) as host:
        await host.joins()
        guests = [unique("guest") for _ in range(5)]
        for guest in guests:
            accounts_of(one.url).add(guest)
        await host.creates(room)
        here = await host.enters(room)
        leave(one, INVITATIONS, host, 3)
        for guest in guests[:2]:
            assert (await here.says(f"/invite {guest}"))["type"] == "receipt"
        assert (await here.says(f"/msg @{guests[2]} hello"))["type"] != "error"
        refused = await here.says(f"/invite {guests[3]}")
        assert (refused["type"], refused["code"]) == ("error", "rate_limited")
        assert 0 < refused["retry_after"] <= 1 / INVITATIONS.rate + 1
        # To who is in one's list already one may write.
        assert (await here.says(f"/msg @{guests[2]} again"))["type"] != "error"


async def test_without_limits_nothing_is_counted(sqlite_chat: Aiochat) -> None:
    assert LIMITS_OFF.items() <= sqlite_chat.env.items()
    async with person(sqlite_chat.url, unique("maker")) as maker:
        await maker.joins()
        for _ in range(int(ROOMS.burst) + 1):
            await maker.creates(unique("Room"))


async def test_names_of_people(workers: list[Aiochat]) -> None:
    one = workers[0]
    async with person(one.url, unique("bob")) as bob:
        await bob.joins()
        leave(one, NAMES, bob, 2)
        name = unique("Bob")
        changes = [{"display_name": f"{name} {number}"} for number in range(4)]
        changes.append({"display_name": f"{name} 1", "place": "Porto"})
        statuses = [(await bob.submits("/accounts/profile", **change)).status for change in changes]
        # Without another name a profile can be changed.
        assert statuses == [303, 303, 429, 429, 303]
