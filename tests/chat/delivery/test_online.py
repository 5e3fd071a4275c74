"""Who is online, wherever on the site they are: told to those who share a room or a conversation with
them, in no history; what a page has, changed by what is told, is what a fresh page shows."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.chat.actions.test_conversations import opens
from tests.conftest import LIMITS_OFF, Cast, patient_env, unique
from tests.support.accounts import accounts_of
from tests.support.people import PATIENCE, JsonObject, Listener, Person
from tests.support.presence import are_online, online_in
from tests.support.room_state import RoomState, differences, embedded
from tests.support.servers import Aiochat, Postgres, Redis
from timings import Timings

QUICK = Timings(store_marks=0.1, unread_round=0.1, grace=0.5)


@pytest.fixture(scope="module")
def sqlite_chat() -> Iterator[Aiochat]:
    with Aiochat(env=LIMITS_OFF, timings=QUICK) as server:
        yield server


@pytest.fixture(scope="module")
def postgres_chat(postgres: Postgres, redis: Redis) -> Iterator[Aiochat]:
    with Aiochat(env=patient_env(postgres, redis, "online"), timings=QUICK) as server:
        yield server


def told(listener: Listener, name: str) -> list[bool]:
    """What was told of somebody, in order."""
    return [
        name in event.get("names", [])
        for event in listener.heard("online")
        if name in [*event.get("names", []), *event.get("offline", [])]
    ]


async def hears(listener: Listener, name: str, *, online: bool) -> JsonObject:
    """The next event that tells so."""
    while True:
        event = await listener.hears("online")
        if name in event.get("names" if online else "offline", []):
            return event


@pytest.mark.usefixtures("door")
async def test_who_comes_and_goes_is_told_and_is_in_no_history(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    at_bob = await bob.enters(lobby)
    came = await hears(at_alice, bob.name, online=True)
    await at_bob.close()
    went = await hears(at_alice, bob.name, online=False)
    assert went["version"] > came["version"]
    assert await online_in(alice, lobby) == {alice.name}
    await bob.enters(lobby)
    again = await hears(at_alice, bob.name, online=True)
    assert again["version"] > went["version"]
    assert await online_in(alice, lobby) == {alice.name, bob.name}
    assert [line["kind"] for line in await alice.history(lobby)] == ["created", "joined"]
    assert (await at_alice.says("first"))["seq"] == 3, "no seq was taken either"


async def test_who_has_another_room_open_is_online(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, in_lobby = await alice.enters(lobby), await bob.enters(lobby)
    await are_online(alice, lobby, alice, bob)
    other = unique("Other")
    await bob.creates(other)
    await bob.enters(other)
    await in_lobby.close()
    await alice.connects()
    # As long as it takes to go, somebody else goes.
    await _comes_and_goes(at_alice, alice, lobby)
    assert told(at_alice, bob.name)[-1:] == [True]
    assert await online_in(alice, lobby) == {alice.name, bob.name}


async def _comes_and_goes(at_viewer: Listener, viewer: Person, room: str) -> None:
    """Somebody else, whose going is told after that of who has gone before."""
    name = unique("carol")
    accounts_of(viewer.url).add(name)
    someone = await Person(viewer.url, name).returns()
    await someone.enters(room)
    await hears(at_viewer, name, online=True)
    await someone.close()
    await hears(at_viewer, name, online=False)


async def test_a_reconnect_within_the_grace_time_says_nothing(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await are_online(alice, lobby, alice, bob)
    await at_bob.close()
    await bob.connects()
    await _comes_and_goes(at_alice, alice, lobby)
    assert False not in told(at_alice, bob.name)


async def test_it_is_told_to_those_who_share_a_room_and_to_nobody_else(
    cast: Cast, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    """Once to each connection, also outside of rooms, and of the members of rooms that aren't open."""
    cellar = unique("Second")
    await alice.creates(cellar)
    before = [await bob.enters(lobby), await bob.enters(cellar)]
    await are_online(alice, lobby, bob)
    for listener in before:
        await listener.close()
    await are_online(alice, lobby)
    other = unique("Other")
    await alice.creates(other)
    listeners = [await alice.connects(), await alice.enters(lobby), await alice.enters(other)]
    stranger = await mallory.connects()
    await bob.enters(cellar)
    for listener in listeners:
        await hears(listener, bob.name, online=True)
    carol = await cast.person("carol")
    await carol.enters(lobby)
    await hears(listeners[0], carol.name, online=True)
    assert told(listeners[0], bob.name)[-1:] == [True]
    assert len([event for event in listeners[0].heard("online") if bob.name in event.get("names", [])]) == 1
    await stranger.is_told()
    assert told(stranger, bob.name) == told(stranger, carol.name) == []


async def test_of_conversations_it_is_told_at_once_and_later(
    cast: Cast, alice: Person, bob: Person, mallory: Person
) -> None:
    await opens(alice, bob)
    await opens(alice, mallory)
    await bob.connects()
    listener = await alice.connects()
    whole = await listener.hears("online", whole=True)
    while bob.name not in whole.get("names", []):
        # He may have come at the same time, and with her.
        whole = await listener.hears("online")
    listed = (await alice.gets("/rooms?only=own"))["online"]
    assert (listed["names"], listed["whole"]) == ([bob.name], True)
    await mallory.connects()
    await hears(listener, mallory.name, online=True)
    # One that is new is told with all others.
    carol = await cast.person("carol")
    await carol.connects()
    await opens(carol, alice)
    await hears(listener, carol.name, online=True)


async def test_who_enters_is_told_what_has_changed_since_the_page_was_made(
    alice: Person, bob: Person, lobby: str
) -> None:
    before = await bob.enters(lobby)
    await are_online(alice, lobby, bob)
    await before.close()
    await are_online(alice, lobby)
    page = await embedded(alice, lobby)
    await bob.enters(lobby)
    await are_online(alice, lobby, bob)
    at_alice = await alice.enters(lobby, since=page["last_seq"], epoch=page["epoch"])
    assert (await hears(at_alice, bob.name, online=True))["version"] > page["online"]["version"]


async def _is_the_same(viewer: Person, room: str, page: JsonObject, listener: Listener) -> None:
    """Waits until the page, changed by what was told, is what a fresh one shows."""
    found = ["nothing was compared"]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while found:
                await listener.is_told()
                state, fresh = RoomState(page), RoomState(await embedded(viewer, room))
                for event in listener.events:
                    state.take(event)
                # It is told over personal sockets alone.
                state.room.pop("id", None)
                found = differences(state.shown(), fresh.shown())
                await asyncio.sleep(0.02)
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("door")
async def test_a_page_that_was_told_shows_what_a_fresh_one_shows(
    cast: Cast, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    """People come and go, join and leave, here, elsewhere and in conversations."""
    carol = await cast.person("carol")
    await opens(alice, mallory)
    other = unique("Other")
    await carol.creates(other)
    page = await embedded(alice, lobby)
    at_alice = await alice.enters(lobby, since=page["last_seq"], epoch=page["epoch"])
    steps: list[Callable[[], object]] = [
        lambda: bob.enters(lobby),
        lambda: carol.enters(other),
        lambda: carol.enters(lobby),
        lambda: mallory.connects(),
        lambda: _close(bob),
        lambda: carol.listeners[-1].types("/leave"),
        lambda: carol.enters(lobby),
        lambda: _close(mallory),
        lambda: bob.connects(),
        lambda: _close(carol),
    ]
    for step in steps:
        await step()  # type: ignore[misc]
        await _is_the_same(alice, lobby, page, at_alice)
    await are_online(alice, lobby, alice, bob)
    await _is_the_same(alice, lobby, page, at_alice)


async def _close(person: Person) -> None:
    for listener in person.listeners:
        await listener.close()


async def test_a_refused_connection_makes_nobody_online(alice: Person, bob: Person, lobby: str) -> None:
    """One whose session has ended meanwhile."""
    at_bob = await bob.enters(lobby)
    await are_online(alice, lobby, bob)
    await at_bob.close()
    at_alice = await alice.enters(lobby)
    await are_online(alice, lobby, alice)
    before = len(told(at_alice, bob.name))
    await bob.logs_out()
    with contextlib.suppress(Exception):
        await bob.http.ws_connect("/ws", origin=bob.url)
    await _comes_and_goes(at_alice, alice, lobby)
    assert len(told(at_alice, bob.name)) == before
