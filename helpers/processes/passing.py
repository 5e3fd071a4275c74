"""Passes open connections from one worker of a supervisor to another (SCM_RIGHTS of unix(7)): the
kernel gives a new connection to any of them, and only its request tells where it is best served.

Each worker receives on a datagram socket, which is named by its slot in the supervisor's private
folder. A datagram arrives whole or not at all; where none can be sent, since the other worker is
away or has too many to handle, the connection stays where it is."""

import array
import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

log = logging.getLogger("aiochat.worker")

MAX_BYTES = 64 * 1024
"""Of what goes with a connection. A datagram socket takes about three times as much."""

AT_ONCE = 32
"""Connections received in one iteration of the event loop."""

DEPART_SECONDS = 1.0
"""For the answer to a handshake to be taken by the kernel."""

Receive = Callable[[bytes, socket.socket], None]


class Passing:
    """The worker of `slot` among `count`. `open` binds to the slot's name, and a successor takes the
    name over; what was sent before is still received."""

    def __init__(self, folder: Path, slot: int, count: int) -> None:
        self._folder = folder
        self._slot = slot
        self._count = count
        self._socket: socket.socket | None = None

    def slot_of(self, number: int) -> int | None:
        """The slot that serves what has this number. None where that is this worker's own."""
        slot = number % self._count
        return None if slot == self._slot else slot

    def open(self, receive: Receive) -> None:
        """From now on `receive` is called with what was sent, and with the connection, which it must
        close."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.setblocking(False)
        temporary = self._folder / f"passed-{self._slot}-{os.getpid()}"
        made.bind(str(temporary))
        temporary.rename(self._path(self._slot))
        self._socket = made
        asyncio.get_running_loop().add_reader(made, self._on_readable, receive)

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def send(self, slot: int, data: bytes, connection: int) -> bool:
        """Passes the open file `connection` on, of which this process keeps its own. False where
        that can't be done now."""
        if self._socket is None or len(data) > MAX_BYTES:
            return False
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection]))]
        try:
            return self._socket.sendmsg([data], rights, 0, str(self._path(slot))) == len(data)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOENT, errno.ECONNREFUSED):
                log.warning("a connection can't be passed on: %s", error.strerror)
            return False

    def _path(self, slot: int) -> Path:
        return self._folder / f"passed-{slot}"

    def _on_readable(self, receive: Receive) -> None:
        for _ in range(AT_ONCE):
            if self._socket is None:
                return
            try:
                data, files, _, _ = socket.recv_fds(self._socket, MAX_BYTES, 1)
            except BlockingIOError:
                return
            except OSError:
                log.exception("a passed connection can't be received")
                return
            for number in files:
                with contextlib.ExitStack() as stack:
                    connection = stack.enter_context(socket.socket(fileno=number))
                    connection.setblocking(False)
                    receive(data, connection)
                    stack.pop_all()


class Departing(asyncio.Protocol):
    """A connection whose reading is paused. Once everything that was written to it is sent, `send`
    passes it on; where that fails, or takes too long, `stay` serves it here. `on_lost` is called when
    it is closed here."""

    def __init__(
        self,
        transport: asyncio.Transport,
        send: Callable[[int], bool],
        stay: Callable[[], None],
        on_lost: Callable[[], None] | None,
    ) -> None:
        self._transport = transport
        self._send = send
        self._stay = stay
        self._on_lost = on_lost
        transport.set_protocol(self)
        self._late = asyncio.get_running_loop().call_later(DEPART_SECONDS, stay)
        if not transport.get_write_buffer_size():
            self.resume_writing()

    def resume_writing(self) -> None:
        self._late.cancel()
        if self._transport.is_closing():
            return
        if self._send(self._transport.get_extra_info("socket").fileno()):
            self._transport.abort()
        else:
            self._stay()

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        if self._on_lost is not None:
            self._on_lost()


class Arriving(asyncio.Protocol):
    """Reads of a passed connection until that is paused."""

    def __init__(self) -> None:
        self.early = b""

    def data_received(self, data: bytes) -> None:
        self.early += data


async def arrive(connection: socket.socket) -> tuple[asyncio.Transport, bytes]:
    """Opens a passed connection. Its reading is paused, and what was read before is returned."""
    loop = asyncio.get_running_loop()
    transport, arriving = await loop.connect_accepted_socket(Arriving, connection)
    transport.pause_reading()
    return transport, arriving.early


PASSING = web.AppKey("passing", Passing)
"""Only in a worker of a supervisor."""
