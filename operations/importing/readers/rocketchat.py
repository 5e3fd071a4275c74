"""Rocket.Chat's database as `mongoexport` writes it: rocketchat_message.json, rocketchat_room.json,
users.json and, for who is in which room, rocketchat_subscription.json; JSON lines or arrays. Files whose
names begin with the id of an upload are those of messages.

https://docs.rocket.chat/docs/mongodb-backup-and-restore
https://www.mongodb.com/docs/database-tools/mongoexport/"""

import re
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

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
    iso_time,
    key_in,
    list_in,
    mentions,
    or_none,
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
)

NAMES = {
    "users": ("users", "rocketchat_users"),
    "rooms": ("rocketchat_room", "rocketchat_rooms"),
    "subscriptions": ("rocketchat_subscription", "rocketchat_subscriptions"),
    "messages": ("rocketchat_message", "rocketchat_messages"),
}
"""Of the collections, with the ending `.json`."""

KINDS: dict[str, Kind] = {"c": "open", "p": "closed", "d": "direct"}

_QUOTE = re.compile(r"\[ \]\((https?://[^)\s]+)\)\s*")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")


class RocketChat(Options):
    name = "rocketchat"
    label = "Rocket.Chat"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._names = _collections(archive)
        if lacking := [
            f"{NAMES[what][0]}.json" for what in ("users", "rooms", "messages") if what not in self._names
        ]:
            raise Failure(f"{archive.name} lacks {' and '.join(lacking)}")
        self._uploads = {name.rpartition("/")[2].partition(".")[0]: name for name in archive.names()}
        self._people: dict[str, str] = {}

    @staticmethod
    def fits(archive: Archive) -> bool:
        return "messages" in _collections(archive)

    def source(self) -> str:
        return ""

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        members: dict[str, dict[str, bool]] = {}
        for row in self._rows("subscriptions"):
            room, user = text_in(row, "rid"), text_in(dict_in(row, "u"), "_id")
            members.setdefault(room, {})[user] = "owner" in texts_in(row, "roles")
        for what in ("users", "rooms", "messages"):
            for row in self._rows(what):
                try:
                    if what == "users":
                        yield self._person(row)
                    elif what == "rooms":
                        yield from self._room(row, members)
                    else:
                        yield from self._message(row)
                except BadRecord as error:
                    yield Left(f"{what} that can't be read", str(error))

    def _rows(self, what: str) -> Iterator[Fields]:
        if (name := self._names.get(what)) is None:
            return
        called = f"{name} in {self._archive.name}"
        with self._archive.open(name) as file:
            stream = JsonStream(file, called)
            for row in stream.items() if stream.begins_with() == "[" else stream.lines():
                if not isinstance(row, dict):
                    raise Failure(f"{called} isn't a list of documents")
                yield row

    def _person(self, row: Fields) -> Person:
        key, name = key_in(row, "_id"), text_in(row, "username")
        emails = [text_in(one, "address") for one in dicts_in(row, "emails")]
        self._people[name.lower()] = key
        is_gone = row.get("active") is False or text_in(row, "type") in ("bot", "app")
        return Person(key, name or key, text_in(row, "name"), emails[0] if emails else "", is_gone)

    def _room(self, row: Fields, members: dict[str, dict[str, bool]]) -> Iterator[Record]:
        key, kind = key_in(row, "_id"), KINDS.get(text_in(row, "t"))
        if kind is None:
            yield Left("rooms of other kinds", f"{text_in(row, 't')}: {key}")
            return
        there = members.get(key, {})
        if kind == "direct":
            ids = texts_in(row, "uids") or list(there)
            kind = "direct" if len(set(ids)) == 2 else "group"
            yield Room(key, kind, "notes", tuple(dict.fromkeys(ids)))
            return
        owner = text_in(dict_in(row, "u"), "_id")
        owners = tuple(user for user, is_one in there.items() if is_one) or (
            (owner,) if owner in there else ()
        )
        yield Room(
            key,
            kind,
            text_in(row, "fname", "name"),
            tuple(there),
            owners,
            text_in(row, "topic", "description"),
            or_none(row.get("ts"), _time) or 0,
            bool(row.get("archived")),
        )

    def _message(self, row: Fields) -> Iterator[Record]:
        key, kind = key_in(row, "_id"), text_in(row, "t")
        if kind and kind not in ("discussion-created",):
            yield Left("service lines", f"{kind}: {key}")
            return
        author = dict_in(row, "u")
        user = key_in(author, "_id")
        username = text_in(author, "username").lower()
        if username not in self._people:
            self._people[username] = user
            yield Person(user, text_in(author, "username") or user, text_in(author, "name"), is_gone=True)
        text, quoted = self._dialect(text_in(row, "msg"))
        files = dicts_in(row, "files") or [one for one in (dict_in(row, "file"),) if one]
        told = [
            text_in(one, "description") for one in dicts_in(row, "attachments") if not one.get("message_link")
        ]
        yield Message(
            key=key,
            room=key_in(row, "rid"),
            author=user,
            at=_time(row.get("ts")),
            text="\n".join(filter(None, (text, *told))),
            answers=text_in(row, "tmid") or quoted,
            edited_at=or_none(row.get("editedAt"), _time),
            pinned=bool(row.get("pinned")),
            reactions=tuple(self._reactions(row)),
            files=tuple(
                SentFile(text_in(one, "name") or "file", self._uploads.get(text_in(one, "_id"), ""))
                for one in files
                # Thumbnails are told as files of their own.
                if not text_in(one, "name").startswith("thumb-")
            ),
        )

    def _reactions(self, row: Fields) -> Iterator[Reacted]:
        for emoji, told in dict_in(row, "reactions").items():
            if isinstance(told, dict):
                names = [name.lower() for name in list_in(told, "usernames") if isinstance(name, str)]
                yield Reacted(
                    emoji.strip(":"), tuple(self._people[name] for name in names if name in self._people)
                )

    def _dialect(self, text: str) -> tuple[str, str]:
        """The text, and the id of the message that it quotes by a link without words."""
        quoted = ""

        def quote(found: re.Match[str]) -> str:
            nonlocal quoted
            try:
                ids = parse_qs(urlsplit(found[1]).query).get("msg", [])
            except ValueError:
                ids = []
            quoted = quoted or (ids[0] if ids else "")
            return "" if ids else found[0]

        parts = CODE.split(_QUOTE.sub(quote, text))
        for place in range(0, len(parts), 2):
            parts[place] = _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", parts[place]))
        return mentions("".join(parts), self._people, person_mark), quoted


def _collections(archive: Archive) -> dict[str, str]:
    """The files, by what they have."""
    found: dict[str, str] = {}
    for name in sorted(archive.names(), key=len):
        base = name.rpartition("/")[2]
        for what, names in NAMES.items():
            if base in (f"{one}.json" for one in names):
                found.setdefault(what, name)
    return found


def _time(value: Any) -> int:
    """A date as mongoexport writes it, in one of the ways it does."""
    if isinstance(value, dict):
        value = value.get("$date")
    if isinstance(value, dict):
        value = value.get("$numberLong")
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return iso_time(value)
    try:
        return checked_time(float(value))
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, BadRecord) else BadRecord("its time can't be read") from None
