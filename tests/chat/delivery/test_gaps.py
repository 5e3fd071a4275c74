"""The database is asked for what other processes committed only where nothing of it arrives."""

import asyncio

import pytest

from chat.delivery.hub import Hub
from chat.envelopes import Batch, EncodedEvent
from chat.history.catch_up import Changes

ROOM = 1


class Subscriptions:
    remote = False

    async def follow(self, room_id: int) -> None: ...
    def unfollow(self, room_id: int) -> None: ...


def event(seq: int) -> EncodedEvent:
    return EncodedEvent(seq, str(seq).encode(), 1, "")


async def test_it_waits_as_long_as_what_lacks_keeps_arriving(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    naps: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def changes_since(_: int, since: int) -> Changes:
        reads.append(since)
        return Changes(5, 5, [event(seq) for seq in range(since + 1, 6)])

    async def last_seqs(_: list[int]) -> dict[int, int]:
        return {}

    async def until_woken(_: float) -> None:
        nap = asyncio.get_running_loop().create_future()
        naps.put_nowait(nap)
        await nap

    hub = Hub(changes_since, last_seqs)
    hub.start(Subscriptions())
    channel = await hub._channel(ROOM)
    monkeypatch.setattr(asyncio, "sleep", until_woken)
    # Seqs 1 and 3 are of another process, which is behind.
    hub.deliver(Batch(ROOM, [event(2)]))
    first = await naps.get()
    hub.deliver(Batch(ROOM, [event(1)]))
    hub.deliver(Batch(ROOM, [event(4)]))
    first.set_result(None)
    second = await naps.get()
    assert (reads, channel.last_seq) == ([], 2)
    # Nothing more of it comes.
    second.set_result(None)
    while channel.has_gap:
        await asyncio.wait([asyncio.create_task(asyncio.to_thread(lambda: None))])
    assert (reads, channel.last_seq) == ([2], 5)
    await hub.close()
