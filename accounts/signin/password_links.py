"""Links by which people choose a new password: each is good once, within an hour, until the next one
is made or the password changes. Only a hash is stored, so that a copy of the database opens nothing."""

import hashlib
import re
import secrets

from peewee_async.databases import AioDatabase

from accounts.models import PasswordLink, User
from accounts.people.accounts import BadAccount, store_password
from accounts.people.directory import accounts_by_ids, lock_account
from accounts.people.passwords import hash_password, password_problem
from accounts.signin.suspension import database_now, database_now_ms

LINK_SECONDS = 3600

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class DeadLink(Exception):
    """The link was used, is too old, or never was one."""


async def make_link(user_id: int) -> str:
    """Makes the person's link, in a transaction, in place of an earlier one. Returns its token."""
    token = new_token()
    row = {"token_hash": hashed_token(token), "until": await database_now_ms() + LINK_SECONDS * 1000}
    await PasswordLink.delete().where(PasswordLink.user_id == user_id).aio_execute()
    await PasswordLink.insert(user_id=user_id, **row).aio_execute()
    return token


async def end_link(user_id: int) -> None:
    await PasswordLink.delete().where(PasswordLink.user_id == user_id).aio_execute()


async def owner_of_link(token: str) -> User:
    """Whose link it is. Raises DeadLink."""
    if not is_token(token):
        raise DeadLink
    query = PasswordLink.select(PasswordLink.user_id).where(_is_live(token))
    for (user_id,) in await query.tuples().aio_execute():
        if user := (await accounts_by_ids([user_id])).get(user_id):
            return user
    raise DeadLink


async def use_link(database: AioDatabase, token: str, password: str, *, host: str = "") -> User:
    """Gives the link's owner this password, which ends the link and all their sessions. The caller
    closes what is open for them. Raises DeadLink, or BadAccount, after which the link is still good."""
    user = await owner_of_link(token)
    if problem := password_problem(password, user.name, user.display_name, user.address, host=host):
        raise BadAccount({"new_password": problem})
    hashed = await hash_password(password)
    async with database.aio_atomic():
        # The account first, in the order of all who change a password.
        if not await lock_account(user.id):
            raise DeadLink
        if not await PasswordLink.delete().where(_is_live(token)).aio_execute():
            raise DeadLink
        await store_password(user.id, hashed)
    return user


def _is_live(token: str) -> object:
    return (PasswordLink.token_hash == hashed_token(token)) & (PasswordLink.until > database_now())


def new_token() -> str:
    return secrets.token_urlsafe(32)


def is_token(token: str) -> bool:
    """Does it look like one?"""
    return _TOKEN.fullmatch(token) is not None


def hashed_token(token: str) -> str:
    """What is stored of it."""
    return hashlib.sha256(token.encode()).hexdigest()
