"""The shell commands for accounts: register, set-name, set-password, sessions. app.py adds them to its
parser. Those for people who run the site are in administration/doors/command_line.py."""

import argparse
import asyncio
import contextlib
import json
import os
import pwd
import re
import secrets
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from peewee_async.databases import AioDatabase
from redis.exceptions import RedisError

from accounts.doors.people_file import checked_users, format_errors, read_people
from accounts.models import User
from accounts.people import accounts, directory
from accounts.people.display_names import clean_display_name
from accounts.people.names import BadName
from accounts.people.passwords import hash_password
from accounts.people.profiles import save_display_name
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SiteRole
from accounts.signin.devices import device_of
from accounts.signin.ended_sessions import end_sessions
from accounts.site import site_id
from helpers.clock import iso
from helpers.db.database import is_unavailable, open_database
from helpers.db.migrations import check_migrations
from helpers.processes.terminal import Failure, Progress, ask_password, program, say
from helpers.redis.client import open_redis
from helpers.security_log import note
from helpers.text.characters import one_line
from helpers.web.session_stores import SessionInfo, SessionStore, session_store
from settings import Settings

ID_PREFIX_LENGTH = 8
"""Characters of a session's id in the table. Any unambiguous prefix identifies a session."""

GENERATED_PASSWORD_BYTES = 12

Commands = Any
"""argparse's subparsers. Their type has no public name."""


@contextlib.asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[AioDatabase]:
    database = open_database(settings.database)
    try:
        yield database
    finally:
        await database.aio_close()


@contextlib.asynccontextmanager
async def opened_site(settings: Settings) -> AsyncIterator[tuple[AioDatabase, SessionStore]]:
    redis = open_redis(settings.redis_url)
    try:
        async with opened_database(settings) as database:
            store = session_store(database, redis)
            await store.open(await site_id())
            yield database, store
    finally:
        if redis is not None:
            await redis.aclose()


async def person(name: str) -> User:
    user = await directory.user_by_login(name)
    if user is None:
        raise Failure(f"there is nobody called {name!r} here")
    return user


def run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except accounts.BadAccount as error:
        raise Failure(format_errors(error.errors)) from None


def machine_user() -> str:
    """The user of the machine, before sudo if there was one."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def note_command(what: str, target: str, **details: str | int) -> None:
    """Writes to the security log."""
    note(what, "ok", who=machine_user(), whence="shell", target=target, **details)


def count_sessions(count: int) -> str:
    return f"{count} session{'s' if count != 1 else ''}"


def register(settings: Settings, arguments: argparse.Namespace) -> None:
    if (arguments.name is None) == (arguments.file is None):
        arguments.misuse("one of NAME and --file is needed")
    if arguments.file is not None:
        if arguments.email or arguments.display_name:
            arguments.misuse("with --file names and addresses stand in the file")
        return _register_file(settings, arguments)
    check_migrations(settings.database)
    password = ask_password(arguments.name)

    async def add() -> None:
        async with opened_database(settings) as database:
            user = await accounts.register(
                database,
                arguments.name,
                arguments.email,
                password,
                display_name=arguments.display_name,
                host=settings.host_name,
                is_admin=arguments.admin,
                may_be_reserved=True,
            )
        note_command("register", user.name, is_admin=user.is_admin)
        say(f"{user.name} has an account" + (", and administers the site." if user.is_admin else "."))

    return run(add())


def _register_file(settings: Settings, arguments: argparse.Namespace) -> None:
    rows = read_people(arguments.file)
    check_migrations(settings.database)

    async def add() -> None:
        async with opened_database(settings) as database:
            # Checked before hashing: hashing is slow, and only worthwhile if all lines are valid.
            passwords = [row.password or secrets.token_urlsafe(GENERATED_PASSWORD_BYTES) for row in rows]
            users = await checked_users(arguments.file, rows, passwords, settings.host_name)
            for user in users:
                if arguments.admin:
                    accounts.give_site_role(user, SiteRole.ADMINISTRATOR)
            await _hash_all(users, passwords)
            await accounts.add_all(database, users)
        for user in users:
            note_command("register", user.name, is_admin=user.is_admin)
        generated = [
            f"{user.name},{password}"
            for user, password, row in zip(users, passwords, rows, strict=True)
            if not row.password
        ]
        if generated:
            # Neither names nor generated passwords contain characters that CSV would quote.
            say("\n".join(["name,password", *generated]))
        print(f"{len(users)} account{'s' if len(users) != 1 else ''} made.", file=sys.stderr)

    run(add())


async def _hash_all(users: Sequence[User], passwords: Sequence[str]) -> None:
    with Progress("Passwords hashed", len(users)) as progress:

        async def hash_one(user: User, password: str) -> None:
            user.password_hash = await hash_password(password)
            progress.step()

        await asyncio.gather(
            *(hash_one(user, password) for user, password in zip(users, passwords, strict=True))
        )


def set_name(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_database(settings) as database:
            user = await person(arguments.name)
            try:
                name = clean_display_name(arguments.display_name)
            except BadName as error:
                raise Failure(f"display_name: {error.text}") from None
            async with database.aio_atomic():
                await save_display_name(database, user, name)
                await record_site_act(
                    *("rename", SiteActor(None, machine_user())),
                    target_id=user.id,
                    before={"display_name": user.display_name},
                    after={"display_name": name},
                )
        note_command("set-name", user.name)
        say(f"{user.name} is called {name} now." if name else f"{user.name} has no other name now.")

    run(change())


def set_password(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def look() -> None:
        # Reports an unknown person or an unavailable Redis before the password is typed twice.
        async with opened_site(settings) as (_, store):
            await store.of_user((await person(arguments.name)).id)

    async def change(password: str) -> None:
        async with opened_site(settings) as (database, store):
            user = await person(arguments.name)
            try:
                async with database.aio_atomic():
                    await accounts.change_password(user, password, host=settings.host_name)
                    await record_site_act("set_password", SiteActor(None, machine_user()), target_id=user.id)
            except accounts.BadAccount as error:
                raise Failure(f"password: {error}") from None
            try:
                found = await store.of_user(user.id)
                await end_sessions(database, store, found)
            except Exception as error:
                if not isinstance(error, RedisError) and not is_unavailable(error):
                    raise
                hint = f"try: {program()} sessions {user.name} --end-all"
                raise Failure(
                    f"the password is changed, but sessions may go on ({one_line(error)}); {hint}"
                ) from None
        note_command("set-password", user.name)
        say(f"{user.name} has a new password." + (f" {count_sessions(len(found))} ended." if found else ""))

    run(look())
    run(change(ask_password(arguments.name)))


def sessions(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def show_or_end() -> None:
        async with opened_site(settings) as (database, store):
            user = await person(arguments.name)
            found = await store.of_user(user.id)
            if arguments.end is not None:
                await end_sessions(database, store, [_one_of(found, user, arguments.end)])
                note_command("sessions --end", user.name)
                say(f"1 session of {user.name} ended.")
            elif arguments.end_all:
                await end_sessions(database, store, found)
                note_command("sessions --end-all", user.name)
                say(f"{count_sessions(len(found))} of {user.name} ended.")
            elif arguments.json:
                say(json.dumps([_as_json(key, use) for key, use in found.items()], indent=2))
            elif found:
                say(
                    table(
                        [
                            ("ID", "DEVICE", "ADDRESS", "LAST USED"),
                            *(_as_row(key, use) for key, use in found.items()),
                        ]
                    )
                )
            else:
                say(f"{user.name} isn't signed in anywhere.")

    run(show_or_end())


def _one_of(found: dict[str, SessionInfo], user: User, beginning: str) -> str:
    keys = [key for key in found if key.startswith(beginning)]
    if not keys:
        raise Failure(f"{user.name} has no session {beginning}; it may have ended already")
    if len(keys) > 1:
        raise Failure(
            f"{user.name} has {len(keys)} sessions that begin with {beginning}; give more letters of the one "
            "that you mean"
        )
    return keys[0]


def _as_json(key: str, use: SessionInfo) -> dict[str, str | None]:
    return {
        "id": key,
        "device": device_of(use.agent),
        "address": use.address,
        "used": iso(use.at) if use.at else None,
    }


def _as_row(key: str, use: SessionInfo) -> tuple[str, ...]:
    used = datetime.fromtimestamp(use.at / 1000).astimezone().strftime("%Y-%m-%d %H:%M %Z") if use.at else ""
    # The address comes from the proxy if one is trusted, and may contain anything.
    address = "".join(letter if letter.isprintable() else "?" for letter in use.address)
    return key[:ID_PREFIX_LENGTH], device_of(use.agent), address, used


def table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _beginning_of_id(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{1,64}", text.lower()):
        raise argparse.ArgumentTypeError(
            f"must be the letters that `sessions` shows, 0 to 9 and a to f, not {text!r}"
        )
    return text.lower()


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser(
        "register",
        description="Makes an account. Asks for the password, or reads a line of standard input. The first "
        "one of a site administers it.",
    )
    command.add_argument("name", metavar="NAME", nargs="?", help="the name of the person")
    command.add_argument(
        "--name",
        dest="display_name",
        default="",
        metavar="DISPLAY_NAME",
        help="what others call them, in any script; else they are shown as NAME",
    )
    command.add_argument("--email", default="", help="their e-mail address, to sign in with as well")
    command.add_argument("--admin", action="store_true", help="they administer the site")
    command.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="make the accounts of everybody in a CSV file, or, when a line is wrong, none. "
        "Its first line names the columns: name, display_name, email, password. Without a password one is "
        "made, and printed with the name",
    )
    command.set_defaults(run=register, misuse=command.error)
    command = commands.add_parser(
        "set-name",
        description="Changes what others call somebody. NAME stays the one to sign in with, and to "
        "mention after @. Pages that are open show the change when they are loaded anew.",
    )
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")
    command.add_argument("display_name", metavar="TEXT", help="in any script; an empty one takes it away")
    command.set_defaults(run=set_name)
    command = commands.add_parser(
        "set-password",
        description="Gives somebody a new password, and ends all their sessions. Asks for it, or reads a "
        "line of standard input.",
    )
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")
    command.set_defaults(run=set_password)
    command = commands.add_parser(
        "sessions",
        description="Shows where somebody is signed in, with what, and when they last were there (give or "
        "take some minutes). "
        "What is open for a session closes within a second of its end.",
    )
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")
    choice = command.add_mutually_exclusive_group()
    choice.add_argument(
        "--end",
        type=_beginning_of_id,
        metavar="ID",
        help="end the session whose id begins with these letters",
    )
    choice.add_argument("--end-all", action="store_true", help="end all of them")
    choice.add_argument("--json", action="store_true", help="show them as JSON, for programs")
    command.set_defaults(run=sessions)
