"""Zulip's export: a tar.gz with realm.json, messages-000001.json and so on, and what was uploaded, in
`uploads`. A topic becomes a thread: its first message names it, the others answer that one.

https://zulip.com/help/export-your-organization"""

import re
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import unquote

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.json_streams import JsonStream
from operations.importing.readers.shared import (
    CODE,
    BadRecord,
    Fields,
    Options,
    key_in,
    or_none,
    seconds_of,
    text_in,
)
from operations.importing.records import (
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

PERSONAL, STREAM, GROUP = 1, 2, 3
"""Types of recipients."""

OWNERS = (100, 200, 20)
"""Roles in a stream and on the realm by which one keeps order."""

MESSAGES = re.compile(r"messages-\d+\.json")

TABLES = (
    *("zerver_userprofile", "zerver_userprofile_crossrealm", "zerver_userprofile_mirrordummy"),
    *("zerver_stream", "zerver_recipient", "zerver_subscription", "zerver_reaction", "zerver_realm"),
)

_PERSON = re.compile(r"@_?\*\*([^*|\n]+)(?:\|(\d+))?\*\*")
_GROUP = re.compile(r"@_?\*([^*\n]+)\*(?!\*)")
_STREAM = re.compile(r"#\*\*([^*\n]+)\*\*")
_UPLOAD = re.compile(r"!?\[([^\]\n]*)\]\(/?user_uploads/([^)\s]+)\)")


class Zulip(Options):
    name = "zulip"
    label = "Zulip"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = set(archive.names())
        found = [name for name in self._files if name.rpartition("/")[2] == "realm.json"]
        if not found:
            raise Failure(f"{archive.name} lacks realm.json")
        self._root = min(found, key=len).removesuffix("realm.json")
        self._people: dict[str, str] = {}
        self._streams: dict[str, Fields] = {}
        self._stream_keys: dict[str, str] = {}
        self._recipients: dict[str, tuple[int, str]] = {}
        self._members: dict[str, dict[str, bool]] = {}
        self._reactions: dict[str, dict[str, list[str]]] = {}
        self._topics: dict[tuple[str, str], str] = {}
        self._rooms: dict[str, Room] = {}
        self._realm = ""

    @staticmethod
    def fits(archive: Archive) -> bool:
        names = {name.rpartition("/")[2] for name in archive.names()}
        return "realm.json" in names and any(MESSAGES.fullmatch(name) for name in names)

    def source(self) -> str:
        """Known once the realm was read."""
        with self._archive.open(f"{self._root}realm.json") as file:
            for table, row in JsonStream(file, "realm.json").fields(*TABLES):
                if table == "zerver_realm" and isinstance(row, dict):
                    return text_in(row, "uuid", "string_id")
        return ""

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        with self._archive.open(f"{self._root}realm.json") as file:
            for table, row in JsonStream(file, f"realm.json in {self._archive.name}").fields(*TABLES):
                if not isinstance(row, dict):
                    continue
                try:
                    yield from self._row(table, row)
                except BadRecord as error:
                    yield Left("rows that can't be read", f"{table}: {error}")
        yield from self._open_rooms()
        for name in sorted(name for name in self._files if MESSAGES.fullmatch(name.removeprefix(self._root))):
            with self._archive.open(name) as file:
                stream = JsonStream(file, f"{name} in {self._archive.name}")
                for table, row in stream.fields("zerver_message", "zerver_usermessage"):
                    if table != "zerver_message" or not isinstance(row, dict):
                        continue
                    try:
                        yield from self._message(row)
                    except BadRecord as error:
                        yield Left("messages that can't be read", f"{name}: {error}")

    def _row(self, table: str, row: Fields) -> Iterator[Record]:
        match table:
            case "zerver_stream":
                key = key_in(row, "id")
                self._streams[key] = row
                self._stream_keys[text_in(row, "name").lower()] = key
            case "zerver_recipient":
                self._recipients[key_in(row, "id")] = int(row.get("type") or 0), key_in(row, "type_id")
            case "zerver_subscription":
                if row.get("active", True):
                    members = self._members.setdefault(key_in(row, "recipient"), {})
                    members[key_in(row, "user_profile")] = row.get("role") in OWNERS
            case "zerver_reaction":
                by_emoji = self._reactions.setdefault(key_in(row, "message"), {})
                by_emoji.setdefault(_emoji(row), []).append(key_in(row, "user_profile"))
            case "zerver_realm":
                self._realm = text_in(row, "string_id")
            case _:
                yield self._person(row)

    def _person(self, row: Fields) -> Person:
        key, full_name = key_in(row, "id"), text_in(row, "full_name")
        self._people[full_name] = key
        email = text_in(row, "delivery_email", "email")
        is_gone = row.get("is_active") is False or bool(row.get("is_bot")) or bool(row.get("is_mirror_dummy"))
        return Person(key, email.partition("@")[0] or full_name, full_name, email, is_gone)

    def _open_rooms(self) -> Iterator[Room]:
        """All streams, also those in which nothing was said."""
        for recipient, (kind, type_id) in self._recipients.items():
            if kind == STREAM and (stream := self._streams.get(type_id)) is not None:
                members = self._members.get(recipient, {})
                creator = str(stream.get("creator") or "")
                owners = (
                    (creator,)
                    if creator in members
                    else tuple(key for key, is_one in members.items() if is_one)
                )
                yield Room(
                    f"stream/{type_id}",
                    "closed" if stream.get("invite_only") else "open",
                    text_in(stream, "name"),
                    tuple(members),
                    owners,
                    text_in(stream, "description"),
                    or_none(stream.get("date_created"), seconds_of) or 0,
                    bool(stream.get("deactivated")),
                )

    def _message(self, row: Fields) -> Iterator[Record]:
        key, sender = key_in(row, "id"), key_in(row, "sender")
        recipient = key_in(row, "recipient")
        kind, type_id = self._recipients.get(recipient, (0, ""))
        topic, answers = "", ""
        if kind == STREAM:
            room = f"stream/{type_id}"
            topic = text_in(row, "subject")
            answers = self._topics.setdefault((room, topic), key)
        elif kind in (PERSONAL, GROUP):
            members = sorted(
                {sender, type_id} if kind == PERSONAL else self._members.get(recipient, {sender: False})
            )
            room = f"direct/{','.join(members)}"
            if room not in self._rooms:
                self._rooms[room] = Room(
                    room, "direct" if len(members) == 2 else "group", "notes", tuple(members)
                )
                yield self._rooms[room]
        else:
            raise BadRecord(f"message {key} is to nobody")
        text, files = self._dialect(text_in(row, "content"))
        if topic and answers == key:
            text = f"**{topic.replace('*', '')}**\n{text}"
        yield Message(
            key=key,
            room=room,
            author=sender,
            at=seconds_of(row.get("date_sent")),
            text=text,
            answers=answers if answers != key else "",
            edited_at=or_none(row.get("last_edit_time"), seconds_of),
            reactions=tuple(
                Reacted(emoji, tuple(people)) for emoji, people in self._reactions.pop(key, {}).items()
            ),
            files=files,
        )

    def _dialect(self, text: str) -> tuple[str, tuple[SentFile, ...]]:
        """It is Markdown, with signs of its own for people, streams and what was uploaded."""
        files: list[SentFile] = []

        def person(found: re.Match[str]) -> str:
            key = found[2] or self._people.get(found[1], "")
            return person_mark(key) if key else f"@{found[1]}"

        def stream(found: re.Match[str]) -> str:
            name, sign, topic = found[1].partition(">")
            key = self._stream_keys.get(name.lower())
            shown = room_mark(f"stream/{key}") if key else f"#{name}"
            return f"{shown} > {topic}" if sign else shown

        def upload(found: re.Match[str]) -> str:
            path = f"{self._root}uploads/{unquote(found[2])}"
            files.append(SentFile(found[1] or path.rpartition("/")[2], path if path in self._files else ""))
            return ""

        parts = CODE.split(text)
        for place in range(0, len(parts), 2):
            part = _UPLOAD.sub(upload, parts[place])
            part = _STREAM.sub(stream, _PERSON.sub(person, part))
            parts[place] = _GROUP.sub(lambda found: f"@{found[1]}", part)
        return "".join(parts).strip("\n").rstrip(), tuple(files)


def _emoji(row: Fields) -> str:
    """Of Unicode, by its code points; else the name of a picture."""
    code: Any = row.get("emoji_code")
    if row.get("reaction_type", "unicode_emoji") == "unicode_emoji" and isinstance(code, str):
        try:
            return "".join(chr(int(point, 16)) for point in code.split("-"))
        except (ValueError, OverflowError):
            pass
    return text_in(row, "emoji_name")
