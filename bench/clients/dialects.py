"""The protocols of the measured servers: entering a room, sending, and recognising messages."""

import json
import re
import socket
from abc import ABC, abstractmethod
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.clients.base import Client, Sender, Window
from bench.clients.echoed import EchoCounter, EchoSender, EchoWitness, Pattern, message_of
from bench.clients.guests import Guest
from bench.clients.numbered import NumberedCounter, NumberedSender, NumberedWitness, after_caught_up
from bench.clients.wire import (
    BINARY,
    DATA,
    TEXT,
    Frames,
    after_upgrade,
    client_frame,
    frame_template,
    more,
    upgrade,
)
from bench.texts import OFFICE, Texts


@dataclass(frozen=True)
class SharedState:
    """State shared by the clients of a run. With `answers_bring_more`, each answer triggers the
    sender's next message."""

    window: Window
    senders: dict[int, Sender]
    answers_bring_more: bool
    texts: Texts = OFFICE


class Dialect(ABC):
    """The protocol of one kind of server."""

    @abstractmethod
    def request(self, guest: Guest) -> bytes:
        """Returns the request that opens the connection."""

    @abstractmethod
    def enter(self, connection: socket.socket, guest: Guest) -> tuple[int, bytes]:
        """Waits until the guest, whose request was sent, is in the room. Returns the room's last
        seq, or 0, and bytes that were already received after that. Raises OSError if the guest is
        refused."""

    @abstractmethod
    def client(
        self, connection: socket.socket, guest: Guest, shared: SharedState, address: bytes = b""
    ) -> Client:
        """Returns the guest's client. The caller adds a sender to the shared state's senders. `address`
        is what requests begin with, where a protocol needs it."""


class Aiochat(Dialect):
    """docs/protocol.md."""

    def request(self, guest: Guest, query: str = "") -> bytes:
        path = f"/rooms/{guest.room_name}/ws{query}"
        return upgrade(path, guest.address.host, guest.address.origin, f"Cookie: session={guest.token}")

    def enter(self, connection: socket.socket, guest: Guest) -> tuple[int, bytes]:
        data = after_upgrade(connection)
        while (found := after_caught_up(data)) is None:
            data += more(connection)
        return found

    def client(
        self, connection: socket.socket, guest: Guest, shared: SharedState, address: bytes = b""
    ) -> Client:
        if guest.is_sender:
            return NumberedSender(
                connection,
                guest,
                shared.window,
                shared.texts,
                answers_bring_more=shared.answers_bring_more,
                address=address,
            )
        if guest.is_witness:
            return NumberedWitness(connection, guest.room, shared.window, shared.senders)
        return NumberedCounter(connection, guest.room, shared.window)


class Echoing(Dialect):
    """Servers that answer a message by sending the message itself."""

    @abstractmethod
    def template(self, guest: Guest, text: bytes) -> bytes:
        """Returns the frame for `text` in the guest's room, with a placeholder `%08d`."""

    def answer(self, guest: Guest) -> Pattern:
        """Returns the pattern of the answers to the guest's messages."""
        return message_of(guest.index)

    def reply(self, payload: bytes) -> bytes | None:
        """Returns the answer to a frame without a message, if the protocol demands one."""
        return None

    def client(
        self, connection: socket.socket, guest: Guest, shared: SharedState, address: bytes = b""
    ) -> Client:
        if guest.is_sender:
            frame = shared.texts.frames(guest, lambda text: self.template(guest, text))
            known_by, more = self.answer(guest), shared.answers_bring_more
            return EchoSender(
                connection,
                guest.room,
                shared.window,
                self.reply,
                guest.index,
                known_by,
                frame,
                answers_bring_more=more,
            )
        if guest.is_witness:
            return EchoWitness(connection, guest.room, shared.window, self.reply, shared.senders)
        return EchoCounter(connection, guest.room, shared.window, self.reply)


class PlainChat(Echoing):
    """The small servers in bench/peers: the room is in the path, messages are JSON, and `{"joined":
    room}` comes first."""

    def request(self, guest: Guest) -> bytes:
        return upgrade(
            f"/rooms/{guest.room_name}?{urlencode({'name': guest.name})}",
            guest.address.host,
            guest.address.origin,
        )

    def enter(self, connection: socket.socket, guest: Guest) -> tuple[int, bytes]:
        return 0, Handshake(connection).until(b'"joined"')

    def template(self, guest: Guest, text: bytes) -> bytes:
        return frame_template(TEXT, b'{"text":"' + text + b'"}')


class SocketIo(Echoing):
    """socket.io 4 over Engine.IO 4, with the WebSocket transport from the start."""

    def request(self, guest: Guest) -> bytes:
        return upgrade("/socket.io/?EIO=4&transport=websocket", guest.address.host, guest.address.origin)

    def enter(self, connection: socket.socket, guest: Guest) -> tuple[int, bytes]:
        handshake = Handshake(connection)
        handshake.until(b'0{"sid"')
        handshake.say(TEXT, b"40")
        handshake.until(b'40{"sid"')
        handshake.say(TEXT, b"420" + json.dumps(["join", guest.room_name, guest.name]).encode())
        return 0, handshake.until(b"430[")

    def template(self, guest: Guest, text: bytes) -> bytes:
        return frame_template(TEXT, b'42["message",{"text":"' + text + b'"}]')

    def reply(self, payload: bytes) -> bytes | None:
        return client_frame(TEXT, b"3") if payload == b"2" else None


class Nats(Echoing):
    """NATS's own protocol over WebSocket. A room is a subject. Publishers receive their own
    messages, since they subscribe."""

    def request(self, guest: Guest) -> bytes:
        return upgrade("/", guest.address.host, guest.address.origin)

    def enter(self, connection: socket.socket, guest: Guest) -> tuple[int, bytes]:
        handshake = Handshake(connection)
        handshake.until(b"INFO ")
        handshake.say(
            BINARY,
            b'CONNECT {"verbose":false,"pedantic":false,"protocol":1}\r\nSUB rooms.%s 1\r\nPING\r\n'
            % guest.room_name.encode(),
        )
        return 0, handshake.until(b"PONG")

    def template(self, guest: Guest, text: bytes, answer_to: bytes = b"") -> bytes:
        message = b'{"author":"' + guest.name.encode() + b'","text":"' + text + b'"}'
        size = len(message.replace(b"%08d", bytes(8)))
        head = b"PUB rooms." + guest.room_name.encode() + answer_to + b" %d\r\n" % size
        return frame_template(BINARY, head + message + b"\r\n")

    def reply(self, payload: bytes) -> bytes | None:
        return client_frame(BINARY, b"PONG\r\n") if payload == b"PING\r\n" else None


class JetStream(Nats):
    """NATS with every message stored in a stream. The sender's answer confirms the storage;
    delivery doesn't wait for it."""

    def enter(self, connection: socket.socket, guest: Guest) -> tuple[int, bytes]:
        found = super().enter(connection, guest)
        if guest.index == 0:
            stream = b'{"name":"rooms","subjects":["rooms.*"],"storage":"file"}'
            connection.sendall(client_frame(BINARY, b"SUB created 3\r\n"))
            connection.sendall(
                client_frame(
                    BINARY, b"PUB $JS.API.STREAM.CREATE.rooms created %d\r\n%s\r\n" % (len(stream), stream)
                )
            )
            data = b""
            while b'"created"' not in data:
                data += more(connection)
                if b'"error"' in data:
                    raise ConnectionError(f"no stream: {data!r}")
        if guest.is_sender:
            connection.sendall(client_frame(BINARY, b"SUB answers.%05d.* 2\r\n" % guest.index))
        return found

    def template(self, guest: Guest, text: bytes, answer_to: bytes = b"") -> bytes:
        return super().template(guest, text, b" answers.%05d." % guest.index + b"%08d")

    def answer(self, guest: Guest) -> Pattern:
        # A message also contains its inbox, after its own subject.
        return Pattern(re.compile(rb"MSG answers\.%05d\.(\d{8})" % guest.index), 26)


class Handshake:
    """The exchange of frames before a room is entered."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._frames = Frames()
        self._came = [
            payload for opcode, payload in self._frames.take(after_upgrade(connection)) if opcode in DATA
        ]

    def say(self, opcode: int, payload: bytes) -> None:
        self._connection.sendall(client_frame(opcode, payload))

    def until(self, wanted: bytes) -> bytes:
        """Waits for a frame that contains `wanted`. Returns the received bytes of an incomplete
        frame after it."""
        while True:
            for payload in self._came:
                if wanted in payload:
                    self._came.clear()
                    return self._frames.rest
            self._came = [
                payload for opcode, payload in self._frames.take(more(self._connection)) if opcode in DATA
            ]
