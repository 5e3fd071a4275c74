"""JSON of DiscordChatExporter: a file for each channel or thread, with what `--media` has put beside it. It
doesn't say who may read a channel: whoever wrote there is a member.

https://github.com/Tyrrrz/DiscordChatExporter"""

import posixpath
from collections.abc import Iterator
from typing import IO
from urllib.parse import unquote

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.json_streams import JsonStream
from operations.importing.readers.shared import (
    BadRecord,
    Fields,
    Options,
    dict_in,
    dicts_in,
    iso_time,
    key_in,
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
)

SAID = (
    "Default",
    "Reply",
    "ThreadStarterMessage",
    "ChatInputCommand",
    "ContextMenuCommand",
    "0",
    "19",
    "20",
    "21",
)
"""Types of what people say; others tell of who came, or what was pinned."""

CONVERSATIONS: dict[str, Kind] = {"DirectTextChat": "direct", "DirectGroupTextChat": "group"}
HEAD = 400


class Discord(Options):
    name = "discord"
    label = "Discord"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = set(archive.names())
        self._channels = [name for name in sorted(self._files) if _is_channel(archive, name)]
        if not self._channels:
            raise Failure(f"{archive.name} has no JSON of DiscordChatExporter")
        self._people: set[str] = set()

    @staticmethod
    def fits(archive: Archive) -> bool:
        return any(_is_channel(archive, name) for name in archive.names())

    def source(self) -> str:
        """Ids of Discord are of all of it."""
        return ""

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        for name in self._channels:
            channel: Fields = {}
            members: dict[str, None] = {}
            with self._archive.open(name) as file:
                for field, value in JsonStream(file, f"{name} in {self._archive.name}").fields("messages"):
                    if field == "channel" and isinstance(value, dict):
                        channel = value
                    if field != "messages":
                        continue
                    if not isinstance(value, dict) or not channel:
                        raise Failure(f"{name} in {self._archive.name} isn't of DiscordChatExporter")
                    try:
                        yield from self._message(name, key_in(channel, "id"), value, members)
                    except BadRecord as error:
                        yield Left("messages that can't be read", f"{name}: {error}")
            if channel:
                yield self._room(channel, tuple(members))

    def _room(self, channel: Fields, members: tuple[str, ...]) -> Room:
        kind = CONVERSATIONS.get(text_in(channel, "type"))
        is_private = text_in(channel, "type") == "GuildPrivateThread"
        return Room(
            key_in(channel, "id"),
            kind or ("open" if self.opens and not is_private else "closed"),
            text_in(channel, "name"),
            members,
            topic=text_in(channel, "topic"),
        )

    def _message(self, name: str, room: str, fields: Fields, members: dict[str, None]) -> Iterator[Record]:
        if text_in(fields, "type") not in SAID:
            yield Left("service lines", f"{text_in(fields, 'type')} in {name}")
            return
        author = dict_in(fields, "author")
        key = key_in(author, "id")
        reacted = [
            (text_in(dict_in(one, "emoji"), "name"), dicts_in(one, "users"))
            for one in dicts_in(fields, "reactions")
        ]
        for one in (author, *dicts_in(fields, "mentions"), *(user for _, users in reacted for user in users)):
            yield from self._person(one)
        members[key] = None
        reference = dict_in(fields, "reference")
        yield Message(
            key=key_in(fields, "id"),
            room=room,
            author=key,
            at=iso_time(fields.get("timestamp")),
            text=_dialect(fields),
            answers=text_in(reference, "messageId"),
            edited_at=or_none(fields.get("timestampEdited"), iso_time),
            pinned=bool(fields.get("isPinned")),
            reactions=tuple(
                Reacted(emoji, tuple(text_in(user, "id") for user in users)) for emoji, users in reacted
            ),
            files=tuple(self._file(name, one) for one in dicts_in(fields, "attachments")),
        )

    def _person(self, fields: Fields) -> Iterator[Person]:
        key = text_in(fields, "id")
        if key and key not in self._people:
            self._people.add(key)
            name = text_in(fields, "name") or key
            yield Person(key, name, text_in(fields, "nickname") or name)

    def _file(self, name: str, fields: Fields) -> SentFile:
        """`url` is a path beside the JSON where the file was taken along."""
        url = text_in(fields, "url")
        called = text_in(fields, "fileName") or posixpath.basename(url) or "file"
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(url).replace("\\", "/")))
        if beside in self._files:
            return SentFile(called, beside)
        return SentFile(called, url=url if url.startswith("https://") else "")


def _is_channel(archive: Archive, name: str) -> bool:
    if not name.endswith(".json"):
        return False
    with archive.open(name) as file:
        head = file.read(HEAD).lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"{") and head[1:].lstrip().startswith(b'"guild"')


def _dialect(fields: Fields) -> str:
    """It is Markdown, with how people are called in the place of mentions."""
    text = text_in(fields, "content")
    for one in dicts_in(fields, "mentions"):
        for called in (text_in(one, "nickname"), text_in(one, "name")):
            if called and (key := text_in(one, "id")):
                text = text.replace(f"@{called}", person_mark(key))
    stickers = [text_in(one, "name") for one in dicts_in(fields, "stickers")]
    embeds = [text_in(one, "title") for one in dicts_in(fields, "embeds")] if not text else []
    return "\n".join(filter(None, (text, *stickers, *embeds)))
