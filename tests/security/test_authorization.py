"""Every request and command by every role in every kind of room, as authorization_table.py says. A
request, a command or an address of a room without a row fails."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from aiohttp import web

import app as site
from accounts.models import Block, User
from chat.actions.dispatch import HANDLERS, Dispatcher
from chat.actions.invitations import accept, decline
from chat.doors.sockets.upgrade import SERVICES
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Error, Event, Pong, Receipt
from chat.keys import COMMANDS, ENGINE
from chat.models import (
    Act,
    Ban,
    Invitation,
    LastPost,
    Member,
    Mention,
    Message,
    MessageVersion,
    Reaction,
    Report,
    ReportLine,
    ReportReason,
    Room,
    RoomName,
    Status,
    Timeout,
)
from chat.requests import Frame, Request, RunCommand
from chat.roles import NOTHING_HIDDEN, Past, Role, Standing
from helpers.clock import now_ms
from helpers.db.base import Base
from helpers.db.database import sqlite_path
from helpers.text.translation import ENGLISH
from helpers.websocket.frames import Outbox
from settings import Settings, read_settings
from tests.conftest import unique
from tests.security.authorization_table import ANSWERS, OWN_DELETED, ROLES, ROWS, Row
from tests.support.databases import new_postgres, new_sqlite
from tests.support.people import PATIENCE, JsonObject
from tests.support.servers import Postgres

PEOPLE = (
    *("owner", "moderator", "member", "other", "second", "administrator", "outside administrator"),
    *("outsider", "kicked", "former", "guest", "blocked", "blocker", "watcher"),
    *("invited", "inviter", "asked", "declined"),
)
NAMES = {name: name.replace(" ", "-") for name in PEOPLE}
STORED: tuple[type[Base], ...] = (
    *(Member, Message, Mention, MessageVersion, Reaction, Ban, Invitation, RoomName),
    *(Act, Timeout, LastPost, Report, ReportLine, ReportReason),
)
"""What a room holds."""


class Tables:
    """The database, read and filled by the test's own connection: by way of the models, each of the
    eight hundred plays takes five times as long."""

    def __init__(self, settings: Settings) -> None:
        self._connection: sqlite3.Connection | psycopg.Connection
        self._mark, array = "?", "json_array"
        if settings.database_url:
            self._mark, array = "%s", "json_build_array"
            self._connection = psycopg.connect(settings.database_url, autocommit=True)
            self._run("SET synchronous_commit = off")
        else:
            path = sqlite_path(settings.database)
            self._connection = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._run("PRAGMA synchronous = off")
        conditions: list[tuple[Any, str]] = [(Room, f" WHERE id = {self._mark}"), (Status, "")]
        conditions += [(table, f" WHERE room_id = {self._mark}") for table in STORED]
        parts = [f"SELECT 'rooms', CAST({array}(COUNT(*)) AS TEXT) FROM rooms"]
        for table, condition in conditions:
            name, columns = table._meta.table_name, ", ".join(table._meta.columns)
            parts.append(f"SELECT '{name}', CAST({array}({columns}) AS TEXT) FROM {name}{condition}")
        self._everything = " UNION ALL ".join(parts), 1 + len(STORED)

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        if isinstance(self._connection, sqlite3.Connection):
            return self._connection.execute(statement, values).fetchall()
        done = self._connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []

    def stored(self, room_id: int) -> list[tuple[str, str]]:
        """All rows that the room holds, with their tables, and what isn't in a room."""
        statement, count = self._everything
        return sorted(self._run(statement, *[room_id] * count))

    def add(self, table: type[Base], *rows: JsonObject) -> None:
        for row in rows:
            marks = ", ".join([self._mark] * len(row))
            self._run(
                f"INSERT INTO {table._meta.table_name} ({', '.join(row)}) VALUES ({marks})", *row.values()
            )

    def add_room(self, **row: object) -> int:
        self.add(Room, row)
        [(room_id,)] = self._run(f"SELECT id FROM rooms WHERE slug = {self._mark}", row["slug"])
        return int(room_id)

    def close(self) -> None:
        self._connection.close()


class Wire:
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))


class Watcher:
    """A member of the room, who is told what happens in it."""

    def __init__(self, user: User, room_id: int) -> None:
        self.user_id, self.room_id, self.session_id, self.mark = user.id, room_id, "", 0
        self.wire = Wire()
        self.outbox = Outbox(self.wire)  # type: ignore[arg-type]
        self.read_number, self.connection, self.is_personal = 0, self, False

    def stay_in(self, room_id: int) -> "Watcher | None":
        return self if room_id == self.room_id else None

    def end(self, code: int) -> None:
        raise AssertionError("nobody removes who watches")

    @property
    def past(self) -> Past:
        return NOTHING_HIDDEN

    def check_standing(self, code: int = 0) -> None:
        raise AssertionError("nobody changes the role of who watches")


@dataclass
class Acting:
    """An Actor of any role, also without the connection that the doors refuse."""

    person: Person
    room_id: int
    standing: Standing
    language = ENGLISH
    read_number = 0
    answers: "asyncio.Queue[Event]" = field(default_factory=asyncio.Queue)

    def reply(self, event: Event) -> None:
        self.answers.put_nowait(event)

    def hold(self, seconds: float) -> None: ...

    def views(self, *, is_there: bool) -> None: ...

    def post_queued(self, size: int) -> None: ...

    def post_answered(self, size: int) -> None: ...


@dataclass
class Stage:
    engine: Engine
    dispatcher: Dispatcher
    people: dict[str, User]
    tables: Tables
    unchanged: dict[tuple[str, str], int] = field(default_factory=dict)
    """Rooms in which nothing was allowed yet, by kind and role."""

    def __post_init__(self) -> None:
        self._endless = frozenset(self.engine.hub._tasks)

    async def _settle(self) -> None:
        """What an action has begun in the background is done. What was written in one turn of the
        event loop is sent in the next."""
        for _ in range(3):
            while under_way := self.engine.hub._tasks - self._endless:
                await asyncio.wait(under_way)
            await asyncio.sleep(0)

    async def play(self, kind: str, role: str, row: Row) -> str | None:
        """Does it in a room that is as new. Returns what isn't as the table says, or None."""
        # Beside the event loop: the program may have a lock, and needs the loop to give it back.
        room = self.unchanged.pop((kind, role), 0) or await asyncio.to_thread(self._room, kind, role)
        watcher = Watcher(self.people["watcher"], room)
        await self.engine.hub.register(watcher)
        await self.engine.hub.enter(watcher, None, lambda _: Pong())
        await self._settle()
        user = self.people[role]
        standing = await self.engine.access.standing(room, user)
        actor = Acting(Person(user.id, user.name), room, standing)
        before, told = self.tables.stored(room), len(watcher.wire.written)
        answer = await self._do(actor, kind, role, row)
        await self._settle()
        after, heard = self.tables.stored(room), watcher.wire.written[told:]
        self.engine.hub.leave(watcher)
        if before == after and not heard and isinstance(answer, Error):
            self.unchanged[kind, role] = room
        if (kind, role) not in row.allowed:
            if before != after:
                return f"changed {before} to {after}"
            if heard:
                return f"somebody was told {heard}"
            is_refused = isinstance(answer, Error) or (
                # Nobody's mark was moved: it is an answer about nothing.
                isinstance(answer, Receipt) and not answer.seq and "read" in str(row.does)
            )
            return None if is_refused else f"answered {answer}"
        if isinstance(answer, Error) and answer.code != "weather_away":
            return f"refused: {answer}"
        return "changed nothing" if row.changes and before == after else None

    async def answer(self, kind: str, role: str, answer: str) -> str | None:
        """Accepts or declines as this role. Returns what isn't as the table says, or None."""
        room_id = await asyncio.to_thread(self._room, kind, role)
        watcher = Watcher(self.people["watcher"], room_id)
        await self.engine.hub.register(watcher)
        await self.engine.hub.enter(watcher, None, lambda _: Pong())
        await self._settle()
        room = await Room.aio_get(Room.id == room_id)
        before, told = self.tables.stored(room_id), len(watcher.wire.written)
        problem = None
        try:
            await {"accept": accept, "decline": decline}[answer](self.engine, room, self.people[role])
        except ActionError as error:
            problem = error
        await self._settle()
        is_changed = before != self.tables.stored(room_id)
        heard = watcher.wire.written[told:]
        self.engine.hub.leave(watcher)
        if (problem is None) is not ((kind, role) in ANSWERS[answer]):
            return f"answered {problem}"
        # A decline is told to nobody, and an answer of a member to nothing changes nothing.
        if (is_changed, bool(heard)) != (role == "invited", role == "invited" and answer == "accept"):
            return f"changed: {is_changed}, told: {heard}"
        return None

    async def _do(self, actor: Acting, kind: str, role: str, row: Row) -> Event:
        other = NAMES["blocker" if role == "blocked" else "other"]
        room = await Room.aio_get(Room.id == actor.room_id)
        names = {**NAMES, "self": NAMES[role], "new_name": unique("name"), "other": other, "room": room.name}
        if isinstance(row.does, str):
            request: Any = RunCommand(row.does.format(**names), unique("nonce"))
        else:
            given = {name: value for name, value in row.does.items() if name != "type"}
            if "text" in given:
                given["text"] = given["text"].format(**names)
            [made] = [one for one in get_args(Frame) if one.__struct_config__.tag == row.does["type"]]
            request = made(**given, **({} if row.does["type"] == "ping" else {"nonce": unique("nonce")}))
        work = self.dispatcher.dispatch(actor, request)
        if work is not None:
            await work
        async with asyncio.timeout(60):
            return await actor.answers.get()

    def _room(self, kind: str, role: str) -> int:
        name, now = unique(f"{kind}-"), now_ms()
        seqs = {"last_seq": 4, "posts": 4, "standings_seq": 4, "cleared_seq": 0, "cleared_number": 0}
        room_id = self.tables.add_room(name=name, slug=name, topic="", kind=kind, created_at=now, **seqs)
        room = {"room_id": room_id}
        if kind == "direct":
            inside = {"blocked": Role.MEMBER, "blocker": Role.MEMBER}
            if role != "blocked":
                inside = {"member": Role.MEMBER, "other": Role.MEMBER}
        elif kind == "group":
            inside = dict.fromkeys(("member", "other", "watcher"), Role.MEMBER)
        else:
            inside = dict.fromkeys(("member", "inviter", "other", "administrator", "watcher"), Role.MEMBER)
            inside |= {"owner": Role.OWNER, "moderator": Role.MODERATOR, "second": Role.MODERATOR}
            self.tables.add(Ban, {**room, "user_id": self.people["kicked"].id, "until": now + 600_000})
            for guest, inviter in (("invited", "second"), ("asked", "inviter"), ("declined", "second")):
                invitation = {"user_id": self.people[guest].id, "inviter_id": self.people[inviter].id}
                invitation |= {"at": now, "until": now + 600_000, "declined": guest == "declined"}
                self.tables.add(Invitation, {**room, **invitation})
            act: JsonObject = {**room, "number": 1, "act": "topic", "author_id": self.people["second"].id}
            act |= {"reason": "", "before": '{"topic": "old"}', "after": '{"topic": ""}', "at": now, "seq": 4}
            self.tables.add(Act, act)
        # Who is recorded as here without a connection would be recorded as gone after a while.
        shared = {**room, "present": False, "read_number": 0, "joined_at": now}
        self.tables.add(
            Member,
            *({**shared, "user_id": self.people[one].id, "role": int(inside[one])} for one in inside),
        )
        own, others = self.people[role].id, self.people["blocker" if role == "blocked" else "other"].id
        for number, author in enumerate((own, others, own, others), 1):
            line: JsonObject = {**room, "seq": number, "changed_seq": number, "number": number}
            line |= {"kind": "post", "author_id": author, "nonce": unique("n"), "text": "text", "at": now}
            is_deleted = number >= OWN_DELETED
            # In an hour: what was deleted a minute ago is erased for good, and can't be taken back.
            line |= {"deleted_at": now + 3_600_000 if is_deleted else None}
            line |= {"deleted_by": author if is_deleted else None}
            line |= {"reactions": 2 if number == 1 else 0, "pinned": False}
            self.tables.add(Message, line)
        for reacted in {own, others}:
            self.tables.add(Reaction, {**room, "seq": 1, "user_id": reacted, "emoji": "👍", "added_seq": 1})
        return room_id


@pytest.fixture(params=["sqlite", "postgres"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """The whole application, without a server before it."""
    given: JsonObject = {
        "data_dir": tmp_path,
        "weather_url": "http://127.0.0.1:9/{place}",
        "rate_limits": "off",
    }
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        given["database_url"] = new_postgres(postgres, unique("authorization"))
    else:
        new_sqlite(tmp_path / "aiochat.db")
    settings = read_settings(**given)
    runner = web.AppRunner(await site.create_app(settings))
    await runner.setup()
    people = {}
    for name in PEOPLE:
        stored = NAMES[name]
        people[name] = user = User(
            name=stored, name_key=stored, skeleton=stored, password_hash="", created_at=0
        )
        user.is_admin = name in ("administrator", "outside administrator")
        await user.aio_save(force_insert=True)
    rows = [
        {"blocker_id": people["blocker"].id, "blocked_id": people[name].id, "at": 0}
        for name in PEOPLE
        if name != "blocker"
    ]
    await Block.insert_many(rows).aio_execute()
    found = runner.app
    tables = Tables(settings)
    yield Stage(found[ENGINE], found[SERVICES].dispatcher, people, tables)
    tables.close()
    await runner.cleanup()


async def test_who_may_do_what_in_which_room(stage: Stage) -> None:
    found = []
    for name, row in ROWS.items():
        for kind, roles in ROLES.items():
            for role in roles:
                problem = await stage.play(kind, role, row)
                if problem:
                    found.append(f"{name}, {role} of a room of the kind {kind}: {problem}")
    assert not found, "\n".join(found)


async def test_who_may_answer_an_invitation(stage: Stage) -> None:
    found = []
    for answer in ANSWERS:
        for kind, roles in ROLES.items():
            for role in (*roles, "declined"):
                if problem := await stage.answer(kind, role, answer):
                    found.append(f"{answer}, {role} of a room of the kind {kind}: {problem}")
    assert not found, "\n".join(found)


async def test_every_request_and_every_command_has_a_row(tmp_path: Path) -> None:
    rows = [row.does for row in ROWS.values()]
    types = {row["type"] for row in rows if not isinstance(row, str)}
    assert types == {one.__struct_config__.tag for one in get_args(Frame)}
    assert {*HANDLERS, RunCommand} == {*get_args(Request)}
    registry = (await site.create_app(read_settings(data_dir=tmp_path)))[COMMANDS]
    found = [registry.find(row.split()[0][1:]) for row in rows if isinstance(row, str)]
    named = {command.name for command in found if command}
    assert named == {command.name for command in registry.allowed(Standing(Role.OWNER))}
