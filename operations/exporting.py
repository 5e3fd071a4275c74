"""Writes what was said on a site, or on a part of it, as files that are read elsewhere: into a new folder or
a ZIP, whole or not at all."""

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from html import escape
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import quote

import msgspec

from accounts.doors.command_line import opened_database
from accounts.models import User
from accounts.people.directory import user_by_login
from chat.exporting.pages import document
from chat.exporting.reading import People, count_messages
from chat.exporting.shapes import SHAPES, Export
from chat.history.titles import people_in
from chat.models import CONVERSATIONS, DELETED_KIND, Room, RoomName
from helpers.clock import iso
from helpers.processes.terminal import Failure, Progress
from helpers.storage.store import MissingError, StorageError, open_store
from helpers.storage.zipping import Entry, zipped
from helpers.text.characters import one_line
from settings import Settings

ROOMS_AT_ONCE = 100


class Wanted(NamedTuple):
    """What is to be exported: some rooms, what a person wrote, or else the site."""

    rooms: tuple[str, ...] = ()
    person: str = ""
    shape: str = "jsonl"
    has_files: bool = True
    has_conversations: bool = True


class Exported(NamedTuple):
    rooms: int
    messages: int
    files: int
    missing: list[str]


async def export(settings: Settings, target: Path, wanted: Wanted) -> Exported:
    """Raises Failure, and then nothing was written."""
    check_place(target)
    async with opened_database(settings):
        exporting = _Exporting(settings, wanted)
        await exporting.find()
        with _finished(target) as there:
            try:
                if target.suffix.lower() == ".zip":
                    with there.open("xb") as file:
                        await _write_zip(file, exporting.entries())
                else:
                    there.mkdir()
                    await _write_folder(there, exporting.entries())
            except StorageError as error:
                raise Failure(f"the store of files can't be read: {one_line(error)}") from None
            except OSError as error:
                raise Failure(f"{target} can't be written: {error.strerror}") from None
        return Exported(exporting.rooms, exporting.messages, exporting.files, exporting.missing)


def check_place(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise Failure(f"{target} is there already: give a name that isn't")
    if not target.parent.is_dir():
        raise Failure(f"there is no folder {target.parent}")


@contextlib.contextmanager
def _finished(target: Path) -> Iterator[Path]:
    """A name beside the target, which it gets at the end."""
    there = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        yield there
        there.rename(target)
    finally:
        if there.is_dir():
            shutil.rmtree(there)
        else:
            there.unlink(missing_ok=True)


async def _write_zip(file: IO[bytes], entries: AsyncIterator[Entry]) -> None:
    async for piece in zipped(entries):
        await asyncio.to_thread(file.write, piece)


async def _write_folder(folder: Path, entries: AsyncIterator[Entry]) -> None:
    async for entry in entries:
        path = folder / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        pieces = entry.read()
        try:
            first = await anext(pieces, b"")
        except MissingError:
            continue
        with path.open("xb") as file:
            file.write(first)
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)


class _Exporting:
    def __init__(self, settings: Settings, wanted: Wanted) -> None:
        self._wanted = wanted
        self._url = settings.address
        self._store = open_store(settings.files) if wanted.has_files else None
        self._people = People()
        self._author: User | None = None
        self._ids: list[int] | None = None
        self._written: list[tuple[str, str, int]] = []
        """Folder, title and messages of each room."""
        self.rooms = self.messages = self.files = 0
        self.missing: list[str] = []

    async def find(self) -> None:
        """Raises Failure where what is wanted isn't there."""
        if self._wanted.person:
            self._author = await user_by_login(self._wanted.person)
            if self._author is None:
                raise Failure(f"there is nobody called {self._wanted.person!r} here")
        if self._wanted.rooms:
            self._ids = [await _room_id(name) for name in self._wanted.rooms]

    @property
    def _author_id(self) -> int | None:
        return self._author.id if self._author is not None else None

    async def entries(self) -> AsyncIterator[Entry]:
        shape = SHAPES[self._wanted.shape]
        total = sum([await count_messages(room, self._author_id) async for room in self._rooms()])
        with Progress("messages", total) as progress:

            async def going(count: int) -> None:
                self.messages += count
                progress.step(count)

            async for room in self._rooms():
                before = self.messages
                if self._author_id is not None and not await count_messages(room, self._author_id):
                    continue
                self.rooms += 1
                title, folder = await self._title(room), f"rooms/{room.name}/"
                export = Export(
                    *(room, title, self._url, self._store, self._author_id, folder, going),
                    people=self._people,
                )
                async for entry in shape(export):
                    yield self._counted(entry) if "/files/" in entry.name else entry
                self._written.append((folder, title, self.messages - before))
        for entry in self._about():
            yield entry

    def _counted(self, entry: Entry) -> Entry:
        async def read() -> AsyncIterator[bytes]:
            try:
                async for piece in entry.read():
                    yield piece
                self.files += 1
            except MissingError:
                self.missing.append(entry.name)
                raise

        return Entry(entry.name, entry.at, read)

    async def _rooms(self) -> AsyncIterator[Room]:
        """One after another, by their ids; not those that are deleted."""
        after = 0
        while True:
            query = Room.select().where(Room.id > after, Room.kind != DELETED_KIND)
            if self._ids is not None:
                query = query.where(Room.id.in_(self._ids))
            rooms = list(await query.order_by(Room.id).limit(ROOMS_AT_ONCE).aio_execute())
            for room in rooms:
                after = room.id
                if self._wanted.has_conversations or self._ids or room.kind not in CONVERSATIONS:
                    yield room
            if len(rooms) < ROOMS_AT_ONCE:
                return

    async def _title(self, room: Room) -> str:
        if not room.is_conversation:
            return room.shown
        ids = {user_id for user_id, _ in (await people_in([room.id]))[room.id]}
        named = await self._people.get(ids)
        return ", ".join(sorted(named[user_id].shown for user_id in ids)) or room.name

    def _about(self) -> Iterator[Entry]:
        """What leads to the rooms, and who people are."""

        async def index() -> AsyncIterator[bytes]:
            rows = "".join(
                f'<li><a href="{escape(quote(folder))}index.html"><bdi>{escape(title)}</bdi></a> '
                f'<span class="aside">{messages:,}</span></li>\n'
                for folder, title, messages in self._written
            )
            yield document("aiochat", f"<main>\n<h1>aiochat</h1>\n<ul>\n{rows}</ul>\n</main>\n")

        async def people() -> AsyncIterator[bytes]:
            after = 0
            while True:
                query = User.select().where(User.id > after, User.left_at.is_null())
                users = list(await query.order_by(User.id).limit(ROOMS_AT_ONCE).aio_execute())
                for user in users:
                    after = user.id
                    told = {"name": user.name, "display_name": user.display_name, "email": user.address}
                    yield msgspec.json.encode({**told, "created_at": iso(user.created_at)}) + b"\n"
                if len(users) < ROOMS_AT_ONCE:
                    return

        if self._wanted.shape == "html":
            yield Entry("index.html", None, index)
        if self._wanted.shape == "jsonl" and self._author is None and self._ids is None:
            yield Entry("people.jsonl", None, people)


async def _room_id(name: str) -> int:
    slug = name.removeprefix("#").lower()
    room = await Room.aio_get_or_none(Room.slug == slug, Room.kind != DELETED_KIND)
    if room is None:
        former = await RoomName.aio_get_or_none(RoomName.slug == slug)
        room = former and await Room.aio_get_or_none(Room.id == former.room_id, Room.kind != DELETED_KIND)
    if room is None:
        raise Failure(f"there is no room {name!r} here")
    return int(room.id)
