"""Several rooms by one connection: what a personal socket tells, and how rooms are entered, left and
lost over it. What rooms are is tested by both sockets elsewhere (the fixture `door`)."""

import json
from typing import Any, get_args

import aiohttp
import pytest

from chat.doors.sockets.personal import MAX_ROOMS
from chat.requests import Frame, Ping
from tests.chat.doors.test_frames import BAD
from tests.conftest import Cast, unique
from tests.support.people import JsonObject, Person, PersonalListener


async def rooms_of(someone: Person, count: int) -> list[str]:
    names = [unique("Room") for _ in range(count)]
    for name in names:
        await someone.creates(name)
    return names


def said(listener: PersonalListener, room: str) -> list[str]:
    """The texts of the room's posts, in the order in which they came."""
    return [event["text"] for event in listener.heard("message", kind="post", **{"in": room})]


async def test_a_rooms_frame_is_what_its_own_socket_sends(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, plain, at_bob = await alice.enters(lobby), await bob.enters(lobby), await bob.connects()
    room = await at_bob.enters(lobby)
    for text in ("hello", "ü" * 200, "x" * 9000):
        await at_alice.says(text)
        message = await at_bob.hears("message", text=text)
        assert {**await plain.hears("message", text=text), "in": room} == message
    frames = [frame.partition("\n") for frame in at_bob.frames]
    assert {head for head, _, _ in frames if not head.startswith("{")} == {room}
    sent = [line for head, _, rest in frames if head == room for line in rest.split("\n")]
    assert [json.loads(line).get("text") for line in sent if '"kind":"post"' in line] == [
        *("hello", "ü" * 200, "x" * 9000),
    ]


async def test_rooms_are_told_apart_and_each_is_in_order(alice: Person, bob: Person) -> None:
    names = await rooms_of(alice, 5)
    at_bob, speaking = await bob.connects(), [await alice.enters(name) for name in names]
    ids = [await at_bob.enters(name) for name in names]
    assert len(set(ids)) == 5
    for number in range(10):
        for at_alice, room in zip(speaking, ids, strict=True):
            await at_alice.says(f"{number} in {room}")
    for room in ids:
        await at_bob.hears("message", text=f"9 in {room}") if not said(at_bob, room)[9:] else None
        assert said(at_bob, room) == [f"{number} in {room}" for number in range(10)]


async def test_who_comes_back_gets_all_they_missed_in_each_room(alice: Person, bob: Person) -> None:
    names = await rooms_of(alice, 4)
    first, speaking = await bob.connects(), [await alice.enters(name) for name in names]
    seen: dict[str, int] = {}
    for name in names:
        await first.enters(name)
        hello = first.heard("hello", entered=name)[0]
        seen[name] = hello["last_seq"]
        epoch = hello["epoch"]
    # What he sends is cut off before its receipt.
    await first.asks("post", first.heard("hello", entered=names[0])[0]["in"], text="mine", nonce="mine")
    first.ws._writer.transport.abort()
    await first.ends()
    for at_alice, name in zip(speaking, names, strict=True):
        for number in range(3):
            await at_alice.says(f"{number} in {name}")
    second = await bob.connects()
    for name in names:
        await second.asks("enter", name, since=seen[name], epoch=epoch)
    for name in names:
        while not (told := second.heard("hello", entered=name)):
            await second.hears()
        room = told[0]["in"]
        while not second.heard("caught_up", **{"in": room}):
            await second.hears()
        texts = [text for text in said(second, room) if text != "mine"]
        assert texts == [f"{number} in {name}" for number in range(3)]
        seqs = [event["seq"] for event in second.heard("message", **{"in": room})]
        assert seqs == sorted(set(seqs))
    room = second.heard("hello", entered=names[0])[0]["in"]
    again = await second.posts(room, "mine", nonce="mine")
    assert again["type"] == "receipt"
    assert [line["text"] for line in await alice.history(names[0])].count("mine") == 1


async def test_another_history_begins_anew(alice: Person, lobby: str) -> None:
    at_alice = await alice.connects()
    for given in ({"since": 999_999}, {"since": 1, "epoch": "another"}):
        room = await at_alice.enters(lobby, **given)
        assert len(at_alice.heard("reset", **{"in": room})) == 1
        at_alice.events.clear()
    await at_alice.enters(lobby, epoch="another")
    assert not at_alice.heard("reset"), "who has nothing has no other history"


@pytest.mark.parametrize(
    ("room", "code"), [("nowhere", "not_found"), ("a.b/../c", "not_found"), ("", "not_found")]
)
async def test_a_room_that_is_not_there_is_refused(alice: Person, lobby: str, room: str, code: str) -> None:
    at_alice = await alice.connects()
    await at_alice.asks("enter", room)
    refused = await at_alice.hears("refused")
    assert (refused["room"], refused["code"]) == (room, code)
    await at_alice.enters(lobby)


async def test_a_closed_room_is_not_there_for_others(alice: Person, mallory: Person, cellar: str) -> None:
    at_mallory = await mallory.connects()
    await at_mallory.asks("enter", cellar)
    refused = await at_mallory.hears("refused", room=cellar)
    await at_mallory.asks("enter", "nowhere")
    assert {**await at_mallory.hears("refused", room="nowhere"), "room": cellar} == refused


async def test_so_many_rooms_and_no_more(alice: Person) -> None:
    names = await rooms_of(alice, MAX_ROOMS + 1)
    at_alice = await alice.connects()
    rooms = [await at_alice.enters(name) for name in names[:-1]]
    await at_alice.asks("enter", names[-1])
    assert (await at_alice.hears("refused", room=names[-1]))["code"] == "too_many"
    await at_alice.enters(names[0]), "again is none more"
    await at_alice.asks("exit", rooms[3])
    await at_alice.enters(names[-1])


async def test_who_is_removed_from_a_room_keeps_the_others(alice: Person, bob: Person) -> None:
    one, two = await rooms_of(alice, 2)
    at_alice, at_bob = await alice.enters(one), await bob.connects()
    gone, there = await at_bob.enters(one), await at_bob.enters(two)
    await at_alice.says(f"/kill {bob.name}")
    assert await at_bob.hears("closed") == {"type": "closed", "room": gone, "code": 4501}
    assert at_bob.heard("message", kind="killed", **{"in": gone}), "he is told why before"
    await at_alice.says("not for him")
    assert (await at_bob.posts(gone, "here?"))["code"] == "not_entered"
    assert (await at_bob.posts(there, "here!"))["type"] == "receipt"
    await at_bob.asks("enter", one)
    assert (await at_bob.hears("refused"))["code"] == "kicked"
    assert "not for him" not in said(at_bob, gone)


async def test_who_gives_up_membership_is_answered_and_out(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.connects()
    room = await at_bob.enters(lobby)
    await at_bob.asks("post", room, text="/leave", nonce="bye")
    assert (await at_bob.hears("closed"))["code"] == 4502
    assert (await at_bob.hears("receipt", nonce="bye"))["in"] == room
    again = await at_bob.enters(lobby)
    assert again == room


async def test_who_signs_out_is_out_of_everything(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.connects()
    await at_bob.enters(lobby)
    await bob.logs_out()
    assert await at_bob.ends() == 4503


async def test_a_room_keeps_its_id_when_it_gets_another_name(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.connects()
    room = await at_bob.enters(lobby)
    name = unique("Renamed")
    await at_alice.says(f"/address {name}")
    assert (await at_bob.hears("message", kind="name"))["in"] == room
    assert (await at_bob.posts(room, "still here"))["type"] == "receipt"
    assert await at_bob.enters(lobby.upper()) == room, "by a former name, in any capitals"
    assert at_bob.heard("hello", entered=lobby.upper())[0]["room"]["name"] == name


async def test_after_an_exit_one_is_a_member_and_hears_no_more(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.connects()
    room = await at_bob.enters(lobby)
    await at_bob.asks("post", room, text="last", nonce="last")
    await at_bob.asks("exit", room)
    assert (await at_bob.hears("receipt", nonce="last"))["in"] == room, "what was asked is answered"
    number = (await at_alice.says("without him"))["number"]
    # In a whole one, where that he became a member is told only now.
    while not any(one["last_number"] == number for one in (await at_bob.hears("unread"))["rooms"]):
        pass
    await at_bob.asks("exit", room)
    assert (await at_bob.hears("error"))["code"] == "not_entered"
    assert "without him" not in said(at_bob, room)
    assert bob.name in [one["name"] for one in (await alice.gets(f"/rooms/{lobby}/members"))["members"]]
    await at_bob.enters(lobby, since=0)
    assert said(at_bob, room)[-1] == "without him"


async def test_entering_again_begins_anew(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.connects()
    room = await at_bob.enters(lobby)
    await at_alice.says("once")
    await at_bob.hears("message", text="once")
    assert await at_bob.enters(lobby, since=0) == room
    await at_alice.says("twice")
    await at_bob.hears("message", text="twice")
    assert said(at_bob, room) == ["once", "once", "twice"]
    comings = [line["kind"] for line in await alice.history(lobby) if line["author"] == bob.name]
    assert comings == ["joined"], "he was there all the time"


async def test_how_people_are_is_told_once(alice: Person, bob: Person) -> None:
    one, two, other = await rooms_of(alice, 3)
    in_one, at_bob = await alice.enters(one), await bob.connects()
    for name in (one, two, other):
        room = await at_bob.enters(name)
    await at_bob.asks("exit", room)
    await at_bob.is_told()
    await in_one.says("/dnd")
    assert "in" not in await at_bob.hears("presence", name=alice.name, status="dnd")
    await in_one.says("/back")
    await at_bob.hears("presence", name=alice.name, status="")
    assert len(at_bob.heard("presence", name=alice.name)) == 2


async def test_how_people_are_is_told_of_rooms_that_are_not_entered(
    alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    await (await bob.enters(lobby)).close()
    at_alice, at_bob, at_mallory = await alice.enters(lobby), await bob.connects(), await mallory.connects()
    await at_alice.says("/dnd")
    await at_bob.hears("presence", name=alice.name, status="dnd")
    await at_mallory.is_told()
    assert not at_mallory.heard("presence"), "who shares no room with her isn't told"


async def test_what_is_unread_is_told_of_rooms_that_are_not_entered(alice: Person, bob: Person) -> None:
    here, there = await rooms_of(alice, 2)
    in_here, in_there = await alice.enters(here), await alice.enters(there)
    for name in (here, there):
        await (await bob.enters(name)).close()
    at_bob = await bob.connects()
    room = await at_bob.enters(here)
    await at_bob.is_told()
    await in_here.says("here")
    await at_bob.hears("message", text="here")
    await in_there.says("there")
    told = await at_bob.hears("unread", rooms=[{"name": there, "last_number": 1}])
    assert "in" not in told
    assert not any(
        one["name"] == here and "last_number" in one
        for event in at_bob.heard("unread")
        if not event.get("whole")
        for one in event["rooms"]
    )
    # A mark moves on another device, and here.
    other = await bob.connects()
    await at_bob.asks("read", room, number=1)
    await other.hears("unread", rooms=[{"name": here, "read_number": 1}])
    await at_bob.is_told()
    assert not [
        one for event in at_bob.heard("unread") if not event.get("whole") for one in event["rooms"]
        if one["name"] == here
    ]  # fmt: skip


OWN_BAD = [
    ("hello", "bad_json"),
    ("", "bad_json"),
    ("/who", "bad_json"),
    ("[]", "bad_json"),
    ("17\n{}", "bad_json"),
    ('{"type":"post","text":"x"}', "bad_request"),
    ('{"type":"post","text":"x","room":17}', "bad_request"),
    ('{"type":"post","text":"x","room":null}', "bad_request"),
    ('{"type":"post","text":"x","room":["17"]}', "bad_request"),
    ('{"type":"post","text":"x","room":"' + "9" * 300 + '"}', "bad_request"),
    ('{"type":"post","text":"x","room":"1","room":"2"}', "bad_json"),
    ('{"type":"post","text":"x","room":"1","r\\u006fom":"2"}', "bad_json"),
    *(
        ('{"type":"post","text":"x","room":"ID"}'.replace("ID", room), "not_entered")
        for room in ("", "0", "-1", "999999", "99999999999999999999", "9" * 100, "x", "1.0", "１", " {id}")
    ),
    ('{"type":"post","text":"x","room":"0{id}"}', "not_entered"),
    ('{"type":"post","text":"x","room":"+{id}"}', "not_entered"),
    ('{"type":"post","text":"x","room":"{name}"}', "not_entered"),
    ('{"type":"typing","room":"999999"}', "not_entered"),
    ('{"type":"read","number":1,"room":"999999"}', "not_entered"),
    ('{"type":"exit","room":"999999"}', "not_entered"),
    ('{"type":"exit"}', "bad_request"),
    ('{"type":"exit","room":5}', "bad_request"),
    ('{"type":"enter"}', "bad_request"),
    ('{"type":"enter","room":"' + "x" * 101 + '"}', "bad_request"),
    ('{"type":"enter","room":"{name}","since":-1}', "bad_request"),
    ('{"type":"enter","room":"{name}","since":"1"}', "bad_request"),
    ('{"type":"enter","room":"{name}","since":1.5}', "bad_request"),
    ('{"type":"enter","room":"{name}","since":' + "9" * 40 + "}", "bad_request"),
    ('{"type":"enter","room":"{name}","epoch":1}', "bad_request"),
]


async def test_bad_frames_change_nothing(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.connects(), await bob.enters(lobby)
    room = await at_alice.enters(lobby)
    # The frames of a room's socket: as they are, with the room.
    frames = [
        (f'{{"room":"{room}"{"" if frame == "{}" else ","}{frame[1:]}', code)
        for frame, code in BAD
        if frame.startswith("{")
    ]
    frames += [(frame.replace("{id}", room).replace("{name}", lobby), code) for frame, code in OWN_BAD]
    await at_bob.is_told()
    before, told = await alice.history(lobby), len(at_bob.room_events)
    for frame, code in frames:
        await at_alice.types(frame)
        error = await at_alice.hears("error")
        assert error["code"] == code, (frame[:80], error)
        assert "Traceback" not in error["text"]
    await at_alice.ws.send_bytes(b"{}")
    assert (await at_alice.hears("error"))["code"] == "bad_frame"
    await at_alice.is_told()
    await at_bob.is_told()
    assert await alice.history(lobby) == before
    assert [event["type"] for event in at_bob.room_events[told:]] == ["pong"]
    assert (await at_alice.posts(room, "goes on"))["type"] == "receipt"


VALUES = {"text": "x", "number": 1, "emoji": "👍", "on": True, "nonce": "n", "url": "https://example.org"}


@pytest.mark.parametrize("kind", [kind for kind in get_args(Frame) if kind is not Ping])
async def test_no_request_reaches_a_room_that_is_not_entered(
    alice: Person, mallory: Person, cellar: str, kind: type[Frame]
) -> None:
    at_alice, at_mallory = await alice.connects(), await mallory.connects()
    room = await at_alice.enters(cellar)
    await at_alice.posts(room, "what she wrote")
    before, told = await alice.history(cellar), len(at_alice.room_events)
    fields = {name: VALUES[name] for name in kind.__struct_fields__ if name in VALUES}
    await at_mallory.asks(str(kind.__struct_config__.tag), room, **fields)
    assert (await at_mallory.hears("error", nonce="n"))["code"] == "not_entered"
    await at_alice.is_told()
    assert await alice.history(cellar) == before
    assert len(at_alice.room_events) == told + 1


async def test_an_error_carries_the_nonce_of_what_it_is_about(alice: Person, lobby: str) -> None:
    at_alice = await alice.connects()
    room = await at_alice.enters(lobby)
    asked: list[tuple[JsonObject, str, Any]] = [
        ({"type": "post", "text": "x", "room": "999999"}, "not_entered", None),
        ({"type": "post", "text": "x"}, "bad_request", None),
        ({"type": "post", "text": 5, "room": room}, "bad_request", None),
        ({"type": "edit", "number": 99, "text": "x", "room": room}, "no_such_message", room),
    ]
    for number, (request, code, where) in enumerate(asked):
        await at_alice.ws.send_json({**request, "nonce": f"n{number}"})
        error = await at_alice.hears("error", nonce=f"n{number}")
        assert (error["code"], error.get("in")) == (code, where)


async def test_sockets_of_both_kinds_are_counted_together(alice: Person, lobby: str) -> None:
    for _ in range(25):
        await alice.enters(lobby)
        await alice.connects()
    for path in ("/ws", f"/rooms/{lobby}/ws"):
        ws = await alice.http.ws_connect(path, origin=alice.url)
        assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
        assert ws.close_code == 4504


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example"])
async def test_only_pages_of_the_site_may_connect(alice: Person, origin: str | None) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await alice.http.ws_connect("/ws", headers={"Origin": origin} if origin else {})
    assert error.value.status == 403


async def test_who_is_not_signed_in_has_none(cast: Cast) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await cast.stranger().http.ws_connect("/ws", origin=cast.url)
    assert error.value.status == 401


async def test_it_speaks_ones_language(alice: Person) -> None:
    async with alice.http.ws_connect("/ws?language=ru", origin=alice.url) as ws:
        await ws.send_json({"type": "enter", "room": "nowhere"})
        while (event := json.loads((await ws.receive_str()).partition("\n")[0]))["type"] != "refused":
            pass
        assert "комнаты" in event["text"]
