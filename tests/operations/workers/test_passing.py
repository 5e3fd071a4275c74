"""`serve --workers N`: whichever worker the kernel gives a connection to, a room's connections are
served by one."""

import asyncio
import itertools
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from yarl import URL

from helpers.processes.passing import MAX_BYTES, Departing, Passing, arrive
from tests.conftest import unique
from tests.operations.workers.test_supervisor import _processes, _wait_for, _workers
from tests.support.people import Listener, Person
from tests.support.servers import Postgres, Redis

MANY = 12
"""Connections to a room. By the kernel's choice alone all of them meet one worker once in 2,048."""


async def _ended(listener: Listener) -> bool:
    """Whether the connection is lost: what is posted in the room either arrives or doesn't."""
    await listener.ends()
    return True


async def test_a_room_is_served_by_one_worker(postgres: Postgres, redis: Redis) -> None:
    with _workers(postgres, redis) as server:
        alice = await Person(server.url, unique("alice")).joins()
        bob = await Person(server.url, unique("bob")).joins()
        rooms = [unique("even"), unique("odd")]
        for room in rooms:
            await alice.creates(room)
        at = {room: [await bob.enters(room) for _ in range(MANY)] for room in rooms}
        for room in rooms:
            await at[room][0].says("before")
            for listener in at[room]:
                await listener.hears("message", text="before")
        victim = _processes(server)[0]
        os.kill(victim, signal.SIGKILL)
        ends = {room: [asyncio.create_task(_ended(one)) for one in at[room]] for room in rooms}
        every = [task for tasks in ends.values() for task in tasks]
        async with asyncio.timeout(60):
            done, _ = await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
            [gone] = [room for room in rooms if done & set(ends[room])]
            [other] = [room for room in rooms if room != gone]
            await asyncio.gather(*ends[gone])
        # Its room is served on, by the worker that is left or by a new one.
        again = [await bob.enters(gone) for _ in range(MANY)]
        await again[0].says("after")
        for listener in again:
            await listener.hears("message", text="after")
        assert not any(task.done() for task in ends[other])
        await at[other][0].says("after")
        for listener in at[other]:
            await listener.hears("message", text="after")
        _wait_for(lambda: "serves again" in server.tail(1000))
        for task in ends[other]:
            task.cancel()
        await bob.close()
        await alice.close()


async def test_a_personal_socket_hears_rooms_of_every_worker(postgres: Postgres, redis: Redis) -> None:
    """It is served where it arrives. When that worker dies, nothing is missed in any of its rooms."""
    with _workers(postgres, redis) as server:
        alice = await Person(server.url, unique("alice")).joins()
        bob = await Person(server.url, unique("bob")).joins()
        rooms = [unique("even"), unique("odd")]
        for room in rooms:
            await alice.creates(room)
        sockets = [await bob.connects() for _ in range(MANY)]
        ids = {}
        for room in rooms:
            [ids[room]] = {await one.enters(room) for one in sockets}
        speaking = {room: await alice.enters(room) for room in rooms}
        for room in rooms:
            await speaking[room].says(f"to {room}")
            for one in sockets:
                assert (await one.hears("message", text=f"to {room}"))["in"] == ids[room]
        seen = {room: (await alice.history(room))[-1]["seq"] for room in rooms}
        epoch = sockets[0].events[0]["epoch"]
        os.kill(_processes(server)[0], signal.SIGKILL)
        ends = [asyncio.create_task(_ended(one)) for one in sockets]
        async with asyncio.timeout(60):
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        _wait_for(lambda: "serves again" in server.tail(1000))
        for room in rooms:
            again = await alice.enters(room)
            await again.says(f"missed in {room}")
        back = [await bob.connects() for _ in range(MANY)]
        for one in back:
            for room in rooms:
                await one.enters(room, since=seen[room], epoch=epoch)
                told = one.heard("message", kind="post", **{"in": ids[room]})
                assert [event["text"] for event in told] == [f"missed in {room}"]
        for task in ends:
            task.cancel()
        await bob.close()
        await alice.close()


async def test_what_is_sent_with_the_handshake_is_read(postgres: Postgres, redis: Redis) -> None:
    """A frame behind the request may be read by the worker that passes the connection on."""
    with _workers(postgres, redis) as server:
        alice = await Person(server.url, unique("alice")).joins()
        nonces = itertools.count()
        for room in (unique("even"), unique("odd")):
            await alice.creates(room)
            cookies = alice.http.cookie_jar.filter_cookies(URL(server.url))
            cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
            head = [
                f"GET /rooms/{room}/ws HTTP/1.1",
                f"Host: 127.0.0.1:{server.port}",
                *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                f"Origin: {server.url}",
                f"Cookie: {cookie}",
            ]
            for _ in range(4):
                frame = b'{"type":"post","text":"early","nonce":"%d"}' % next(nonces)
                masked = bytes((0x81, 0x80 | len(frame))) + bytes(4) + frame
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write("\r\n".join([*head, "", ""]).encode() + masked)
                async with asyncio.timeout(60):
                    await reader.readuntil(b'"type":"receipt"')
                writer.close()
        await alice.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        yield ours, theirs


class Received:
    """What a worker was sent."""

    def __init__(self, place: Passing) -> None:
        self.found: asyncio.Queue[tuple[bytes, socket.socket]] = asyncio.Queue()
        place.open(lambda data, connection: self.found.put_nowait((data, connection)))

    async def next(self) -> tuple[bytes, socket.socket]:
        async with asyncio.timeout(60):
            return await self.found.get()


async def test_a_connection_that_is_passed_goes_on(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, two = Passing(tmp_path, 0, 2), Passing(tmp_path, 1, 2)
    assert [one.slot_of(number) for number in range(3)] == [None, 1, None]
    ours, theirs = pair
    at_one, at_two = Received(one), Received(two)
    try:
        assert one.send(1, b"ticket", theirs.fileno())
        theirs.close()
        data, passed = await at_two.next()
        assert data == b"ticket"
        ours.send(b"hello")
        transport, early = await arrive(passed)
        transport.write(b"answer")
        async with asyncio.timeout(60):
            assert await asyncio.get_running_loop().sock_recv(ours, 100) == b"answer"
        assert early in (b"", b"hello")
        transport.abort()
        assert at_one.found.empty()
    finally:
        one.close()
        two.close()


async def test_where_nobody_receives_it_stays(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, two = Passing(tmp_path, 0, 2), Passing(tmp_path, 1, 2)
    _, theirs = pair
    assert not one.send(1, b"", theirs.fileno()), "before anything is open"
    Received(one)
    assert not one.send(1, b"", theirs.fileno()), "the other isn't there yet"
    at_two = Received(two)
    assert not one.send(1, bytes(MAX_BYTES + 1), theirs.fileno())
    sent = 0
    while one.send(1, b"%d" % sent, theirs.fileno()):
        sent += 1
        assert sent < 10_000, "a worker that doesn't read takes no end of them"
    # A successor takes the name over, and what was sent before arrives.
    later = Passing(tmp_path, 1, 2)
    at_later = Received(later)
    assert one.send(1, b"later", theirs.fileno())
    data, connection = await at_later.next()
    connection.close()
    assert data == b"later"
    for number in range(sent):
        data, connection = await at_two.next()
        assert data == b"%d" % number
        connection.close()
    later.close()
    two.close()
    assert not one.send(1, b"", theirs.fileno()), "it is gone"
    one.close()


async def test_it_leaves_when_all_that_was_written_is_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    loop = asyncio.get_running_loop()
    transport, _ = await arrive(theirs)
    transport.set_write_buffer_limits(high=0)
    asked: list[int] = []
    calls: list[str] = []

    def note(what: str) -> Callable[[], None]:
        return lambda: calls.append(what)

    def send(connection: int) -> bool:
        asked.append(transport.get_write_buffer_size())
        return True

    transport.write(bytes(10_000_000))
    Departing(transport, send, note("stay"), note("lost"))
    assert not asked
    async with asyncio.timeout(60):
        read = 0
        while read < 10_000_000:
            read += len(await loop.sock_recv(ours, 1_000_000))
        while "lost" not in calls:
            await asyncio.sleep(0.01)
    assert (asked, calls) == ([0], ["lost"])
