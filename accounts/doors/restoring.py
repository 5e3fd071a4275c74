"""The shell command for a database that was restored from a backup."""

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

from accounts import site
from helpers.db.database import open_database
from helpers.redis.client import open_redis
from helpers.web.session_stores import session_store
from settings import Settings


async def begin_another_history(settings: Settings, *others: Callable[[], Awaitable[None]]) -> None:
    """Signs everybody out and renews the epoch. `others` do the same for other packages, in the
    same transaction."""
    database, redis = open_database(settings.database), open_redis(settings.redis_url)
    try:
        async with database.aio_atomic():
            await site.begin_another_history(database)
            for other in others:
                await other()
        store = session_store(database, redis)
        await store.open(await site.site_id())
        await store.clear()
    finally:
        if redis is not None:
            await redis.aclose()
        await database.aio_close()


def add_command(commands: Any, run: Callable[[Settings, argparse.Namespace], None]) -> None:
    """Adds the command's parser to those of argparse."""
    command = commands.add_parser(
        "restored",
        help="run this after restoring the database from a backup",
        description="Run this after restoring the database from a backup, while no server runs. Signs "
        "everybody out, since accounts and sessions of after the backup are lost, and makes open pages load "
        "everything again.",
    )
    command.set_defaults(run=run)
