"""Engines and connections to them in the test's own process: no socket, nothing that crosses, and each
read and commit can be held where a test wants it."""

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from chat.actions.dispatch import Dispatcher
from chat.actions.order import moderation, removing
from chat.actions.presence import PresenceTracker
from chat.commands import COMMANDS, Registry
from chat.commands.running import runner
from chat.doors.sockets.personal import PersonalSocket
from chat.doors.sockets.room import RoomSocket
from chat.doors.sockets.websocket import Services
from chat.drafts import Draft, Person
from chat.engine import Engine
from chat.models import Room, SitePresence
from chat.requests import RunCommand, new_nonce
from chat.roles import Role
from helpers.text.translation import ENGLISH
from helpers.websocket.keep_alive import KeepAlive
from tests.support.people import PATIENCE, JsonObject
from tests.support.wire.websocket_bytes import TEXT, frame
from timings import Timings

CELLAR = 1
ALICE, BOB = Person(1, "alice"), Person(2, "bob")
QUICK = Timings(
    grace=0.0,
    presence_tick=0.001,
    presence_gather=0.001,
    compare_after=0.0,
    compare_every=0.0,
    renew_leases=0.0,
    database_away=0.001,
    store_marks=0.01,
    unread_round=0.01,
    unread_gather=0.0,
    viewers_gather=0.001,
)


class FakeTransport(asyncio.Transport):
    """Keeps what is written. `unread` is what the other side has not read yet."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.unread = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self.unread

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def abort(self) -> None: ...
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...


class Tab:
    """Somebody's connection to a room."""

    connection: RoomSocket | PersonalSocket

    def __init__(self, services: Services, user: User, room: Room, since: int | None = None) -> None:
        self.transport = FakeTransport()
        self.connection = RoomSocket(services, user, room, f"session of {user.name}", 0, ENGLISH, since)
        self.connection.websocket.connection_made(self.transport)

    def _frames(self) -> list[tuple[int, bytes]]:
        data, found = self.transport.written, []
        while data:
            length, start = data[1], 2
            if length == 126:
                length, start = struct.unpack("!H", data[2:4])[0], 4
            elif length == 127:
                length, start = struct.unpack("!Q", data[2:10])[0], 10
            found.append((data[0] & 0x0F, data[start : start + length]))
            data = data[start + length :]
        return found

    @property
    def events(self) -> list[JsonObject]:
        """All events that were sent."""
        return [
            json.loads(line) for opcode, data in self._frames() if opcode == 1 for line in data.split(b"\n")
        ]

    @property
    def code(self) -> int | None:
        """The code with which the connection was closed, None while it is open."""
        return next((int.from_bytes(data[:2], "big") for opcode, data in self._frames() if opcode == 8), None)

    def heard(self, type: str, **expected: Any) -> list[JsonObject]:
        return [
            event
            for event in self.events
            if event["type"] == type and all(event.get(name) == value for name, value in expected.items())
        ]

    async def hears(self, type: str, **expected: Any) -> JsonObject:
        await until(lambda: bool(self.heard(type, **expected)))
        return self.heard(type, **expected)[-1]

    async def ends(self) -> int:
        await until(lambda: self.code is not None)
        assert self.code is not None
        return self.code

    def says(self, type: str, **fields: Any) -> None:
        """Sends a frame, which is taken at once."""
        self.connection.on_text(json.dumps({"type": type, **fields}))

    def close(self) -> None:
        """The other side is gone."""
        self.connection.websocket.connection_lost(None)


class PersonalTab(Tab):
    """Somebody's personal socket, over which a room is entered. Each event of a room has the room's id
    as `in`; what is said without a room is said in that one."""

    def __init__(
        self, services: Services, user: User, room: Room | None = None, since: int | None = None
    ) -> None:
        self.transport = FakeTransport()
        self.connection = PersonalSocket(services, user, f"session of {user.name}", 0, ENGLISH)
        self.connection.websocket.take_over(self.transport, b"", None)
        self.room = "" if room is None else str(room.id)
        if room is not None:
            self.says("enter", room=room.name, **({} if since is None else {"since": since}))

    @property
    def events(self) -> list[JsonObject]:
        found: list[JsonObject] = []
        for opcode, data in self._frames():
            lines = data.split(b"\n") if opcode == TEXT else []
            room = {"in": lines.pop(0).decode()} if lines and lines[0].isdigit() else {}
            found += [{**json.loads(line), **room} for line in lines]
        return found

    @property
    def code(self) -> int | None:
        """The code with which the room, or the connection, was closed: of a room that was refused
        that of its own socket."""
        for event in self.heard("closed"):
            return int(event["code"])
        for event in self.heard("refused"):
            return 4002 if "retry_after" in event else 4501
        return super().code

    def says(self, type: str, **fields: Any) -> None:
        """Sends a frame, which is taken when its turn comes."""
        data = frame(TEXT, json.dumps({"room": self.room, "type": type, **fields}).encode())
        self.connection.websocket.get_buffer(0)[: len(data)] = data
        self.connection.websocket.buffer_updated(len(data))


async def until(true: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.001)


def services_of(engine: Engine) -> Services:
    commands = Registry(COMMANDS.values())
    dispatcher = Dispatcher(engine, None, {RunCommand: runner(commands)})
    presence = PresenceTracker(engine)
    return Services(engine, dispatcher, commands, presence, KeepAlive(), is_signed_in=_yes)


async def _yes(session_id: str, user_id: int) -> bool:
    return True


@dataclass
class Site:
    """A closed room of Alice's, with Bob. Nothing crosses from one engine to the other."""

    here: Services
    there: Engine
    room: Room
    bob: User
    over_personal: bool = False

    @property
    def engine(self) -> Engine:
        return self.here.engine

    def enters(self, since: int | None = None) -> Tab:
        """Bob enters here."""
        return (PersonalTab if self.over_personal else Tab)(self.here, self.bob, self.room, since)

    async def entered(self) -> Tab:
        tab = self.enters()
        await tab.hears("caught_up")
        return tab

    async def kill(self) -> None:
        await removing.kick(self.there, CELLAR, ALICE, self.bob, "", new_nonce())

    async def promote(self) -> None:
        await moderation.grant(self.there, CELLAR, ALICE, self.bob, Role.MODERATOR, new_nonce())

    async def clear(self) -> None:
        await moderation.clear(self.there, CELLAR, ALICE, "", new_nonce())

    async def posts(self, text: str) -> None:
        await self.there.journal.change(Draft(CELLAR, ALICE, new_nonce(), text, None))

    def finds(self) -> None:
        """What the engine here does every 0.8 s, and when Redis is back."""
        self.engine.hub.look_for_gaps()
        self.engine.presence.wake()

    async def is_online(self) -> bool:
        """Whether Bob is recorded as online."""
        query = SitePresence.select().where(SitePresence.user_id == BOB.id, SitePresence.online)
        return bool(await query.aio_exists())
