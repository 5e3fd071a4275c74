"""Who has a room in front of them: told to the room, while it is true, and kept nowhere."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chat.delivery import viewers
from chat.delivery.viewers import RoomViewers
from chat.envelopes import ViewerChange, ViewerChanges
from tests.chat.delivery.test_channel import FakeClient
from tests.support.in_process import BOB, PersonalTab, Site, Tab, until
from tests.support.people import Listener, Person
from timings import DEFAULT

pytestmark = pytest.mark.usefixtures("by_both")

FAST = replace(DEFAULT, viewers_gather=0.001, viewers_again=0.02)


async def views(listener: Listener, **fields: Any) -> None:
    await listener.ws.send_json({"type": "viewing", **fields})


async def test_the_room_is_told_who_comes_and_goes(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.is_told()
    assert not at_alice.heard("viewing"), "who is connected need not look"
    before = await alice.history(lobby)
    await views(at_bob, nonce="n")
    assert await at_bob.hears("receipt") == {"type": "receipt", "nonce": "n"}
    assert await at_alice.hears("viewing") == {"type": "viewing", "names": [bob.name]}
    again = await alice.enters(lobby)
    assert await again.hears("viewing") == {"type": "viewing", "names": [bob.name], "whole": True}
    await views(at_bob, on=False)
    assert await at_alice.hears("viewing") == {"type": "viewing", "gone": [bob.name]}
    await views(at_bob)
    await at_alice.hears("viewing", names=[bob.name])
    await at_bob.close()
    await at_alice.hears("viewing", gone=[bob.name])
    assert await alice.history(lobby) == before


async def test_who_has_it_twice_is_gone_once(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    first, second = await bob.enters(lobby), await bob.enters(lobby)
    await views(first)
    await views(second)
    await at_alice.hears("viewing", names=[bob.name])
    await first.close()
    await views(second, nonce="n")
    await second.hears("receipt")
    await second.close()
    await at_alice.hears("viewing", gone=[bob.name])
    assert len(at_alice.heard("viewing")) == 2


async def test_who_is_removed_is_in_the_room_no_more(site: Site) -> None:
    tab = await site.entered()
    tab.says("viewing")
    await until(lambda: site.engine.viewers.of_room(site.room.id))
    await site.kill()
    site.finds()
    await tab.ends()
    tab.says("viewing")
    tab.close()
    await until(lambda: not site.engine.viewers._here)
    await until(lambda: not site.engine.viewers.of_room(site.room.id))


async def test_leaving_the_room_over_a_personal_socket_ends_it(site: Site) -> None:
    tab: Tab = PersonalTab(site.here, site.bob, site.room)
    await tab.hears("caught_up")
    tab.says("viewing")
    await tab.hears("viewing", names=[BOB.name])
    tab.says("exit")
    await until(lambda: not site.engine.viewers._here)
    tab.close()


class Process:
    """The viewers of a process, and a client of its own in the room. What it publishes comes to the
    others, as long as it is heard."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.others: list[Process] = []
        self.is_heard = True
        self.viewers = RoomViewers(lambda _: [self.client], self._publish, FAST)

    def _publish(self, changes: ViewerChanges) -> None:
        for other in self.others if self.is_heard else ():
            other.viewers.heard(changes)

    def start(self, name: str) -> None:
        self.viewers.start(self.client, name)

    def stop(self, name: str) -> None:
        self.viewers.stop(self.client, name)

    @property
    def known(self) -> set[str]:
        """Whom its client takes to be there."""
        found: set[str] = set()
        for event in self.client.lines:
            found = set() if event.get("whole") else found
            found = (found | set(event.get("names", ()))) - set(event.get("gone", ()))
        return found


@pytest.fixture
async def processes() -> AsyncIterator[tuple[Process, Process]]:
    here, there = Process(), Process()
    here.others, there.others = [there], [here]
    for one in (here, there):
        one.viewers.open()
    yield here, there
    for one in (here, there):
        await one.viewers.close()


async def test_processes_tell_each_other(processes: tuple[Process, Process]) -> None:
    here, there = processes
    here.start("alice")
    there.start("bob")
    await until(lambda: here.known == there.known == {"alice", "bob"})
    here.start("bob")
    there.stop("bob")
    here.stop("alice")
    await until(lambda: here.known == there.known == {"bob"})
    here.stop("bob")
    await until(lambda: here.known == there.known == set())
    await until(lambda: not there.viewers._elsewhere)
    assert there.viewers._kept == 0


async def test_what_is_lost_is_told_again(processes: tuple[Process, Process]) -> None:
    here, there = processes
    here.is_heard = False
    here.start("alice")
    await until(lambda: here.known == {"alice"})
    assert there.known == set()
    here.is_heard = True
    await until(lambda: there.known == {"alice"})


async def test_a_process_that_is_gone_leaves_nobody(processes: tuple[Process, Process]) -> None:
    here, there = processes
    here.start("alice")
    await until(lambda: there.known == {"alice"})
    here.is_heard = False
    await until(lambda: there.known == set())
    assert there.viewers._kept == 0


async def test_who_reads_too_slowly_is_told_all_of_it_later(processes: tuple[Process, Process]) -> None:
    here, _ = processes
    here.client.pipe.reads = False
    here.client.outbox.write(b"x" * 200_000)
    assert here.client.outbox.is_full
    here.start("alice")
    await until(lambda: here.viewers._missed)
    here.client.pipe.unread = b""
    here.client.pipe.reads = True
    await until(lambda: here.known == {"alice"})
    assert here.client.lines == [{"type": "viewing", "names": ["alice"], "whole": True}]
    assert not here.viewers._missed


async def test_of_a_crowd_nothing_is_told(
    processes: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MAX_TOLD", 2)
    here, there = processes
    here.start("alice")
    there.start("bob")
    await until(lambda: here.known == {"alice", "bob"})
    here.start("carol")
    await until(lambda: here.known == there.known == set())
    assert not here.viewers.of_room(1)
    there.stop("bob")
    await until(lambda: here.known == there.known == {"alice", "carol"})


async def test_no_more_is_kept_of_others_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "MAX_KEPT", 3)
    one = Process()
    one.viewers.heard(ViewerChanges("other", [ViewerChange(room, "a", True) for room in range(9)]))
    assert one.viewers._kept == 3
    assert len(one.viewers._elsewhere) == 3
    await asyncio.sleep(0)
