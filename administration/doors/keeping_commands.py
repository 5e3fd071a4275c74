"""The shell commands about what is kept and erased: hold, unhold, holds, compact."""

import argparse
import sqlite3

from accounts.doors.command_line import Commands, note_command, opened_database, person, run
from accounts.models import User
from administration.doors.shell import by_shell, in_chat, may_be_json, room_called, say_json
from chat.engine import Engine
from chat.models import Hold, Room
from chat.personal_data import holds
from helpers.clock import iso
from helpers.db.database import sqlite_path
from helpers.db.migrations import check_migrations
from helpers.db.single_process import single_process
from helpers.processes.terminal import Failure, say
from settings import Settings


async def _held(arguments: argparse.Namespace) -> User | Room:
    """Also somebody whose account was deleted since."""
    if arguments.person:
        is_named = (Hold.kind == "person") & (Hold.name == arguments.person)
        ids = Hold.select(Hold.subject_id).where(is_named)
        gone: list[User] = list(await User.select().where(User.id.in_(ids)).aio_execute())
        if gone:
            return gone[0]
    return await _subject(arguments)


async def _subject(arguments: argparse.Namespace) -> User | Room:
    return await (person(arguments.person) if arguments.person else room_called(arguments.room))


def hold(settings: Settings, arguments: argparse.Namespace) -> None:
    async def work(engine: Engine) -> str:
        subject = await _subject(arguments)
        await holds.hold(engine, by_shell(), subject, arguments.reason)
        note_command("hold", subject.name)
        return f"Nothing of {subject.name} is erased from now on."

    in_chat(settings, work)


def unhold(settings: Settings, arguments: argparse.Namespace) -> None:
    async def work(engine: Engine) -> str:
        subject = await _held(arguments)
        name = arguments.person or subject.name
        await holds.release(engine, by_shell(), subject, arguments.reason)
        note_command("unhold", name)
        return f"What is due of {name} is erased again."

    in_chat(settings, work)


def show_holds(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def show() -> None:
        async with opened_database(settings):
            found = await holds.holds()
            if arguments.json:
                say_json(
                    [
                        {"kind": one.kind, "name": one.name, "since": iso(one.at), "reason": one.reason}
                        for one in found
                    ]
                )
                return
            for one in found:
                say(f"{one.kind}  {one.name}  since {iso(one.at)}: {one.reason}")

    run(show())


def compact(settings: Settings, arguments: argparse.Namespace) -> None:
    if not settings.database.startswith("sqlite:"):
        raise Failure("this is for SQLite: PostgreSQL uses the space again, VACUUM FULL gives it back")
    check_migrations(settings.database)
    with single_process(settings.database):
        connection = sqlite3.connect(sqlite_path(settings.database), isolation_level=None)
        try:
            before = _size(connection)
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
            after = _size(connection)
        except sqlite3.Error as error:
            raise Failure(f"the database can't be compacted: {error}") from None
        finally:
            connection.close()
    say(f"{before:.1f} MB before, {after:.1f} MB now. Space is given back by itself from now on.")


def _size(connection: sqlite3.Connection) -> float:
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    [size] = connection.execute("PRAGMA page_size").fetchone()
    return float(pages * size / 1e6)


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser(
        "hold",
        description="Erases nothing of a person or of a room from now on: no old messages, nothing that was "
        "deleted or cleared away, also not with the account. What people delete is hidden at once even so.",
    )
    _of_subject(command)
    command.add_argument("--reason", required=True, metavar="TEXT", help="why, for the log of the site")
    command.set_defaults(run=hold)
    command = commands.add_parser("unhold", description="Ends a hold: what is due is erased by and by.")
    _of_subject(command)
    command.add_argument("--reason", default="", metavar="TEXT", help="why, for the log of the site")
    command.set_defaults(run=unhold)
    command = commands.add_parser("holds", description="Lists of whom nothing is erased.")
    may_be_json(command)
    command.set_defaults(run=show_holds)
    command = commands.add_parser(
        "compact",
        description="Makes SQLite's file as small as it can be, while nothing is served. A file from before "
        "gives space back by itself afterwards. It needs as much space again on the disk.",
    )
    command.set_defaults(run=compact)


def _of_subject(command: argparse.ArgumentParser) -> None:
    subject = command.add_mutually_exclusive_group(required=True)
    subject.add_argument("--person", metavar="NAME", help="the name of a person, or their e-mail address")
    subject.add_argument("--room", metavar="ROOM", help="the name of a room, as in its address")
