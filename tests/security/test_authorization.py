"""Every request and command by every role in every kind of room, as authorization_table.py says. A
request, a command or an address of a room without a row fails."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp import web

import app as site
from accounts.models import Block, User
from chat.actions.dispatch import HANDLERS, Dispatcher
from chat.doors.upgrade import SERVICES
from chat.drafts import Person
from chat.engine import Engine
from chat.events import Error, Event, Pong, Receipt
from chat.keys import COMMANDS, ENGINE
from chat.models import Kick, Member, Mention, Message, MessageVersion, Reaction, Room, Status
from chat.requests import Frame, Request, RunCommand
from chat.roles import Role, Standing
from helpers.clock import now_ms
from helpers.db.migrations import migrate
from helpers.text.translation import ENGLISH
from helpers.websocket.frames import Outbox
from settings import ROOT, read_settings
from tests.conftest import unique
from tests.security.authorization_table import OWN_DELETED, ROLES, ROWS, Row
from tests.support.people import JsonObject
from tests.support.servers import Postgres

PEOPLE = (
    *("owner", "moderator", "member", "other", "second", "administrator", "outside administrator"),
    *("outsider", "kicked", "former", "guest", "blocked", "blocker", "watcher"),
)
NAMES = {name: name.replace(" ", "-") for name in PEOPLE}
STORED = (Member, Message, Mention, MessageVersion, Reaction, Kick)


TOLD = "somebody was told"


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

    def __init__(self, user: User, room: Room) -> None:
        self.user_id, self.room_id, self.session_id, self.mark = user.id, room.id, "", 0
        self.wire = Wire()
        self.outbox = Outbox(self.wire)  # type: ignore[arg-type]

    def end(self, code: int) -> None:
        raise AssertionError("nobody removes who watches")

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

    def post_queued(self, size: int) -> None: ...

    def post_answered(self, size: int) -> None: ...


@dataclass
class Stage:
    engine: Engine
    dispatcher: Dispatcher
    people: dict[str, User]
    unchanged: dict[tuple[str, str], Room] = field(default_factory=dict)
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
        room = self.unchanged.pop((kind, role)) if (kind, role) in self.unchanged else None
        room = room or await self._room(kind, role)
        watcher = Watcher(self.people["watcher"], room)
        assert self.engine.hub.admit(watcher)
        await self.engine.hub.enter(watcher, None, lambda _: Pong())
        await self._settle()
        user = self.people[role]
        standing = await self.engine.access.standing(room.id, user)
        actor = Acting(Person(user.id, user.name), room.id, standing)
        before, told = await self._stored(room), len(watcher.wire.written)
        answer = await self._do(actor, kind, role, row)
        await self._settle()
        after, heard = await self._stored(room), watcher.wire.written[told:]
        self.engine.hub.leave(watcher)
        if before == after and not heard and isinstance(answer, Error):
            self.unchanged[kind, role] = room
        if (kind, role) not in row.allowed:
            if before != after:
                return f"changed {before} to {after}"
            if heard:
                return f"{TOLD} {heard}"
            is_refused = isinstance(answer, Error) or (
                # Nobody's mark was moved: it is an answer about nothing.
                isinstance(answer, Receipt) and not answer.seq and "read" in str(row.does)
            )
            return None if is_refused else f"answered {answer}"
        if isinstance(answer, Error) and answer.code != "weather_away":
            return f"refused: {answer}"
        return "changed nothing" if row.changes and before == after else None

    async def _do(self, actor: Acting, kind: str, role: str, row: Row) -> Event:
        names = {**NAMES, "other": NAMES["blocker"] if role == "blocked" else NAMES["other"]}
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

    async def _room(self, kind: str, role: str) -> Room:
        name = unique(f"{kind}-")
        room = Room(name=name, slug=name, topic="", kind=kind, last_seq=4, posts=4, standings_seq=4)
        room.cleared_seq = room.cleared_number = 0
        room.created_at = now = now_ms()
        await room.aio_save(force_insert=True)
        if kind == "direct":
            inside = {"blocked": Role.MEMBER, "blocker": Role.MEMBER}
            if role != "blocked":
                inside = {"member": Role.MEMBER, "other": Role.MEMBER}
        elif kind == "group":
            inside = dict.fromkeys(("member", "other", "watcher"), Role.MEMBER)
        else:
            inside = dict.fromkeys(("member", "other", "administrator", "watcher"), Role.MEMBER)
            inside |= {"owner": Role.OWNER, "moderator": Role.MODERATOR, "second": Role.MODERATOR}
            await Kick.insert(
                room_id=room.id, user_id=self.people["kicked"].id, until=now + 600_000
            ).aio_execute()
        # Who is recorded as here without a connection would be recorded as gone after a while.
        shared = {"room": room.id, "present": False, "read_number": 0, "joined_at": now}
        rows = [{**shared, "user": self.people[one].id, "role": inside[one]} for one in inside]
        await Member.insert_many(rows).aio_execute()
        own, others = self.people[role].id, self.people["blocker" if role == "blocked" else "other"].id
        lines = []
        for number, author in enumerate((own, others, own, others), 1):
            line = {"room_id": room.id, "seq": number, "changed_seq": number, "number": number}
            line |= {"kind": "post", "author_id": author, "nonce": unique("n"), "text": "text", "at": now}
            is_deleted = number >= OWN_DELETED
            # In an hour: what was deleted a minute ago is erased for good, and can't be taken back.
            line |= {"deleted_at": now + 3_600_000 if is_deleted else None}
            line |= {"deleted_by": author if is_deleted else None}
            line["reactions"] = 2 if number == 1 else 0
            lines.append(line)
        await Message.insert_many(lines).aio_execute()
        for reacted in {own, others}:
            await Reaction.insert(
                room_id=room.id, seq=1, user_id=reacted, emoji="👍", added_seq=1
            ).aio_execute()
        return room

    async def _stored(self, room: Room) -> list[Any]:
        """All that the room holds, and what isn't in a room."""
        rows: list[Any] = [await Room.select().where(Room.id == room.id).tuples().aio_execute()]
        rows += [
            sorted(map(str, await table.select().where(table.room_id == room.id).tuples().aio_execute()))
            for table in STORED
        ]
        rows.append(sorted(map(str, await Status.select().tuples().aio_execute())))
        rows.append(await Room.select().aio_count())
        return rows


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
        given["database_url"] = postgres.create_database(unique("authorization"))
    settings = read_settings(**given)
    migrate(settings.database, ROOT / "migrations")
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
    yield Stage(found[ENGINE], found[SERVICES].dispatcher, people)
    await runner.cleanup()


async def test_who_may_do_what_in_which_room(stage: Stage) -> None:
    found = []
    for name, row in ROWS.items():
        for kind, roles in ROLES.items():
            for role in roles:
                problem = await stage.play(kind, role, row)
                if problem and problem.startswith(TOLD):
                    # What an earlier row began may be told late. What this one tells is told again.
                    problem = await stage.play(kind, role, row)
                if problem:
                    found.append(f"{name}, {role} of a room of the kind {kind}: {problem}")
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
