"""The shell commands that list: users, rooms."""

import argparse
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from accounts.doors.command_line import Commands, opened_database, run, table
from accounts.models import User
from accounts.people.site_roles import SiteRole
from administration.doors.shell import may_be_json, say_json
from chat.models import CONVERSATIONS, Room
from helpers.clock import iso, now_ms
from helpers.db.migrations import check_migrations
from helpers.processes.terminal import say
from settings import Settings

AT_ONCE = 500

Listed = dict[str, Any]


async def _users() -> list[Listed]:
    found: list[Listed] = []
    after, now = 0, now_ms()
    while True:
        query = User.select().where(User.id > after, User.left_at.is_null()).order_by(User.id)
        users = list(await query.limit(AT_ONCE).aio_execute())
        if not users:
            return found
        after = users[-1].id
        for user in users:
            until = user.suspended_until or 0
            state = "suspended" if until > now else "waiting" if user.waits_since else "active"
            found.append(
                {
                    "name": user.name,
                    "display_name": user.display_name,
                    "email": user.address,
                    "email_verified": user.email_verified_at is not None,
                    "role": SiteRole(user.site_role).name.lower(),
                    "state": state,
                    "created": iso(user.created_at),
                }
            )


async def _rooms() -> list[Listed]:
    found: list[Listed] = []
    after = 0
    while True:
        query = Room.select().where(Room.id > after, Room.kind.not_in(CONVERSATIONS)).order_by(Room.id)
        rooms = list(await query.limit(AT_ONCE).aio_execute())
        if not rooms:
            return found
        after = rooms[-1].id
        found += [
            {
                "name": room.name,
                "title": room.title or room.name,
                "kind": room.kind,
                "posts": room.posts,
                "archived": room.archived_at is not None,
                "created": iso(room.created_at),
            }
            for room in rooms
        ]


def _list(
    read: Callable[[], Coroutine[Any, Any, list[Listed]]], columns: Sequence[str], nothing: str
) -> Callable[[Settings, argparse.Namespace], None]:
    def listing(settings: Settings, arguments: argparse.Namespace) -> None:
        check_migrations(settings.database)

        async def show() -> None:
            async with opened_database(settings):
                found = await read()
            if arguments.json:
                say_json(found)
            elif found:
                rows = [[_cell(name, one[name]) for name in columns] for one in found]
                say(table([[name.replace("_", " ").upper() for name in columns], *rows]))
            else:
                say(nothing)

        run(show())

    return listing


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    text = str(value)[:10] if name == "created" else str(value)
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser("users", description="Lists all accounts, the oldest first.")
    may_be_json(command)
    columns = ("name", "display_name", "email", "role", "state", "created")
    command.set_defaults(run=_list(_users, columns, "Nobody has an account yet."))
    command = commands.add_parser(
        "rooms",
        description="Lists all rooms, also those that are deleted and can be brought back, but no "
        "conversations between people.",
    )
    may_be_json(command)
    columns = ("name", "title", "kind", "posts", "archived", "created")
    command.set_defaults(run=_list(_rooms, columns, "There are no rooms yet."))
