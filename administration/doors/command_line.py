"""The shell commands for those who run the site: make-admin, role. What they do is in the site's log,
with the user of the machine."""

import argparse

from accounts.doors.command_line import (
    Commands,
    machine_user,
    note_command,
    opened_database,
    person,
    run,
)
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SiteRole
from administration import people_acts
from administration.doors import keeping_commands, room_commands
from helpers.db.migrations import check_migrations
from helpers.errors import ActionError
from helpers.processes.terminal import Failure, say
from settings import Settings

ROLES = {role.name.lower(): role for role in SiteRole}


def by_shell() -> SiteActor:
    return SiteActor(None, machine_user())


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
            try:
                act = await people_acts.set_role(database, by_shell(), user.id, role, arguments.reason)
            except ActionError as error:
                raise Failure(error.text) from None
        if act:
            note_command("role", user.name, role=arguments.role)
        say(f"{user.name}: {arguments.role}{'' if act else ', as before'}.")

    run(change())


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser(
        "make-admin",
        help="make somebody an administrator of the site",
        description="Makes somebody an administrator of the site. It holds at once.",
    )
    _of_person(command)
    command.add_argument("--undo", action="store_true", help="they are no longer one; the last one stays")
    command.set_defaults(run=make_admin)
    command = commands.add_parser(
        "role",
        help="give somebody a role on the site",
        description="Gives somebody a role on the site: none, auditor (reads everything that those who run "
        "the site read), moderator (people, reports and rooms) or administrator. It holds at once.",
    )
    _of_person(command)
    command.add_argument("role", metavar="ROLE", choices=sorted(ROLES), help="one of " + ", ".join(ROLES))
    _with_reason(command)
    command.set_defaults(run=set_role)
    room_commands.add_commands(commands)
    keeping_commands.add_commands(commands)


def _of_person(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")


def _with_reason(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reason", default="", metavar="TEXT", help="why, for the log of the site")
