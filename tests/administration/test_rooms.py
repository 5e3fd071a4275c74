"""What the site's people see of rooms and do about them, and what stays closed."""

import asyncio
from typing import Any

import pytest

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.conftest import Cast, unique
from tests.support.accounts import accounts_of
from tests.support.people import JsonObject, Person


async def id_of(someone: Person, title: str) -> int:
    [one] = [one for one in (await someone.gets(f"/admin/rooms?q={title}"))["rooms"] if one["title"] == title]
    return int(one["id"])


async def page(someone: Person, room_id: int) -> JsonObject:
    found: JsonObject = await someone.gets(f"/admin/rooms/{room_id}")
    return found


async def does(someone: Person, room_id: int, act: str, **fields: str) -> tuple[int, JsonObject]:
    return await acts(someone, f"/admin/rooms/{room_id}", act=act, **fields)


async def listed(someone: Person, state: str) -> dict[int, Any]:
    """All rooms of this state, page by page."""
    found: dict[int, Any] = {}
    query = f"?state={state}"
    while True:
        part = await someone.gets(f"/admin/rooms{query}")
        found |= {room["id"]: room for room in part["rooms"]}
        if part["next"] is None:
            return found
        query = f"?state={state}&before={part['next']}"


async def test_all_rooms_are_listed_by_pages_and_found(
    cast: Cast, staff: Staff, alice: Person, bob: Person
) -> None:
    auditor = await staff(SiteRole.AUDITOR)
    names = [unique("Row") for _ in range(27)]
    for name in names:
        await alice.creates(name)
    at_alice = await alice.enters(names[0])
    await bob.enters(names[0])
    await at_alice.says("hello")
    found = await listed(auditor, "")
    assert set(names) <= {room["name"] for room in found.values()}
    room_id = await id_of(auditor, names[0])
    assert found[room_id] | {"created_at": "", "last_message_at": ""} == {
        "id": room_id,
        "name": names[0],
        "title": names[0],
        "kind": "open",
        "owner": alice.name,
        "members": 2,
        "messages": 1,
        "last_message_at": "",
        "created_at": "",
        "archived_at": None,
        "restorable_until": None,
    }
    assert found[room_id]["last_message_at"]


async def test_nothing_that_is_said_in_a_closed_room_is_shown(
    cast: Cast, staff: Staff, alice: Person, bob: Person
) -> None:
    title = unique("Cellar")
    name = await alice.closes_off(title, "secret topic words")
    listener = await alice.enters(name)
    await listener.says("secret message words")
    await listener.says("/topic another secret of words")
    await listener.brings(name, bob)
    conversation = await acts(alice, "/conversations", **{"with": bob.name})
    for role in (SiteRole.AUDITOR, SiteRole.MODERATOR, SiteRole.ADMINISTRATOR):
        someone = await staff(role)
        room_id = await id_of(someone, title)
        found = await page(someone, room_id)
        assert (found["room"]["name"], found["room"]["messages"]) == (None, 1)
        assert {one["name"]: one["role"] for one in found["room"]["people"]} == {
            alice.name: "owner",
            bob.name: "member",
        }
        for path in (f"/admin/rooms/{room_id}", f"/admin/rooms?q={title}", "/admin/rooms"):
            async with someone.http.get(path) as answer:
                text = await answer.text()
            assert answer.status == 200
            assert "secret" not in text
            assert name not in text
            assert "secret" not in str(await someone.gets(path))
        async with someone.http.get(f"/rooms/{name}") as answer:
            assert answer.status == 404
        assert str(conversation[1].get("name")) not in {
            room["name"] for room in (await listed(someone, "")).values()
        }


async def test_a_closed_room_is_opened_with_a_reason_that_its_members_read(
    cast: Cast, staff: Staff, alice: Person
) -> None:
    title = unique("Cellar")
    name = await alice.closes_off(title)
    listener = await alice.enters(name)
    administrator, moderator = await staff(SiteRole.ADMINISTRATOR), await staff(SiteRole.MODERATOR)
    room_id = await id_of(administrator, title)
    assert (await does(moderator, room_id, "open", reason="curious"))[0] == 403
    assert (await does(administrator, room_id, "open"))[0] == 422
    assert (await does(administrator, room_id, "open", reason=" \n "))[0] == 422
    assert (await does(administrator, room_id, "open", reason="x" * 501))[0] == 422
    assert (await does(administrator, room_id, "open", reason="a report of threats"))[0] == 200
    line = await listener.hears("message", kind="opened")
    assert line["text"] == (
        f"{administrator.name} opened the room, as an administrator of the site: a report of threats"
    )
    async with administrator.http.get(f"/rooms/{name}") as answer:
        assert answer.status == 200
        assert "as an administrator of the site" in await answer.text()
    assert (await does(administrator, room_id, "open", reason="again"))[0] == 409
    [act, *_] = (await page(administrator, room_id))["acts"]
    assert act["act"] in ("open", "open_room")
    assert act["reason"] == "a report of threats"
    log = (await alice.gets(f"/rooms/{name}/log"))["entries"]
    assert (log[0]["act"], log[0]["by"], log[0]["reason"]) == (
        "open",
        administrator.name,
        "a report of threats",
    )


async def test_what_is_no_closed_room_is_not_opened(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    room_id = await id_of(cast.boss, lobby)
    assert (await does(cast.boss, room_id, "open", reason="why not"))[0] == 409
    _, made = await acts(alice, "/conversations", **{"with": bob.name})
    everything = [cast.boss.http.get(f"/admin/rooms/{number}") for number in range(room_id - 3, room_id + 4)]
    for request in everything:
        async with request as answer:
            text = await answer.text()
            assert made["name"] not in text


async def test_a_room_without_an_owner_gets_one(cast: Cast, staff: Staff, alice: Person, bob: Person) -> None:
    title = unique("Orphan")
    name = await alice.closes_off(title)
    listener = await alice.enters(name)
    await listener.types("/leave anyway")
    await listener.ends()
    moderator = await staff(SiteRole.MODERATOR)
    room_id = await id_of(moderator, title)
    assert (await listed(moderator, "ownerless"))[room_id]["owner"] is None
    assert (await does(moderator, room_id, "owner", user="nobody here"))[0] == 404
    assert (await does(moderator, room_id, "owner"))[0] == 404
    assert (await does(moderator, room_id, "owner", user=bob.name, reason="asked for it"))[0] == 200
    found = await page(moderator, room_id)
    assert (found["room"]["owner"], found["room"]["members"]) == (bob.name, 1)
    assert room_id not in await listed(moderator, "ownerless")
    assert (await bob.gets(f"/rooms/{name}/members"))["members"][0]["role"] == "owner"


async def test_a_room_is_archived_and_taken_out_again(
    cast: Cast, staff: Staff, alice: Person, lobby: str
) -> None:
    listener = await alice.enters(lobby)
    moderator = await staff(SiteRole.MODERATOR)
    room_id = await id_of(moderator, lobby)
    assert (await does(moderator, room_id, "archive", reason="it is over"))[0] == 200
    assert (await listener.hears("message", kind="archived"))["text"].endswith(": it is over")
    assert (await does(moderator, room_id, "archive"))[0] == 409
    assert room_id in await listed(moderator, "archived")
    assert (await listener.says("hello"))["type"] == "error"
    assert (await does(moderator, room_id, "unarchive"))[0] == 200
    assert (await listener.says("hello"))["type"] == "receipt"
    assert [one["act"] for one in (await page(moderator, room_id))["acts"]][:4] == [
        "unarchive_room",
        "unarchive",
        "archive_room",
        "archive",
    ]


@pytest.mark.parametrize("kind", ["open", "closed"])
async def test_a_room_is_deleted_and_restored(cast: Cast, staff: Staff, alice: Person, kind: str) -> None:
    title = unique("Short")
    name = title if kind == "open" else await alice.closes_off(title)
    if kind == "open":
        await alice.creates(name)
    listener = await alice.enters(name)
    moderator = await staff(SiteRole.MODERATOR)
    room_id = await id_of(moderator, title)
    for wrong in ("", "something else"):
        assert (await does(moderator, room_id, "delete", confirm=wrong))[0] == 422
    assert (await does(moderator, room_id, "delete", confirm=title, reason="empty"))[0] == 200
    await listener.ends()
    assert room_id not in await listed(moderator, "")
    found = (await listed(moderator, "deleted"))[room_id]
    assert found["title"] == title
    assert found["restorable_until"]
    assert (await page(moderator, room_id))["room"]["kind"] == kind
    answers = await asyncio.gather(*(does(moderator, room_id, "restore") for _ in range(3)))
    assert sorted(status for status, _ in answers)[0] == 200
    assert [status for status, _ in answers].count(200) == 1
    assert (await alice.gets(f"/rooms/{name}/members"))["members"][0]["role"] == "owner"


@pytest.mark.parametrize("act", ["owner", "archive", "delete", "restore", "open", "unarchive"])
async def test_auditors_change_nothing(
    cast: Cast, staff: Staff, alice: Person, bob: Person, lobby: str, act: str
) -> None:
    auditor = await staff(SiteRole.AUDITOR)
    room_id = await id_of(auditor, lobby)
    before = await page(auditor, room_id)
    status, _ = await does(auditor, room_id, act, user=bob.name, confirm=lobby, reason="why")
    assert status in (403, 409)
    assert await page(auditor, room_id) == before


async def test_who_lost_the_role_meanwhile_may_no_more(
    cast: Cast, staff: Staff, alice: Person, lobby: str
) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    room_id = await id_of(moderator, lobby)
    accounts_of(cast.url).give_role(moderator.name, SiteRole.NONE)
    assert (await does(moderator, room_id, "archive"))[0] == 403


@pytest.mark.parametrize(
    "path",
    ["rooms?before=x", "rooms?state=none", "rooms?q=" + "a" * 201, "rooms?before=" + "1" * 16],
)
async def test_wrong_questions_about_rooms(cast: Cast, path: str) -> None:
    async with cast.boss.http.get(f"/admin/{path}", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("path", ["0", "x", "9" * 15, "9" * 16, "-1", "1.5", "%00"])
async def test_no_room(cast: Cast, path: str) -> None:
    async with cast.boss.http.get(f"/admin/rooms/{path}") as answer:
        assert answer.status == 404
