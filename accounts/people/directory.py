"""Finds people by id, name, e-mail address or part of a name."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import peewee
from peewee_async.databases import AioDatabase

from accounts.models import NameWord, User
from accounts.people.display_names import MAX_LENGTH as MAX_DISPLAY_NAME
from accounts.people.display_names import shown_name
from accounts.people.names import MAX_LENGTH, BadName, name_key
from accounts.people.passwords import verify_password
from helpers.db.base import database_proxy
from helpers.db.compiled import CompiledForMany
from helpers.db.database import is_sqlite
from helpers.text.characters import composed, is_one_line
from helpers.text.folding import words_of

MAX_FOUND = 20
"""People in the result of a search."""

LAST_LETTER = "\U0010ffff"
"""Sorts after every character that a name can contain."""


async def _find(condition: Any) -> User | None:
    found: User | None = await User.aio_get_or_none(condition)
    return found


_users = CompiledForMany(lambda ids: User.select().where(User.id.in_(ids)))
_accounts = CompiledForMany(lambda ids: User.select().where(User.id.in_(ids), User.left_at.is_null()))


async def users_by_ids(user_ids: list[int]) -> dict[int, User]:
    """Returns the existing users by id."""
    return {user.id: user for user in await _users.results(user_ids)}


async def accounts_by_ids(user_ids: list[int]) -> dict[int, User]:
    """The same without deleted accounts."""
    return {user.id: user for user in await _accounts.results(user_ids)}


async def all_exist(user_ids: Iterable[int]) -> bool:
    """Do all of these accounts exist? In a transaction they also remain until its end, since
    deletion waits for the lock."""
    ids = sorted(set(user_ids))
    query: Any = User.select(User.id).where(User.id.in_(ids), User.left_at.is_null()).order_by(User.id)
    found = (
        await (query if is_sqlite(database_proxy.obj) else query.for_update("FOR KEY SHARE"))
        .tuples()
        .aio_execute()
    )
    return len(found) == len(ids)


async def lock_account(user_id: int) -> bool:
    """Does this account exist? In a transaction it also remains until its end, and others who lock
    it wait for that."""
    query: Any = User.select(User.id).where(User.id == user_id, User.left_at.is_null())
    query = query if is_sqlite(database_proxy.obj) else query.for_update("FOR NO KEY UPDATE")
    return bool(await query.tuples().aio_execute())


async def users_by_keys(name_keys: list[str]) -> dict[str, User]:
    """Returns the existing users by the keys of their names."""
    return {
        user.name_key: user for user in await User.select().where(User.name_key.in_(name_keys)).aio_execute()
    }


async def user_by_name(text: str) -> User | None:
    """Returns the person with this name in any case, with or without `@`."""
    try:
        return await _find(User.name_key == name_key(text.removeprefix("@")))
    except BadName:
        return None


def _name_key_or_empty(name: str) -> str:
    """Returns an empty string for text that isn't a name: service lines may have no author."""
    try:
        return name_key(name)
    except BadName:
        return ""


NAMES_AT_ONCE = 20
"""As in helpers/batching.py: with many more PostgreSQL prefers to scan the whole table."""


class ListedPerson(NamedTuple):
    """`shown` is empty without a display name; see display_names.shown_name. `picture` is its
    version, 0 for none."""

    name: str
    shown: str
    picture: int

    def as_json(self) -> dict[str, Any]:
        """The fields for JSON, without empty ones."""
        shown = {"display_name": self.shown} if self.shown else {}
        return {"name": self.name, **shown, **({"picture": self.picture} if self.picture else {})}


def _listed() -> tuple[Any, ...]:
    return User.name, shown_name(), User.picture


_named = CompiledForMany(lambda keys: User.select(*_listed()).where(User.name_key.in_(keys)))
_shown = CompiledForMany(
    lambda ids: User.select(User.id, shown_name()).where(User.id.in_(ids) & (User.display_name != ""))
)


async def people_named(names: list[str]) -> dict[str, ListedPerson]:
    """Returns the existing people by name."""
    found: dict[str, ListedPerson] = {}
    keys = [key for name in names if (key := _name_key_or_empty(name))]
    for start in range(0, len(keys), NAMES_AT_ONCE):
        for row in await _named.rows(keys[start : start + NAMES_AT_ONCE]):
            found[row[0]] = ListedPerson(*row)
    return found


async def shown_names(user_ids: Sequence[int]) -> dict[int, str]:
    """Returns by id how people with display names are shown."""
    found: dict[int, str] = {}
    for start in range(0, len(user_ids), NAMES_AT_ONCE):
        found.update(await _shown.rows(user_ids[start : start + NAMES_AT_ONCE]))
    return found


async def search_people(database: AioDatabase, text: str) -> list[ListedPerson]:
    """Returns people whose name begins with the text, and those whose display name has words that
    begin with its words; then those whose name contains it. Case is ignored, and accents in display
    names.

    At most MAX_FOUND."""
    text = text.strip().removeprefix("@")
    found = await _by_name(database, text)
    named = await _by_words(text)
    # In turns: neither kind of name keeps the other out.
    both = [one for pair in itertools.zip_longest(found, named) for one in pair if one]
    if len(both) < MAX_FOUND:
        both += await _by_part_of_name(database, text)
    return list(dict.fromkeys(both))[:MAX_FOUND]


PAGE = 50
"""People on a page of the directory."""


async def people_after(database: AioDatabase, name: str, most: int) -> list[User]:
    """Returns at most so many people in the order of their handles, from the one after `name` on."""
    by_bytes = User.name_key.collate("BINARY" if is_sqlite(database) else '"C"')
    query = User.select().where(User.left_at.is_null(), by_bytes > _name_key_or_empty(name))
    return list(await query.order_by(by_bytes).limit(most).aio_execute())


def _searched_key(text: str) -> str | None:
    key = composed(text.lower(), MAX_LENGTH)
    return None if key is None or len(key) > MAX_LENGTH or not is_one_line(key) else key


async def _by_name(database: AioDatabase, text: str) -> list[ListedPerson]:
    key = _searched_key(text)
    if key is None:
        return []
    by_bytes = User.name_key.collate("BINARY" if is_sqlite(database) else '"C"')
    begins = (by_bytes >= key) & (by_bytes < key + LAST_LETTER)
    query = User.select(*_listed()).where(User.left_at.is_null(), begins).order_by(by_bytes)
    return [ListedPerson(*row) for row in await query.limit(MAX_FOUND).tuples().aio_execute()]


async def _by_part_of_name(database: AioDatabase, text: str) -> list[ListedPerson]:
    key = _searched_key(text)
    if not key:
        return []
    by_bytes = User.name_key.collate("BINARY" if is_sqlite(database) else '"C"')
    holds = peewee.fn.REPLACE(User.name_key, key, "") != User.name_key
    query = User.select(*_listed()).where(User.left_at.is_null(), holds).order_by(by_bytes)
    return [ListedPerson(*row) for row in await query.limit(2 * MAX_FOUND).tuples().aio_execute()]


MAX_WORDS = 5
"""Of a search; more say nothing new."""


async def _by_words(text: str) -> list[ListedPerson]:
    if len(text) > MAX_DISPLAY_NAME or not is_one_line(text):
        return []
    words = sorted(set(words_of(text)), key=len, reverse=True)[:MAX_WORDS]
    if not words:
        return []
    first, *rest = words
    query = NameWord.select(NameWord.user_id).where(_begins(NameWord, first))
    for word in rest:
        other = NameWord.alias()
        is_theirs = other.select(peewee.SQL("1")).where(
            other.user_id == NameWord.user_id, _begins(other, word)
        )
        query = query.where(peewee.fn.EXISTS(is_theirs))
    # Somebody may have several words that begin so.
    rows = await query.order_by(NameWord.word).limit(2 * MAX_FOUND).tuples().aio_execute()
    ids = list(dict.fromkeys(user_id for (user_id,) in rows))[:MAX_FOUND]
    if not ids:
        return []
    people = User.select(User.id, *_listed()).where(User.id.in_(ids), User.left_at.is_null())
    by_id = {user_id: ListedPerson(*row) for user_id, *row in await people.tuples().aio_execute()}
    return [by_id[user_id] for user_id in ids if user_id in by_id]


def _begins(table: Any, word: str) -> Any:
    return (table.word >= word) & (table.word < word + LAST_LETTER)


def login_key(login: str) -> str:
    """Normalises a login, so that all spellings of one login share a key. The result can be any
    text."""
    try:
        return login.lower() if _is_email(login) else name_key(login.removeprefix("@"))
    except BadName:
        return login.casefold()


def guess_key(login: str, user: User | None) -> str:
    """Returns the same text for all logins of one account, for counting guesses. Of those that
    nobody has, for all spellings of one. `user` is user_by_login's."""
    return login_key(login) if user is None else f"account {user.id}"


def _is_email(login: str) -> bool:
    """Names contain no `@`, so the two can't be confused."""
    return "@" in login.strip("@")


ADDRESS_ACCOUNTS = 4
"""So many accounts sign in with one address, the oldest; the others by their names."""


MAX_CLAIMS = 1000
"""Accounts with one address that are looked at."""


async def users_by_address(address: str) -> list[User]:
    """Returns the people who gave this e-mail address, the oldest accounts first, at most
    ADDRESS_ACCOUNTS."""
    if not is_one_line(address) or " " in address:
        return []
    address = address.lower()
    by_bytes = User.email.collate("BINARY" if is_sqlite(database_proxy.obj) else '"C"')
    # The address alone, or with a space and a word.
    is_theirs = (by_bytes >= address) & (by_bytes < f"{address}!")
    # Sorted here: for the first of an order PostgreSQL reads all accounts in that order.
    query = User.select(User.id).where(is_theirs).limit(MAX_CLAIMS).tuples()
    ids = sorted(user_id for (user_id,) in await query.aio_execute())[:ADDRESS_ACCOUNTS]
    return sorted((await accounts_by_ids(ids)).values(), key=lambda user: user.id)


async def user_by_login(login: str) -> User | None:
    """Returns the person with this name, or with this e-mail address where only one has it."""
    if not _is_email(login):
        return await user_by_name(login)
    found = await users_by_address(login)
    return found[0] if len(found) == 1 else None


async def authenticate(login: str, password: str) -> User | None:
    """Returns the person if the password is correct. It takes the same time if there is no such
    person, and however many have the same address: the password says which of them it is."""
    users: list[User | None] = []
    if _is_email(login):
        users += await users_by_address(login)
        users += [None] * (ADDRESS_ACCOUNTS - len(users))
    else:
        users.append(await user_by_name(login))
    found = [user for user in users if await verify_password(user and user.password_hash, password)]
    return found[0] if found else None
