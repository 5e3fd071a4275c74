"""What the generator says to servers that aren't aiochat: each conversation word by word, against a
server that only knows its lines."""

import functools
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from bench.clients.base import Client, RoomTotals, Sender, Window
from bench.clients.checks import Verdict
from bench.clients.dialects import Echoing, JetStream, Nats, PlainChat, SharedState, SocketIo
from bench.clients.echoed import EchoSender
from bench.clients.guests import Address, Seats
from bench.clients.wire import BINARY, PONG, TEXT
from bench.texts import OFFICE, PLAIN, Texts
from helpers.websocket.frames import text_frame

SEATS = Seats(rooms=1, members=3, senders=1, witnesses=1)
SENDER, COUNTER, WITNESS = (SEATS.guest(place, "", [Address(1, "http://127.0.0.1:1")]) for place in range(3))
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        theirs.settimeout(10)
        yield ours, theirs


def binary_frame(payload: bytes) -> bytes:
    return b"\x82" + text_frame(payload)[1:]


def said_by(theirs: socket.socket) -> tuple[int, bytes]:
    """The client's next frame, whose mask must be there and is of zeros."""

    def read(count: int) -> bytes:
        data = theirs.recv(count, socket.MSG_WAITALL)
        assert len(data) == count, "the client went away"
        return data

    first, second = read(2)
    assert second & 0x80
    length = second & 0x7F
    size = int.from_bytes(read(2), "big") if length == 126 else length
    assert read(4) == bytes(4)
    return first & 15, read(size)


CONNECT = (
    BINARY,
    b'CONNECT {"verbose":false,"pedantic":false,"protocol":1}\r\nSUB rooms.bench0 1\r\nPING\r\n',
)
STREAM = b'{"name":"rooms","subjects":["rooms.*"],"storage":"file"}'

CONVERSATIONS: dict[str, tuple[Echoing, list[tuple[bytes, list[tuple[int, bytes]]]]]] = {
    "plain": (PlainChat(), [(text_frame(b'{"joined": "bench0"}'), [])]),
    "socket.io": (
        SocketIo(),
        [
            (
                text_frame(
                    b'0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
                ),
                [(TEXT, b"40")],
            ),
            (text_frame(b'40{"sid":"b"}'), [(TEXT, b'420["join", "bench0", "u0"]')]),
            (text_frame(b"430[]"), []),
        ],
    ),
    "NATS": (
        Nats(),
        [(binary_frame(b'INFO {"server_id":"N"}\r\n'), [CONNECT]), (binary_frame(b"PONG\r\n"), [])],
    ),
    "JetStream": (
        JetStream(),
        [
            (binary_frame(b'INFO {"server_id":"N"}\r\n'), [CONNECT]),
            (
                binary_frame(b"PONG\r\n"),
                [
                    (BINARY, b"SUB created 3\r\n"),
                    (BINARY, b"PUB $JS.API.STREAM.CREATE.rooms created %d\r\n%s\r\n" % (len(STREAM), STREAM)),
                ],
            ),
            (
                binary_frame(b'MSG created 3 40\r\n{"config":{},"created":"2026-11-21T09:30:00Z"}\r\n'),
                [(BINARY, b"SUB answers.00000.* 2\r\n")],
            ),
        ],
    ),
}
"""What the server says, and what the client answers to each of it."""


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_guest_comes_in_word_by_word(name: str, pair: tuple[socket.socket, socket.socket]) -> None:
    dialect, lines = CONVERSATIONS[name]
    ours, theirs = pair
    heard: list[tuple[int, bytes]] = []

    def serve() -> None:
        theirs.sendall(UPGRADED)
        for line, answers in lines:
            theirs.sendall(line)
            heard.extend(said_by(theirs) for _ in answers)

    server = threading.Thread(target=serve)
    server.start()
    assert dialect.enter(ours, SENDER) == (0, b"")
    server.join(10)
    assert heard == [answer for _, answers in lines for answer in answers]


def test_what_comes_behind_the_entry_is_kept(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(UPGRADED + text_frame(b'{"joined": "bench0"}') + text_frame(b"x" * 200)[:50])
    assert PlainChat().enter(ours, COUNTER) == (0, text_frame(b"x" * 200)[:50])


def test_a_refusal_is_told(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
    with pytest.raises(ConnectionError, match="404"):
        PlainChat().enter(ours, COUNTER)


@pytest.mark.parametrize("turn", range(len(OFFICE.lines)))
def test_messages_are_what_each_server_expects(turn: int, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    said = {}
    for name, (dialect, _) in CONVERSATIONS.items():
        ours.sendall(OFFICE.frames(SENDER, functools.partial(dialect.template, SENDER))(turn))
        said[name] = said_by(theirs)[1]
    expected = OFFICE.message(SENDER, turn)
    assert json.loads(said["plain"]) == {"text": expected}
    assert said["socket.io"][:2] == b"42"
    assert json.loads(said["socket.io"][2:]) == ["message", {"text": expected}]
    for name, answer_to in (("NATS", b""), ("JetStream", b" answers.00000.%08d" % turn)):
        head, payload, end = said[name].split(b"\r\n")
        assert head == b"PUB rooms.bench0%s %d" % (answer_to, len(payload))
        assert json.loads(payload) == {"author": "u0", "text": expected}
        assert end == b""


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_jetstream_answers_when_it_has_stored(size: int, pair: tuple[socket.socket, socket.socket]) -> None:
    sender = JetStream().client(pair[0], SENDER, SharedState(Window(), {}, answers_bring_more=False))
    assert isinstance(sender, EchoSender)
    sender.post(2, 0.0)
    own = b"MSG rooms.bench0 1 answers.00000.00000001 149\r\n" + PLAIN.message(SENDER, 1).encode() + b"\r\n"
    heard(sender, binary_frame(own), size)
    assert (sender.count, sender.waiting) == (1, {0, 1})
    heard(sender, binary_frame(b'MSG answers.00000.00000001 2 26\r\n{"stream":"rooms","seq":2}\r\n'), size)
    assert (sender.count, sender.waiting) == (1, {0})


@pytest.mark.parametrize(
    ("name", "ping", "pong"),
    [
        ("plain", b"\x89\x02hi", (PONG, b"hi")),
        ("socket.io", text_frame(b"2"), (TEXT, b"3")),
        ("NATS", binary_frame(b"PING\r\n"), (BINARY, b"PONG\r\n")),
    ],
)
def test_pings_are_answered(
    name: str, ping: bytes, pong: tuple[int, bytes], pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    client = CONVERSATIONS[name][0].client(ours, COUNTER, SharedState(Window(), {}, answers_bring_more=False))
    client.begin(0, ping)
    assert said_by(theirs) == pong
    assert (client.pings, client.count) == (1, 0)


def heard(client: Client, data: bytes, size: int) -> None:
    for at in range(0, len(data), size):
        client.take(bytearray(data[at : at + size]), len(data[at : at + size]))


class Crew:
    """One of each kind, who hear the same."""

    def __init__(self, ours: socket.socket, sent: int) -> None:
        dialect, self.senders = PlainChat(), dict[int, Sender]()
        shared = SharedState(Window(), self.senders, answers_bring_more=False)
        sender = dialect.client(ours, SENDER, shared)
        assert isinstance(sender, EchoSender)
        sender.post(sent, 0.0)
        self.sender = self.senders[0] = sender
        self.others = [dialect.client(ours, guest, shared) for guest in (COUNTER, WITNESS)]

    def verdicts(self, data: bytes, size: int) -> list[Verdict]:
        """Of the counter and the witness, after both and the sender heard this."""
        for client in (self.sender, *self.others):
            heard(client, data, size)
        totals = RoomTotals(0, self.sender.acknowledged, len(self.sender.sent))
        return [client.verdict(totals) for client in self.others]


def spoken(*turns: int, texts: Texts = PLAIN, joined: bool = False) -> bytes:
    lines = [
        json.dumps({"author": "u0", "text": texts.message(SENDER, turn), "at": 1.5}).encode()
        for turn in turns
    ]
    return text_frame(b"\r\n".join(lines)) if joined else b"".join(map(text_frame, lines))


@pytest.mark.parametrize("size", [1, 7, 64, 333, 100_000])
@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("texts", [OFFICE, PLAIN], ids=["office", "plain"])
def test_messages_are_counted_however_they_are_cut(
    size: int, joined: bool, texts: Texts, pair: tuple[socket.socket, socket.socket]
) -> None:
    crew = Crew(pair[0], 300)
    assert crew.verdicts(spoken(*range(300), texts=texts, joined=joined) + b"\x89\x00", size) == [
        Verdict(),
        Verdict(),
    ]
    assert [client.count for client in (crew.sender, *crew.others)] == [300, 300, 300]
    assert not crew.sender.waiting


def test_what_is_wrong_is_found(pair: tuple[socket.socket, socket.socket]) -> None:
    swapped, doubled, lost = Verdict(out_of_order=1), Verdict(duplicates=1), Verdict(lost=1)
    assert Crew(pair[0], 4).verdicts(spoken(0, 2, 1, 3), 1000) == [Verdict(), swapped]
    assert Crew(pair[0], 4).verdicts(spoken(0, 1, 1, 2, 3), 1000) == [doubled, doubled]
    crew = Crew(pair[0], 4)
    heard(crew.sender, spoken(0, 1, 2, 3), 1000)
    for client in crew.others:
        heard(client, spoken(0, 1, 3), 1000)
        assert client.verdict(RoomTotals(0, 4, 4)) == lost
        assert not client.has_all(RoomTotals(0, 4, 4))
