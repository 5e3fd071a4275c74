"""The shell commands `backup`, `restore`, `restored`, `copy`, `verify` and `render`."""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from chat.actions.rerendering import texts_of_rooms
from feed.rerendering import texts_of_the_feed
from helpers.db.migrations import check_migrations
from helpers.db.single_process import single_process
from helpers.processes.terminal import Failure, UsageError, say
from helpers.rerendering import render_all
from operations.archive import Archive
from operations.backup import back_up, database_of, site_database
from operations.copying import copy_site
from operations.restore import Restoring, begin_another_history
from operations.verifying import Found, Verification
from settings import Settings

SCHEMES = ("sqlite:///", "postgresql://", "postgresql+aiopg://")

IS_RESTORED = "Everybody is signed out, and open pages will load everything again."


def backup(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    saved = asyncio.run(back_up(settings, arguments.file.absolute()))
    size = f"{arguments.file.stat().st_size / 1e6:,.1f} MB"
    say(f"{arguments.file}: {size}, {saved.rows:,} rows, {saved.files:,} files.")
    if saved.missing:
        print(
            f"{len(saved.missing)} of the files aren't in the store, the first is {saved.missing[0]}",
            file=sys.stderr,
        )


def restore(settings: Settings, arguments: argparse.Namespace) -> None:
    async def run() -> Path | None:
        await restoring.check_place(is_forced=arguments.force)
        restoring.check()
        return await restoring.run()

    with Archive(arguments.file) as archive:
        restoring = Restoring(settings, archive)
        made = f"{archive.manifest.made_at[:16].replace('T', ' ')} UTC"
        if arguments.check:
            restoring.check()
            say(f"{arguments.file} is whole, and can be restored here. It was made at {made}.")
            return
        with single_process(settings.database):
            kept = asyncio.run(run())
    say(f"The site is as it was at {made}. {IS_RESTORED}")
    if kept is not None:
        say(f"The former database is {kept}: delete it when you don't need it any more.")


def restored(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    with single_process(settings.database):
        asyncio.run(begin_another_history(settings))
    say(IS_RESTORED)


def render(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    asyncio.run(render_all(settings.database, texts_of_rooms, texts_of_the_feed))


def verify(settings: Settings, arguments: argparse.Namespace) -> int:
    """Ends with 1 where something isn't as it must be."""
    check_migrations(settings.database)
    verification = Verification(settings)
    with single_process(settings.database) if arguments.repair else contextlib.nullcontext():
        if arguments.repair:
            asyncio.run(database_of(settings).check_unused())
            asyncio.run(verification.repair(asyncio.run(verification.run(reads_contents=False))))
        found = asyncio.run(verification.run(reads_contents=arguments.contents))
    _tell(found, as_json=arguments.json)
    return int(bool(found))


def _tell(found: list[Found], *, as_json: bool) -> None:
    if as_json:
        say(msgspec.json.encode({"faults": [one._asdict() for one in found]}).decode())
        return
    for one in found:
        remedy = "; --repair mends it" if one.can_repair else ""
        say(f"It isn't true that {one.promise}: {one.times:,} times{remedy}.")
        for place in one.places:
            say(f"    {place}")
        if one.times > len(one.places):
            say(f"    and {one.times - len(one.places):,} more")
    if not found:
        say("Everything is as it must be.")


def copy(settings: Settings, arguments: argparse.Namespace) -> None:
    source, target = arguments.source, settings.database
    if not source.startswith(SCHEMES):
        raise UsageError(
            "the database to copy is named by its URL: sqlite:///folder/aiochat.db or postgresql://…"
        )
    if source == target:
        raise UsageError("the database to copy is that of the settings, which must be the new one")
    if source.startswith("sqlite:") and not Path(source.removeprefix("sqlite:///")).exists():
        raise Failure(f"there is no database {source}")
    for url in (source, target):
        check_migrations(url)
    with single_process(source), single_process(target):
        for url in (source, target):
            asyncio.run(site_database(url).check_unused())
        count = copy_site(source, target)
    say(f"{count:,} rows copied and compared. Everybody signs in anew; files stay where they are.")


def add_commands(commands: Any) -> None:
    """Adds the commands' parsers to those of argparse."""
    command = commands.add_parser(
        "backup",
        description="Saves the database and the files of messages to FILE, a tar archive, as they are at one "
        "moment. The site may serve meanwhile. FILE is there when it is whole, and not before.",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="where to write it; it must not exist")
    command.set_defaults(run=backup)
    command = commands.add_parser(
        "restore",
        description="Puts a backup in the place of the site, while no server runs. It is checked as a whole "
        "first. Everybody is signed out, since accounts and sessions of after the backup are lost, and open "
        "pages load everything again.",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="what `backup` wrote")
    command.add_argument("--force", action="store_true", help="also where there is a site already")
    command.add_argument("--check", action="store_true", help="only check the backup, beside a running site")
    command.set_defaults(run=restore)
    command = commands.add_parser(
        "copy",
        description="Copies all rows of the database SOURCE to that of the settings, which is migrated and "
        "empty, in one transaction, and compares them. No server may run. Both ways.",
    )
    command.add_argument("source", metavar="SOURCE", help="its URL, as in AIOCHAT_DATABASE_URL")
    command.set_defaults(run=copy)
    command = commands.add_parser(
        "verify",
        description="Looks whether the database and the store are as they must be, while the site serves: "
        "the numbering of rooms, marks, mentions, references, counters, files. Ends with 1 if not.",
    )
    command.add_argument("--contents", action="store_true", help="read each file, and compare its SHA-256")
    command.add_argument("--repair", action="store_true", help="mend what can be, while nothing serves")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=verify)
    command = commands.add_parser(
        "restored",
        description="Run this after restoring the database from a backup, while no server runs. Signs "
        "everybody out, since accounts and sessions of after the backup are lost, and makes open pages load "
        "everything again.",
    )
    command.set_defaults(run=restored)
    command = commands.add_parser(
        "render",
        description="Renders all messages, posts and comments anew, after an update that changed how texts "
        "are formatted. The site may run meanwhile. If it is stopped, run it again.",
    )
    command.set_defaults(run=render)
