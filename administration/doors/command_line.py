"""The shell commands for those who run the site: make-admin, role, suspend, unsuspend, end-sessions,
reset-link, delete-account. What they do is in the site's log, with the user of the machine."""

import argparse

from accounts.doors.command_line import (
    Commands,
    count_sessions,
    note_command,
    opened_database,
    opened_site,
    person,
    run,
)
from accounts.people.site_roles import SiteRole
from accounts.signin.ended_sessions import end_sessions
from administration import people_acts
from administration.doors import keeping_commands, room_commands, site_commands
from administration.doors.shell import by_shell, refusals
from helpers.db.migrations import check_migrations
from helpers.errors import ActionError
from helpers.processes.terminal import Failure, say
from helpers.text.durations import parse_duration, show_duration
from settings import Settings

ROLES = {role.name.lower(): role for role in SiteRole}


def make_admin(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_database(settings) as database:
            user = await person(arguments.name)
            if arguments.undo and not user.is_admin:
                say(f"{user.name} did not administer the site.")
                return
            role = SiteRole.NONE if arguments.undo else SiteRole.ADMINISTRATOR
            try:
                act = await people_acts.set_role(database, by_shell(), user.id, role)
            except ActionError as error:
                if error.code != "last_administrator":
                    raise Failure(error.text) from None
                raise Failure(
                    f"{user.name} is the site's only administrator; make another one first"
                ) from None
        if act:
            note_command("make-admin --undo" if arguments.undo else "make-admin", user.name)
        if arguments.undo:
            say(f"{user.name} no longer administers the site.")
        else:
            say(f"{user.name} {'administers the site now' if act else 'administered the site already'}.")

    run(change())


def set_role(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    role = ROLES[arguments.role]

    async def change() -> None:
        async with opened_database(settings) as database:
            user = await person(arguments.name)
            with refusals():
                act = await people_acts.set_role(database, by_shell(), user.id, role, arguments.reason)
        if act:
            note_command("role", user.name, role=arguments.role)
        say(f"{user.name}: {arguments.role}{'' if act else ', as before'}.")

    run(change())


def suspend(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_site(settings) as (database, store):
            user = await person(arguments.name)
            found = await store.of_user(user.id)
            with refusals():
                await people_acts.suspend(database, by_shell(), user.id, arguments.duration, arguments.reason)
            await end_sessions(database, store, found)
        note_command("suspend", user.name)
        how_long = f"for {show_duration(arguments.duration)}" if arguments.duration else "for good"
        say(f"{user.name} is suspended {how_long}. {count_sessions(len(found))} ended.")

    run(change())


def unsuspend(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_database(settings) as database:
            user = await person(arguments.name)
            with refusals():
                act = await people_acts.unsuspend(database, by_shell(), user.id, arguments.reason)
        if act:
            note_command("unsuspend", user.name)
        say(f"{user.name} {'may sign in again' if act else 'was not suspended'}.")

    run(change())


def end_all(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_site(settings) as (database, store):
            user = await person(arguments.name)
            found = await store.of_user(user.id)
            with refusals():
                await people_acts.end_sessions(database, by_shell(), user.id, arguments.reason)
            await end_sessions(database, store, found)
        note_command("end-sessions", user.name)
        say(f"{count_sessions(len(found))} of {user.name} ended.")

    run(change())


def reset_link(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_database(settings) as database:
            user = await person(arguments.name)
            with refusals():
                _, token = await people_acts.make_password_link(
                    database, by_shell(), user.id, arguments.reason
                )
        note_command("reset-link", user.name)
        say(f"{settings.address}/accounts/reset/{token}")

    run(change())


def delete_account(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)
    removes = arguments.messages == "remove"

    async def change() -> None:
        async with opened_site(settings) as (database, store):
            user = await person(arguments.name)
            if not arguments.yes:
                raise Failure(f"the account of {user.name} would be deleted for good; say so with --yes")
            found = await store.of_user(user.id)
            with refusals():
                await people_acts.delete_account(
                    database, by_shell(), user.id, removes=removes, reason=arguments.reason
                )
            await end_sessions(database, store, found)
        note_command("delete-account", user.name)
        say(f"The account of {user.name} is deleted. A running server erases the rest.")

    run(change())


def _duration(text: str) -> int | None:
    """Seconds; None for good."""
    if text == "good":
        return None
    seconds = parse_duration(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"must be like 12h or 30d, a year at most, or good, not {text!r}")
    return seconds


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser(
        "make-admin",
        description="Makes somebody an administrator of the site. It holds at once.",
    )
    _of_person(command)
    command.add_argument("--undo", action="store_true", help="they are no longer one; the last one stays")
    command.set_defaults(run=make_admin)
    command = commands.add_parser(
        "role",
        description="Gives somebody a role on the site: none, auditor (reads everything that those who run "
        "the site read), moderator (people, reports and rooms) or administrator. It holds at once.",
    )
    _of_person(command)
    command.add_argument("role", metavar="ROLE", choices=sorted(ROLES), help="one of " + ", ".join(ROLES))
    _with_reason(command)
    command.set_defaults(run=set_role)
    command = commands.add_parser(
        "suspend",
        description="Suspends somebody: they are signed out everywhere within a second, and can't sign in "
        "until then. Who tries is told until when, and the reason.",
    )
    _of_person(command)
    command.add_argument(
        "--for",
        dest="duration",
        type=_duration,
        required=True,
        metavar="TIME",
        help="how long: 12h, 30d, or good",
    )
    _with_reason(command)
    command.set_defaults(run=suspend)
    command = commands.add_parser("unsuspend", description="Ends somebody's suspension.")
    _of_person(command)
    _with_reason(command)
    command.set_defaults(run=unsuspend)
    command = commands.add_parser(
        "end-sessions",
        description="Signs somebody out everywhere, within a second.",
    )
    _of_person(command)
    _with_reason(command)
    command.set_defaults(run=end_all)
    command = commands.add_parser(
        "reset-link",
        description="Prints a link by which somebody chooses a new password, once and within an hour. An "
        "earlier link is good no longer.",
    )
    _of_person(command)
    _with_reason(command)
    command.set_defaults(run=reset_link)
    command = commands.add_parser(
        "delete-account",
        description="Deletes somebody's account for good, as they can themselves. Their name is free then.",
    )
    _of_person(command)
    command.add_argument(
        "--messages",
        choices=("keep", "remove"),
        default="keep",
        help="what becomes of what they wrote: it stays under another name (keep), or goes too",
    )
    command.add_argument("--yes", action="store_true", help="it is meant; this can't be undone")
    _with_reason(command)
    command.set_defaults(run=delete_account)
    room_commands.add_commands(commands)
    keeping_commands.add_commands(commands)
    site_commands.add_commands(commands)


def _of_person(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")


def _with_reason(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reason", default="", metavar="TEXT", help="why, for the log of the site")
