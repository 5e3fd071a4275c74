"""Lists of rooms for one user: their own, and those that they can join."""

import functools
import re
from dataclasses import dataclass, replace
from typing import Any

from peewee import JOIN, SQL, Case, Select, fn

from accounts.models import User
from chat.drafts import ALL
from chat.history.mentions import MAX_MENTIONS
from chat.history.titles import people_in, title_for
from chat.history.writing.group_mentions import no_block_between
from chat.models import CONVERSATIONS, HeldPost, Ignored, Member, Mention, Message, Report, Room, RoomName
from chat.roles import Role, Standing
from chat.room_names import search_key
from helpers.clock import iso, now_ms
from helpers.db.compiled import CompiledSelect
from helpers.text.characters import cleaned

MAX_OWN = 200
"""A user's own rooms in a list, those with unread posts first. The others are found by their
names. Conversations are counted apart: anybody can open one with a user, and doesn't push out the
rooms that the user chose."""

MAX_CONVERSATIONS = 200
"""Conversations in a list of which the user has read something, those with unread posts first."""

MAX_NEW_CONVERSATIONS = 50
"""Conversations in a list of which the user has read nothing yet: those of two people, and then the
newest. A stranger has one of two people with the user, however many groups they make."""

MAX_DELETED = 100
"""The most deleted posts that are counted after a read mark. Of more, the others count as unread."""

MAX_OPEN = 100
"""Open rooms on a page."""

_NAMES_HOLD = re.compile(r"[a-z0-9_-]+")

MAX_WORDS = 64
"""Characters that are looked for in titles."""


def level_now(notify: str, until: int | None) -> tuple[str | None, str | None]:
    """The level of a membership that holds at the moment, and its end; None for the usual."""
    if not notify or (until is not None and until <= now_ms()):
        return None, None
    return notify, None if until is None else iso(until)


MAY_LACK = ("deleted", "reports", "archived", "picture", "level", "level_until")


@dataclass(frozen=True)
class RoomView:
    """A room as a user sees it in a list; `role` is None where they are no member. `title` is shown
    as the room's name.

    `read_number` is the last post that the user has read, `mentions` how many later posts mention
    them, `deleted` how many later posts are deleted, which aren't `unread`. `reports` is how many
    reports wait for their answer, `picture` the version of the room's picture."""

    name: str
    title: str
    topic: str
    kind: str
    role: str | None
    unread: int
    last_number: int
    read_number: int
    mentions: int = 0
    deleted: int = 0
    reports: int = 0
    archived: bool = False
    picture: int = 0
    level: str | None = None
    """How much of it calls them, where that isn't the usual, until `level_until`."""
    level_until: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields for JSON. `deleted` and `reports` are left out where they are 0."""
        return {name: value for name, value in vars(self).items() if name not in MAY_LACK or value}

    @property
    def is_conversation(self) -> bool:
        return self.kind in CONVERSATIONS


_LISTED = (
    Room.id,
    Room.name,
    fn.COALESCE(Room.title, Room.name),
    Room.topic,
    Room.kind,
    Room.archived_at,
    Room.picture,
    Member.role,
    Room.posts,
    Room.cleared_number,
    Member.read_number,
    Member.notify,
    Member.notify_until,
)

_SEEN = Case(None, [(Member.read_number > Room.cleared_number, Member.read_number)], Room.cleared_number)
_MENTION_AUTHOR = Message.select(Message.author_id).where(
    Message.room_id == Mention.room_id, Message.number == Mention.number
)
_IGNORES = Ignored.select(SQL("1")).where(Ignored.user_id == Member.user)
_IS_HEARD = ~fn.EXISTS(_IGNORES) | ~fn.EXISTS(_IGNORES.where(Ignored.ignored_id == _MENTION_AUTHOR))
"""The author of the post isn't somebody whom the member ignores: see unread_counts.py."""
_IS_UNREAD_MENTION = (
    (Mention.user_id == Member.user) & (Mention.room_id == Room.id) & (Mention.number > _SEEN) & _IS_HEARD
)
_MENTION_COUNT = Select(
    [Mention.select(Mention.number).where(_IS_UNREAD_MENTION).limit(MAX_MENTIONS).alias("unread_mentions")],
    [fn.COUNT(SQL("1"))],
)
"""How many unread posts mention the member. Posts before the last clearing don't count."""

_IS_UNREAD_OF_ALL = (
    (Mention.user_id == ALL.user_id)
    & (Mention.room_id == Room.id)
    & (Mention.number > _SEEN)
    & (Member.user != _MENTION_AUTHOR)
    & no_block_between(Member.user, _MENTION_AUTHOR)
    & _IS_HEARD
)
_OF_ALL_COUNT = Select(
    [Mention.select(Mention.number).where(_IS_UNREAD_OF_ALL).limit(MAX_MENTIONS).alias("unread_of_all")],
    [fn.COUNT(SQL("1"))],
)
"""How many of them mention all members: see unread_counts.py."""

_IS_UNREAD_DELETED = (
    (Message.room_id + SQL("0") == Room.id + SQL("0"))
    & (Message.number > _SEEN)
    & Message.deleted_at.is_null(False)
)
_DELETED_COUNT = Select(
    [Message.select(Message.number).where(_IS_UNREAD_DELETED).limit(MAX_DELETED).alias("unread_deleted")],
    [fn.COUNT(SQL("1"))],
)
"""How many posts that the member hasn't read are deleted. SQLite uses the index, which is over an expression,
only for a comparison with another expression."""

_ANSWERS_REPORTS = (Member.role >= Role.MODERATOR) | User.select(User.is_admin).where(User.id == Member.user)
_LEADS = Room.kind.not_in(CONVERSATIONS) & _ANSWERS_REPORTS
_IS_REPORT = (Report.room_id == Room.id) & Report.answered_at.is_null() & (Report.author_id != Member.user)
_REPORT_COUNT = Case(None, [(_LEADS, Report.select(fn.COUNT(Report.id)).where(_IS_REPORT))], 0)
_IS_HELD = (HeldPost.room_id == Room.id) & HeldPost.answered_at.is_null()
_HELD_COUNT = Case(None, [(_LEADS, HeldPost.select(fn.COUNT(HeldPost.id)).where(_IS_HELD))], 0)
"""How many reports, and posts that are held, wait for the member's answer."""

_HAS_UNREAD = Case(None, [(Room.posts <= _SEEN, 0), (Room.posts - _SEEN > _DELETED_COUNT, 1)], 0)
"""1 where there is an unread post that isn't deleted, or else 0."""


def is_named(words: str) -> Any:
    """The condition that the room's title, or a name that it has or had, contains this, in any
    case."""
    words = cleaned(words).strip().removeprefix("#")
    key, slug = search_key(words) if len(words) <= MAX_WORDS else "", words.lower()
    is_found = _contains(Room.title_key, key) if key else Room.id.is_null()
    if not _NAMES_HOLD.fullmatch(slug):
        return is_found
    had = RoomName.select(RoomName.room).where(_contains(RoomName.slug, slug))
    return is_found | _contains(Room.slug, slug) | Room.id.in_(had)


def _contains(column: Any, words: str) -> Any:
    # LIKE treats `_` as a wildcard, and escaping it differs between the databases.
    return fn.REPLACE(column, words, "") != column


_IS_CONVERSATION = Room.kind.in_(CONVERSATIONS)
_BY_UNREAD = (_HAS_UNREAD.desc(), Room.slug)
_ROOMS = (~_IS_CONVERSATION, _BY_UNREAD, MAX_OWN)
_CONVERSATIONS = (
    (_IS_CONVERSATION & (Member.read_number > 0), _BY_UNREAD, MAX_CONVERSATIONS),
    # Of the kinds `direct` comes before `group`.
    (_IS_CONVERSATION & (Member.read_number == 0), (Room.kind, Room.id.desc()), MAX_NEW_CONVERSATIONS),
)


def _own(user_id: Any, condition: Any, order: tuple[Any, ...], most: int) -> Any:
    return (
        Room.select(*_LISTED, _MENTION_COUNT, _OF_ALL_COUNT, _DELETED_COUNT, _REPORT_COUNT, _HELD_COUNT)
        .join(Member, on=((Member.room == Room.id) & (Member.user == user_id)))
        .where(condition)
        .order_by(*order)
        .limit(most)
    )


_OWN = [
    CompiledSelect(functools.partial(_own, condition=condition, order=order, most=most))
    for condition, order, most in (_ROOMS, *_CONVERSATIONS)
]


async def own_rooms(user: User, named: str = "") -> list[RoomView]:
    """The rooms of which the user is a member, those with unread posts first, within the bounds
    above. `named` limits them to titles and names that contain it."""
    views: dict[int, RoomView] = {}
    if named:
        # A conversation's stored name means nothing to users.
        query = _own(user.id, *_ROOMS).where(is_named(named))
        found = [await query.tuples().aio_execute()]
    else:
        found = [await part.rows(user.id) for part in _OWN]
    for rows in found:
        views |= {row[0]: _view(row[1:], user) for row in rows}
    people = await people_in(room_id for room_id, view in views.items() if view.is_conversation)
    for room_id, named_people in people.items():
        views[room_id] = replace(views[room_id], title=title_for(user.id, named_people, views[room_id].kind))
    return sorted(views.values(), key=lambda view: (not view.unread, view.title.lower(), view.name))


async def open_rooms(user: User, named: str = "", after: str = "") -> tuple[list[RoomView], bool]:
    """The next MAX_OPEN open rooms of which the user is no member, by name, after the room named
    `after`; and whether there are more."""
    query = (
        Room.select(*_LISTED)
        .join(Member, JOIN.LEFT_OUTER, on=((Member.room == Room.id) & (Member.user == user.id)))
        .where(Room.kind == "open", Room.archived_at.is_null(), Member.user.is_null())
    )
    if after:
        query = query.where(Room.slug > after.lower())
    if named:
        query = query.where(is_named(named))
    rows = await query.order_by(Room.slug).limit(MAX_OPEN + 1).tuples().aio_execute()
    return [_view(row[1:], user) for row in rows[:MAX_OPEN]], len(rows) > MAX_OPEN


def _view(row: tuple[Any, ...], user: User) -> RoomView:
    name, shown, topic, kind, archived_at, picture, role, posts, cleared_number, read_number, *rest = row
    if role is None:
        return RoomView(name, shown, topic, kind, None, 0, posts, posts, picture=picture)
    seen = max(cleared_number, read_number or 0)
    title = Standing(Role(role), is_admin=user.is_admin, kind=kind).title
    notify, until, named, together, deleted, reports, held = rest
    mentions = min(named + together, MAX_MENTIONS)
    unread = max(0, posts - seen - deleted)
    counted = (unread, posts, seen, mentions, deleted, reports + held)
    is_archived = archived_at is not None
    level = level_now(notify, until)
    return RoomView(name, shown, topic, kind, title, *counted, is_archived, picture, *level)
