"""An import from its beginning to its end: the archive is read as a whole, then people, rooms and messages
are stored in batches. Wherever it is stopped, it goes on when it is run again."""

import csv
import functools
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple

from peewee_async.databases import AioDatabase

from accounts.doors.command_line import opened_database, person
from accounts.people.accounts import has_any
from chat.attachments.looking import Looker
from helpers.clock import now_ms
from helpers.db.leases import Claim
from helpers.images import PictureMaker
from helpers.processes.terminal import Failure, Progress, report
from helpers.storage.store import open_store
from operations.importing.archives import opened
from operations.importing.files import FileKeeper
from operations.importing.formats import Source, reader_of
from operations.importing.messages import MessageWriter
from operations.importing.origins import Origins
from operations.importing.people import AT_ONCE, ImportedPeople
from operations.importing.records import Person
from operations.importing.rooms import ImportedRooms
from operations.importing.scratch import Scratch
from settings import Settings

CLAIM_SECONDS = 120.0
"""One import at a time. One that was killed holds up the next one for so long."""

MAX_MAPPING = 10 * 1024 * 1024


class Wanted(NamedTuple):
    """`source` tells chats of one format apart that don't say who they are; `mapping` is who of them is who
    here, `owner` who owns the rooms that have no owner."""

    archive: Path
    format: str = ""
    source: str = ""
    mapping: Mapping[str, str] = {}
    owner: str = ""
    zone: tzinfo = UTC
    opens: bool = False
    stores: bool = True


class Imported(NamedTuple):
    """What was done, or what would be."""

    format: str
    people: int
    known_people: int
    renamed: int
    rooms: int
    known_rooms: int
    retitled: int
    ownerless: int
    messages: int
    known_messages: int
    reactions: int
    files: int
    first_at: int | None
    last_at: int | None
    left: dict[str, tuple[int, list[str]]]
    """Why something is left out: how often, and the first places."""


def read_mapping(path: Path) -> dict[str, str]:
    """A CSV file without a head: what they are called there (name, address or id), and here. Raises
    Failure."""
    try:
        if path.stat().st_size > MAX_MAPPING:
            raise Failure(f"{path} is too long")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(f"{path} can't be read: {error}") from None
    for number, row in enumerate(rows, 1):
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise Failure(f"line {number} of {path} isn't `their name,our name`")
    return {theirs.strip(): ours.strip() for theirs, ours in rows}


async def import_archive(settings: Settings, wanted: Wanted) -> Imported:
    """Raises Failure."""
    with opened(wanted.archive) as archive:
        return await import_from(settings, reader_of(archive, wanted.format), wanted)


async def import_from(settings: Settings, reader: Source, wanted: Wanted) -> Imported:
    """The same, of whatever `reader` reads. Raises Failure."""
    name = wanted.archive.name
    with Scratch() as scratch:
        reader.zone, reader.opens = wanted.zone, wanted.opens
        with report(f"Reading {name}"):
            source = f"{reader.name}:{wanted.source or reader.source()}"
            scratch.fill(reader.read())
        _complete(scratch)
        if not scratch.count("messages") and not scratch.count("rooms"):
            raise Failure(f"there is nothing to import in {name}")
        async with opened_database(settings) as database:
            owner = await person(wanted.owner) if wanted.owner else None
            if not await has_any():
                raise Failure("make the site's first administrator before: register NAME --admin")
            importing = _Importing(settings, database, reader, scratch, source, wanted)
            importing.rooms.owner_id = owner.id if owner is not None else None
            return await importing.run()


def _complete(scratch: Scratch) -> None:
    """Who wrote and is in no list of people is made of their key; a room that isn't listed is left out."""
    scratch.fill_more(Person(key, key, is_gone=True) for key in scratch.unknown_authors())
    for key in scratch.unknown_rooms():
        scratch.leave("rooms that aren't listed", key)


class _Importing:
    def __init__(
        self,
        settings: Settings,
        database: AioDatabase,
        reader: Source,
        scratch: Scratch,
        source: str,
        wanted: Wanted,
    ) -> None:
        self._settings = settings
        self._scratch = scratch
        self._reader = reader
        self._database = database
        self._stores = wanted.stores
        origins = Origins(source)
        self._claim = Claim("import", CLAIM_SECONDS)
        self._people = ImportedPeople(database, origins, wanted.mapping)
        self.rooms = ImportedRooms(database, origins, self._people, reader.label)
        self._pictures = PictureMaker()
        looker = Looker(self._pictures, settings.scan_command)
        store = open_store(settings.files)
        keeper = FileKeeper(store, looker, settings.max_file_bytes, reader.open)
        self._writer = MessageWriter(database, origins, self._people, self.rooms, keeper, scratch.leave)

    async def run(self) -> Imported:
        try:
            await self._hold()
            await self._take_people()
            await self._take_rooms()
            await self._take_messages()
        finally:
            await self._writer.close()
            await self._pictures.close()
            if self._stores:
                await self._claim.release()
        people, rooms, writer = self._people, self.rooms, self._writer
        first, last = self._scratch.span() or (None, None)
        return Imported(
            *(self._reader.name, len(people.made), people.known + people.mapped, people.renamed),
            *(rooms.made, rooms.known, rooms.retitled, rooms.ownerless),
            *(writer.stored, writer.known, writer.reactions, writer.files),
            first_at=first,
            last_at=last,
            left={why: (self._scratch.left_times[why], places) for why, places in self._scratch.left.items()},
        )

    async def _hold(self) -> None:
        if self._stores and not await self._claim.hold():
            raise Failure("another import is running; one that was stopped holds it up for two minutes")

    async def _take_people(self) -> None:
        with Progress("people", self._scratch.count("people")) as progress:
            for some in _batches(self._scratch.people(), AT_ONCE):
                await self._people.take(some, stores=self._stores)
                progress.step(len(some))

    async def _take_rooms(self) -> None:
        with Progress("rooms", self._scratch.count("rooms")) as progress:
            for room in self._scratch.rooms():
                first_at = self._scratch.first_at(room.key) or room.created_at or now_ms()
                await self.rooms.take(room, first_at, stores=self._stores)
                progress.step()
                await self._hold()
        for title in self.rooms.deleted:
            self._scratch.leave("rooms that were deleted here since", title)

    async def _take_messages(self) -> None:
        scratch, total = self._scratch, self._scratch.count("messages")
        with Progress("messages", total) as progress:
            for key, room_id in list(self.rooms.ids.items()):
                author_of = functools.partial(scratch.author_of, key)
                for some in scratch.messages(key):
                    await self._writer.store(room_id, some, author_of, stores=self._stores)
                    await self._hold()
                    progress.step(len(some))


def _batches(people: Iterator[Person], size: int) -> Iterator[list[Person]]:
    some: list[Person] = []
    for one in people:
        some.append(one)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
