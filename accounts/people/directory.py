"""Finding people, and making a new one. The only code that writes a User."""

import unicodedata
from collections.abc import Iterable
from typing import Any

import peewee
from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.names import MAX_LENGTH, BadName, name_key
from accounts.people.passwords import verify_password
from helpers.db.base import database_proxy
from helpers.db.database import is_sqlite
from helpers.text.characters import is_one_line

MAX_FOUND = 20
"""People that are named for some letters of their names."""

LAST_LETTER = "\U0010ffff"
"""Behind every letter that a name can hold."""


async def _find(condition: Any) -> User | None:
    found: User | None = await User.aio_get_or_none(condition)
    return found


async def users_by_ids(user_ids: list[int]) -> dict[int, User]:
    """Those who are there, by their ids."""
    return {user.id: user for user in await User.select().where(User.id.in_(user_ids)).aio_execute()}


async def accounts_by_ids(user_ids: list[int]) -> dict[int, User]:
    """The same without those whose accounts are deleted."""
    return {
        user.id: user
        for user in await User.select().where(User.id.in_(user_ids), User.left_at.is_null()).aio_execute()
    }


async def all_exist(user_ids: Iterable[int]) -> bool:
    """Has none of them left? In a transaction: and none does before it ends, since leaving waits
    for the lock."""
    ids = sorted(set(user_ids))
    query: Any = User.select(User.id).where(User.id.in_(ids), User.left_at.is_null()).order_by(User.id)
    found = (
        await (query if is_sqlite(database_proxy.obj) else query.for_update("FOR KEY SHARE"))
        .tuples()
        .aio_execute()
    )
    return len(found) == len(ids)


async def users_by_keys(name_keys: list[str]) -> dict[str, User]:
    """Those who are there, by the keys of their names."""
    return {
        user.name_key: user for user in await User.select().where(User.name_key.in_(name_keys)).aio_execute()
    }


async def user_by_name(text: str) -> User | None:
    """Whoever has this name in any capitals, with or without `@`."""
    try:
        return await _find(User.name_key == name_key(text.removeprefix("@")))
    except BadName:
        return None


def _name_key_or_empty(name: str) -> str:
    """Empty for what is no name: a line may stand there without its author."""
    try:
        return name_key(name)
    except BadName:
        return ""


NAMES_AT_ONCE = 20
"""As in helpers/batching.py: for many more PostgreSQL would rather read the whole table."""


async def pictures_of(names: list[str]) -> dict[str, int]:
    """The versions of the pictures of those who have one, by their names."""
    found: dict[str, int] = {}
    for start in range(0, len(names), NAMES_AT_ONCE):
        users = await users_by_keys(
            [key for name in names[start : start + NAMES_AT_ONCE] if (key := _name_key_or_empty(name))]
        )
        found.update((user.name, user.picture) for user in users.values() if user.picture)
    return found


async def search_people(database: AioDatabase, text: str) -> list[tuple[str, int]]:
    """Names, and versions of pictures: of those whose name begins with this, in any capitals, then
    of those in whose it is found.

    At most MAX_FOUND."""
    key = unicodedata.normalize("NFC", text.strip().removeprefix("@").lower())
    if len(key) > MAX_LENGTH or not is_one_line(key):
        return []
    by_bytes = User.name_key.collate("BINARY" if is_sqlite(database) else '"C"')
    begins = (by_bytes >= key) & (by_bytes < key + LAST_LETTER)
    query = User.select(User.name, User.picture).where(User.left_at.is_null()).order_by(by_bytes)
    found = await query.where(begins).limit(MAX_FOUND).tuples().aio_execute()
    if key and len(found) < MAX_FOUND:
        holds = peewee.fn.REPLACE(User.name_key, key, "") != User.name_key
        found += await query.where(holds, ~begins).limit(MAX_FOUND - len(found)).tuples().aio_execute()
    return list(found)


def login_key(login: str) -> str:
    """One key for each way of writing one login, and none that a database won't be asked for."""
    try:
        return login.lower() if _is_email(login) else name_key(login.removeprefix("@"))
    except BadName:
        return login.casefold()


def _is_email(login: str) -> bool:
    """A name holds no `@`, so the two can't be mixed up."""
    return "@" in login.strip("@")


async def user_by_login(login: str) -> User | None:
    """Whoever signs in with this name or e-mail address."""
    if not _is_email(login):
        return await user_by_name(login)
    return await _find(User.email == login.lower()) if is_one_line(login) else None


async def authenticate(login: str, password: str) -> User | None:
    """The person, if the password is theirs. It takes as long where there is no such person."""
    user = await user_by_login(login)
    right = await verify_password(user.password_hash if user else None, password)
    return user if right else None
