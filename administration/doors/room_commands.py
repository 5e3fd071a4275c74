"""The shell commands about rooms: restore-room, give-owner, rooms-without-owner. What they do is in
the site's log, with the user of the machine, and holds in a running server at once."""

import argparse

from accounts.doors.command_line import Commands, note_command, opened_database, person, run
from administration.doors.shell import by_shell, in_chat, may_be_json, room_called, say_json
from chat.actions.order.site_powers import SITE
from chat.actions.rooms.deleted_rooms import restore_room
from chat.actions.rooms.ownership import give_owner, rooms_without_owner
from chat.engine import Engine
from chat.requests import new_nonce
from helpers.db.migrations import check_migrations
from helpers.processes.terminal import say
from settings import Settings


def restore(settings: Settings, arguments: argparse.Namespace) -> None:
    async def work(engine: Engine) -> str:
        room = await room_called(arguments.room)
        await restore_room(engine, room.id, SITE, new_nonce(), arguments.reason, by_shell())
        note_command("restore-room", room.name)
        return f"#{room.name} is there again."

    in_chat(settings, work)


def set_owner(settings: Settings, arguments: argparse.Namespace) -> None:
    async def work(engine: Engine) -> str:
        room, user = await room_called(arguments.room), await person(arguments.name)
        await give_owner(engine, room.id, by_shell(), user, new_nonce(), arguments.reason)
        note_command("give-owner", user.name, room=room.name)
        return f"{user.name} owns #{room.name} now."

    in_chat(settings, work)


def list_without_owner(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def show() -> None:
        async with opened_database(settings):
            rooms = []
            after: int | None = 0
            while after is not None:
                found, after = await rooms_without_owner(after)
                rooms += found
        if arguments.json:
            say_json([{"name": one.name, "title": one.title, "owner": one.owner or ""} for one in rooms])
            return
        for room in rooms:
            why = f" (its owner {room.owner} is suspended)" if room.owner else ""
            say(f"#{room.name}  {room.title}{why}")

    run(show())


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser(
        "restore-room",
        description="Brings back a deleted room, with its members and their roles, for 30 days after it "
        "was deleted.",
    )
    _of_room(command)
    command.set_defaults(run=restore)
    command = commands.add_parser(
        "give-owner",
        description="Makes somebody the owner of a room, who becomes a member where they aren't one. Who "
        "was the owner becomes a moderator.",
    )
    _of_room(command)
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")
    command.set_defaults(run=set_owner)
    command = commands.add_parser(
        "rooms-without-owner",
        description="Lists the rooms that have no owner, or only one whose account is suspended.",
    )
    may_be_json(command)
    command.set_defaults(run=list_without_owner)


def _of_room(command: argparse.ArgumentParser) -> None:
    command.add_argument("room", metavar="ROOM", help="the room's name, as in its address")
    command.add_argument("--reason", default="", metavar="TEXT", help="why, for the logs")
