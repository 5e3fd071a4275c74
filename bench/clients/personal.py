"""People of several rooms each, over one personal socket (docs/protocol.md): the socket's frames are
dealt to the clients of its rooms, which are those of the rooms' own sockets."""

import json
import socket
from collections.abc import Sequence
from itertools import groupby

from bench.clients.base import Client, Window
from bench.clients.crowd import Crowd, open_socket
from bench.clients.guests import Guest
from bench.clients.numbered import NumberedClient, decode_event
from bench.clients.wire import CLOSE, TEXT, Frames, after_upgrade, client_frame, more, upgrade


class Part(socket.socket):
    """In place of a room's own socket: the room's part of a personal one. Never connected."""

    def __init__(self, whole: "PersonalClient") -> None:
        super().__init__(socket.AF_UNIX)
        self._whole = whole

    def send(self, data: object, flags: int = 0) -> int:
        assert isinstance(data, bytes)
        self._whole.write(data)
        return len(data)


class PersonalClient(Client):
    """One personal socket. `rooms` are the clients by their rooms' ids as they begin a frame."""

    def __init__(self, connection: socket.socket, window: Window) -> None:
        super().__init__(connection, 0, window)
        self.rooms: dict[bytes, NumberedClient] = {}
        self.is_patient = True
        self._frames = Frames()
        self._unsent = b""

    def write(self, data: bytes = b"") -> None:
        """Writes whole frames, after what couldn't be written before."""
        self._unsent += data
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError as error:
            self.closed = self.closed or str(error)

    def _take(self, data: bytearray, size: int, now: float) -> None:
        for opcode, payload in self._frames.take(memoryview(data)[:size]):
            if opcode != TEXT:
                self._control(opcode, payload)
                continue
            head, _, lines = payload.partition(b"\n")
            # What is of no room begins with a brace.
            if (client := self.rooms.get(head)) is not None:
                client.take_lines(lines, now)
        if self._unsent:
            self.write()
        if self.closed is not None:
            for client in self.rooms.values():
                client.closed = client.closed or self.closed


class PersonalCrowd(Crowd):
    """The clients of rooms are counted as of their own sockets; what is read are the personal ones."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._personal: dict[int, PersonalClient] = {}

    def connect(self) -> None:
        by_person = sorted(self._guests, key=lambda guest: guest.token)
        people = [list(guests) for _, guests in groupby(by_person, key=lambda guest: guest.token)]
        # The senders' come first, since the witnesses refer to them.
        for number, guests in enumerate(sorted(people, key=lambda guests: not guests[0].is_sender)):
            # Spread over the workers as the kernel and nginx do it, whichever the rooms are.
            self._enter_all(guests, guests[number % len(guests)])
            self.read_all()

    def close(self) -> None:
        super().close()
        for client in self._personal.values():
            client.socket.close()

    def _enter_all(self, guests: Sequence[Guest], guest: Guest) -> None:
        """Opens one socket, at the address of `guest`, and enters all rooms. Raises OSError where that
        fails."""
        connection = open_socket(guest)
        connection.settimeout(20.0)
        connection.connect(("127.0.0.1", guest.address.port))
        cookie = f"Cookie: session={guest.token}"
        connection.sendall(upgrade("/ws", guest.address.host, guest.address.origin, cookie))
        frames, rest = Frames(), after_upgrade(connection)
        whole = PersonalClient(connection, self.window)
        connection.sendall(
            b"".join(
                client_frame(TEXT, json.dumps({"type": "enter", "room": one.room_name}).encode())
                for one in guests
            )
        )
        by_name = {one.room_name: one for one in guests}
        entered: set[bytes] = set()
        while len(entered) < len(guests):
            for opcode, payload in frames.take(rest):
                if opcode == CLOSE:
                    raise ConnectionError(f"the server closed with {int.from_bytes(payload[:2], 'big')}")
                head, _, lines = payload.partition(b"\n")
                for line in lines.split(b"\n") if opcode == TEXT and head.isdigit() else ():
                    event = decode_event(line)
                    if event.type == "hello":
                        self._add_part(whole, head, by_name[json.loads(line)["entered"]])
                    elif event.type == "caught_up":
                        whole.rooms[head].begin_at(event.seq)
                        entered.add(head)
                    elif event.type == "message" and head in entered:
                        whole.rooms[head].take_lines(line, 0.0)
            rest = b"" if len(entered) == len(guests) else more(connection)
        connection.setblocking(False)
        rest = frames.rest
        whole.is_patient = all(client.is_patient for client in whole.rooms.values())
        whole.take(bytearray(rest), len(rest))
        self._personal[connection.fileno()] = whole
        self.register(whole)

    def _add_part(self, whole: PersonalClient, head: bytes, guest: Guest) -> None:
        client = self.client_of(guest, Part(whole), b'"room":"%s",' % head)
        assert isinstance(client, NumberedClient)
        whole.rooms[head] = client
        self.clients[client.socket.fileno()] = client

    def reader(self, descriptor: int) -> Client:
        return self._personal[descriptor]
