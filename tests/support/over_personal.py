"""A room over a personal socket, in the place of the room's own: what its tests say and hear is the
same by both."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp

from helpers.text.strict_json import looks_like_object

KILLED, UNAVAILABLE = 4501, 4002


class OverPersonal:
    """What a Listener needs of a room's socket. A room that is refused or closed is told as its own
    socket would: by an `error`, and by its close code."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, name: str) -> None:
        self.ws = ws
        self.name = name
        self.room_id = ""
        self.close_code: int | None = None
        self._is_told = asyncio.Event()
        self._early: list[str] = []
        """What is of no room and came before the room's hello, which is the first of its socket."""

    async def enter(self, since: int | None, epoch: str | None) -> None:
        given = {"since": since, "epoch": epoch}
        fields = {name: value for name, value in given.items() if value is not None}
        await self.ws.send_json({"type": "enter", "room": self.name, **fields})

    def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
        return self._frames()

    async def _frames(self) -> AsyncIterator[SimpleNamespace]:
        async for frame in self.ws:
            first, _, rest = frame.data.partition("\n")
            if first.isdigit():
                if not self.room_id:
                    hello = json.loads(rest.partition("\n")[0])
                    assert (hello["type"], hello["entered"], hello["room"]["id"]) == (
                        *("hello", self.name),
                        first,
                    )
                    self.room_id = first
                    self._is_told.set()
                    rest = "\n".join([rest, *self._early])
                assert first == self.room_id
                yield SimpleNamespace(data=rest)
                continue
            lines = [line for line in map(self._as_of_room, frame.data.split("\n")) if line]
            if not self.room_id and self.close_code is None:
                self._early += lines
            elif lines:
                yield SimpleNamespace(data="\n".join(lines))
            if self.close_code is not None:
                await self.ws.close()
                return
        self.close_code = self.ws.close_code

    def _as_of_room(self, line: str) -> str | None:
        event = json.loads(line)
        if event["type"] == "hello":
            return None
        if event["type"] == "closed":
            assert event["room"] == self.room_id
            self.close_code = event["code"]
            return None
        if event["type"] == "refused":
            assert event["room"] == self.name
            self.close_code = UNAVAILABLE if "retry_after" in event else KILLED
            return json.dumps({**event, "type": "error"})
        return line

    async def send_json(self, request: dict[str, Any]) -> None:
        await self._is_told.wait()
        await self.ws.send_json({"room": self.room_id, **request})

    async def send_str(self, text: str) -> None:
        """A line as typed is a post here. What looks like an object is one, broken as it may be."""
        if not looks_like_object(text):
            await self.send_json({"type": "post", "text": text})
            return
        await self._is_told.wait()
        comma = "" if text == "{}" else ","
        await self.ws.send_str(f'{{"room":"{self.room_id}"{comma}{text[1:]}')

    async def send_bytes(self, data: bytes) -> None:
        await self.ws.send_bytes(data)

    async def close(self) -> None:
        await self.ws.close()

    @property
    def closed(self) -> bool:
        return self.ws.closed

    def get_extra_info(self, name: str) -> Any:
        return self.ws.get_extra_info(name)

    @property
    def _writer(self) -> Any:
        return self.ws._writer
