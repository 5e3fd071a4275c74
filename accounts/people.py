"""Finding people, and making a new one. The only code that writes a User."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import peewee
from peewee_async.databases import AioDatabase

from accounts.models import SiteFact, User
from accounts.names import MAX_LENGTH, BadName, clean_name, name_key, skeleton
from accounts.passwords import hash_password, verify_password, weakness
from helpers.clock import now_ms
from helpers.db.base import database_proxy
from helpers.db.database import is_sqlite
from helpers.text.characters import is_one_line
from helpers.text.translation import Text

MAX_EMAIL = 254

MAX_FOUND = 20
"""People that are named for some letters of their names."""

LAST_LETTER = "\U0010ffff"
"""Behind every letter that a name can hold."""


class BadAccount(Exception):
    """An account can't be made like this. `errors` says why, by field."""

    def __init__(self, errors: dict[str, Text]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


async def _find(condition: Any) -> User | None:
    found: User | None = await User.aio_get_or_none(condition)
    return found


async def users_by_ids(user_ids: list[int]) -> dict[int, User]:
    """Those who are there, by their ids."""
    return {user.id: user for user in await User.select().where(User.id.in_(user_ids)).aio_execute()}


async def accounts_by_ids(user_ids: list[int]) -> dict[int, User]:
    """The same without those whose accounts are deleted."""
    return {user.id: user for user in await User.select().where(User.id.in_(user_ids), User.left_at.is_null()).aio_execute()}


async def are_here(user_ids: Iterable[int]) -> bool:
    """Has none of them left? In a transaction: and none does before it ends, since leaving waits for the lock."""
    ids = sorted(set(user_ids))
    query: Any = User.select(User.id).where(User.id.in_(ids), User.left_at.is_null()).order_by(User.id)
    found = await (query if is_sqlite(database_proxy.obj) else query.for_update("FOR KEY SHARE")).tuples().aio_execute()
    return len(found) == len(ids)


async def users_by_keys(name_keys: list[str]) -> dict[str, User]:
    """Those who are there, by the keys of their names."""
    return {user.name_key: user for user in await User.select().where(User.name_key.in_(name_keys)).aio_execute()}


async def user_by_name(text: str) -> User | None:
    """Whoever has this name in any capitals, with or without `@`."""
    try:
        return await _find(User.name_key == name_key(text.removeprefix("@")))
    except BadName:
        return None


def _key_of(name: str) -> str:
    """Empty for what is no name: a line may stand there without its author."""
    try:
        return name_key(name)
    except BadName:
        return ""


LOOKED_UP_AT_ONCE = 20
"""As in helpers/batching.py: for many more PostgreSQL would rather read the whole table."""


async def pictures_of(names: list[str]) -> dict[str, int]:
    """The versions of the pictures of those who have one, by their names."""
    found: dict[str, int] = {}
    for start in range(0, len(names), LOOKED_UP_AT_ONCE):
        users = await users_by_keys([key for name in names[start : start + LOOKED_UP_AT_ONCE] if (key := _key_of(name))])
        found.update((user.name, user.picture) for user in users.values() if user.picture)
    return found


async def people_named(database: AioDatabase, text: str) -> list[tuple[str, int]]:
    """Names, and versions of pictures: of those whose name begins with this, in any capitals, then of those in whose it is found.

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


def email_weakness(email: str) -> Text | None:
    """Why this can't be an address, or None. What mail servers take is theirs to say: RFC 5321 is only looked at from afar."""
    local, at, domain = email.rpartition("@")
    if (
        len(email) > MAX_EMAIL
        or not at
        or not local
        or "." not in domain.strip(".")
        or " " in email
        or not is_one_line(email)
        or "@" in local
    ):
        return Text("This doesn't look like an e-mail address.")
    return None


def new_user(name: str, email: str, password: str) -> User:
    """Somebody who may have an account, and hasn't yet: neither is the password hashed, nor the name compared with others'.

    Raises BadAccount."""
    errors: dict[str, Text] = {}
    try:
        name = clean_name(name)
        key = name_key(name)
    except BadName as error:
        errors["username"] = error.text
    email = email.strip().lower()
    if email and (problem := email_weakness(email)):
        errors["email"] = problem
    if problem := weakness(password, name, email):
        errors["password"] = problem
    if errors:
        raise BadAccount(errors)
    return User(name=name, name_key=key, skeleton=skeleton(name), email=email or None, is_admin=False, created_at=now_ms())


async def register(database: AioDatabase, name: str, email: str, password: str, *, is_admin: bool = False) -> User:
    """Makes an account. The first one becomes the site's administrator.

    Raises BadAccount where the name is taken or looks like a taken one, or anything else isn't right."""
    user = new_user(name, email, password)
    user.password_hash = await hash_password(password)
    user.is_admin = is_admin
    await add_all(database, [user])
    return user


async def add_all(database: AioDatabase, users: Sequence[User]) -> None:
    """Makes all of these accounts, or, where it raises BadAccount, none. The first of a site becomes its administrator."""
    user = users[0]
    try:
        async with database.aio_atomic():
            # Of two first accounts at once, this row's key lets one through and makes the other wait.
            first = await SiteFact.insert(name="first_account", value=user.name).on_conflict_ignore().returning(SiteFact.name).aio_execute()
            user.is_admin = bool(first) or user.is_admin
            for user in users:
                await user.aio_save(force_insert=True)
    except peewee.IntegrityError:
        raise BadAccount(await taken(user) or {"email": TAKEN_EMAIL}) from None


async def change_email(user: User, email: str) -> None:
    """Empty is none. Raises BadAccount."""
    email = email.strip().lower()
    if email and (problem := email_weakness(email)):
        raise BadAccount({"email": problem})
    try:
        await User.update(email=email or None).where(User.id == user.id, User.left_at.is_null()).aio_execute()
    except peewee.IntegrityError:
        raise BadAccount({"email": TAKEN_EMAIL}) from None


async def change_password(user: User, password: str) -> None:
    """Raises BadAccount. Sessions are left to whoever calls this: accounts/signing.py ends them."""
    if problem := weakness(password, user.name, user.email or ""):
        raise BadAccount({"new_password": problem})
    hashed = await hash_password(password)
    await User.update(password_hash=hashed).where(User.id == user.id, User.left_at.is_null()).aio_execute()


async def still_has_password(user: User) -> bool:
    """Is it the same as when `user` was read?"""
    return bool(await User.select().where(User.id == user.id, User.password_hash == user.password_hash).aio_exists())


class LastAdministrator(Exception):
    """A site keeps one administrator."""


async def set_admin(database: AioDatabase, user: User, *, is_admin: bool) -> bool:
    """Makes them an administrator of the site, or ends that. Returns False where it was so already. Raises LastAdministrator."""
    async with database.aio_atomic():
        query = User.select(User.id).where(User.is_admin).order_by(User.id)
        # Of two who end being administrators at once one waits for the other, and is the last.
        admins = {found.id for found in await (query if is_sqlite(database) else query.for_update()).aio_execute()}
        if (user.id in admins) == is_admin:
            return False
        if not is_admin and len(admins) == 1:
            raise LastAdministrator
        await User.update(is_admin=is_admin).where(User.id == user.id, User.left_at.is_null()).aio_execute()
    return True


TAKEN_EMAIL = Text("Somebody has an account with this address.")


async def taken(user: User) -> dict[str, Text]:
    """What of a new user's is somebody else's already, by field."""
    if await User.select().where((User.name_key == user.name_key) | (User.skeleton == user.skeleton)).aio_exists():
        return {"username": Text("This name is taken, or too much like one that is.")}
    if user.email and await User.select().where(User.email == user.email).aio_exists():
        return {"email": TAKEN_EMAIL}
    return {}
