"""Signs of life of an event loop: to the supervisor of several workers, or to systemd."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Self

BEAT_SECONDS = 1.0
SILENT_ROUNDS = 9
"""A worker that was silent for so many looks of its supervisor, one each BEAT_SECONDS, hangs."""

BEAT = b"."


async def beat(send: Callable[[], None], seconds: float) -> None:
    """Calls `send` each `seconds`, as long as the event loop runs."""
    while True:
        send()
        await asyncio.sleep(seconds)


class ServiceManager:
    """Tells systemd, or what speaks like it, that this process serves, lives, and stops.

    The protocol is that of sd_notify(3): datagrams to the socket named by NOTIFY_SOCKET, and
    WATCHDOG=1 within each WATCHDOG_USEC microseconds. Without these variables nothing is sent."""

    def __init__(self, address: str, watchdog_seconds: float | None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog_seconds = watchdog_seconds
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """Takes the variables out of the environment: a child must not speak for this process."""
        address = os.environ.pop("NOTIFY_SOCKET", "")
        microseconds = os.environ.pop("WATCHDOG_USEC", "")
        process = os.environ.pop("WATCHDOG_PID", "")
        watched = microseconds.isdecimal() and int(microseconds) > 0 and process in ("", str(os.getpid()))
        return cls(address, int(microseconds) / 1e6 if address and watched else None)

    def ready(self) -> None:
        """Says that this process serves, and goes on saying that it lives. Needs a running loop."""
        self._send("READY=1")
        if self._watchdog_seconds is not None:
            # Three times in each period, so that one late beat doesn't end the process.
            self._task = asyncio.create_task(
                beat(lambda: self._send("WATCHDOG=1"), self._watchdog_seconds / 3)
            )

    def stopping(self) -> None:
        """Says that this process shuts down. It goes on saying that it lives."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto(state.encode(), self._address)
        except OSError:
            # Nobody listens, or too slowly. The next beat tries again.
            return
