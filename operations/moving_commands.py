"""The shell commands `export` and `import`."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from accounts.doors.command_line import note_command
from chat.exporting.shapes import SHAPES
from helpers.db.migrations import check_migrations
from helpers.processes.terminal import say
from operations.exporting import Wanted, export
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
