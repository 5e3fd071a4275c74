"""What a connection reads before it is live."""

import asyncio
from typing import Any

import pytest

from chat.delivery.channel import Channel
from chat.doors.sockets.websocket import ENTERING_AT_ONCE
from tests.support.in_process import Site, until

pytestmark = pytest.mark.usefixtures("by_both")


async def test_connections_of_one_person_read_in_turns(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them may read megabytes, and others wait for the database too."""
    begun: list[int] = []
    may_go_on = asyncio.Event()
    read = site.engine.hub._changes_since

    async def held(room_id: int, since: int) -> Any:
        begun.append(since)
        await may_go_on.wait()
        return await read(room_id, since)

    monkeypatch.setattr(site.engine.hub, "_changes_since", held)
    await site.posts("to be read")
    tabs = [site.enters(since=0) for _ in range(ENTERING_AT_ONCE + 3)]
    await until(lambda: len(begun) >= ENTERING_AT_ONCE)
    for _ in range(20):
        await asyncio.sleep(0)
    # One that goes away while it waits takes no turn.
    tabs[-1].close()
    assert len(begun) == ENTERING_AT_ONCE
    may_go_on.set()
    for tab in tabs[:-1]:
        await tab.hears("caught_up")
    assert len(begun) == ENTERING_AT_ONCE + 2


async def test_who_reads_slowly_keeps_no_turn(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    may_go_on = asyncio.Event()
    write = Channel._write_slowly

    async def held(channel: Channel, client: Any, lines: list[bytes]) -> None:
        begun.append(client)
        await may_go_on.wait()
        await write(channel, client, lines)

    monkeypatch.setattr(Channel, "_write_slowly", held)
    tabs = [site.enters(since=0) for _ in range(ENTERING_AT_ONCE + 2)]
    await until(lambda: len(begun) == len(tabs))
    may_go_on.set()
    for tab in tabs:
        await tab.hears("caught_up")
