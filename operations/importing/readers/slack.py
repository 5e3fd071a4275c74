"""Slack's export: a ZIP with users.json, channels.json (groups.json, dms.json, mpims.json) and a folder for
each conversation with a file a day. It has no files of messages but where a program has put them into
__uploads (`__uploads/{id}/{name}`), as slackdump does.

https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports"""

import html
import re
from collections.abc import Callable, Iterator
from typing import IO

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.readers.shared import (
    CODE,
    BadRecord,
    Fields,
    Options,
    dict_in,
    dicts_in,
    key_in,
    objects,
    or_none,
    seconds_of,
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

KINDS: dict[str, Kind] = {
    "channels.json": "open",
    "groups.json": "closed",
    "mpims.json": "group",
    "dms.json": "direct",
}
"""The lists of conversations."""

SAID = (
    "",
    "bot_message",
    "me_message",
    "thread_broadcast",
    "file_share",
    "slackbot_response",
    "reply_broadcast",
)
"""Subtypes of what people say; others tell of who came, went, or changed something."""

UPLOADS = "__uploads/"
DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")


class Slack(Options):
    name = "slack"
    label = "Slack"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        names = archive.names()
        found = [name for name in names if name.rpartition("/")[2] == "users.json"]
        if not found:
            raise Failure(f"{archive.name} lacks users.json")
        self._root = min(found, key=len).removesuffix("users.json")
        self._days: dict[str, list[str]] = {}
        self._uploads: dict[str, str] = {}
        for name in sorted(names):
            if not name.startswith(self._root):
                continue
            inner = name[len(self._root) :]
            folder, _, file = inner.rpartition("/")
            if inner.startswith(UPLOADS):
                self._uploads[inner[len(UPLOADS) :].partition("/")[0]] = name
            elif DAY.fullmatch(file):
                self._days.setdefault(folder, []).append(name)
        self._people: set[str] = set()

    @staticmethod
    def fits(archive: Archive) -> bool:
        names = {name.rpartition("/")[2] for name in archive.names() if name.count("/") < 2}
        return "users.json" in names and bool(names & KINDS.keys())

    def source(self) -> str:
        first = next(objects(self._archive, f"{self._root}users.json"), {})
        return text_in(first, "team_id")

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        for fields in objects(self._archive, f"{self._root}users.json"):
            try:
                yield self._person(fields)
            except BadRecord as error:
                yield Left("people that can't be read", f"users.json: {error}")
        there = set(self._archive.names())
        lists = [(name, kind) for name, kind in KINDS.items() if f"{self._root}{name}" in there]
        if not lists:
            raise Failure(f"{self._archive.name} has none of {', '.join(KINDS)}")
        for name, kind in lists:
            for fields in objects(self._archive, f"{self._root}{name}"):
                try:
                    room = _room(fields, kind)
                except BadRecord as error:
                    yield Left("rooms that can't be read", f"{name}: {error}")
                    continue
                yield room
                yield from self._messages(room, fields)

    def _person(self, fields: Fields) -> Person:
        key, profile = key_in(fields, "id"), dict_in(fields, "profile")
        self._people.add(key)
        return Person(
            key,
            text_in(fields, "name") or text_in(profile, "display_name"),
            text_in(profile, "display_name", "real_name") or text_in(fields, "real_name"),
            text_in(profile, "email"),
            bool(fields.get("deleted")),
        )

    def _messages(self, room: Room, fields: Fields) -> Iterator[Record]:
        pinned = {text_in(pin, "id") for pin in dicts_in(fields, "pins")}
        for folder in dict.fromkeys((text_in(fields, "name"), room.key)):
            for day in self._days.get(folder, ()) if folder else ():
                for said in objects(self._archive, day):
                    try:
                        yield from self._message(room, said, pinned)
                    except BadRecord as error:
                        yield Left("messages that can't be read", f"{day}: {error}")

    def _message(self, room: Room, fields: Fields, pinned: set[str]) -> Iterator[Record]:
        if text_in(fields, "subtype") not in SAID:
            yield Left("service lines", f"{text_in(fields, 'subtype')} in {room.title}")
            return
        key = key_in(fields, "ts")
        author, unknown = self._author(fields)
        if unknown is not None:
            yield unknown
        thread = text_in(fields, "thread_ts")
        texts = [_dialect(text_in(fields, "text")), *map(_attached, dicts_in(fields, "attachments"))]
        yield Message(
            key=key,
            room=room.key,
            author=author,
            at=seconds_of(key),
            text="\n".join(filter(None, texts)),
            is_me=fields.get("subtype") == "me_message",
            answers=thread if thread != key else "",
            edited_at=or_none(dict_in(fields, "edited").get("ts"), seconds_of),
            pinned=key in pinned,
            reactions=tuple(
                Reacted(_emoji(text_in(one, "name")), tuple(texts_in(one, "users")))
                for one in dicts_in(fields, "reactions")
            ),
            files=tuple(
                self._file(one) for one in dicts_in(fields, "files") if one.get("mode") != "tombstone"
            ),
        )

    def _author(self, fields: Fields) -> tuple[str, Person | None]:
        """Whose message it is, and who that is where the list of people doesn't say it."""
        if key := text_in(fields, "user"):
            if key in self._people:
                return key, None
            profile = dict_in(fields, "user_profile")
            name = text_in(profile, "name") or key
            self._people.add(key)
            return key, Person(key, name, text_in(profile, "display_name", "real_name"), is_gone=True)
        bot = text_in(fields, "bot_id")
        name = text_in(fields, "username") or text_in(dict_in(fields, "bot_profile"), "name") or "bot"
        key = f"{bot}/{name}"
        is_known = key in self._people
        self._people.add(key)
        return key, None if is_known else Person(key, name, name, is_gone=True)

    def _file(self, fields: Fields) -> SentFile:
        path = self._uploads.get(text_in(fields, "id"), "")
        name = text_in(fields, "name", "title") or path.rpartition("/")[2] or "file"
        # The address of an export holds a secret, by which everybody can read the file.
        url = text_in(fields, "permalink") or text_in(fields, "url_private").partition("?")[0]
        return SentFile(name, path, url)


def _room(fields: Fields, kind: Kind) -> Room:
    members = tuple(dict.fromkeys(texts_in(fields, "members")))
    owner = text_in(fields, "creator")
    return Room(
        key=key_in(fields, "id"),
        kind=kind,
        title=text_in(fields, "name") or "notes",
        members=members,
        owners=(owner,) if owner in members else (),
        topic=_plain(
            text_in(dict_in(fields, "topic"), "value") or text_in(dict_in(fields, "purpose"), "value")
        ),
        created_at=or_none(fields.get("created"), seconds_of) or 0,
        is_archived=bool(fields.get("is_archived")),
    )


def _emoji(name: str) -> str:
    """`+1::skin-tone-3` is a thumb of a colour: the thumb is kept."""
    return name.partition("::")[0]


def _attached(fields: Fields) -> str:
    """What a program has put below its message."""
    parts = [text_in(fields, "pretext"), text_in(fields, "title")]
    parts.append(text_in(fields, "text") or ("" if any(parts) else text_in(fields, "fallback")))
    return "\n".join(_dialect(part) for part in parts if part)


_TOKEN = re.compile(r"<([^<>\n]+)>")
_HELD = re.compile("\ue003(\\d+)\ue003")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")


def _dialect(text: str) -> str:
    """Slack's mrkdwn as our dialect. Entities, links, mentions; one sign for bold and struck where we have
    two."""
    parts = CODE.split(text.replace("\ue003", ""))
    return "".join(_plain(part) if place % 2 else _formatted(part) for place, part in enumerate(parts))


def _formatted(text: str) -> str:
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(_link(found[1]))
        return f"\ue003{len(held) - 1}\ue003"

    text = _TOKEN.sub(hold, text)
    text = html.unescape(_STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", text)))
    return _HELD.sub(lambda found: held[int(found[1])], text)


def _plain(text: str) -> str:
    """Text in which no sign acts."""
    return html.unescape(_TOKEN.sub(lambda found: found[1].partition("|")[0], text))


def _called(words: str) -> str:
    return words.rpartition("|")[2].partition("^")[0]


def _link(token: str) -> str:
    """What stands between < and >."""
    target, _, words = token.partition("|")
    kinds: dict[str, Callable[[], str]] = {
        "@": lambda: person_mark(target[1:]),
        "#": lambda: room_mark(target[1:]),
        # @here, @channel, a group or a date: they call nobody any more.
        "!": lambda: html.unescape(words) or f"@{_called(target[1:])}",
    }
    if (kind := kinds.get(target[:1])) is not None:
        return kind()
    url, words = html.unescape(target.removeprefix("mailto:")), html.unescape(words)
    if not words or words in (url, url.partition("://")[2]) or "]" in words or target.startswith("mailto:"):
        return url
    return f"[{words}]({url})"
