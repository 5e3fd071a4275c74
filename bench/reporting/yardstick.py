"""Measures this machine's speed at three operations of a chat server. Compare figures of different
machines only together with these."""

import os
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

SECONDS = 0.3
FRAME_BYTES = 256
BLOCK = bytes(8192)


@dataclass(frozen=True)
class Yardstick:
    """Operations per second on one core: additions in a Python loop, frames sent over loopback,
    blocks appended and synced."""

    additions: int
    sends: int
    syncs: int

    def __str__(self) -> str:
        return (
            f"{self.additions / 1e6:.1f}M additions, {self.sends / 1e3:.0f}k sends, "
            f"{self.syncs / 1e3:.1f}k syncs a second"
        )


def take_yardstick() -> Yardstick:
    """Measures the machine; takes about a second."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as sender,
        server.accept()[0] as reader,
        tempfile.TemporaryFile() as file,
    ):
        frame = bytes(FRAME_BYTES)

        def send() -> None:
            sender.send(frame)

        def sync() -> None:
            file.write(BLOCK)
            file.flush()
            os.fdatasync(file.fileno())

        return Yardstick(_rate(_add) * 1000, _rate(send, lambda: reader.recv(1 << 20)), _rate(sync))


def _add() -> None:
    total = 0
    for number in range(1000):
        total += number


def _rate(work: Callable[[], object], tidy_up: Callable[[], object] = lambda: None) -> int:
    """Returns how often per second the work can be done. The time of `tidy_up` isn't counted."""
    done, spent = 0, 0.0
    while spent < SECONDS:
        begin = time.perf_counter()
        work()
        spent += time.perf_counter() - begin
        done += 1
        tidy_up()
    return round(done / spent)
