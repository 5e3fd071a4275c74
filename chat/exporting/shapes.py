"""The shapes of an export: JSON lines for programs, text for people, and HTML that reads without a server.

A shape is a function that yields the files of a room, each when the one before was read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from accounts.people.shown_names import load_names, mentioned_in
from chat.exporting.pages import Pages, page_name
from chat.exporting.reading import (
    ExportedMember,
    ExportedMessage,
    ExportedPerson,
    People,
    files_of,
    members_of,
    messages_of,
)
from chat.models import Room
from helpers.clock import iso
from helpers.markup.plain_text import strip_markup
from helpers.storage.store import Store
from helpers.storage.zipping import Entry

FORMAT = 1

Going = Callable[[int], Awaitable[None]]
"""Called with how many messages were written. What it raises ends the export."""


async def _go_on(_: int) -> None:
    pass


@dataclass
class Export:
    """Of one room. `url` is the site's, for links in messages; `author_id` whose messages alone are wanted,
    `folder` where the files are to lie, with a slash at its end."""

    room: Room
    title: str
    url: str
    store: Store | None
    author_id: int | None = None
    folder: str = ""
    going: Going = _go_on
    people: People = field(default_factory=People)

    def entry(self, name: str, read: Callable[[], AsyncIterator[bytes]]) -> Entry:
        return Entry(f"{self.folder}{name}", None, read)

    async def messages(self) -> AsyncIterator[list[ExportedMessage]]:
        async for page in messages_of(self.room, self.people, self.author_id):
            await self.going(len(page))
            yield page

    async def files(self) -> AsyncIterator[Entry]:
        if self.store is not None:
            async for one in files_of(self.room, self.store, self.author_id, self.folder):
                yield one

    async def members(self) -> list[ExportedMember]:
        return await members_of(self.room, self.people)


def person_as_json(person: ExportedPerson) -> dict[str, object]:
    return {"name": person.name, "display_name": person.shown if person.shown != person.name else ""}


def _room_as_json(export: Export, members: list[ExportedMember]) -> dict[str, object]:
    room = export.room
    return {
        "type": "room",
        "format": FORMAT,
        "name": room.name,
        "title": export.title,
        "kind": room.kind,
        "topic": room.topic,
        "created_at": iso(room.created_at),
        "archived": room.archived_at is not None,
        "members": [
            {
                **person_as_json(member.person),
                "role": member.role.name.lower(),
                "joined_at": iso(member.joined_at),
            }
            for member in members
        ],
    }


def _message_as_json(message: ExportedMessage) -> dict[str, object]:
    return {
        "type": "message",
        "number": message.number,
        "kind": message.kind,
        "at": iso(message.at),
        "author": message.author.name,
        "author_name": message.author.shown,
        "text": message.text,
        "reply_to": message.reply_to,
        "edited_at": iso(message.edited_at) if message.edited_at is not None else None,
        "pinned": message.pinned,
        "reactions": {
            emoji: [person.name for person in people] for emoji, people in message.reactions.items()
        },
        "files": [
            {
                "name": file.view.name,
                "type": file.view.type,
                "size": file.view.size,
                "description": file.view.description,
                "path": file.path,
            }
            for file in message.files
        ],
    }


async def json_lines(export: Export) -> AsyncIterator[Entry]:
    """One file: the room in its first line, and a message in each of the others."""

    async def read() -> AsyncIterator[bytes]:
        encode = msgspec.json.encode
        yield encode(_room_as_json(export, await export.members())) + b"\n"
        async for page in export.messages():
            yield b"".join(encode(_message_as_json(message)) + b"\n" for message in page)

    yield export.entry("messages.jsonl", read)
    async for one in export.files():
        yield one


async def plain_text(export: Export) -> AsyncIterator[Entry]:
    """One file, a line for each line of a message."""

    async def read() -> AsyncIterator[bytes]:
        topic = f"{export.room.topic}\n" if export.room.topic else ""
        yield f"{export.title}\n{topic}\n".encode()
        async for page in export.messages():
            yield "".join(_message_as_text(message) for message in page).encode()

    yield export.entry("messages.txt", read)
    async for one in export.files():
        yield one


def _message_as_text(message: ExportedMessage) -> str:
    when = iso(message.at)[:16].replace("T", " ")
    text = strip_markup(message.text).replace("\n", "\n    ")
    answer = f" (#{message.reply_to})" if message.reply_to is not None else ""
    head = f"* {message.author.shown}" if message.kind == "me" else f"{message.author.shown}{answer}:"
    parts = [f"[{when}] #{message.number} {head}{' ' if text else ''}{text}\n"]
    parts += [f"    [{file.path}]\n" for file in message.files]
    if message.reactions:
        told = "  ".join(
            f"{emoji} {', '.join(person.shown for person in people)}"
            for emoji, people in message.reactions.items()
        )
        parts.append(f"    {told}\n")
    return "".join(parts)


async def html_pages(export: Export) -> AsyncIterator[Entry]:
    """A page for each few hundred messages, which lead from one to the next; `index.html` is the first."""
    pages = Pages(export.title, export.room.topic, export.url, has_files=export.store is not None)
    messages = export.messages()
    nothing: list[ExportedMessage] = []
    number, here = 1, await anext(messages, nothing)
    while True:
        after = await anext(messages, nothing)
        await load_names({name for message in here for name in mentioned_in(message.html or "")})
        written = pages.page(here, number, has_next=bool(after))

        async def read(written: bytes = written) -> AsyncIterator[bytes]:
            yield written

        yield export.entry(page_name(number), read)
        if not after:
            break
        number, here = number + 1, after
    async for one in export.files():
        yield one


Shape = Callable[[Export], AsyncIterator[Entry]]

SHAPES: dict[str, Shape] = {"jsonl": json_lines, "html": html_pages, "text": plain_text}
