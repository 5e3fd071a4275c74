"""A room's delivery inside one process: order, holes, catching up, and clients that don't read."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chat.delivery.channel import Channel
from chat.envelopes import EncodedEvent
from chat.events import Close, Pong
from chat.history.catch_up import MAX_BEHIND, Changes
from chat.roles import NOTHING_HIDDEN, Past
from helpers.websocket.frames import MAX_UNREAD
from tests.support.people import PATIENCE


class Pipe:
    """A transport whose other side reads only when it is told to."""

    def __init__(self) -> None:
        self.unread = b""
        self.read = b""
        self.reads = True

    def get_write_buffer_size(self) -> int:
        return len(self.unread)

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        if self.reads:
            self.read += data
        else:
            self.unread += data

    def catch_up(self) -> None:
        self.reads = True
        self.read += self.unread
        self.unread = b""


class FakeClient:
    def __init__(self, user_id: int = 0) -> None:
        from helpers.websocket.frames import Outbox

        self.user_id = user_id
        self.room_id = 1
        self.session_id = ""
        self.mark = 0
        self.pipe = Pipe()
        self.outbox = Outbox(self.pipe)  # type: ignore[arg-type]
        self.code: int | None = None
        self.read_number = 0
        self.checked: list[int] = []
        self.connection = self

    is_personal = False

    def stay_in(self, room_id: int) -> "FakeClient | None":
        return self if room_id == self.room_id else None

    @property
    def past(self) -> Past:
        return NOTHING_HIDDEN

    def check_standing(self, code: int = Close.KILLED) -> None:
        self.checked.append(code)

    def end(self, code: int) -> None:
        self.outbox.close()
        self.code = code

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it has read: the payloads of its frames."""
        data, found = self.pipe.read, []
        while data:
            length, start = data[1], 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            found += [json.loads(line) for line in data[start : start + length].split(b"\n")]
            data = data[start + length :]
        return found

    @property
    def seqs(self) -> list[int]:
        return [line["seq"] for line in self.lines if line["type"] == "message"]


def sealed(seq: int, author_id: int = 9, size: int = 0, killed: int = 0) -> EncodedEvent:
    data = json.dumps({"type": "message", "seq": seq, "text": "x" * size}).encode()
    return EncodedEvent(seq, data, author_id, f"n{seq}", killed, Close.KILLED if killed else 0)


class Place:
    """A channel over a history that the test writes."""

    def __init__(self, last_seq: int = 0) -> None:
        self.history = [sealed(seq) for seq in range(1, last_seq + 1)]
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.tasks: list[asyncio.Task[None]] = []
        self.channel = Channel(1, self.changes_since, lambda room_id: [], self.spawn)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def changes_since(self, room_id: int, since: int) -> Changes:
        self.reads += 1
        last = len(self.history)
        events = self.history[since:last] if last - since <= MAX_BEHIND else None
        await self.gate.wait()
        return Changes(last, last, events)

    def commit(self, count: int = 1, *, size: int = 0, author_id: int = 9) -> list[EncodedEvent]:
        """Writes to the history, and returns what would be delivered."""
        new = [
            sealed(len(self.history) + number, size=size, author_id=author_id)
            for number in range(1, count + 1)
        ]
        self.history += new
        return new

    async def enter(
        self, client: FakeClient, since: int | None = 0, hello: Callable[[Changes], Any] | None = None
    ) -> None:
        await self.channel.catch_up(client, since, hello or (lambda changes: Pong()))


@pytest.fixture
async def place() -> Place:
    found = Place(last_seq=3)
    found.channel.start(3)
    return found


async def test_in_order_and_once(place: Place) -> None:
    client = FakeClient()
    await place.enter(client)
    for _ in range(3):
        events = place.commit(2)
        place.channel.receive(events)
        place.channel.receive(events)
    assert client.seqs == list(range(1, 10))


async def test_what_comes_too_early_waits_for_what_is_missing(place: Place) -> None:
    client = FakeClient()
    await place.enter(client)
    first, second, third = place.commit(), place.commit(), place.commit()
    place.channel.receive(third)
    place.channel.receive(second)
    assert client.seqs == [1, 2, 3]
    assert place.channel.has_gap
    place.channel.receive(first)
    assert client.seqs == [1, 2, 3, 4, 5, 6]
    assert not place.channel.has_gap


async def test_a_hole_is_filled_from_the_history(place: Place) -> None:
    client = FakeClient()
    await place.enter(client)
    place.commit(5)
    place.channel.receive(place.commit())
    place.channel.fill(await place.changes_since(1, place.channel.last_seq))
    assert client.seqs == list(range(1, 10))
    assert not place.channel.has_gap


async def test_a_hole_too_large_begins_anew(place: Place) -> None:
    client = FakeClient()
    await place.enter(client)
    place.commit(MAX_BEHIND + 1)
    place.channel.note_last_seq(len(place.history))
    place.channel.fill(await place.changes_since(1, place.channel.last_seq))
    assert client.lines[-1] == {"type": "reset", "seq": len(place.history)}
    place.channel.receive(place.commit())
    assert client.seqs[-1] == len(place.history)


async def test_who_catches_up_while_a_hole_is_too_large_comes_back_for_it(place: Place) -> None:
    """Its snapshot was read before the hole, and the hole was never delivered here: live, it would
    miss what lies between."""
    place.gate.clear()
    client = FakeClient()
    entering = asyncio.create_task(place.enter(client))
    await asyncio.sleep(0)
    place.commit(MAX_BEHIND + 1)
    place.channel.note_last_seq(len(place.history))
    place.channel.fill(Changes(len(place.history), len(place.history), None))
    place.gate.set()
    await entering
    assert client.code == Close.TOO_SLOW
    assert client.seqs == []


async def test_what_comes_while_one_catches_up_follows_it(place: Place) -> None:
    """The history was read before, the events come after; none is missing and none comes twice."""
    place.gate.clear()
    client = FakeClient()
    entering = asyncio.create_task(place.enter(client))
    await asyncio.sleep(0)
    place.channel.receive(place.commit(4))
    place.gate.set()
    await entering
    place.channel.receive(place.commit())
    assert client.seqs == list(range(1, 9))


async def test_who_read_more_than_was_delivered_gets_nothing_twice(place: Place) -> None:
    events = place.commit(4)
    client = FakeClient()
    await place.enter(client)
    assert client.seqs == list(range(1, 8))
    place.channel.receive(events[:2])
    place.channel.receive([*events[2:], *place.commit()])
    assert client.seqs == list(range(1, 9))


async def test_the_author_alone_gets_the_nonce(place: Place) -> None:
    author, other = FakeClient(user_id=5), FakeClient(user_id=6)
    await place.enter(author)
    await place.enter(other)
    place.channel.receive(place.commit(author_id=5))
    await asyncio.sleep(0)
    assert author.lines[-1]["nonce"] == "n4"
    assert "nonce" not in other.lines[-1]


async def test_who_reads_nothing_costs_no_memory_and_misses_nothing(place: Place) -> None:
    slow, quick = FakeClient(), FakeClient()
    await place.enter(slow)
    await place.enter(quick)
    slow.pipe.reads = False
    for _ in range(50):
        place.channel.receive(place.commit(5, size=1000))
        await asyncio.sleep(0)
    assert len(slow.pipe.unread) < MAX_UNREAD + 10_000
    assert quick.seqs == list(range(1, 254))
    slow.pipe.catch_up()
    await asyncio.wait_for(asyncio.gather(*place.tasks), PATIENCE)
    place.channel.receive(place.commit())
    assert slow.seqs == quick.seqs == list(range(1, 255))


async def test_who_never_reads_is_closed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.channel, "_patience", 0.2)
    client = FakeClient()
    await place.enter(client)
    client.pipe.reads = False
    for _ in range(20):
        place.channel.receive(place.commit(5, size=1000))
    await asyncio.wait_for(asyncio.gather(*place.tasks), PATIENCE)
    assert client.code == Close.TOO_SLOW


async def test_a_removal_closes_the_persons_connections_alone(place: Place) -> None:
    clients = [FakeClient(user_id=5), FakeClient(user_id=5), FakeClient(user_id=6)]
    for client in clients:
        await place.enter(client)
    event = sealed(4, killed=5)
    place.history.append(event)
    place.channel.receive([event])
    assert [client.code for client in clients] == [Close.KILLED, Close.KILLED, None]
    assert all(client.seqs == [1, 2, 3, 4] for client in clients), "they are told why"


async def test_what_is_heard_before_the_start_is_delivered_after_it() -> None:
    place = Place(last_seq=3)
    place.channel.receive(place.commit())
    client = FakeClient()
    place.channel.start(3)
    await place.enter(client, since=3)
    assert client.seqs == [4]
    place.channel.receive(place.commit())
    assert client.seqs == [4, 5]


async def test_a_forgotten_client_gets_nothing(place: Place) -> None:
    client = FakeClient()
    await place.enter(client)
    place.channel.forget(client)
    place.channel.receive(place.commit())
    assert client.seqs == [1, 2, 3]


async def test_what_is_fleeting_goes_to_who_is_live_and_reads(place: Place) -> None:
    live, author, slow, early = FakeClient(), FakeClient(user_id=5), FakeClient(), FakeClient()
    for client in (live, author, slow):
        await place.enter(client)
    place.gate.clear()
    entering = asyncio.create_task(place.enter(early))
    await asyncio.sleep(0)
    slow.pipe.reads = False
    slow.pipe.unread = b"x" * (MAX_UNREAD + 1)
    place.channel.send_ephemeral(b'{"type":"typing"}', 5)
    assert live.lines[-1] == {"type": "typing"}
    assert [line for line in author.lines if line["type"] == "typing"] == []
    assert len(slow.pipe.unread) == MAX_UNREAD + 1, "nothing is queued"
    assert slow in place.channel._live, "and it misses nothing by it"
    place.gate.set()
    await entering
    assert [line for line in early.lines if line["type"] == "typing"] == []


async def test_what_is_fleeting_has_no_place_in_the_order(place: Place) -> None:
    client = FakeClient()
    await place.enter(client)
    first, second = place.commit(), place.commit()
    place.channel.receive(second)
    place.channel.send_ephemeral(b'{"type":"typing"}', 5)
    assert place.channel.last_seq == 3
    assert place.channel.has_gap
    place.channel.receive(first)
    place.channel.send_ephemeral(b'{"type":"typing"}', 5)
    assert [line.get("seq") for line in client.lines[-4:]] == [None, 4, 5, None]
