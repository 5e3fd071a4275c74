"""A TCP proxy that a test stands between two programs, to lose what they tell each other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.support.servers import free_port

CHUNK = 1 << 16


class FaultProxy:
    """Forwards connections to a port of this machine. While it withholds, nothing passes, though
    connections stay open."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self.is_gone = False
        """Whether new connections are ended at once, as by a machine on which nobody listens."""
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def withhold(self) -> None:
        """Keeps what comes from either side from now on."""
        self._passes.clear()

    def reset(self) -> None:
        """Ends all connections by a reset, with what was withheld. New ones are forwarded."""
        for writer in self._writers:
            writer.transport.abort()
        self._passes.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_gone:
            writer.transport.abort()
            return
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, there_writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forward(reader, there_writer))
                group.create_task(self._forward(there_reader, writer))
        except* (OSError, RuntimeError):
            pass  # uvloop raises RuntimeError where a transport has been aborted
        finally:
            self._writers -= both
            for end in both:
                end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            await self._passes.wait()
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


@contextlib.asynccontextmanager
async def fault_proxy(target: int) -> AsyncIterator[FaultProxy]:
    """A proxy before a port, as long as the block runs."""
    proxy = FaultProxy(target)
    server = await asyncio.start_server(proxy._accept, "127.0.0.1", proxy.port)
    try:
        yield proxy
    finally:
        server.close()
        proxy.reset()
