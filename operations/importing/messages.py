"""Stores messages of other chats as the chat stores its own: rendered, numbered without holes, with whom they
mention, their reactions and files. Nobody is called by them, and they are unread for nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from peewee_async.databases import AioDatabase

from accounts.people.mentions import NamedPeople
from chat.actions.posting import Rendered, render_text
from chat.events import encode_value
from chat.history.access import RoomAccessReader
from chat.history.mentions import Directory
from chat.history.writing.files import view_of
from chat.models import Member, Mention, Reaction, Room
from helpers.db.bulk import Bulk
from helpers.db.database import fetch
from helpers.processes.terminal import Failure
from helpers.redis.bus import Bus
from helpers.rendering import Renderer
from helpers.text.emoji import canonical_emoji, replace_shortcodes
from notifications.models import NoticeProgress
from operations.importing.files import FileKeeper, Stored, attach
from operations.importing.origins import Origins
from operations.importing.people import ImportedPeople
from operations.importing.records import Message, SentFile
from operations.importing.rooms import ImportedRooms
from operations.importing.texts import named, parts_of

ROWS_AT_ONCE = 100
"""Rows of one statement with five values each, below the thousand that old versions of SQLite take."""

MOST_REACTIONS = 200
"""On one message, as many as the chat takes."""

_LINE = {
    **{"room_id": "bigint", "seq": "bigint", "changed_seq": "bigint", "number": "bigint", "kind": "text"},
    **{"author_id": "bigint", "nonce": "text", "text": "text", "html": "text", "at": "bigint"},
    **{
        "reply_to": "bigint",
        "edited_at": "bigint",
        "reactions": "bigint",
        "mentions": "text",
        "files": "text",
    },
    "is_pinned": "bigint",
}
_COLUMNS = ", ".join(list(_LINE)[:-1])
_INSERT = f"""
    INSERT INTO messages ({_COLUMNS}, pinned) SELECT {_COLUMNS}, is_pinned = 1 FROM {{given}}"""  # noqa: S608
_FIND = """
    SELECT found.author_id, found.nonce, found.room_id, found.number FROM {given}
    JOIN messages AS found ON found.author_id = given.author_id AND found.nonce = given.nonce"""


@dataclass
class _Line:
    """A part of a message, ready to be stored."""

    message: Message
    author_id: int
    nonce: str
    text: str
    rendered: Rendered
    files: list[Stored] = field(default_factory=list)
    is_first: bool = True
    is_last: bool = True


class MessageWriter:
    def __init__(
        self,
        database: AioDatabase,
        origins: Origins,
        people: ImportedPeople,
        rooms: ImportedRooms,
        keeper: FileKeeper,
        leave: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._origins = origins
        self._people = people
        self._rooms = rooms
        self._keeper = keeper
        self._leave = leave
        self._renderer = Renderer()
        self._directory = Directory(RoomAccessReader(database), NamedPeople(), Bus())
        self._insert = Bulk(database, _INSERT, given=_LINE)
        self._find = Bulk(database, _FIND, given={"author_id": "bigint", "nonce": "text"})
        self._lock = Bulk(
            database,
            "SELECT room.id, room.last_seq, room.posts FROM {given} JOIN rooms AS room ON room.id = given.id "
            "FOR UPDATE OF room",
            given={"id": "bigint"},
        )
        self.stored = self.known = self.files = self.reactions = 0

    async def close(self) -> None:
        await self._renderer.close()

    async def store(
        self,
        room_id: int,
        messages: Sequence[Message],
        author_of: Callable[[str], str | None],
        *,
        stores: bool,
    ) -> None:
        """The next messages of a room, in the order of their times. `author_of` gives the key of the author
        of another message of the room. Without `stores` it is only counted."""
        asked: dict[str, tuple[int, str]] = {}
        for message in messages:
            asked[message.key] = self._name_of(message.room, message.key, message.author)
            if message.answers and message.answers not in asked and (author := author_of(message.answers)):
                asked[message.answers] = self._name_of(message.room, message.answers, author)
        numbers = await self._numbers(asked, room_id)
        new = [message for message in messages if message.key not in numbers]
        self.known += len(messages) - len(new)
        if not stores:
            self.stored += len(new)
            return
        lines = [line for message in new for line in await self._lines(message)]
        if lines:
            async with self._database.aio_atomic():
                await self._write(
                    room_id,
                    lines,
                    {key: number for key, (room, number) in numbers.items() if room == room_id},
                    asked,
                )
        self.stored += sum(line.is_first for line in lines)

    def _name_of(self, room: str, key: str, author: str, part: int = 0) -> tuple[int, str]:
        """The author and the nonce, by which a message is found again."""
        digest = self._origins.digest("message", f"{room}\x00{key}\x00{part}")
        return self._people.ids[author], f"import-{digest}"

    async def _numbers(self, asked: dict[str, tuple[int, str]], room_id: int) -> dict[str, tuple[int, int]]:
        """Room and number of those that are here, by key."""
        by_name = {name: key for key, name in asked.items() if name[0] > 0}
        if not by_name or not room_id:
            return {}
        statement = self._find.bind(sorted(by_name))
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {by_name[author_id, nonce]: (found, number) for author_id, nonce, found, number in rows}

    async def _lines(self, message: Message) -> list[_Line]:
        """What becomes of a message."""
        files: dict[SentFile, Stored] = {}
        lacking: list[str] = []
        for file in message.files:
            stored = await self._keeper.store(file)
            if isinstance(stored, str):
                self._leave(f"files: {stored}", f"{file.name} of message {message.key}")
                lacking.append(f"{file.name} ({file.url})" if file.url else file.name)
            else:
                files[file] = stored
        text = named(message.text, self._person, self._room)
        if lacking:
            text = "\n".join(filter(None, (text, *lacking)))
        parts = parts_of(_with_files(message, tuple(files)), text)
        if not parts:
            self._leave("messages that show nothing", f"message {message.key} of {message.room}")
        lines = []
        for place, (piece, sent) in enumerate(parts):
            author_id, nonce = self._name_of(message.room, message.key, message.author, place)
            rendered = await render_text(self._renderer, self._directory, 0, piece) if piece else _NOTHING
            lines.append(
                _Line(
                    *(message, author_id, nonce, piece, rendered),
                    files=[files[one] for one in sent],
                    is_first=place == 0,
                    is_last=place == len(parts) - 1,
                )
            )
        return lines

    def _person(self, key: str) -> str:
        return self._people.names.get(key, key)

    def _room(self, key: str) -> str:
        return self._rooms.names.get(key, key)

    async def _write(
        self, room_id: int, lines: Sequence[_Line], numbers: dict[str, int], asked: dict[str, tuple[int, str]]
    ) -> None:
        statement = self._lock.bind([(room_id,)])
        rows = await fetch(self._database, statement.sql, *statement.params)
        if not rows:
            raise Failure("a room was erased while it was imported")
        [(_, last_seq, posts)] = rows
        members = {
            user_id
            for (user_id,) in await Member.select(Member.user)
            .where(Member.room == room_id)
            .tuples()
            .aio_execute()
        }
        seq, number = last_seq, posts
        rows, mentions, reactions = [], [], []
        for line in lines:
            message = line.message
            seq, number = seq + 1, number + 1
            if line.is_first:
                numbers[message.key] = number
            answers = numbers.get(message.answers) if line.is_first else None
            called = [one.user_id for one in line.rendered.mentions]
            if answers is not None:
                called.append(asked[message.answers][0])
            called = [
                user_id
                for user_id in dict.fromkeys(called)
                if user_id in members and user_id != line.author_id
            ]
            files = await self._attach(line, room_id, seq)
            own_seq = seq
            found = self._reactions(message) if line.is_last else []
            for user_id, emoji in found:
                # Each takes a seq of its own, as if it had come then.
                seq += 1
                reactions.append(
                    {"room_id": room_id, "seq": own_seq, "user_id": user_id, "emoji": emoji, "added_seq": seq}
                )
            html = line.rendered.quiet_html if line.rendered.mentions_groups else line.rendered.html
            rows.append(
                (
                    *(
                        room_id,
                        own_seq,
                        seq,
                        number,
                        "me" if message.is_me else "post",
                        line.author_id,
                        line.nonce,
                    ),
                    *(line.text, html, message.at, answers, message.edited_at, len(found)),
                    *(",".join(map(str, called)) or None, files, int(message.pinned and line.is_first)),
                )
            )
            mentions += [{"room_id": room_id, "number": number, "user_id": user_id} for user_id in called]
        statement = self._insert.bind(rows)
        await fetch(self._database, statement.sql, *statement.params)
        for model, given in ((Mention, mentions), (Reaction, reactions)):
            for start in range(0, len(given), ROWS_AT_ONCE):
                await model.insert_many(given[start : start + ROWS_AT_ONCE]).aio_execute()
        await self._finish(room_id, posts, seq, number)
        self.reactions += len(reactions)

    async def _attach(self, line: _Line, room_id: int, seq: int) -> str | None:
        """The value of Message.files."""
        if not line.files:
            return None
        views = []
        for place, stored in enumerate(line.files):
            file = await attach(stored, line.author_id, room_id, seq, place, line.message.at)
            if file is None:
                raise Failure("a file was erased while it was imported: run it again, it goes on")
            views.append(view_of(file, stored.description))
        self.files += len(views)
        return encode_value(views).decode()

    def _reactions(self, message: Message) -> list[tuple[int, str]]:
        found: dict[tuple[int, str], None] = {}
        for one in message.reactions:
            emoji = canonical_emoji(one.emoji) or canonical_emoji(replace_shortcodes(f":{one.emoji}:"))
            if emoji is None:
                self._leave("reactions by a picture of their own", f":{one.emoji}: on message {message.key}")
                continue
            for key in one.people:
                if (user_id := self._people.ids.get(key)) is not None:
                    found[user_id, emoji] = None
        return list(found)[:MOST_REACTIONS]

    async def _finish(self, room_id: int, posts: int, seq: int, number: int) -> None:
        """The room's counters; who had read all has read this too, and it concerns nobody."""
        await Room.update(last_seq=seq, posts=number).where(Room.id == room_id).aio_execute()
        has_read = (Member.room == room_id) & (Member.read_number >= posts)
        await Member.update(read_number=number).where(has_read).aio_execute()
        row: dict[str, Any] = {"room_id": room_id, "seq": seq, "after_id": 0}
        await (
            NoticeProgress.insert(row)
            .on_conflict(conflict_target=[NoticeProgress.room_id], update={"seq": seq, "after_id": 0})
            .aio_execute()
        )


_NOTHING = Rendered(None, ())


def _with_files(message: Message, files: tuple[SentFile, ...]) -> Message:
    """The message with those of its files that could be taken."""
    return replace(message, files=files)
