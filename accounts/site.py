"""Facts about the site as a whole: its id, the epoch of its history, and its keys."""

import secrets

from peewee_async.databases import AioDatabase

from accounts.models import SiteFact
from helpers.db.database import DatabaseError, fetch, is_sqlite

ID = "id"
EPOCH = "epoch"
RESTORING = "restoring"
DEVICE_KEY = "device_key"
PUSH_SEED = "push_seed"
UNSUBSCRIBE_KEY = "unsubscribe_key"


async def site_id() -> str:
    """The id of this site, made once. It is part of every name in Redis, so that several sites may
    share one."""
    return await _fact(ID)


async def epoch() -> str:
    """The id of this history, made once. A restored database gets another one, so that clients with
    the lost history load everything again."""
    return await _fact(EPOCH)


async def device_key() -> str:
    """The key that signs the cookies of known devices, made once."""
    return await _fact(DEVICE_KEY, 32)


async def push_seed() -> str:
    """What the key is made of by which push services know the site, made once: browsers subscribe with
    that key."""
    return await _fact(PUSH_SEED, 32)


async def unsubscribe_key() -> str:
    """The key that signs the links by which mails are ended, made once."""
    return await _fact(UNSUBSCRIBE_KEY, 32)


async def _fact(name: str, size: int = 9) -> str:
    """The stored value, or, if there is none yet, one of `size` random bytes that is stored now. Of
    two processes that start at once both return the same."""
    row = await SiteFact.aio_get_or_none(SiteFact.name == name)
    if row is None:
        await SiteFact.insert(name=name, value=secrets.token_urlsafe(size)).on_conflict_ignore().aio_execute()
        row = await SiteFact.aio_get(SiteFact.name == name)
    return str(row.value)


async def check_restored() -> None:
    """Raises DatabaseError while a restore from a backup isn't done: sessions of then would be good again,
    and mails would be sent twice."""
    if await SiteFact.aio_get_or_none(SiteFact.name == RESTORING):
        raise DatabaseError(
            "the site is half restored: run `restore --force` again, or `restored` where you put it back in "
            "another way"
        )


async def begin_another_history(database: AioDatabase) -> None:
    """After the database was restored: renews the epoch, and the secrets of all users, so that no
    session of before belongs to anybody. Run it in the caller's transaction."""
    await SiteFact.delete().where(SiteFact.name.in_((EPOCH, RESTORING))).aio_execute()
    await SiteFact.insert(name=EPOCH, value=secrets.token_urlsafe(9)).aio_execute()
    random = "lower(hex(randomblob(16)))" if is_sqlite(database) else "gen_random_uuid()::text"
    await fetch(database, f"UPDATE users SET session_secret = {random}")  # noqa: S608 - our own words
