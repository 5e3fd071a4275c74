"""Finds out which WebSockets have lost their peer, and which have one that doesn't read."""

import asyncio
import contextvars
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Protocol

from helpers.tasks import cancel_all
from helpers.websocket.turns import Turns

BEAT_SECONDS = 1.0

STALLED_SECONDS = 20.0


class Pinged(Protocol):
    @property
    def unread(self) -> int:
        """Bytes that the peer hasn't read, apart from what the kernel has taken."""

    def ping(self) -> None: ...
    def stall(self) -> None: ...


class KeepAlive:
    """Pings every WebSocket once in `heartbeat` seconds, a share of them each `beat` seconds, and
    drops those that have sent nothing since. Tells those whose peer leaves too much unread for
    `stalled` seconds without progress. `close_seconds` is how long the peer's answer to a close
    frame is awaited.

    One task serves all: a timer each would cost more than the pings."""

    def __init__(
        self,
        stalled: float = STALLED_SECONDS,
        heartbeat: float = 25.0,
        close_seconds: float = 2.0,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self.turns = Turns()
        self.close_seconds = close_seconds
        self._stalled = stalled
        self._beat_seconds = beat
        self._shares: list[set[Pinged]] = [set() for _ in range(max(1, round(heartbeat / beat)))]
        self._next_share: Iterator[set[Pinged]] = cycle(self._shares)
        self._full: dict[Pinged, tuple[int, float]] = {}
        """The fewest unread bytes so far, and since when."""
        self._task = asyncio.create_task(self._beat(), name="keep_alive", context=contextvars.Context())

    def join(self, websocket: Pinged) -> set[Pinged]:
        """Adds the WebSocket to a share and returns the share. A WebSocket removes itself when it
        closes."""
        share = next(self._next_share)
        share.add(websocket)
        return share

    async def close(self) -> None:
        await cancel_all([self._task])

    def watch(self, websocket: Pinged) -> None:
        """Its peer leaves too much unread."""
        self._full[websocket] = websocket.unread, time.monotonic()

    def forget(self, websocket: Pinged) -> None:
        self._full.pop(websocket, None)

    async def _beat(self) -> None:
        for share in cycle(self._shares):
            await asyncio.sleep(self._beat_seconds)
            for websocket in list(share):
                websocket.ping()
            now = time.monotonic()
            for websocket, (fewest, since) in list(self._full.items()):
                if websocket.unread < fewest:
                    self._full[websocket] = websocket.unread, now
                elif now - since >= self._stalled:
                    self.forget(websocket)
                    websocket.stall()
