"""Who is typing: told to the room's others while it happens, seldom enough, and kept nowhere."""

import math
import time
from typing import Any

import msgspec
import pytest

from chat.delivery.typing import MAX_TRACKED, SHOWN_SECONDS, TypingIndicators
from chat.envelopes import EphemeralEvent
from tests.support.people import Listener, Person, person
from tests.support.servers import Aiochat
from timings import DEFAULT


async def types(listener: Listener, **fields: Any) -> None:
    await listener.ws.send_json({"type": "typing", **fields})


def told(listener: Listener) -> list[tuple[str, bool]]:
    return [(event["name"], event["on"]) for event in listener.heard("typing")]


async def test_the_others_hear_it_and_it_is_kept_nowhere(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob, bobs_other = await alice.enters(lobby), await bob.enters(lobby), await bob.enters(lobby)
    await at_bob.is_told()
    before = await alice.history(lobby)
    await types(at_bob)
    assert await at_alice.hears("typing") == {"type": "typing", "name": bob.name, "on": True}
    await types(at_bob, on=False)
    assert await at_alice.hears("typing") == {"type": "typing", "name": bob.name, "on": False}
    for own in (at_bob, bobs_other):
        await own.is_told()
        assert not told(own)
    back = await alice.enters(lobby, since=0)
    assert not told(back)
    assert await alice.history(lobby) == before
    assert (await at_bob.says("there"))["seq"] == before[-1]["seq"] + 1


async def test_it_stays_in_its_room(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    in_lobby, in_cellar, at_bob = (
        await alice.enters(lobby),
        await alice.enters(cellar),
        await bob.enters(lobby),
    )
    await types(at_bob, on=True)
    await in_lobby.hears("typing")
    await in_cellar.is_told()
    assert not told(in_cellar)


async def test_a_nonce_is_answered(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await types(at_alice, nonce="n-1")
    assert await at_alice.hears("receipt") == {"type": "receipt", "nonce": "n-1"}
    await types(at_alice)
    await types(at_alice, on=False, nonce="n-2")
    assert await at_alice.hears("receipt") == {"type": "receipt", "nonce": "n-2"}


async def test_who_writes_types_no_longer(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await types(at_bob)
    await at_bob.says("written")
    await types(at_bob, on=False)
    await at_bob.says("more")
    await at_alice.hears("message", number=2)
    assert told(at_alice) == [(bob.name, True)], "the message says the rest"


async def test_who_asks_for_something_types_no_longer(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await types(at_bob)
    await at_bob.says("/help")
    await at_alice.hears("typing", on=False)


BAD: dict[str, Any] = {
    "on: a word": {"on": "yes"},
    "on: a number": {"on": 1},
    "on: null": {"on": None},
    "nonce: a number": {"nonce": 5},
    "nonce: empty": {"nonce": ""},
    "nonce: long": {"nonce": "n" * 65},
    "nonce: spaces": {"nonce": "a b"},
    "nonce: not ASCII": {"nonce": "é"},
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_request_is_told_to_nobody(
    alice: Person, bob: Person, lobby: str, name: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await types(at_bob, **BAD[name])
    assert (await at_bob.hears("error"))["code"] == (
        "bad_nonce" if isinstance(BAD[name].get("nonce"), str) else "bad_request"
    )
    await at_bob.says("still here")
    await at_alice.hears("message", number=1)
    assert not told(at_alice)


async def test_a_thousand_cost_nothing_to_others(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    began = time.monotonic()
    for _ in range(500):
        await types(at_bob)
        await types(at_bob, on=False)
    await at_bob.says("at last")
    took = time.monotonic() - began
    await at_alice.hears("message", number=1)
    assert 1 <= told(at_alice).count((bob.name, True)) <= 1 + math.floor(took / DEFAULT.typing)
    assert told(at_alice).count((bob.name, False)) <= told(at_alice).count((bob.name, True))


async def test_no_message_is_refused_for_them(own_servers: None) -> None:
    with Aiochat() as server:
        async with person(server.url, "alice") as alice:
            await alice.joins()
            await alice.creates("Garden")
            at_alice = await alice.enters("Garden")
            for _ in range(150):
                await types(at_alice)
            assert (await at_alice.says("not too fast"))["type"] == "receipt"


class Told:
    """What was told, at times that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.events: list[tuple[int, str, bool]] = []
        self.typing = TypingIndicators(self._tell, lambda: self.now)

    def _tell(self, ephemeral: EphemeralEvent) -> None:
        event = msgspec.json.decode(ephemeral.data)
        self.events.append((ephemeral.room_id, event["name"], event["on"]))


def test_each_is_told_of_once_in_a_while() -> None:
    told = Told()
    for step in range(40):
        told.now = 1000 + step / 10
        told.typing.start(1, 7, "bob")
        told.typing.start(1, 8, "carol")
    assert told.events == [(1, "bob", True), (1, "carol", True)] * 2


def test_rooms_are_apart() -> None:
    told = Told()
    for room_id in (1, 2, 1, 2):
        told.typing.start(room_id, 7, "bob")
    told.typing.stop(2, 7, "bob")
    assert told.events == [(1, "bob", True), (2, "bob", True), (2, "bob", False)]


def test_an_end_is_told_once_and_only_of_a_beginning() -> None:
    told = Told()
    told.typing.stop(1, 7, "bob")
    for _ in range(3):
        told.typing.start(1, 7, "bob")
        told.typing.stop(1, 7, "bob")
    assert told.events == [(1, "bob", True), (1, "bob", False)]
    told.now += DEFAULT.typing
    told.typing.start(1, 7, "bob")
    told.typing.posted(1, 7)
    told.typing.stop(1, 7, "bob")
    assert told.events[2:] == [(1, "bob", True)]


def test_typists_are_forgotten() -> None:
    told = Told()
    for turn in range(3):
        told.now += SHOWN_SECONDS
        for user_id in range(MAX_TRACKED):
            told.typing.start(1, user_id + turn * MAX_TRACKED, "x")
    assert len(told.typing._sent_at) <= MAX_TRACKED
    assert len(told.typing._shown) <= MAX_TRACKED
    assert len(told.events) == 3 * MAX_TRACKED
