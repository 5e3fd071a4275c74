"""Reads accounts for those who run the site: a page of them, those who are found, one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import peewee
from peewee import fn
from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.directory import LAST_LETTER, accounts_by_ids, search_people, users_by_keys
from accounts.people.names import name_key
from accounts.people.site_roles import SiteRole
from accounts.signin.suspension import is_suspended
from chat.models import CONVERSATIONS, Member, Room
from helpers.db.database import is_sqlite
from helpers.text.characters import is_one_line

PAGE = 25
MAX_FOUND = 40


@dataclass(frozen=True)
class PeopleFilter:
    """`role` None for all people, `suspended` for those alone who are suspended now,
    `waiting` for those who wait for approval."""

    role: SiteRole | None = None
    suspended: bool = False
    waiting: bool = False


async def people_before(wanted: PeopleFilter, before: int | None) -> list[User]:
    """A page of accounts and one more, the latest first, from the one before this id on."""
    query = User.select().where(User.left_at.is_null())
    if before is not None:
        query = query.where(User.id < before)
    if wanted.role is SiteRole.ADMINISTRATOR:
        query = query.where(User.is_admin)
    elif wanted.role is not None:
        query = query.where(User.site_role == wanted.role, User.is_admin == False)  # noqa: E712 - SQL
    if wanted.suspended:
        query = query.where(is_suspended())
    if wanted.waiting:
        query = query.where(User.waits_since.is_null(False))
    return list(await query.order_by(User.id.desc()).limit(PAGE + 1).aio_execute())


async def find_people(database: AioDatabase, text: str) -> list[User]:
    """Who has a name, display name or address like this; at most MAX_FOUND."""
    keys = [name_key(one.name) for one in await search_people(database, text)]
    by_key: dict[str, User] = {}
    for start in range(0, len(keys), 20):
        by_key.update(await users_by_keys(keys[start : start + 20]))
    found = {by_key[key].id: by_key[key] for key in keys if key in by_key}
    for user in await _by_address(database, text):
        found.setdefault(user.id, user)
    return list(found.values())[:MAX_FOUND]


async def _by_address(database: AioDatabase, text: str) -> Sequence[User]:
    text = text.strip().lower()
    if not text or not is_one_line(text) or " " in text or "\\" in text:
        return []
    by_bytes = User.email.collate("BINARY" if is_sqlite(database) else '"C"')
    begins = (by_bytes >= text) & (by_bytes < text + LAST_LETTER)
    query = User.select(User.id).where(begins).order_by(by_bytes).limit(MAX_FOUND // 2).tuples()
    ids = [user_id for (user_id,) in await query.aio_execute()]
    people = await accounts_by_ids(ids) if ids else {}
    return [people[user_id] for user_id in ids if user_id in people]


async def room_counts(user_ids: Sequence[int]) -> dict[int, int]:
    """In how many rooms these people are. Conversations aren't counted."""
    if not user_ids:
        return {}
    query = (
        Member.select(Member.user, fn.COUNT(peewee.SQL("1")))
        .join(Room, on=(Room.id == Member.room))
        .where(Member.user.in_(list(user_ids)), Room.kind.not_in(CONVERSATIONS))
        .group_by(Member.user)
    )
    return dict(await query.tuples().aio_execute())


MAX_ROOMS = 100


@dataclass(frozen=True)
class RoomOfPerson:
    id: int
    name: str
    shown: str
    kind: str
    role: int


async def rooms_of(user: User) -> list[RoomOfPerson]:
    """The rooms somebody is in, those of the highest roles first, at most MAX_ROOMS. Conversations
    aren't among them: who talks to whom is nobody else's business."""
    shown = fn.COALESCE(Room.title, Room.name)
    query = (
        Member.select(Room.id, Room.name, shown, Room.kind, Member.role)
        .join(Room, on=(Room.id == Member.room))
        .where(Member.user == user.id, Room.kind.not_in(CONVERSATIONS))
        .order_by(Member.role.desc(), Room.id)
        .limit(MAX_ROOMS)
    )
    return [RoomOfPerson(*row) for row in await query.tuples().aio_execute()]
