"""Rooms that are entered over personal sockets, inside one process: what is built once, what waits for
what, and that nothing stays behind."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from accounts.keys import Successor
from accounts.models import User
from chat.actions.dispatch import Dispatcher
from chat.commands.running import runner
from chat.doors.sockets.websocket import ENTERING_AT_ONCE, MAX_UNANSWERED
from chat.models import Member, Room
from chat.requests import RunCommand
from chat.roles import Role, Standing
from helpers.limits import Buckets
from helpers.websocket import frames
from tests.support.in_process import ALICE, BOB, CELLAR, PersonalTab, Site, Tab, until

ATTIC = 2
FIFTY = 50


@pytest.fixture
async def attic(site: Site) -> Room:
    """Another room with Bob."""
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number", "created_at"), 0)
    await Room.insert(id=ATTIC, name="Attic", slug="attic", topic="", kind="open", **counters).aio_execute()
    await Member.insert(
        room=ATTIC, user=BOB.id, role=Role.MEMBER, present=True, read_number=0, joined_at=0
    ).aio_execute()
    room: Room = await Room.aio_get(Room.id == ATTIC)
    return room


@pytest.fixture(autouse=True)
async def nothing_stays(site: Site) -> AsyncIterator[None]:
    """After the last connection is gone the hub holds nothing of it."""
    yield
    hub = site.engine.hub
    for connection in hub.connections:
        connection.websocket.connection_lost(None)  # type: ignore[attr-defined]
    await until(lambda: not hub._by_room and not hub._channels)
    assert not hub._connections
    assert not hub._by_user
    index = site.engine.unread._index
    assert not index.readers
    assert not index._rooms


def personal(site: Site, *rooms: Room) -> PersonalTab:
    tab = PersonalTab(site.here, site.bob)
    for room in rooms:
        tab.says("enter", room=room.name)
    return tab


async def entered(site: Site, *rooms: Room) -> PersonalTab:
    tab = personal(site, *rooms)
    for room in rooms:
        await tab.hears("caught_up", **{"in": str(room.id)})
    return tab


async def test_a_frame_is_built_once_for_fifty(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[bytes] = []
    build = frames.text_frame

    def counted(payload: bytes) -> bytes:
        built.append(payload)
        return build(payload)

    tabs = [await entered(site, site.room) for _ in range(FIFTY)]
    monkeypatch.setattr(frames, "text_frame", counted)
    before = [len(tab.transport.written) for tab in tabs]
    await site.posts("for all of them")
    site.finds()
    for tab in tabs:
        await tab.hears("message", text="for all of them")
    with_it = [payload for payload in built if b"for all of them" in payload]
    assert len(with_it) == 1
    assert with_it[0].startswith(b"1\n{")
    assert {
        tab.transport.written[size:].count(build(with_it[0])) for tab, size in zip(tabs, before, strict=True)
    } == {1}
    built.clear()
    site.engine.typing_indicators.start(CELLAR, ALICE.id, ALICE.name)
    assert built == [b'1\n{"type":"typing","name":"alice","on":true}']


async def test_both_kinds_of_sockets_cost_two_frames(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[bytes] = []
    build = frames.text_frame
    tabs = [await entered(site, site.room) for _ in range(5)]
    rooms = [await site.entered() for _ in range(5)]

    def counted(payload: bytes) -> bytes:
        built.append(payload)
        return build(payload)

    monkeypatch.setattr(frames, "text_frame", counted)
    await site.posts("for all of them")
    site.finds()
    for tab in (*tabs, *rooms):
        await tab.hears("message", text="for all of them")
    with_it = sorted(payload for payload in built if b"for all of them" in payload)
    assert len(with_it) == 2
    assert with_it[0] == b"1\n" + with_it[1]


async def test_a_room_that_is_slow_to_enter_holds_up_no_other(
    site: Site, attic: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = asyncio.Event()
    read = site.engine.hub._changes_since

    async def held(room_id: int, since: int) -> Any:
        if room_id == CELLAR:
            await may_go_on.wait()
        return await read(room_id, since)

    monkeypatch.setattr(site.engine.hub, "_changes_since", held)
    tab = personal(site, site.room, attic)
    await tab.hears("caught_up", **{"in": str(ATTIC)})
    tab.says("ping")
    await tab.hears("pong")
    assert not tab.heard("hello", **{"in": str(CELLAR)})
    # A request for the slow one waits, and what follows it, in order.
    tab.says("post", room=str(CELLAR), text="waits", nonce="a")
    tab.says("post", room=str(ATTIC), text="behind it", nonce="b")
    for _ in range(20):
        await asyncio.sleep(0)
    assert not tab.heard("receipt")
    may_go_on.set()
    assert (await tab.hears("receipt", nonce="a"))["in"] == str(CELLAR)
    assert (await tab.hears("receipt", nonce="b"))["in"] == str(ATTIC)


async def test_one_enters_in_turns(site: Site, attic: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    may_go_on = asyncio.Event()
    read = site.engine.hub._changes_since

    async def held(room_id: int, since: int) -> Any:
        begun.append(room_id)
        await may_go_on.wait()
        return await read(room_id, since)

    monkeypatch.setattr(site.engine.hub, "_changes_since", held)
    tabs = [personal(site, site.room, attic) for _ in range(ENTERING_AT_ONCE)]
    await until(lambda: len(begun) == ENTERING_AT_ONCE)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(begun) == ENTERING_AT_ONCE
    may_go_on.set()
    for tab in tabs:
        await until(lambda tab=tab: len(tab.heard("caught_up")) == 2)


async def test_who_goes_away_while_they_enter_leaves_nothing(
    site: Site, attic: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = asyncio.Event()
    read = site.engine.hub._changes_since

    async def held(room_id: int, since: int) -> Any:
        await may_go_on.wait()
        return await read(room_id, since)

    monkeypatch.setattr(site.engine.hub, "_changes_since", held)
    gone, exiting = personal(site, site.room, attic), personal(site, site.room)
    await until(lambda: len(site.engine.hub._by_room) == 2 and len(site.engine.hub._by_room[CELLAR]) == 2)
    gone.close()
    exiting.says("exit", room=str(CELLAR))
    exiting.says("post", room=str(CELLAR), text="too late", nonce="n")
    assert (await exiting.hears("error", nonce="n"))["code"] == "not_entered"
    may_go_on.set()
    await until(lambda: not site.engine.hub._by_room)
    assert not exiting.heard("hello", **{"in": str(CELLAR)})


async def test_a_request_that_waited_for_what_was_refused_is_told_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = asyncio.Event()
    read = site.engine.access.standing

    async def held(room_id: int, user: User) -> Standing:
        await may_go_on.wait()
        return await read(room_id, user)

    monkeypatch.setattr(site.engine.access, "standing", held)
    tab = personal(site, site.room)
    tab.says("post", room=str(CELLAR), text="waits", nonce="n")
    await until(lambda: bool(tab.connection._entering))  # type: ignore[union-attr]
    await site.kill()
    may_go_on.set()
    assert (await tab.hears("refused"))["code"] == "not_a_member"
    assert (await tab.hears("error", nonce="n"))["code"] == "not_entered"


async def test_a_database_that_is_away_is_told_as_such(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> Any:
        raise ConnectionError("the database is away")

    tab = await entered(site)
    for owner, name in ((site.engine.access, "find"), (site.engine.hub, "_changes_since")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, away)
            tab.says("enter", room="cellar", since=0)
            refused = await tab.hears("refused")
            assert (refused["code"], refused["room"]) == ("unavailable", "cellar")
            assert refused["retry_after"] > 0
        tab.transport.written = b""
    tab.says("enter", room="cellar")
    await tab.hears("caught_up")


async def test_who_reads_nothing_gets_what_they_missed_in_each_room(site: Site, attic: Room) -> None:
    tab = await entered(site, site.room, attic)
    tab.transport.unread = 1_000_000
    await site.posts("while he read nothing")
    site.finds()
    await until(lambda: site.engine.hub._channels[CELLAR].last_seq == 1)
    assert not tab.heard("message")
    tab.transport.unread = 0
    assert (await tab.hears("message", text="while he read nothing"))["in"] == str(CELLAR)
    await site.posts("and now")
    site.finds()
    await tab.hears("message", text="and now")
    assert [event["seq"] for event in tab.heard("message")] == [1, 2]


async def test_a_session_that_goes_on_keeps_its_rooms_and_one_that_ended_loses_them(
    site: Site, attic: Room
) -> None:
    tab = await entered(site, site.room, attic)
    site.engine.hub.end_session("session of bob", Successor("renewed", 0))
    await site.posts("goes on")
    site.finds()
    await tab.hears("message", text="goes on")
    assert site.engine.hub.open_sessions() == {("renewed", BOB.id)}
    site.engine.hub.end_session("renewed")
    assert await tab.ends() == 4503
    assert not tab.heard("closed")
    await site.posts("not for him")
    site.finds()
    await until(lambda: site.engine.hub._channels[CELLAR].last_seq == 2)
    assert not tab.heard("message", text="not for him")


async def test_one_who_is_not_signed_in_any_more_is_told_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended(session_id: str, user_id: int) -> bool:
        return False

    monkeypatch.setitem(site.here.__dict__, "is_signed_in", ended)
    tab = personal(site, site.room)
    assert await tab.ends() == 4503
    assert not tab.events


async def test_posts_of_all_rooms_wait_together(site: Site, attic: Room) -> None:
    """A socket is paused at so many unanswered posts, in whichever rooms they are."""
    tab = await entered(site, site.room, attic)
    for number in range(2 * MAX_UNANSWERED):
        tab.says("post", room=str((CELLAR, ATTIC)[number % 2]), text="x", nonce=f"n{number}")
        assert tab.connection._unanswered <= MAX_UNANSWERED
    await until(lambda: len(tab.heard("receipt")) == 2 * MAX_UNANSWERED)
    nonces = [event["nonce"] for event in tab.heard("receipt", **{"in": str(ATTIC)})]
    assert nonces == [f"n{number}" for number in range(1, 2 * MAX_UNANSWERED, 2)]


async def test_frames_of_all_connections_are_counted_together(site: Site, attic: Room) -> None:
    limits = Buckets(0.001, 10)
    handlers: dict[type, Any] = {RunCommand: runner(site.here.commands)}
    strict = replace(site.here, dispatcher=Dispatcher(site.engine, limits, handlers))
    tab, other = PersonalTab(strict, site.bob, site.room), Tab(strict, site.bob, site.room)
    for one in (tab, other):
        await one.hears("caught_up")
    for number in range(4):
        tab.connection.on_text(json.dumps({"type": "post", "room": "1", "text": "x", "nonce": f"a{number}"}))
        other.says("post", text="x", nonce=f"b{number}")
    tab.connection.on_text("{}")
    assert (await tab.hears("error"))["code"] == "bad_request", "it is the last that is paid for"
    other.says("post", text="x", nonce="too much")
    assert (await other.hears("error", nonce="too much"))["code"] == "rate_limited"
    tab.connection.on_text(json.dumps({"type": "enter", "room": "attic"}))
    refused = await tab.hears("refused")
    assert (refused["code"], refused["retry_after"] > 0) == ("rate_limited", True)


def _frames_of(chance: random.Random) -> str:
    """A frame that may be anything, more often than not a little wrong."""
    values: list[Any] = [
        *("1", "2", "", "0", "x", "cellar", "ATTIC", "nowhere", 1, None, True, -1, 2**70, [], {}, "1\n{}"),
        *("😀", "n" * 65, "/me waves", "/who", "/nothing", "9" * 99),
    ]
    types = ["enter", "exit", "post", "edit", "delete", "undelete", "react", "pin", "read", "typing", "ping"]
    fields = ["room", "text", "nonce", "number", "emoji", "on", "back", "since", "epoch", "reply_to"]
    request = {name: chance.choice(values) for name in chance.sample(fields, chance.randint(0, 5))}
    request["type"] = chance.choice([*types, *types, *values])
    if chance.random() < 0.7:
        request["room"] = chance.choice(["1", "2", "cellar", "attic"])
    text = json.dumps(request)
    if chance.random() < 0.2:
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(["", "\\", '"', "\n", "{", "\0"]) + text[place + 1 :]
    return text


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_sent_is_answered_and_breaks_nothing(
    site: Site, attic: Room, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(seed)
    watching = Tab(site.here, await User.aio_get(User.id == ALICE.id), site.room)
    tab = await entered(site, site.room)
    for _ in range(150):
        tab.connection.on_text(_frames_of(chance))
        await until(lambda: not tab.connection._is_busy)
    tab.says("ping")
    await tab.hears("pong")
    assert tab.connection.is_closing is False
    known = {
        *("hello", "unread", "pong", "error", "refused", "receipt", "notice", "message", "changed", "typing"),
        *("caught_up", "reset", "presence", "closed", "cleared"),
    }
    assert {event["type"] for event in tab.events} <= known
    assert not [event for event in tab.events if event.get("code") == "broken"]
    assert {event["in"] for event in tab.events if "in" in event} <= {str(CELLAR), str(ATTIC)}
    assert not [event for event in watching.events if event["type"] in ("error", "refused", "closed")]
    assert not caplog.records
    tab.close()
    watching.close()
