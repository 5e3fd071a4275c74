"""What is unread in all of one's rooms: told once a second over any of one's sockets, in step
between devices, on both databases."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.conftest import QUICK, Cast, unique
from tests.support.people import JsonObject, Listener, Person


async def reads(listener: Listener, number: Any, **fields: Any) -> JsonObject:
    """Moves the read mark, and returns the answer."""
    nonce = secrets.token_hex(8)
    await listener.ws.send_json({"type": "read", "number": number, "nonce": nonce, **fields})
    return await listener.hears(nonce=nonce)


async def whole(listener: Listener) -> dict[str, JsonObject]:
    """The next `unread` that holds all rooms, by name."""
    rooms: list[JsonObject] = (await listener.hears("unread", whole=True))["rooms"]
    return {room["name"]: room for room in rooms}


async def news(listener: Listener, name: str, **expected: Any) -> JsonObject:
    """The next that is told of a room like this, alone or among all of them: those leave out what is 0."""
    while True:
        event = await listener.hears("unread")
        rooms: list[JsonObject] = event["rooms"]
        for room in rooms:
            if event.get("whole"):
                room.setdefault("deleted", 0)
            if room["name"] == name and all(room.get(field) == value for field, value in expected.items()):
                return room


async def test_after_catching_up_one_hears_of_all_rooms(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    at_bob = await bob.enters(lobby)
    for text in ("one", "two"):
        await at_bob.says(text)
    at_alice = await alice.enters(lobby)
    assert [event["type"] for event in at_alice.room_events][:2] == ["hello", "caught_up"]
    assert await whole(at_alice) == {
        lobby: {
            "name": lobby,
            "kind": "open",
            "title": lobby,
            "last_number": 2,
            "read_number": 0,
            "mentions": 0,
        },
        cellar: {
            "name": cellar,
            "kind": "closed",
            "title": cellar.rpartition("-")[0].title(),
            "last_number": 0,
            "read_number": 0,
            "mentions": 0,
        },
    }


async def test_a_message_elsewhere_is_told_and_one_here_is_not(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    other = unique("Other")
    await alice.creates(other)
    at_alice, at_bob = await alice.enters(other), await bob.enters(lobby)
    await whole(at_alice)
    receipt = await at_bob.says("news")
    assert await news(at_alice, lobby) == {"name": lobby, "last_number": receipt["number"]}
    elsewhere = await bob.enters(other)
    await elsewhere.says("here")
    await at_alice.hears("message", text="here")
    await at_bob.says("more news")
    assert await news(at_alice, lobby, last_number=2) == {"name": lobby, "last_number": 2}
    told = [room for event in at_alice.heard("unread") if "whole" not in event for room in event["rooms"]]
    assert not [room for room in told if room["name"] == other and "last_number" in room], (
        "of this room the messages tell"
    )
    mallory = await (await cast.person("mallory")).enters(other)
    assert set(await whole(mallory)) == {other}
    await at_bob.says("still more")
    await news(at_alice, lobby, last_number=3)
    await mallory.is_told()
    assert len(mallory.heard("unread")) == 1, "it is no room of hers"


@pytest.mark.parametrize("line", ["news", "/me waves", "/msg {bob} hi", "Hello, @{bob}"])
async def test_what_one_writes_is_read(
    alice: Person, bob: Person, lobby: str, cellar: str, line: str
) -> None:
    """On every device, and also where it is asked for before the mark is stored."""
    desk, phone = await alice.enters(lobby), await alice.enters(cellar)
    await bob.enters(lobby)
    await whole(phone)
    line = line.replace("{bob}", bob.name)
    assert (await desk.says(line))["type"] in ("receipt", "notice")
    rooms = (await alice.gets("/rooms?only=own"))["rooms"]
    assert [room["name"] for room in rooms if room["unread"]] == []
    written = next(room for room in rooms if room["last_number"] and room["name"] != cellar)
    # A room that is new may be told of before its first post has a mark.
    is_new = line.startswith("/msg")
    await news(phone, written["name"], **({} if is_new else {"last_number": 1}), read_number=1)
    assert is_new or not [
        room
        for event in desk.heard("unread")
        for room in event["rooms"]
        if room.get("last_number", 0) > room.get("read_number", 1)
    ]


async def test_many_messages_are_one_frame_a_round(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    at_alice, at_bob = await alice.enters(cellar), await bob.enters(lobby)
    await whole(at_alice)
    began = asyncio.get_running_loop().time()
    for number in range(60):
        await at_bob.says(str(number))
    await news(at_alice, lobby, last_number=60)
    took = asyncio.get_running_loop().time() - began
    assert len(at_alice.heard("unread")) <= 2 + took / QUICK.unread_round


async def test_a_mark_is_in_step_between_devices(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    phone, desk, elsewhere = await alice.enters(lobby), await alice.enters(lobby), await alice.enters(cellar)
    at_bob = await bob.enters(lobby)
    for number in range(3):
        await at_bob.says(str(number))
    for listener in (phone, desk, elsewhere):
        await whole(listener)
    await phone.ws.send_json({"type": "read", "number": 2})
    assert await news(desk, lobby, read_number=2) == {"name": lobby, "read_number": 2}
    await news(elsewhere, lobby, read_number=2)
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 1


async def test_marking_unread_goes_back_and_is_told_to_all_devices(
    alice: Person, bob: Person, lobby: str
) -> None:
    phone, desk, at_bob = await alice.enters(lobby), await alice.enters(lobby), await bob.enters(lobby)
    for number in range(5):
        await at_bob.says(str(number))
    assert await reads(phone, 5) == {"type": "receipt", "nonce": phone.room_events[-1]["nonce"]}
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 0
    assert (await reads(desk, 2))["type"] == "receipt"
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 0, "it moves forward only"
    await reads(desk, 2, back=True)
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 3
    for listener in (phone, desk):
        assert (await news(listener, lobby, read_number=2))["mentions"] == 0


async def test_going_back_is_exact_among_marks_before_and_after_it(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for number in range(9):
        await at_bob.says(str(number))
    for number, back in ((9, False), (3, True), (2, False), (4, False)):
        await at_alice.ws.send_json({"type": "read", "number": number, "back": back})
    assert (await reads(at_alice, 1))["type"] == "receipt"
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 5
    # With this one what was noted before is stored, and must not move it.
    assert (await reads(at_alice, 0))["type"] == "receipt"
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 5


async def test_a_mark_stays_within_the_room(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for number in range(3):
        await at_bob.says(str(number))
    for back in (False, True):
        await reads(at_alice, 2**53, back=back)
        await at_bob.says("one more")
        assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 1, (
            "it passes no post that isn't there"
        )
    await at_alice.says("/clear")
    await reads(at_alice, 0, back=True)
    await at_bob.says("after it")
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"] == 1, (
        "what was cleared isn't unread again"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": -1},
        {"number": 2**53 + 1},
        {"number": "1"},
        {"number": 1.5},
        {"number": 1, "back": 1},
        {"number": 1, "back": "yes"},
        {},
    ],
)
async def test_a_wrong_mark_is_refused(alice: Person, lobby: str, wrong: JsonObject) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.ws.send_json({"type": "read", "nonce": "n", **wrong})
    assert (await at_alice.hears("error", nonce="n"))["code"] == "bad_request"
    await at_alice.ws.send_json({"type": "read", "number": 1, "nonce": "not good"})
    assert (await at_alice.hears("error"))["code"] == "bad_nonce"


async def test_calls_are_counted_apart_until_they_are_read(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    at_alice, elsewhere, at_bob = (
        await alice.enters(lobby),
        await alice.enters(cellar),
        await bob.enters(lobby),
    )
    for listener in (at_alice, elsewhere):
        await whole(listener)
    await at_bob.says("nobody in particular")
    await at_bob.says(f"@{alice.name}, look")
    await at_bob.says(f"and again, @{alice.name}")
    assert (await news(at_alice, lobby, mentions=2)) == {"name": lobby, "read_number": 0, "mentions": 2}, (
        "told in the room itself too"
    )
    assert (await news(elsewhere, lobby, mentions=2))["mentions"] == 2
    await at_bob.ws.send_json({"type": "edit", "number": 3, "text": "and nobody again"})
    for listener in (at_alice, elsewhere):
        await news(listener, lobby, mentions=1)
    await at_alice.ws.send_json({"type": "read", "number": 3})
    for listener in (at_alice, elsewhere):
        await news(listener, lobby, read_number=3, mentions=0)
    await reads(at_alice, 1, back=True)
    await news(elsewhere, lobby, read_number=1, mentions=1)
    await at_bob.ws.send_json({"type": "delete", "number": 2})
    await news(elsewhere, lobby, mentions=0)


async def test_what_is_deleted_is_not_unread(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    elsewhere, at_bob = await alice.enters(cellar), await bob.enters(lobby)
    await whole(elsewhere)
    for text in ("one", "two", "three"):
        await at_bob.says(text)
    await news(elsewhere, lobby, last_number=3)

    async def unread() -> tuple[int, int]:
        rooms = (await alice.gets("/rooms?only=own"))["rooms"]
        found = next(room for room in rooms if room["name"] == lobby)
        return found["unread"], found.get("deleted", 0)

    await at_bob.ws.send_json({"type": "delete", "number": 2})
    assert (await news(elsewhere, lobby, deleted=1))["read_number"] == 0
    assert await unread() == (2, 1)
    later = await whole(await alice.enters(cellar))
    assert later[lobby]["deleted"] == 1
    assert "deleted" not in later[cellar]
    await at_bob.ws.send_json({"type": "delete", "number": 3})
    await news(elsewhere, lobby, deleted=2)
    await at_bob.ws.send_json({"type": "undelete", "number": 3})
    await news(elsewhere, lobby, deleted=1)
    # What is read doesn't count either way, and does again when the mark goes back.
    phone = await alice.enters(lobby)
    await reads(phone, 2)
    await news(elsewhere, lobby, read_number=2, deleted=0)
    assert await unread() == (1, 0)
    await reads(phone, 1, back=True)
    await news(elsewhere, lobby, read_number=1, deleted=1)
    assert await unread() == (1, 1)


async def test_who_joins_leaves_or_is_invited_hears_of_all_rooms_anew(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    at_bob, at_alice = await bob.enters(lobby), await alice.enters(cellar)
    assert set(await whole(at_bob)) == {lobby}
    await at_alice.says("for members")
    await at_alice.says(f"/invite {bob.name}")
    assert set(await whole(at_bob)) == {lobby}
    [invitation] = at_bob.heard("unread", whole=True)[-1]["invitations"]
    assert (invitation["name"], invitation["inviter"]) == (cellar, alice.name)
    await bob.accepts(cellar)
    assert (await whole(at_bob))[cellar]["last_number"] == 1
    assert "invitations" not in at_bob.heard("unread", whole=True)[-1]
    await at_alice.says(f"/kill {bob.name}")
    assert set(await whole(at_bob)) == {lobby}
    await at_alice.says("in private again")
    other = unique("Other")
    await alice.creates(other)
    await (await bob.enters(other)).close()
    receipt = await (await alice.enters(lobby)).says("for all")
    await at_bob.hears("message", number=receipt["number"])
    # What is told later comes later.
    await (await alice.enters(other)).says("for others")
    await news(at_bob, other, last_number=1)
    assert not any(room["name"] == cellar for told in at_bob.heard("unread")[-1:] for room in told["rooms"])


async def test_what_is_cleared_is_not_unread(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    at_alice, elsewhere, at_bob = (
        await alice.enters(lobby),
        await alice.enters(cellar),
        await bob.enters(lobby),
    )
    await whole(elsewhere)
    for number in range(3):
        await at_bob.says(str(number))
    await news(elsewhere, lobby, last_number=3)
    await at_alice.says("/clear")
    assert (await whole(elsewhere))[lobby]["read_number"] == 3


async def test_who_reads_nothing_gets_the_whole_when_they_read_again(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    at_alice, at_bob = await alice.enters(cellar), await bob.enters(lobby)
    await whole(at_alice)
    transport = at_alice.ws._response.connection.transport  # type: ignore[union-attr]
    transport.pause_reading()  # type: ignore[union-attr]
    other = await alice.enters(cellar)
    text = "x" * 9000
    for number in range(1200):
        await other.ws.send_json({"type": "post", "text": text, "nonce": f"{cellar}-{number}"})
    await other.hears("message", number=1200)
    await at_bob.says("unseen")
    await news(other, lobby, last_number=1)
    told = len(at_alice.heard("unread"))
    transport.resume_reading()  # type: ignore[union-attr]
    await news(at_alice, lobby, last_number=1)
    assert len(at_alice.heard("unread")) > told
