"""Mattermost's bulk export: JSON lines, alone or in a ZIP with the files in `data`
(`mmctl export create`).

https://docs.mattermost.com/onboard/bulk-loading-data-format.html"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.json_streams import JsonStream
from operations.importing.readers.shared import (
    CODE,
    BadRecord,
    Fields,
    Options,
    checked_time,
    dict_in,
    dicts_in,
    key_in,
    mentions,
    text_in,
    texts_in,
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

KINDS: dict[str, Kind] = {"O": "open", "P": "closed"}
ENDING = ".jsonl"

_IS_VERSION = re.compile(rb'"type"\s*:\s*"version"')
_CHANNEL = re.compile(r"(?<![\w~])~([a-z0-9][a-z0-9_-]*)")


@dataclass
class _Channel:
    title: str
    kind: Kind
    topic: str = ""
    is_archived: bool = False
    members: dict[str, None] = field(default_factory=dict)
    owners: list[str] = field(default_factory=list)


class Mattermost(Options):
    name = "mattermost"
    label = "Mattermost"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = set(archive.names())
        self._lines = sorted(name for name in self._files if name.endswith(ENDING))
        if not self._lines:
            raise Failure(f"{archive.name} has no file of JSON lines ({ENDING})")
        self._people: dict[str, str] = {}
        self._channels: dict[str, _Channel] = {}

    @staticmethod
    def fits(archive: Archive) -> bool:
        for name in archive.names():
            if name.endswith(ENDING):
                with archive.open(name) as file:
                    return _IS_VERSION.search(file.read(200)) is not None
        return False

    def source(self) -> str:
        return ""

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        for name in self._lines:
            called = f"{name} in {self._archive.name}"
            with self._archive.open(name) as file:
                for number, line in enumerate(JsonStream(file, called).lines(), 1):
                    if not isinstance(line, dict):
                        raise Failure(f"{called} isn't objects, one a line")
                    try:
                        yield from self._line(line)
                    except BadRecord as error:
                        yield Left("lines that can't be read", f"{name}, line {number}: {error}")
        for key, one in self._channels.items():
            owners, members = tuple(one.owners), tuple(one.members)
            yield Room(key, one.kind, one.title, members, owners, one.topic, is_archived=one.is_archived)

    def _line(self, line: Fields) -> Iterator[Record]:
        kind = text_in(line, "type")
        fields = dict_in(line, kind)
        match kind:
            case "channel":
                key = f"{text_in(fields, 'team')}/{key_in(fields, 'name')}"
                title = text_in(fields, "display_name", "name")
                topic = text_in(fields, "header", "purpose")
                room_kind = KINDS.get(text_in(fields, "type"), "closed")
                self._channels[key] = _Channel(title, room_kind, topic, bool(fields.get("deleted_at")))
            case "user":
                yield self._person(fields)
            case "bot":
                name = key_in(fields, "username")
                self._people[name.lower()] = name
                yield Person(name, name, text_in(fields, "display_name"), is_gone=True)
            case "direct_channel":
                self._conversation(_members(fields))
            case "post" | "direct_post":
                yield from self._post(fields, is_direct=kind == "direct_post")

    def _person(self, fields: Fields) -> Person:
        name = key_in(fields, "username")
        self._people[name.lower()] = name
        for team in dicts_in(fields, "teams"):
            for channel in dicts_in(team, "channels"):
                one = self._channels.get(f"{text_in(team, 'name')}/{text_in(channel, 'name')}")
                if one is not None:
                    one.members[name] = None
                    if "channel_admin" in text_in(channel, "roles").split():
                        one.owners.append(name)
        full = f"{text_in(fields, 'first_name')} {text_in(fields, 'last_name')}".strip()
        is_gone = bool(fields.get("delete_at"))
        return Person(name, name, text_in(fields, "nickname") or full, text_in(fields, "email"), is_gone)

    def _conversation(self, members: list[str]) -> str:
        if not members:
            raise BadRecord("there are no members")
        key = f"direct/{','.join(members)}"
        kind: Kind = "direct" if len(members) == 2 else "group"
        self._channels[key] = _Channel("notes" if len(members) == 1 else ", ".join(members), kind)
        self._channels[key].members = dict.fromkeys(members)
        return key

    def _post(self, fields: Fields, *, is_direct: bool) -> Iterator[Record]:
        if is_direct:
            room = self._conversation(_members(fields))
        else:
            room = f"{text_in(fields, 'team')}/{key_in(fields, 'channel')}"
        if text_in(fields, "type").startswith("system_"):
            yield Left("service lines", f"{text_in(fields, 'type')} in {room}")
            return
        post = self._message(room, fields, "")
        yield post
        for reply in dicts_in(fields, "replies"):
            yield self._message(room, reply, post.key)

    def _message(self, room: str, fields: Fields, answers: str) -> Message:
        user, at = key_in(fields, "user"), fields.get("create_at")
        if not isinstance(at, int | float):
            raise BadRecord("there is no create_at")
        text = text_in(fields, "message")
        # Nothing else tells posts apart: it is how Mattermost itself knows them.
        told = f"{answers}\x00{user}\x00{at}\x00{text}".encode(errors="surrogatepass")
        edited = fields.get("edit_at")
        people: dict[str, list[str]] = {}
        for one in dicts_in(fields, "reactions"):
            people.setdefault(text_in(one, "emoji_name"), []).append(text_in(one, "user"))
        return Message(
            key=hashlib.blake2b(told, digest_size=16).hexdigest(),
            room=room,
            author=user,
            at=checked_time(at),
            text=self._dialect(text, room.partition("/")[0]),
            is_me=text_in(fields, "type") == "me",
            answers=answers,
            edited_at=int(edited) if isinstance(edited, int | float) and edited > 0 else None,
            pinned=bool(fields.get("is_pinned")),
            reactions=tuple(Reacted(emoji, tuple(names)) for emoji, names in people.items()),
            files=tuple(self._file(text_in(one, "path")) for one in dicts_in(fields, "attachments")),
        )

    def _file(self, path: str) -> SentFile:
        there = next((name for name in (path, f"data/{path}") if name in self._files), "")
        return SentFile(path.rpartition("/")[2] or "file", there)

    def _dialect(self, text: str, team: str) -> str:
        """It is Markdown. `@name` calls somebody, and `~name` is a channel."""

        def channel(found: re.Match[str]) -> str:
            key = f"{team}/{found[1]}"
            return room_mark(key) if key in self._channels else found[0]

        parts = CODE.split(mentions(text, self._people, person_mark))
        return "".join(part if place % 2 else _CHANNEL.sub(channel, part) for place, part in enumerate(parts))


def _members(fields: Fields) -> list[str]:
    names = texts_in(fields, "channel_members") or texts_in(fields, "members")
    names = names or [text_in(one, "username") for one in dicts_in(fields, "participants")]
    return sorted({name for name in names if name})
