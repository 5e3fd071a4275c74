"""The shell commands `export` and `import`."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from accounts.doors.command_line import note_command
from chat.exporting.shapes import SHAPES
from helpers.db.migrations import check_migrations
from helpers.processes.terminal import UsageError, say
from operations.exporting import Wanted, export
from operations.importing.formats import READERS
from operations.importing.running import Imported, import_archive, read_mapping
from operations.importing.running import Wanted as WantedImport
from settings import Settings


def run_export(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    wanted = Wanted(
        tuple(arguments.room or ()),
        arguments.person or "",
        arguments.shape,
        has_files=arguments.files,
        has_conversations=arguments.conversations,
    )
    done = asyncio.run(export(settings, arguments.target.absolute(), wanted))
    note_command("export", arguments.person or ",".join(arguments.room or ()) or "site")
    say(
        f"{arguments.target}: {done.messages:,} messages of {done.rooms:,} "
        f"{'room' if done.rooms == 1 else 'rooms'}, {done.files:,} files."
    )
    if done.missing:
        first = f"the first is {done.missing[0]}"
        print(f"{len(done.missing):,} of the files aren't in the store, {first}", file=sys.stderr)


def run_import(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    mapping = read_mapping(arguments.people) if arguments.people else {}
    wanted = WantedImport(
        *(arguments.archive, arguments.format or "", arguments.source or "", mapping, arguments.owner or ""),
        zone=_zone(arguments.time_zone),
        opens=arguments.open,
        stores=not arguments.dry_run,
    )
    done = asyncio.run(import_archive(settings, wanted))
    if not arguments.dry_run:
        note_command("import", arguments.archive.name, messages=done.messages)
    if arguments.json:
        say(msgspec.json.encode({**done._asdict(), "dry_run": arguments.dry_run}).decode())
        return
    say("\n".join(_told(done, is_dry=arguments.dry_run)))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"there is no time zone {name!r}: it is one like Europe/Berlin") from None


def _told(done: Imported, *, is_dry: bool) -> list[str]:
    lines = [f"{done.format}: {'this would be' if is_dry else 'this was'} imported:"]
    lines += [
        f"    {new:,} {what}" + (f", and {known:,} are here already" if known else "")
        for what, new, known in (
            ("people", done.people, done.known_people),
            ("rooms and conversations", done.rooms, done.known_rooms),
            ("messages", done.messages, done.known_messages),
        )
    ]
    if done.first_at is not None and done.last_at is not None:
        days = (datetime.fromtimestamp(at / 1000, UTC) for at in (done.first_at, done.last_at))
        lines.append("    of " + " to ".join(f"{day:%Y-%m-%d}" for day in days))
    if not is_dry:
        lines.append(f"    with {done.reactions:,} reactions and {done.files:,} files")
    if done.renamed:
        lines.append(f"{done.renamed:,} people have another name here: theirs can't be one, or is taken.")
    if done.retitled:
        lines.append(f"{done.retitled:,} rooms are called otherwise: an open room here is called alike.")
    if done.ownerless:
        lines.append(f"{done.ownerless:,} rooms have no owner: `give-owner` gives them one.")
    for why, (times, places) in sorted(done.left.items()):
        lines.append(f"Left out, {why}: {times:,}")
        lines += [f"    {place}" for place in places]
        if times > len(places):
            lines.append(f"    and {times - len(places):,} more")
    if done.people and not is_dry:
        lines.append("They have no password yet: `reset-link NAME` makes a link for one.")
    return lines


def add_commands(commands: Any) -> None:
    """Adds the commands' parsers to those of argparse."""
    command = commands.add_parser(
        "export",
        description="Writes what was said into a new folder, or a ZIP where TARGET ends in .zip, to be read "
        "elsewhere: never what was deleted or cleared away. The site may serve meanwhile.",
    )
    command.add_argument("target", type=Path, metavar="TARGET", help="it must not exist")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--room", action="append", metavar="NAME", help="this room; may be given several times")
    what.add_argument("--person", metavar="NAME", help="what this person wrote, room by room")
    what.add_argument("--site", action="store_true", help="all rooms and conversations")
    command.add_argument(
        "--as",
        dest="shape",
        choices=list(SHAPES),
        default="jsonl",
        help="jsonl for programs (the default), html that a browser reads without a server, or text",
    )
    command.add_argument("--no-files", dest="files", action="store_false", help="leave out the files")
    command.add_argument(
        "--no-conversations",
        dest="conversations",
        action="store_false",
        help="leave out what people wrote to each other in private",
    )
    command.set_defaults(run=run_export)
    command = commands.add_parser(
        "import",
        description="Takes over what was said in another chat: people, rooms, messages with their times, "
        "answers, reactions and files. Run again, also with a later archive of the same chat, it adds what "
        "is new. Nobody is notified. The site may serve meanwhile. docs/importing.md says what is wanted of "
        "each chat.",
    )
    command.add_argument(
        "archive", type=Path, metavar="ARCHIVE", help="what the other chat exported: a file or folder"
    )
    command.add_argument("--format", choices=list(READERS), help="what it is, where that isn't seen")
    command.add_argument("--dry-run", action="store_true", help="change nothing, and say what would be done")
    command.add_argument(
        "--people", type=Path, metavar="FILE", help="who is who here: lines of `their name,our name` (CSV)"
    )
    command.add_argument("--owner", metavar="NAME", help="who owns the rooms of which no owner is known")
    command.add_argument(
        "--source", metavar="NAME", help="tells chats apart that don't say who they are; the same each time"
    )
    command.add_argument(
        "--time-zone", default="UTC", metavar="ZONE", help="of logs that say none (IRC), like Europe/Berlin"
    )
    command.add_argument(
        "--open",
        action="store_true",
        help="let everybody read the channels of IRC and Discord: else only who wrote there may",
    )
    command.add_argument("--json", action="store_true", help="the report as JSON")
    command.set_defaults(run=run_import)
