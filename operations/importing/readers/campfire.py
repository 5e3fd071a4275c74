"""Campfire (ONCE): its database `production.sqlite3`, alone or in a copy of its `storage` folder, which has
the files too.

https://github.com/basecamp/once-campfire"""

import base64
import binascii
import contextlib
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from helpers.processes.terminal import Failure
from helpers.text.characters import one_line
from operations.importing.archives import Archive
from operations.importing.readers.rich_text import Attributes, dialect_of
from operations.importing.readers.shared import BadRecord, Options, iso_time, or_none
from operations.importing.records import (
    Kind,
    Left,
    Message,
    Person,
    Reacted,
    Record,
    Room,
    SentFile,
    person_mark,
    unmarked,
)

HEADER = b"SQLite format 3\x00"
TABLES = {"users", "rooms", "memberships", "messages", "action_text_rich_texts", "accounts"}
KINDS: dict[str, Kind] = {"Rooms::Open": "open", "Rooms::Closed": "closed", "Rooms::Direct": "direct"}
ACTIVE, BOT = 0, 2

MENTION = "application/vnd.campfire.mention"
_USER = re.compile(r"/User/(\d+)")
_KEY = re.compile(r"[a-z0-9]{4,64}")


class Campfire(Options):
    name = "campfire"
    label = "Campfire"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = {name.rpartition("/")[2]: name for name in archive.names()}
        found = [name for name in archive.names() if _is_database(archive, name)]
        if not found:
            raise Failure(f"{archive.name} has no SQLite database")
        self._database = min(found, key=len)

    @staticmethod
    def fits(archive: Archive) -> bool:
        return any(_is_database(archive, name) for name in archive.names())

    def source(self) -> str:
        with self._opened() as rows:
            return "".join(
                str(created) for (created,) in rows("SELECT created_at FROM accounts ORDER BY id LIMIT 1")
            )

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        """Statements on a copy of the database: SQLite writes beside what it reads."""
        with tempfile.TemporaryDirectory(prefix="aiochat-import-") as folder:
            there = Path(folder) / "campfire.db"
            for ending in ("", "-wal"):
                if f"{self._database}{ending}" in self._archive.names():
                    with (
                        self._archive.open(f"{self._database}{ending}") as source,
                        Path(f"{there}{ending}").open("wb") as target,
                    ):
                        shutil.copyfileobj(source, target)
            try:
                connection = sqlite3.connect(there)
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("PRAGMA cell_size_check = ON")
                tables = {
                    name
                    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                }
                if lacking := sorted(TABLES - tables):
                    raise Failure(f"{self._database} isn't Campfire's: it lacks {', '.join(lacking)}")
                yield connection.execute
            except sqlite3.Error as error:
                raise Failure(f"{self._database} can't be read: {one_line(error)}") from None
            finally:
                connection.close()

    def read(self) -> Iterator[Record]:
        with self._opened() as rows:
            for key, name, email, status, role in rows(
                "SELECT id, name, email_address, status, role FROM users"
            ):
                is_gone = status != ACTIVE or role == BOT
                yield Person(str(key), _text(name), _text(name), "" if is_gone else _text(email), is_gone)
            yield from self._rooms(rows)
            yield from self._messages(rows)

    def _rooms(self, rows: Any) -> Iterator[Record]:
        members: dict[int, list[str]] = {}
        for room, user in rows("SELECT room_id, user_id FROM memberships ORDER BY id"):
            members.setdefault(room, []).append(str(user))
        for key, name, kind, creator, created in rows(
            "SELECT id, name, type, creator_id, created_at FROM rooms"
        ):
            there = tuple(members.get(key, ()))
            owners = (str(creator),) if str(creator) in there else ()
            made = or_none(created, iso_time) or 0
            yield Room(
                str(key), KINDS.get(kind, "closed"), _text(name) or "notes", there, owners, created_at=made
            )

    def _messages(self, rows: Any) -> Iterator[Record]:
        query = """
            SELECT messages.id, room_id, creator_id, messages.created_at, body FROM messages
            LEFT JOIN action_text_rich_texts ON record_type = 'Message' AND record_id = messages.id
                AND action_text_rich_texts.name = 'body' ORDER BY messages.id"""
        files = _beside(rows, _FILES, "active_storage_attachments")
        boosts = _beside(
            rows, "SELECT message_id, booster_id, content FROM boosts ORDER BY message_id", "boosts"
        )
        for key, room, creator, created, body in rows(query):
            sent = tuple(self._file(blob, called) for blob, called in files(key))
            try:
                yield Message(
                    key=str(key),
                    room=str(room),
                    author=str(creator),
                    at=iso_time(created),
                    text=dialect_of(_text(body), _special),
                    reactions=tuple(Reacted(_text(emoji), (str(user),)) for user, emoji in boosts(key)),
                    files=sent,
                )
            except BadRecord as error:
                yield Left("messages that can't be read", f"message {key}: {error}")

    def _file(self, key: Any, name: Any) -> SentFile:
        is_key = isinstance(key, str) and _KEY.fullmatch(key)
        return SentFile(_text(name) or "file", self._files.get(key, "") if is_key else "")


_FILES = """
    SELECT record_id, active_storage_blobs.key, filename FROM active_storage_attachments
    JOIN active_storage_blobs ON active_storage_blobs.id = blob_id
    WHERE record_type = 'Message' AND active_storage_attachments.name = 'attachment' ORDER BY record_id"""


def _beside(rows: Any, query: str, table: str) -> Any:
    """What belongs to one message after another, by their ids, which only grow."""
    if not rows("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
        return lambda _: []
    cursor = iter(rows(query))
    waiting: list[tuple[Any, ...]] = []

    def of(key: int) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        while True:
            row = waiting.pop() if waiting else next(cursor, None)
            if row is None:
                return found
            if row[0] > key:
                waiting.append(row)
                return found
            if row[0] == key:
                found.append(row[1:])

    return of


def _is_database(archive: Archive, name: str) -> bool:
    if not name.endswith((".sqlite3", ".sqlite", ".db")):
        return False
    with archive.open(name) as file:
        return file.read(len(HEADER)) == HEADER


def _text(value: Any) -> str:
    return unmarked(value) if isinstance(value, str) else ""


def _special(tag: str, attributes: Attributes) -> str | None:
    """Who is mentioned stands in the HTML by a signed id."""
    if tag != "action-text-attachment":
        return None
    if attributes.get("content-type") == MENTION and (
        found := _USER.search(_unsigned(attributes.get("sgid", "")))
    ):
        return person_mark(found[1])
    return attributes.get("url", "")


def _unsigned(sgid: str) -> str:
    """What a signed id says: its first part, which has another one in it in older versions."""
    text = sgid.partition("--")[0]
    for _ in range(2):
        try:
            text = base64.b64decode(text + "=" * (-len(text) % 4)).decode(errors="replace")
        except (binascii.Error, ValueError):
            return text
        if _USER.search(text):
            return text
        inner = re.search(r'"(?:message|data)":"([\w+/=-]+)"', text)
        text = inner[1] if inner else text
    return text
