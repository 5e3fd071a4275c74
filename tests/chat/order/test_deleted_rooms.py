"""Deleting a room: it is gone through every door, its name stays taken, and it comes back as it was."""

import asyncio
from typing import Any

import pytest

from tests.conftest import Cast, unique
from tests.support.deleted_accounts import change, leaves, rows, status, until
from tests.support.feed_reader import asks as posts_form
from tests.support.people import JsonObject, Listener, Person
from tests.support.servers import Aiochat

pytestmark = pytest.mark.usefixtures("door")


async def restores(someone: Person, room: str) -> tuple[int, Any]:
    return await posts_form(someone, f"/rooms/{room}/restore")


async def names(someone: Person) -> set[str]:
    return {room["name"] for room in (await someone.gets("/rooms"))["rooms"]}


async def deleted(someone: Person) -> list[str]:
    return [room["name"] for room in (await someone.gets("/rooms")).get("deleted", [])]


async def members(someone: Person, room: str) -> dict[str, str]:
    return {one["name"]: one["role"] for one in (await someone.gets(f"/rooms/{room}/members"))["members"]}


async def told(at_someone: Listener, line: str) -> JsonObject:
    answer = await at_someone.says(line)
    assert answer["type"] == "receipt", answer
    return answer


async def deletes(at_someone: Listener, room: str, reason: str = "") -> None:
    """As after /leave, the connection ends, and tells no more."""
    await at_someone.types(f"/delete-room {room} {reason}")
    assert await at_someone.ends() == 4505


async def seen(someone: Person, room: str) -> tuple[list[JsonObject], dict[str, str], Any]:
    return (
        *(await someone.history(room), await members(someone, room)),
        await someone.gets(f"/rooms/{room}/pins"),
    )


GONE = ("", "/1", "/messages", "/members", "/log", "/settings", "/pins", "/1/versions")


async def test_it_is_gone_through_every_door_and_comes_back_as_it_was(
    cast: Cast, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    bobs = await bob.connects()
    await told(at_alice, f"/mod {bob.name}")
    await told(at_bob, "hello")
    await told(at_alice, "to be pinned")
    await at_alice.ws.send_json({"type": "pin", "number": 2, "on": True, "nonce": "pin"})
    await at_alice.hears("receipt", nonce="pin")
    before = await seen(alice, lobby)
    await told(at_alice, f"/invite {mallory.name}")
    assert (await at_alice.says("/delete-room"))["code"] == "bad_usage"
    assert (await at_alice.says(f"/delete-room {lobby}x"))["code"] == "bad_usage"
    assert (await at_bob.says(f"/delete-room {lobby}"))["code"] == "forbidden", "a moderator may not"

    await deletes(at_alice, f"#{lobby.upper()}", "we are done")
    assert await at_bob.ends() == 4505
    whole = await bobs.hears("unread", whole=True)
    assert lobby not in {room["name"] for room in whole["rooms"]}
    for someone in (alice, bob, mallory):
        assert lobby not in await names(someone)
        assert not (await someone.gets("/rooms"))["invitations"]
        for path in GONE:
            assert await status(someone, f"/rooms/{lobby}{path}") == 404, path
    await bobs.asks("enter", lobby)
    assert (await bobs.hears("refused"))["code"] == "not_found"
    code, answer = await mallory.tries_to_create(name=lobby)
    assert (code, list(answer["errors"])) == (422, ["name"]), "its name is taken"
    assert await deleted(alice) == [lobby]
    assert await deleted(bob) == []

    assert (await restores(bob, lobby))[0] == 404
    assert (await restores(alice, lobby))[0] == 200
    assert (await restores(alice, lobby))[0] == 404, "it isn't deleted any more"
    assert await deleted(alice) == []
    assert lobby in await names(bob)
    await bobs.hears("unread", whole=True)
    after = await seen(alice, lobby)
    lines = [line for line in after[0] if line["kind"] not in ("ended", "restored")]
    assert (lines[: len(before[0])], *after[1:]) == (before[0], *before[1:])
    assert [line["kind"] for line in after[0]][-2:] == ["ended", "restored"]
    [first, second, *_] = (await bob.gets(f"/rooms/{lobby}/log"))["entries"]
    assert (first["act"], first["undoes"], second["act"], second["reason"]) == (
        *("restore_room", second["number"]),
        *("delete_room", "we are done"),
    )
    at_bob = await bob.enters(lobby)
    assert at_bob.events[0]["you"]["role"] == "moderator"
    assert (await at_bob.says("back"))["number"] == 3


async def test_nothing_is_posted_after_it(alice: Person, bob: Person, lobby: str, chat: Aiochat) -> None:
    """Its seq is the last one, whatever is under way."""
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("hello")

    async def talks() -> None:
        for number in range(200):
            await at_bob.ws.send_json({"type": "post", "text": f"text {number}", "nonce": f"n{number}"})
            await asyncio.sleep(0)

    await asyncio.gather(deletes(at_alice, lobby), talks(), return_exceptions=True)
    assert await at_bob.ends() == 4505
    here = f"room_id = (SELECT id FROM rooms WHERE slug = '{lobby.lower()}')"
    [(seq, last, count)] = rows(
        chat,
        f"SELECT (SELECT seq FROM messages WHERE {here} AND kind = 'ended'), MAX(seq), COUNT(*) "
        f"FROM messages WHERE {here}",
    )
    assert seq == last == count
    assert all(one["seq"] < seq for one in at_bob.heard("receipt"))


async def test_it_is_restored_once(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    await deletes(at_alice, lobby)
    answers = await asyncio.gather(*(restores(alice, lobby) for _ in range(4)))
    codes = sorted(code for code, _ in answers)
    assert codes[0] == 200, answers
    assert all(400 <= code < 500 for code in codes[1:]), answers
    assert [line["kind"] for line in await alice.history(lobby)].count("restored") == 1
    assert await members(bob, lobby) == {alice.name: "owner", bob.name: "member"}


async def test_not_for_ever(alice: Person, lobby: str, chat: Aiochat) -> None:
    await deletes(await alice.enters(lobby), lobby)
    here = f"room_id = (SELECT id FROM rooms WHERE slug = '{lobby.lower()}')"
    change(chat, f"UPDATE deleted_rooms SET due_at = due_at - {30 * 86_400_000 + 1} WHERE {here}")
    # It is erased by and by, and then its name is free.
    await until(lambda: not rows(chat, f"SELECT 1 FROM rooms WHERE slug = '{lobby.lower()}'"))
    assert (await restores(alice, lobby))[0] == 404
    assert await deleted(alice) == []
    await alice.creates(lobby)
    assert [line["kind"] for line in await alice.history(lobby)] == ["created"]


async def test_who_inherits_where_the_owner_is_gone(
    cast: Cast, chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await (await mallory.enters(lobby)).close()
    await (await bob.enters(lobby)).close()
    await told(at_alice, f"/mod {bob.name}")
    await deletes(at_alice, lobby)
    former = f"SELECT 1 FROM former_members JOIN users ON users.id = user_id WHERE name = '{alice.name}'"
    await leaves(alice)
    await until(lambda: not rows(chat, former))
    # An administrator of the site restores it, who isn't in the room.
    admin = await cast.person("admin")
    assert (await restores(admin, lobby))[0] == 404
    change(chat, f"UPDATE users SET is_admin = TRUE WHERE name = '{admin.name}'")
    assert (await restores(admin, lobby))[0] == 200
    assert await members(bob, lobby) == {bob.name: "owner", mallory.name: "member"}
    assert lobby not in {room["name"] for room in (await admin.gets("/rooms?only=own"))["rooms"]}


async def test_by_the_page(alice: Person, lobby: str) -> None:
    page = f"/rooms/{lobby}/settings"
    answer = await alice.submits(page, act="delete_room", name="no")
    assert (answer.status, answer.headers["Location"]) == (303, page)
    answer = await alice.submits(page, act="delete_room", name=lobby)
    assert (answer.status, answer.headers["Location"]) == (303, "/rooms")
    async with alice.http.get("/rooms") as found:
        assert f"/rooms/{lobby}/restore" in await found.text()
    answer = await alice.submits(f"/rooms/{lobby}/restore", page="/rooms")
    assert (answer.status, answer.headers["Location"]) == (303, f"/rooms/{lobby}")
    assert await status(alice, f"/rooms/{lobby}") == 200


async def test_an_open_room_s_title_stays_taken(alice: Person, bob: Person) -> None:
    title, name = unique("The Pantry "), unique("pantry")
    await alice.creates(name, title=title)
    await deletes(await alice.enters(name), name)
    code, answer = await bob.tries_to_create(title=title)
    assert (code, list(answer["errors"])) == (422, ["title"])
