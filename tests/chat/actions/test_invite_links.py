"""Links by which people are invited: who follows one stands in the room, as often and as long as it is
good; what isn't good any more is the same page as what never was."""

import asyncio
import hashlib
import re

import pytest

from tests.administration.conftest import acts
from tests.conftest import Cast, unique
from tests.support.accounts import PASSWORD, accounts_of
from tests.support.database_snapshot import Stored
from tests.support.deleted_accounts import change, rows
from tests.support.people import JsonObject, Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import cookie_of, request


async def makes_link(someone: Person, *rooms: str, **fields: str) -> JsonObject:
    status, made = await tries_to_make(someone, *rooms, **fields)
    assert status == 201, made
    return made


async def tries_to_make(someone: Person, *rooms: str, **fields: str) -> tuple[int, JsonObject]:
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    data = [*(("room", room) for room in rooms), *fields.items()]
    async with someone.http.post("/invitations", data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def follows(someone: Person, code: str) -> int:
    """Joins by a press. Returns the status."""
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    async with someone.http.post(f"/join/{code}", headers=headers) as answer:
        return answer.status


async def revokes(someone: Person, link: int, room: str = "") -> int:
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    async with someone.http.post(
        f"/invitations/{link}/revoke", data={"room": room}, headers=headers
    ) as answer:
        return answer.status


async def sees(someone: Person, code: str) -> tuple[int, str]:
    async with someone.http.get(f"/join/{code}") as answer:
        return answer.status, await answer.text()


async def registers_by(visitor: Person, code: str, **fields: str) -> tuple[int, str]:
    """Fills in the form of the link's page. Returns the status and where it leads."""
    answer = await visitor.submits(
        "/accounts/register",
        page=f"/join/{code}",
        username=visitor.name,
        password=PASSWORD,
        invitation=code,
        **fields,
    )
    return answer.status, answer.headers.get("Location", "")


async def own(someone: Person) -> list[str]:
    return [room["name"] for room in (await someone.gets("/rooms?only=own"))["rooms"]]


async def listed(someone: Person) -> list[JsonObject]:
    found: list[JsonObject] = (await someone.gets("/invitations"))["invitations"]
    return found


async def test_who_is_here_follows_a_link_to_a_closed_room(
    alice: Person, bob: Person, mallory: Person, cellar: str, chat: Aiochat
) -> None:
    made = await makes_link(alice, cellar, uses="1", days="3")
    assert set(made) == {"url", "code", "uses", "expires_at"}
    assert made["uses"] == 1
    assert made["url"].endswith(f"/join/{made['code']}")
    status, page = await sees(bob, made["code"])
    assert status == 200
    assert alice.name in page
    assert "Cellar" in page
    assert cellar not in page, "its address is for members"
    assert await own(bob) == []
    assert await follows(bob, made["code"]) == 200
    assert await own(bob) == [cellar]
    assert await follows(bob, made["code"]) == 200, "pressing again changes nothing"
    assert await follows(mallory, made["code"]) == 404, "it is used up"
    assert [line["author"] for line in await bob.history(cellar) if line["kind"] == "joined"] == [bob.name]
    [link] = await listed(alice)
    assert (link["state"], link["used"], link["people"], link["rooms"]) == (
        "used_up",
        1,
        [bob.name],
        [cellar],
    )
    assert made["code"] not in str(await listed(alice))
    hashes = rows(chat, f"SELECT code_hash FROM invite_links WHERE id = {link['id']}")
    assert hashes == [(hashlib.sha256(made["code"].encode()).hexdigest(),)]


async def test_a_visitor_names_themselves_and_stands_in_the_rooms(
    cast: Cast, alice: Person, lobby: str, cellar: str
) -> None:
    made = await makes_link(alice, cellar, lobby)
    assert made["uses"] is None
    visitor = cast.stranger("newcomer")
    status, page = await sees(visitor, made["code"])
    assert status == 200
    assert alice.name in page
    assert 'action="/accounts/register"' in page
    status, target = await registers_by(visitor, made["code"])
    assert (status, target) == (303, f"/rooms/{min(lobby, cellar, key=lambda name: name == cellar)}")
    assert sorted(await own(visitor)) == sorted([cellar, lobby])
    [link] = await listed(alice)
    assert (link["used"], link["people"]) == (1, [visitor.name]), "one use for all of its rooms"


async def test_a_form_that_is_wrong_keeps_the_invitation(cast: Cast, alice: Person, cellar: str) -> None:
    made = await makes_link(alice, cellar, uses="1")
    visitor = cast.stranger("newcomer")
    answer = await visitor.submits(
        "/accounts/register",
        page=f"/join/{made['code']}",
        username=alice.name,
        password=PASSWORD,
        invitation=made["code"],
    )
    assert answer.status == 422
    assert f'name="invitation" value="{made["code"]}"' in await answer.text()
    assert (await listed(alice))[0]["used"] == 0
    assert (await registers_by(visitor, made["code"]))[0] == 303


async def test_what_is_not_good_is_one_page_and_changes_nothing(
    cast: Cast, chat: Aiochat, alice: Person, bob: Person, mallory: Person, cellar: str, stored: Stored
) -> None:
    used, revoked, over = [await makes_link(alice, cellar, uses="1") for _ in range(3)]
    assert await follows(bob, used["code"]) == 200
    links = {link["id"]: link for link in await listed(alice)}
    over_id, revoked_id, _ = sorted(links, reverse=True)
    assert await revokes(alice, revoked_id) == 204
    change(chat, f"UPDATE invite_links SET until = 1 WHERE id = {over_id}")
    before = stored(alice, bob, mallory)
    codes = [used["code"], revoked["code"], over["code"], "c" * 22, "short", "x" * 3000, "%00", "%D0%B6" * 22]
    for someone in (mallory, cast.stranger()):
        pages = set()
        for code in codes:
            answer = await request(cast.url, "GET", f"/join/{code}", cookie=cookie_of(someone))
            assert answer.status == 404, code
            pages.add(re.search(r"This invitation leads nowhere[^<]*", answer.text)[0])  # type: ignore[index]
        assert len(pages) == 1
    for code in codes[:4]:
        assert await follows(mallory, code) == 404
        visitor = cast.stranger()
        refused = await visitor.submits(
            "/accounts/register", username=visitor.name, password=PASSWORD, invitation=code
        )
        assert refused.status == 404
        assert not accounts_of(cast.url).has(visitor.name)
    assert stored(alice, bob, mallory) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"uses": "0"},
        {"uses": "-1"},
        {"uses": "x"},
        {"uses": "10001"},
        {"uses": "٣"},
        {"days": "0"},
        {"days": "366"},
        {"days": "1e3"},
        {"address": "somebody@example.org"},
        {"room": "nowhere"},
    ],
    ids=str,
)
async def test_a_wrong_wish_makes_no_link(alice: Person, lobby: str, fields: dict[str, str]) -> None:
    status, told = await tries_to_make(alice, lobby, **fields)
    assert status in (403, 422), told
    assert await listed(alice) == []
    if "address" in fields:
        assert "sends no mail" in str(told)


async def test_who_may_not_invite_makes_no_link(
    alice: Person, bob: Person, mallory: Person, cellar: str
) -> None:
    assert (await tries_to_make(mallory, cellar))[0] == 403
    made = await makes_link(alice, cellar)
    await follows(bob, made["code"])
    status, told = await tries_to_make(bob, cellar)
    assert (status, told["error"]["code"]) == (403, "forbidden"), "a member of a closed room"
    assert (await tries_to_make(alice, *["x"] * 3, *(f"y{number}" for number in range(12))))[0] == 422


async def test_a_link_ends_with_its_makers_right(
    cast: Cast, chat: Aiochat, alice: Person, bob: Person, mallory: Person, cellar: str
) -> None:
    at_cellar = await alice.enters(cellar)
    assert await follows(bob, (await makes_link(alice, cellar))["code"]) == 200
    await at_cellar.says(f"/mod {bob.name}")
    code = (await makes_link(bob, cellar))["code"]
    assert (await sees(mallory, code))[0] == 200
    await at_cellar.says(f"/unmod {bob.name}")
    assert (await sees(mallory, code))[0] == 404
    assert await follows(mallory, code) == 404
    await at_cellar.says(f"/mod {bob.name}")
    assert (await sees(mallory, code))[0] == 200
    assert (await acts(cast.boss, f"/admin/people/{bob.name}", act="suspend", **{"for": "1h"}))[0] == 200
    assert await follows(mallory, code) == 404, "suspended"
    assert (await acts(cast.boss, f"/admin/people/{bob.name}", act="unsuspend"))[0] == 200
    await bob.returns()
    await at_cellar.says(f"/kick {bob.name}")
    assert await follows(mallory, code) == 404, "removed"
    assert await own(mallory) == []


async def test_who_was_removed_comes_back_by_no_link(alice: Person, bob: Person, cellar: str) -> None:
    code = (await makes_link(alice, cellar))["code"]
    assert await follows(bob, code) == 200
    await (await alice.enters(cellar)).says(f"/ban {bob.name}")
    assert await follows(bob, code) == 403
    assert await own(bob) == []


async def test_a_moderator_takes_a_room_out_of_a_link(alice: Person, bob: Person, mallory: Person) -> None:
    shared, mine = unique("Shared"), unique("Mine")
    await alice.creates(shared)
    await bob.creates(mine)
    await bob.enters(shared)
    code = (await makes_link(bob, shared, mine))["code"]
    [link] = await listed(bob)
    assert await revokes(mallory, link["id"], shared) == 404
    assert await revokes(alice, link["id"], mine) == 404
    assert await revokes(alice, link["id"], shared) == 204
    assert [one["rooms"] for one in await listed(bob)] == [[mine]]
    assert await follows(mallory, code) == 200
    assert await own(mallory) == [mine]


async def test_a_link_whose_last_room_is_taken_out_leads_nowhere(
    alice: Person, bob: Person, cast: Cast
) -> None:
    room = unique("Only")
    await alice.creates(room)
    await bob.enters(room)
    code = (await makes_link(bob, room))["code"]
    [link] = await listed(bob)
    assert await revokes(alice, link["id"], room) == 204
    assert (await sees(cast.stranger(), code))[0] == 404, "it is none to the site"


async def test_the_last_use_is_taken_once(cast: Cast, alice: Person, cellar: str) -> None:
    """By people with accounts and by newcomers at the same moment."""
    made = await makes_link(alice, cellar, uses="1")
    here = [await cast.person(f"racer{number}") for number in range(4)]
    new = [cast.stranger(f"runner{number}") for number in range(3)]
    for someone in new:
        await someone.token()
    answers = await asyncio.gather(
        *(follows(someone, made["code"]) for someone in here),
        *(
            someone.submits(
                "/accounts/register",
                page="/accounts/login",
                username=someone.name,
                password=PASSWORD,
                invitation=made["code"],
            )
            for someone in new
        ),
    )
    came = [answer for answer in answers[:4] if answer == 200]
    accounts = [someone.name for someone in new if accounts_of(cast.url).has(someone.name)]
    assert len(came) + len(accounts) == 1, answers
    members = [one["name"] for one in (await alice.gets(f"/rooms/{cellar}/members"))["members"]]
    assert len(members) == 2
    [link] = await listed(alice)
    assert (link["used"], len(link["people"])) == (1, 1)


async def test_revoked_while_it_is_followed(cast: Cast, alice: Person, cellar: str) -> None:
    made = await makes_link(alice, cellar)
    [link] = await listed(alice)
    people = [await cast.person(f"late{number}") for number in range(6)]
    *answers, status = await asyncio.gather(
        *(follows(someone, made["code"]) for someone in people),
        revokes(alice, link["id"]),
    )
    assert status == 204
    assert set(answers) <= {200, 404}
    [link] = await listed(alice)
    assert link["used"] == answers.count(200)
    assert await follows(await cast.person("latest"), made["code"]) == 404


async def test_where_registration_is_by_invitation(cast: Cast, alice: Person, lobby: str) -> None:
    boss = cast.boss
    try:
        assert (await acts(boss, "/admin/site", act="registration", value="invitation"))[0] == 200
        assert (await acts(boss, "/admin/site", act="inviting", value="administrators"))[0] == 200
        visitor = cast.stranger()
        async with visitor.http.get("/accounts/register") as answer:
            assert answer.status == 403
            assert "by invitation" in await answer.text()
        assert (await tries_to_make(alice))[0] == 403
        code = (await makes_link(alice, lobby))["code"]
        status, page = await sees(visitor, code)
        assert (status, 'action="/accounts/register"' in page) == (200, False), "for who has an account"
        answer = await visitor.submits(
            "/accounts/register",
            page="/accounts/login",
            username=visitor.name,
            password=PASSWORD,
            invitation=code,
        )
        assert answer.status == 403
        assert (await acts(boss, "/admin/site", act="inviting", value="members"))[0] == 200
        assert (await registers_by(visitor, code))[0] == 303
        assert await own(visitor) == [lobby]
        another = cast.stranger()
        assert await registers_by(another, (await makes_link(alice))["code"]) == (303, "/rooms")
    finally:
        await acts(boss, "/admin/site", act="registration", value="open")
        await acts(boss, "/admin/site", act="inviting", value="members")


async def test_the_page_makes_a_link_without_scripts(alice: Person, lobby: str) -> None:
    answer = await alice.submits("/invitations", page="/rooms", room=lobby, uses="2", days="")
    page = await answer.text()
    assert answer.status == 201
    [code] = re.findall(r'readonly value="[^"]+/join/([A-Za-z0-9_-]{22})"', page)
    assert "<svg" in page
    async with alice.http.get(f"/invitations?room={lobby}") as again:
        assert code not in await again.text(), "it is shown only once"


async def test_nothing_of_a_code_is_in_a_log(
    cast: Cast, chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    made = await makes_link(alice, lobby)
    await follows(bob, made["code"])
    forged = "f" * 22
    assert (await sees(bob, forged))[0] == 404
    log = chat.log.read_text("utf-8", "replace")
    assert "what=join" in log, "what was refused is noted"
    assert forged not in log
    assert made["code"] not in log


async def test_the_command_shows_a_link_to_its_sender_alone(
    alice: Person, bob: Person, mallory: Person, cellar: str
) -> None:
    at_alice = await alice.enters(cellar)
    await at_alice.brings(cellar, bob)
    at_bob = await bob.enters(cellar)
    told = await at_alice.says("/invite")
    [code] = re.findall(r"/join/([A-Za-z0-9_-]{22})$", told["text"])
    assert told["type"] == "notice"
    assert (await at_bob.says("/invite"))["code"] == "forbidden"
    await at_bob.is_told()
    assert code not in str(at_bob.events)
    assert code not in str(await alice.history(cellar))
    assert await follows(mallory, code) == 200
