"""Measures posting while others send as fast as they can and never read, and somebody posts what
costs most as fast as one may."""

import contextlib
import json
import multiprocessing
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from typing import ClassVar

from bench.clients.dialects import Dialect
from bench.clients.guests import Guest, Seats
from bench.clients.wire import TEXT, client_frame
from bench.processes import pinned
from bench.reporting.result import Headline, Result
from bench.scenarios.base import WITNESSES
from bench.scenarios.talk import Talk
from bench.stage import Stage

PING = b"\x89\xfd\0\0\0\0" + b"x" * 125
JSON_PING = b"\x81\x8f\0\0\0\0" + b'{"type":"ping"}'
BINARY = b"\x82\x81\0\0\0\0x"
FLOODS = (PING * 200, JSON_PING * 500, BINARY * 500)
SEND_BUFFER = 64 * 1024
START_SECONDS = 60.0

ATTACKS_PER_SECOND = 20.0
"""As many as a site lets one person send; rate limits are off here."""

CODE = "```scala\n" + '"' + "\\" * 60 + "\n```\n" + "**a** `b` @x " * 150


@dataclass(frozen=True)
class Flood(Talk):
    """`floods` of the members only send: pings, requests that cost nothing, and frames that are
    refused. One more sends texts with code and Markdown, at the rate that a person may. The others
    are measured as in Talk."""

    members: int = 223
    senders: int = 20
    rate: float = 100.0
    seconds: float = 10.0
    floods: int = 200

    for_peers: ClassVar[bool] = False

    @property
    def seats(self) -> Seats:
        return Seats(self.rooms, self.members, self.senders, WITNESSES)

    def problem(self) -> str | None:
        if self.rooms != 1 or self.members < self.senders + self.floods + 1 + WITNESSES:
            return "a flood is in one room, which needs senders, an attacker and witnesses beside it"
        return super().problem()

    def measure(self, stage: Stage) -> Result:
        # The witnesses are the first and the last of those who don't send.
        first = self.senders + 1
        mob = stage.guests[first : first + self.floods + 1]
        others = [*stage.guests[:first], *stage.guests[first + len(mob) :]]
        before = stage.memory_kb()[stage.main]
        with _flooding(mob, stage.dialect, stage.cores.generator):
            result = super().measure(replace(stage, guests=others))
            after = stage.memory_kb()[stage.main]
        receipts = result.figures["receipt_ms"]["p99"]
        grown = round((after - before) / 1024, 1)
        return replace(
            result,
            cells={**result.cells, "MB before/after": f"{before / 1024:.0f}/{after / 1024:.0f}"},
            figures={**result.figures, "grown_mb": grown},
            headlines=[Headline("receipt p99 ms", receipts), *result.headlines],
            notes=[*result.notes, f"the others' receipts: p99 {receipts} ms; {grown} MB more in the workers"],
        )


@contextlib.contextmanager
def _flooding(mob: Sequence[Guest], dialect: Dialect, cores: set[int]) -> Iterator[None]:
    """Another process does it, since it never waits."""
    context = multiprocessing.get_context("fork")
    connected = context.Event()
    process = context.Process(target=_flood, args=(mob, dialect, cores, connected), daemon=True)
    process.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not connected.wait(0.1):
            if not process.is_alive() or time.monotonic() > deadline:
                raise OSError("the flood didn't begin")
        yield
    finally:
        process.terminate()
        process.join()


def _flood(mob: Sequence[Guest], dialect: Dialect, cores: set[int], connected: Event) -> None:
    with pinned(cores), contextlib.ExitStack() as stack, select.epoll() as poll:
        sockets = {}
        for guest in mob:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", guest.address.port)))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            connection.sendall(dialect.request(guest))
            if not connection.recv(12).endswith(b" 101"):
                raise OSError("somebody of the flood wasn't let in")
            connection.setblocking(False)
            if guest is mob[-1]:
                attacker = connection
                continue
            sockets[connection.fileno()] = connection
            poll.register(connection, select.EPOLLOUT)
        connected.set()
        unsent = {descriptor: FLOODS[place % len(FLOODS)] for place, descriptor in enumerate(sockets)}
        floods = dict(unsent)
        began, attacks, attack = time.monotonic(), 0, b""
        while True:
            for descriptor, _ in poll.poll(0.01):
                try:
                    count = sockets[descriptor].send(unsent[descriptor])
                except BlockingIOError:
                    continue
                except OSError:
                    poll.unregister(descriptor)
                    continue
                unsent[descriptor] = unsent[descriptor][count:] or floods[descriptor]
            if not attack and attacks < (time.monotonic() - began) * ATTACKS_PER_SECOND:
                attacks += 1
                attack = _attack(attacks)
            # It reads what comes, or it would be one of the flood.
            with contextlib.suppress(BlockingIOError):
                while attacker.recv(1 << 20):
                    pass
            with contextlib.suppress(BlockingIOError):
                attack = attack[attacker.send(attack) :] if attack else attack


def _attack(number: int) -> bytes:
    post = {"type": "post", "text": f"{CODE}{number}", "nonce": f"attack{number}"}
    return client_frame(TEXT, json.dumps(post).encode())
