"""Where registration is by approval, whoever registers waits: they see that, and reach nothing else,
until somebody who runs the site lets them in or turns them away."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from accounts.people.site_roles import SiteRole
from helpers.web.routing import Access
from tests.administration.conftest import acts
from tests.chat.actions.test_invite_links import makes_link, own, registers_by
from tests.conftest import LIMITS_OFF, Cast, server_env, unique
from tests.security.test_access import answers_to, ask, path_of
from tests.support.accounts import PASSWORD, accounts_of
from tests.support.notices import until
from tests.support.people import Person
from tests.support.servers import Aiochat, Postgres, Redis
from urls import ROUTES


@pytest.fixture
async def by_approval(cast: Cast) -> AsyncIterator[Cast]:
    assert (await acts(cast.boss, "/admin/site", act="registration", value="approval"))[0] == 200
    yield cast
    assert (await acts(cast.boss, "/admin/site", act="registration", value="open"))[0] == 200
    assert (await acts(cast.boss, "/admin/site", act="default_rooms", value=""))[0] == 200
    assert (await acts(cast.boss, "/admin/site", act="newcomers", value=""))[0] == 200


async def registers(visitor: Person) -> str:
    """Returns where it leads."""
    answer = await visitor.submits("/accounts/register", username=visitor.name, password=PASSWORD)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def waiting(someone: Person) -> list[str]:
    found = await someone.gets("/admin/people?state=waiting")
    return [one["name"] for one in found["people"]]


async def test_who_registers_waits_and_is_let_in(by_approval: Cast, lobby: str) -> None:
    boss, visitor = by_approval.boss, by_approval.stranger("patient")
    assert (await acts(boss, "/admin/site", act="default_rooms", value=lobby))[0] == 200
    assert await registers(visitor) == "/accounts/waiting"
    async with visitor.http.get("/accounts/waiting") as answer:
        assert "waits" in await answer.text()
    assert (await visitor.gets("/accounts/waiting"))["waiting"] is True
    assert visitor.name in await waiting(boss)
    async with boss.http.get("/rooms") as answer:
        assert 'href="/admin/people?state=waiting"' in await answer.text()
    # Signs in again, and still waits.
    await visitor.logs_out()
    await visitor.logs_in()
    async with visitor.http.get("/rooms", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/accounts/waiting")
    status, told = await acts(boss, f"/admin/people/{visitor.name}", act="admit")
    assert (status, told["act"][0]) == (200, "S")
    assert (await acts(boss, f"/admin/people/{visitor.name}", act="admit"))[1]["act"] is None
    assert await own(visitor) == [lobby], "the rooms of all"
    async with visitor.http.get("/accounts/waiting", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/rooms"


async def test_who_may_let_them_in_learns_at_once(by_approval: Cast, alice: Person) -> None:
    boss, visitor = by_approval.boss, by_approval.stranger("patient")
    before = (await boss.gets("/rooms?only=own"))["newcomers"]
    told, at_alice = await boss.connects(), await alice.connects()
    await registers(visitor)
    await told.hears("unread", newcomers=before + 1)
    await acts(boss, f"/admin/people/{visitor.name}", act="turn_away")
    await until(lambda: told.heard("unread", whole=True)[-1].get("newcomers", 0) == before)
    assert not [event for event in at_alice.heard("unread") if "newcomers" in event]


async def test_who_waits_reaches_nothing_else(by_approval: Cast, lobby: str) -> None:
    visitor = by_approval.stranger("patient")
    await registers(visitor)
    token = await visitor.token("/accounts/waiting")
    assert token
    for route in ROUTES:
        if route.access is not Access.SIGNED_IN or route.name in ("waiting", "logout"):
            continue
        for method in answers_to(route):
            answer = await ask(visitor, method, path_of(route, lobby))
            expected = {(303, "/accounts/waiting"), (403, "")}
            assert (answer.status, answer.location) in expected, (route.name, method)


async def test_who_is_turned_away_has_no_account(by_approval: Cast) -> None:
    boss, visitor = by_approval.boss, by_approval.stranger("unwanted")
    await registers(visitor)
    answers = await asyncio.gather(
        *(acts(boss, f"/admin/people/{visitor.name}", act=act) for act in ("turn_away", "turn_away"))
    )
    assert sorted(status for status, _ in answers)[0] == 200
    assert not accounts_of(by_approval.url).has(visitor.name)
    alice = await by_approval.person("alice")
    assert (await acts(boss, f"/admin/people/{alice.name}", act="turn_away"))[0] == 409
    assert accounts_of(by_approval.url).has(alice.name)


async def test_who_comes_by_a_link_of_who_may_approve_does_not_wait(by_approval: Cast, alice: Person) -> None:
    moderator = await by_approval.person("moderator")
    accounts_of(by_approval.url).give_role(moderator.name, SiteRole.MODERATOR)
    code = (await makes_link(moderator))["code"]
    assert (await registers_by(by_approval.stranger("invited"), code))[1] == "/rooms"
    room = await alice.closes_off(unique("Cellar"))
    code, visitor = (await makes_link(alice, room, uses="1"))["code"], by_approval.stranger("invited")
    assert (await registers_by(visitor, code))[1] == "/accounts/waiting"
    assert (await acts(by_approval.boss, f"/admin/people/{visitor.name}", act="admit"))[0] == 200
    assert await own(visitor) == [room], "to which they were invited"


async def test_newcomers_read_a_text_of_their_own(by_approval: Cast) -> None:
    boss = by_approval.boss
    assert (await acts(boss, "/admin/site", act="registration", value="open"))[0] == 200
    text = "Be *kind*\n\n<script>alert(1)</script>"
    assert (await acts(boss, "/admin/site", act="newcomers", value=text))[0] == 200
    visitor = by_approval.stranger("newcomer")
    assert await registers(visitor) == "/welcome?next="
    async with visitor.http.get("/welcome?next=//evil.example") as answer:
        page = await answer.text()
    assert "<em>kind</em>" in page
    assert "<script>alert" not in page
    assert "evil" not in page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("registration", ["invitation", "approval"])
async def test_the_first_visitor_of_an_empty_site_administers_it(
    request: pytest.FixtureRequest, own_servers: None, kind: str, registration: str
) -> None:
    """Of several at the same moment one does, and nobody else comes in past the rule."""
    env = {**LIMITS_OFF, "AIOCHAT_REGISTRATION": registration}
    if kind == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        env |= server_env(postgres, redis, unique("empty"))
    with Aiochat(env=env) as server:
        people = [Person(server.url, f"first{number}") for number in range(5)]
        try:
            await asyncio.gather(*(one.token() for one in people))
            answers = await asyncio.gather(
                *(
                    one.submits(
                        "/accounts/register",
                        page="/accounts/login",
                        username=one.name,
                        password=PASSWORD,
                        site_name=f"Site of {one.name}",
                        site_colour="#C2185B",
                    )
                    for one in people
                )
            )
            led = [(answer.status, answer.headers.get("Location")) for answer in answers]
            refused = (403, None) if registration == "invitation" else (303, "/accounts/waiting")
            assert sorted(led, key=lambda one: one == refused) == [(303, "/begin"), *[refused] * 4]
            [boss] = [one for one, found in zip(people, led, strict=True) if found != refused]
            chosen = (await boss.gets("/admin/site"))["settings"]
            assert (chosen["name"], chosen["colour"]) == (f"Site of {boss.name}", "#c2185b")
            made = await boss.submits("/begin", title="First Room")
            assert made.status == 201
            [code] = re.findall(r"/join/([A-Za-z0-9_-]{22})", (await made.text()).partition("data-copy")[0])
            again = await boss.submits("/begin", page="/rooms", title="Second")
            assert (again.status, again.headers["Location"]) == (303, "/rooms")
            guest = Person(server.url, "guest")
            people.append(guest)
            assert (await registers_by(guest, code))[1] == "/rooms/first-room"
        finally:
            for one in people:
                await one.close()
