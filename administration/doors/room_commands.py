"""The shell commands about rooms: restore-room, give-owner, rooms-without-owner. What they do is in
the site's log, with the user of the machine, and holds in a running server at once."""

import argparse
import contextlib
from collections.abc import AsyncIterator

from accounts.doors.command_line import Commands, machine_user, note_command, opened_database, person, run
from accounts.people.site_acts import SiteActor
from accounts.site import epoch, site_id
from chat.actions.deleted_rooms import restore_room
from chat.actions.ownership import give_owner, rooms_without_owner
from chat.actions.site_powers import SITE
from chat.engine import Engine, open_engine
from chat.models import CONVERSATIONS, Room, RoomName
from chat.requests import new_nonce
from helpers.db.migrations import check_migrations
from helpers.errors import ActionError
from helpers.processes.terminal import Failure, say
from helpers.redis.bus import make_bus
from helpers.redis.client import open_redis
from helpers.rendering import Renderer
from settings import Settings


def by_shell() -> SiteActor:
    return SiteActor(None, machine_user())


@contextlib.asynccontextmanager
async def opened_chat(settings: Settings) -> AsyncIterator[Engine]:
    """An engine like that of a server, which tells the others by the bus what it does."""
    redis = open_redis(settings.redis_url)
    bus = make_bus(settings.bus)
    try:
        async with opened_database(settings) as database:
            site = await site_id()
            await bus.open(site)
            try:
                async with open_engine(*(database, redis, bus, site, await epoch(), Renderer())) as engine:
                    yield engine
            finally:
                await bus.close()
    finally:
        if redis is not None:
            await redis.aclose()


async def room_called(name: str) -> Room:
    """The room that has, or had, this name, also a deleted one."""
    slug = name.removeprefix("#").lower()
    had = RoomName.select(RoomName.room).where(RoomName.slug == slug)
    query = Room.select().where((Room.slug == slug) | Room.id.in_(had), Room.kind.not_in(CONVERSATIONS))
    rooms: list[Room] = sorted(await query.aio_execute(), key=lambda room: bool(room.slug != slug))
    if not rooms:
        raise Failure(f"there is no room called {name!r} here")
    return rooms[0]


def restore(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_chat(settings) as engine:
            room = await room_called(arguments.room)
            try:
                await restore_room(engine, room.id, SITE, new_nonce(), arguments.reason, by_shell())
            except ActionError as error:
                raise Failure(error.text) from None
        note_command("restore-room", room.name)
        say(f"#{room.name} is there again.")

    run(change())


def set_owner(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def change() -> None:
        async with opened_chat(settings) as engine:
            room, user = await room_called(arguments.room), await person(arguments.name)
            try:
                await give_owner(engine, room.id, by_shell(), user, new_nonce(), arguments.reason)
            except ActionError as error:
                raise Failure(error.text) from None
        note_command("give-owner", user.name, room=room.name)
        say(f"{user.name} owns #{room.name} now.")

    run(change())


def list_without_owner(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def show() -> None:
        async with opened_database(settings):
            after: int | None = 0
            while after is not None:
                found, after = await rooms_without_owner(after)
                for room in found:
                    why = f" (its owner {room.owner} is suspended)" if room.owner else ""
                    say(f"#{room.name}  {room.title}{why}")

    run(show())


def add_commands(commands: Commands) -> None:
    """Adds the parsers of these commands."""
    command = commands.add_parser(
        "restore-room",
        help="bring back a room that was deleted in the last 30 days",
        description="Brings back a deleted room, with its members and their roles, for 30 days after it "
        "was deleted.",
    )
    _of_room(command)
    command.set_defaults(run=restore)
    command = commands.add_parser(
        "give-owner",
        help="make somebody the owner of a room",
        description="Makes somebody the owner of a room, who becomes a member where they aren't one. Who "
        "was the owner becomes a moderator.",
    )
    _of_room(command)
    command.add_argument("name", metavar="NAME", help="the name of the person, or their e-mail address")
    command.set_defaults(run=set_owner)
    command = commands.add_parser(
        "rooms-without-owner",
        help="list the rooms that nobody owns",
        description="Lists the rooms that have no owner, or only one whose account is suspended.",
    )
    command.set_defaults(run=list_without_owner)


def _of_room(command: argparse.ArgumentParser) -> None:
    command.add_argument("room", metavar="ROOM", help="the room's name, as in its address")
    command.add_argument("--reason", default="", metavar="TEXT", help="why, for the logs")
