"""All records of an archive in a file of its own while they are imported: in the order in which they are
stored, and however many there are, in little memory."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from helpers.processes.terminal import Failure
from operations.importing.records import Left, Message, Person, Record, Room

AT_ONCE = 500
SHOWN = 10
"""Places that are told of each reason why something is left out."""

_encode = msgspec.msgpack.encode
_person = msgspec.msgpack.Decoder(Person)
_room = msgspec.msgpack.Decoder(Room)
_message = msgspec.msgpack.Decoder(Message)


class Scratch:
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="aiochat-import-")
        self._database = sqlite3.connect(Path(self._folder.name) / "records.db", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE people (key TEXT PRIMARY KEY, place INTEGER, data BLOB)",
            "CREATE TABLE rooms (key TEXT PRIMARY KEY, place INTEGER, data BLOB)",
            "CREATE TABLE messages (room TEXT, key TEXT, at INTEGER, place INTEGER, author TEXT, data BLOB, "
            "PRIMARY KEY (room, key)) WITHOUT ROWID",
        ):
            self._database.execute(statement)
        self.left: dict[str, list[str]] = {}
        self.left_times: dict[str, int] = {}
        self._place = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def fill(self, records: Iterable[Record]) -> None:
        """A record that comes twice is the last one, but for messages: the first one."""
        self.fill_more(records)
        self._database.execute("CREATE INDEX in_order ON messages (room, at, place)")

    def fill_more(self, records: Iterable[Record]) -> None:
        try:
            self._database.execute("BEGIN")
            for record in records:
                self._place += 1
                self._put(record)
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            # Not the site's database: what it says of that would lead astray.
            folder = Path(self._folder.name).parent
            raise Failure(f"the temporary folder {folder} (TMPDIR) can't be used: {error}") from None

    def _put(self, record: Record) -> None:
        execute = self._database.execute
        match record:
            case Message():
                row = (record.room, record.key, record.at, self._place, record.author, _encode(record))
                execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
            case Person():
                execute(
                    "INSERT OR REPLACE INTO people VALUES (?, ?, ?)",
                    (record.key, self._place, _encode(record)),
                )
            case Room():
                execute(
                    "INSERT OR REPLACE INTO rooms VALUES (?, ?, ?)",
                    (record.key, self._place, _encode(record)),
                )
            case Left():
                self.leave(record.why, record.where)

    def leave(self, why: str, where: str) -> None:
        """Notes that something is left out."""
        self.left_times[why] = self.left_times.get(why, 0) + 1
        places = self.left.setdefault(why, [])
        if len(places) < SHOWN:
            places.append(where)

    def count(self, table: str) -> int:
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    def people(self) -> Iterator[Person]:
        for (data,) in self._database.execute("SELECT data FROM people ORDER BY place"):
            yield _person.decode(data)

    def rooms(self) -> Iterator[Room]:
        for (data,) in self._database.execute("SELECT data FROM rooms ORDER BY place"):
            yield _room.decode(data)

    def messages(self, room: str) -> Iterator[list[Message]]:
        """In the order of their times, in batches."""
        query = "SELECT data FROM messages INDEXED BY in_order WHERE room = ? ORDER BY at, place"
        cursor = self._database.execute(query, (room,))
        while rows := cursor.fetchmany(AT_ONCE):
            yield [_message.decode(data) for (data,) in rows]

    def first_at(self, room: str) -> int | None:
        """The time of the first message of a room."""
        found = self._database.execute("SELECT min(at) FROM messages WHERE room = ?", (room,)).fetchone()
        return None if found[0] is None else int(found[0])

    def author_of(self, room: str, key: str) -> str | None:
        query = "SELECT author FROM messages WHERE room = ? AND key = ?"
        found = self._database.execute(query, (room, key)).fetchone()
        return str(found[0]) if found else None

    def span(self) -> tuple[int, int] | None:
        """The times of the first and the last message."""
        first, last = self._database.execute("SELECT min(at), max(at) FROM messages").fetchone()
        return None if first is None else (first, last)

    def unknown_authors(self) -> list[str]:
        query = "SELECT DISTINCT author FROM messages WHERE author NOT IN (SELECT key FROM people) ORDER BY 1"
        return [key for (key,) in self._database.execute(query)]

    def unknown_rooms(self) -> list[str]:
        query = "SELECT DISTINCT room FROM messages WHERE room NOT IN (SELECT key FROM rooms) ORDER BY 1"
        return [key for (key,) in self._database.execute(query)]
