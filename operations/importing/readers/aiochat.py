"""What `aiochat export` writes as JSON lines (docs/exporting.md): of a site, or of some of its rooms."""

import functools
import re
from collections.abc import Callable, Iterator
from typing import IO

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.json_streams import JsonStream
from operations.importing.readers.shared import (
    CODE,
    BadRecord,
    Fields,
    Options,
    dict_in,
    dicts_in,
    iso_time,
    key_in,
    list_in,
    or_none,
    text_in,
)
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
    room_mark,
)

KINDS: dict[str, Kind] = {"open": "open", "direct": "direct", "group": "group"}
"""What isn't among them is closed."""

FORMAT = 1
PEOPLE = "people.jsonl"
MESSAGES = "messages.jsonl"
GONE = "deleted user"

HEAD = 400
"""Bytes in which the first line says what it is."""

_IS_ROOM = re.compile(rb'\s*\{\s*"type"\s*:\s*"room"\s*,\s*"format"\s*:')
_NAMED = re.compile(r"(?<![\w@#/.+-])([@#])(\w[\w.-]*)")


class Aiochat(Options):
    name = "aiochat"
    label = "aiochat"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = set(archive.names())
        self._rooms = sorted(name for name in self._files if _ends_with(name, MESSAGES))
        if not self._rooms:
            raise Failure(f"{archive.name} has no {MESSAGES}: export it `--as jsonl`")
        self._people: dict[str, str] = {}
        self._titles: dict[str, str] = {}

    @staticmethod
    def fits(archive: Archive) -> bool:
        for name in archive.names():
            if _ends_with(name, MESSAGES):
                with archive.open(name) as file:
                    return _IS_ROOM.match(file.read(HEAD)) is not None
        return False

    def source(self) -> str:
        return ""

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        """Who there is comes first, since texts name people and rooms."""
        for name in sorted(self._files):
            if _ends_with(name, PEOPLE):
                yield from self._each(name, self._person)
        heads = {}
        for name in self._rooms:
            head = next(self._lines(name), None)
            if head is None or text_in(head, "type") != "room":
                raise Failure(f"{name} in {self._archive.name} doesn't begin with its room")
            if head.get("format") != FORMAT:
                raise Failure(f"{name} in {self._archive.name} is of another version: update this one first")
            try:
                heads[name] = room = self._room(head)
            except BadRecord as error:
                raise Failure(f"{name} in {self._archive.name}: {error}") from None
            self._titles[room.key.lower()] = room.key
            yield from self._members(head)
            yield room
        for name, room in heads.items():
            folder = name.removesuffix(MESSAGES)
            yield from self._each(name, functools.partial(self._of, room, folder))

    def _lines(self, name: str) -> Iterator[Fields]:
        called = f"{name} in {self._archive.name}"
        with self._archive.open(name) as file:
            for line in JsonStream(file, called).lines():
                if not isinstance(line, dict):
                    raise Failure(f"{called} isn't objects, one a line")
                yield line

    def _each(self, name: str, read: Callable[[Fields], Record | None]) -> Iterator[Record]:
        for number, line in enumerate(self._lines(name), 1):
            try:
                if (record := read(line)) is not None:
                    yield record
            except BadRecord as error:
                yield Left("lines that can't be read", f"{name}, line {number}: {error}")

    def _person(self, line: Fields) -> Person:
        name = key_in(line, "name")
        self._people[name.lower()] = name
        return Person(name, name, text_in(line, "display_name"), text_in(line, "email"))

    def _members(self, head: Fields) -> Iterator[Person]:
        """Where only a room was exported, nothing else says what they are called."""
        for member in dicts_in(head, "members"):
            name = text_in(member, "name")
            if name and name != GONE and name.lower() not in self._people:
                yield self._person(member)

    def _room(self, head: Fields) -> Room:
        by_role: dict[str, list[str]] = {}
        for member in dicts_in(head, "members"):
            if (name := text_in(member, "name")) and name != GONE:
                by_role.setdefault(text_in(member, "role"), []).append(name)
        return Room(
            key=key_in(head, "name"),
            kind=KINDS.get(text_in(head, "kind"), "closed"),
            title=text_in(head, "title", "name"),
            members=tuple(name for names in by_role.values() for name in names),
            owners=tuple(by_role.get("owner", ())),
            moderators=tuple(by_role.get("moderator", ())),
            topic=text_in(head, "topic"),
            created_at=or_none(head.get("created_at"), iso_time) or 0,
            is_archived=bool(head.get("archived")),
            name=key_in(head, "name"),
        )

    def _of(self, room: Room, folder: str, line: Fields) -> Message | None:
        if text_in(line, "type") == "room":
            return None
        return Message(
            key=key_in(line, "number"),
            room=room.key,
            author=key_in(line, "author"),
            at=iso_time(line.get("at")),
            text=self._marked(text_in(line, "text")),
            is_me=text_in(line, "kind") == "me",
            answers=key_in(line, "reply_to") if line.get("reply_to") is not None else "",
            edited_at=or_none(line.get("edited_at"), iso_time),
            pinned=bool(line.get("pinned")),
            reactions=tuple(
                Reacted(emoji, tuple(name for name in list_in(found, emoji) if isinstance(name, str)))
                for found in (dict_in(line, "reactions"),)
                for emoji in found
            ),
            files=tuple(self._file(file, folder) for file in dicts_in(line, "files")),
        )

    def _file(self, file: Fields, folder: str) -> SentFile:
        path = f"{folder}{text_in(file, 'path')}"
        name = text_in(file, "name") or "file"
        return SentFile(name, path if path in self._files else "", description=text_in(file, "description"))

    def _marked(self, text: str) -> str:
        """It is our own dialect; who and what is named may be called otherwise here."""

        def name(found: re.Match[str]) -> str:
            known, mark = (self._people, person_mark) if found[1] == "@" else (self._titles, room_mark)
            typed = found[2]
            while typed and typed.lower() not in known:
                # The end of a sentence isn't a part of the name.
                shorter = typed.rstrip(".-_")
                if shorter == typed:
                    return found[0]
                typed = shorter
            return f"{mark(known[typed.lower()])}{found[2][len(typed) :]}" if typed else found[0]

        if "@" not in text and "#" not in text:
            return text
        parts = CODE.split(text)
        return "".join(part if place % 2 else _NAMED.sub(name, part) for place, part in enumerate(parts))


def _ends_with(name: str, last: str) -> bool:
    return name == last or name.endswith(f"/{last}")
