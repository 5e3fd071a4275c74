"""What the shell commands of those who run the site have in common."""

import argparse
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from accounts.doors.command_line import machine_user, opened_database, run
from accounts.people.site_acts import SiteActor
from accounts.site import epoch, site_id
from chat.engine import Engine, open_engine
from chat.models import CONVERSATIONS, Room, RoomName
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


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """What an act refuses is one line for the shell."""
    try:
        yield
    except ActionError as error:
        raise Failure(error.text) from None


def in_chat(settings: Settings, work: Callable[[Engine], Awaitable[str]]) -> None:
    """Does the work of a command, and says what it returns."""
    check_migrations(settings.database)

    async def whole() -> None:
        async with opened_chat(settings) as engine:
            with refusals():
                said = await work(engine)
        say(said)

    run(whole())


def may_be_json(command: argparse.ArgumentParser) -> None:
    """Adds `--json` to a command that lists something."""
    command.add_argument("--json", action="store_true", help="as JSON, for programs")


def say_json(found: Any) -> None:
    say(json.dumps(found, ensure_ascii=False, indent=2))
