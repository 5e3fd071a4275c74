"""What is done to an account in the moment of something else: one of the two comes first, and what was
promised holds after it, on all workers."""

import asyncio

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.conftest import Cast, server_env, unique
from tests.support.accounts import PASSWORD, accounts_of
from tests.support.people import PATIENCE, JsonObject, Person
from tests.support.programs.shell import beside
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.wire.raw_http import cookie_of, request


async def does(someone: Person, name: str, act: str, **fields: str) -> tuple[int, JsonObject]:
    return await acts(someone, f"/admin/people/{name}", act=act, **fields)


async def is_signed_in(someone: Person) -> bool:
    return (await request(someone.url, "GET", "/rooms", cookie=cookie_of(someone))).status == 200


async def test_nobody_is_signed_in_after_a_suspension_that_came_meanwhile(
    cast: Cast, staff: Staff, alice: Person
) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    visitors = [cast.stranger() for _ in range(12)]
    for visitor in visitors:
        visitor.name = alice.name
        await visitor.token()

    async def signs_in(visitor: Person, turn: int) -> int:
        await asyncio.sleep(turn * 0.004)
        answer = await visitor.submits("/accounts/login", username=alice.name, password=PASSWORD)
        return answer.status

    signing_in = asyncio.gather(*(signs_in(visitor, turn) for turn, visitor in enumerate(visitors)))
    assert (await does(moderator, alice.name, "suspend", **{"for": "1h"}))[0] == 200
    answers = await signing_in
    assert set(answers) <= {303, 403}
    for visitor in [alice, *visitors]:
        assert not await is_signed_in(visitor)


async def test_of_acts_at_once_each_is_done_or_refused(cast: Cast, staff: Staff, bob: Person) -> None:
    boss, moderator = cast.boss, await staff(SiteRole.MODERATOR)
    answers = await asyncio.gather(
        does(moderator, bob.name, "suspend", **{"for": "1h"}),
        does(boss, bob.name, "suspend", **{"for": "2h"}),
        does(moderator, bob.name, "rename", display_name="Bob of the Races"),
        does(boss, bob.name, "role", role="auditor"),
        does(boss, bob.name, "password_link"),
        does(boss, bob.name, "delete", messages="keep", confirm=bob.name),
        does(moderator, bob.name, "end_sessions"),
    )
    assert answers[5][0] == 200, "it waits for the others, or they find nobody"
    assert all(status in (200, 403, 404) for status, _ in answers), answers
    done = [told["act"] for status, told in answers if status == 200]
    assert len(set(done)) == len(done)
    log = (await boss.gets("/admin/log"))["entries"]
    numbers = [int(one["number"][1:]) for one in log if one["number"].startswith("S")]
    assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1)), "no holes"
    assert "Bob of the Races" not in str(log), "whichever came first, the name is gone with the account"


async def test_who_is_demoted_does_nothing_after_it(cast: Cast, staff: Staff, bob: Person) -> None:
    for _ in range(4):
        moderator = await staff(SiteRole.MODERATOR)
        (demoted, role), (status, told) = await asyncio.gather(
            does(cast.boss, moderator.name, "role", role="none"),
            does(moderator, bob.name, "end_sessions"),
        )
        assert demoted == 200
        assert status in (200, 403)
        if status == 200:
            assert int(told["act"][1:]) < int(role["act"][1:])


async def test_the_shell_does_the_same_in_a_running_server(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    listener, others = await alice.enters(lobby), await bob.enters(lobby)
    said = await asyncio.to_thread(beside, chat, "suspend", alice.name, "--for", "2h", "--reason", "flood")
    assert said == f"{alice.name} is suspended for 2h. 1 session ended.\n"
    assert await listener.ends() == 4503
    await others.is_told()
    assert not await is_signed_in(alice)
    await asyncio.to_thread(beside, chat, "role", bob.name, "auditor")
    found = await bob.gets(f"/admin/log?whom={alice.name}")
    assert [(one["act"], one["by"], one["reason"]) for one in found["entries"]] == [
        ("suspend", None, "flood")
    ]
    assert found["entries"][0]["shell"]


def test_all_workers_let_them_go(postgres: Postgres, redis: Redis) -> None:
    env = server_env(postgres, redis, unique("suspended"))

    async def story(one: Aiochat, other: Aiochat) -> None:
        accounts = accounts_of(one.url)
        accounts.add("boss")
        accounts.add("alice")
        boss, alice = await Person(one.url, "boss").returns(), await Person(one.url, "alice").returns()
        elsewhere = await Person(other.url, "alice").returns()
        try:
            await alice.creates("Hall")
            listeners = [await alice.enters("Hall"), await elsewhere.enters("Hall")]
            assert (await does(boss, "alice", "suspend", **{"for": "1h"}))[0] == 200
            async with asyncio.timeout(PATIENCE):
                assert [await listener.ends() for listener in listeners] == [4503, 4503]
            assert not await is_signed_in(elsewhere)
        finally:
            await boss.close()
            await alice.close()
            await elsewhere.close()

    with Aiochat(env=env) as one, Aiochat(env=env) as other:
        asyncio.run(story(one, other))
