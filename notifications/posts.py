"""The posts of a room that are to be decided, and whom each may concern. Nothing here writes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from peewee_async.databases import AioDatabase

from chat.drafts import ALL, HERE
from chat.events import Close
from chat.history.writing.group_mentions import online_members
from chat.line_kinds import KINDS
from chat.models import Member, Message, MessageVersion
from helpers.clock import now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_sqlite
from notifications.deciding import LATE_MS, Facts
from notifications.keywords import first_of, keys_in
from notifications.people import Person
from notifications.wishes import level_of

CHANGES_AT_ONCE = 100
"""Changes of a room that are read together: most concern nobody, and cost what their statements cost."""

SEQS_AT_ONCE = 10_000
"""Seqs of a room that are looked through for them by one statement, which takes some 5 ms."""

KEYWORDS_LOOKED_AT = 500
"""Where there are fewer keywords on the site, it is looked whose they are, before any text is read."""

THREAD_STEPS = 20
"""Posts that each answer the one before, from an answer back."""

THREAD_ANSWERS = 100
"""Answers to one post whose authors take part, the last ones."""

KEYS_AT_ONCE = 2000
"""Words that are looked up by one statement, of however many posts."""

KEYWORDS_AT_ONCE = 10_000
"""Keywords of members that may be found by it. Nobody has more than a few."""


@dataclass(frozen=True)
class Post:
    """A change of a room's history: a post that is new or was changed, or a service line, which has no
    number. `edited` since it was decided, `edited_at` ever."""

    changed_seq: int
    seq: int
    number: int | None
    kind: str
    author_id: int
    at: int
    is_deleted: bool
    reply_to: int | None
    mentioned: frozenset[int]
    text: str
    target_id: int | None = None
    edited: bool = False
    edited_at: int | None = None

    @property
    def goes_id(self) -> int:
        """Whose membership the line ends, 0 for nobody's."""
        kind = KINDS[self.kind]
        if kind.close_code not in (Close.LEFT, Close.KILLED):
            return 0
        return self.author_id if kind.about == "author" else self.target_id or 0

    @property
    def is_new(self) -> bool:
        return self.changed_seq <= self.seq

    @property
    def group(self) -> str:
        return "all" if ALL.user_id in self.mentioned else "here" if HERE.user_id in self.mentioned else ""

    @property
    def is_late(self) -> bool:
        return self.at < now_ms() - LATE_MS


_COLUMNS = (
    *(Message.changed_seq, Message.seq, Message.number, Message.kind, Message.author_id, Message.at),
    *(Message.deleted_at, Message.reply_to, Message.mentions, Message.text, Message.target_id),
    Message.edited_at,
)


def _post(row: tuple[Any, ...], edited: bool = False) -> Post:
    changed_seq, seq, number, kind, author_id, at, *rest = row
    deleted_at, reply_to, mentions, text, target_id, edited_at = rest
    ids = frozenset(int(one) for one in str(mentions or "").split(",") if one)
    return Post(
        *(changed_seq, seq, number, kind, author_id, at),
        *(deleted_at is not None, reply_to, ids, text, target_id),
        edited=edited,
        edited_at=edited_at,
    )


async def changes_after(room_id: int, seq: int, last_seq: int, *, with_plain: bool) -> tuple[list[Post], int]:
    """The next changes of the room up to `last_seq`, in order, and the seq up to which these are all. Without
    new posts that neither call nor answer anybody, unless `with_plain`: where nobody hears those, the
    database passes them over."""
    end = min(last_seq, seq + SEQS_AT_ONCE)
    query = Message.select(*_COLUMNS).where(
        Message.room_id == room_id, Message.changed_seq.between(seq + 1, end)
    )
    if not with_plain:
        is_changed, is_service = Message.changed_seq > Message.seq, Message.number.is_null()
        query = query.where(
            is_changed | is_service | Message.reply_to.is_null(False) | (Message.mentions != "")
        )
    rows = await query.order_by(Message.changed_seq).limit(CHANGES_AT_ONCE).tuples().aio_execute()
    if len(rows) == CHANGES_AT_ONCE:
        end = rows[-1][0]
    # Most changes are reactions to what was never edited.
    changed = [row[1] for row in rows if row[0] > row[1] and row[2] is not None and row[11] is not None]
    edited = set()
    for one in changed:
        version = MessageVersion.select(peewee.SQL("1")).where(
            MessageVersion.room_id == room_id, MessageVersion.seq == one, MessageVersion.replaced_seq > seq
        )
        if await version.limit(1).tuples().aio_execute():
            edited.add(one)
    return [_post(row, row[1] in edited) for row in rows], end


async def post_at(room_id: int, number: int) -> Post | None:
    query = Message.select(*_COLUMNS).where(Message.room_id == room_id, Message.number == number)
    rows = await query.tuples().aio_execute()
    return _post(rows[0]) if rows else None


async def first_recent(room_id: int, last_seq: int) -> int:
    """A change before which all are too old to call anybody: where the decisions about a room begin that
    came with its history."""
    low, high, due = 0, last_seq, now_ms() - LATE_MS
    while high - low > CHANGES_AT_ONCE:
        middle = (low + high) // 2
        query = Message.select(Message.at).where(Message.room_id == room_id, Message.changed_seq > middle)
        rows = await query.order_by(Message.changed_seq).limit(1).tuples().aio_execute()
        if rows and rows[0][0] < due:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True)
class Concern:
    """Whom a post may concern, beside those who hear everything or are called together."""

    answered_id: int = 0
    thread: frozenset[int] = frozenset()
    keywords: "dict[int, str] | None" = None

    @property
    def people(self) -> set[int]:
        return {self.answered_id, *self.thread, *(self.keywords or ())} - {0}


class Concerns:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._keywords = Bulk(
            database,
            f"""
            SELECT given.begins, keyword.user_id, keyword.word, keyword.folded
            FROM {{given}} JOIN notice_keywords AS keyword ON keyword.begins = given.begins
            WHERE (SELECT 1 FROM members WHERE members.room_id = given.room_id
                AND members.user_id = keyword.user_id) IS NOT NULL
            LIMIT {KEYWORDS_AT_ONCE}""",  # noqa: S608
            given={"room_id": "bigint", "begins": "text"},
        )

        sign = "?" if is_sqlite(database) else "%s"
        self._owners = f"""
            SELECT COUNT(*), COUNT((SELECT 1 FROM members
                WHERE members.room_id = {sign} AND members.user_id = keyword.user_id))
            FROM (SELECT user_id FROM notice_keywords LIMIT {KEYWORDS_LOOKED_AT}) AS keyword"""  # noqa: S608

    async def of(self, room_id: int, post: Post, keywords: dict[int, str]) -> Concern:
        """`keywords` are those of the post, as `keywords` returned them."""
        answered_id, thread = await _thread(room_id, post)
        return Concern(answered_id, thread, keywords)

    async def may_have_keywords(self, room_id: int) -> bool:
        """Whether a word may be a keyword of a member."""
        [(looked_at, here)] = await fetch(self._database, self._owners, room_id)
        return bool(here) or looked_at == KEYWORDS_LOOKED_AT

    async def keywords(self, room_id: int, posts: Sequence[Post]) -> dict[int, dict[int, str]]:
        """By the seq of each post: the first of the keywords in it, of each member who has one there."""
        shown: dict[int, str] = {}
        seqs: dict[str, list[int]] = {}
        # Each word is looked up once: most are in many posts.
        for post in posts:
            shown[post.seq], keys = keys_in(post.text)
            for key in keys:
                seqs.setdefault(key, []).append(post.seq)
        given = [(room_id, key) for key in seqs]
        rows: list[tuple[str, int, str, str]] = []
        for start in range(0, len(given), KEYS_AT_ONCE):
            statement = self._keywords.bind(given[start : start + KEYS_AT_ONCE])
            rows += await fetch(self._database, statement.sql, *statement.params)
        of: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for begins, user_id, word, folded in rows:
            for seq in seqs[begins]:
                of.setdefault((seq, user_id), []).append((word, folded))
        found: dict[int, dict[int, str]] = {}
        for (seq, user_id), words in of.items():
            if word := first_of(sorted(words), shown[seq]):
                found.setdefault(seq, {})[user_id] = word
        return found


async def _thread(room_id: int, post: Post) -> tuple[int, frozenset[int]]:
    """The author of the post that this one answers, and who takes part in its thread: the authors of the
    posts from there back, and of the other answers to these."""
    answered_id, people, number = 0, set(), post.reply_to
    for _ in range(THREAD_STEPS):
        if number is None:
            break
        found = await post_at(room_id, number)
        if found is None:
            break
        if not found.is_deleted:
            people.add(found.author_id)
            answered_id = answered_id or (found.author_id if number == post.reply_to else 0)
        # The sum is that of the index.
        answers = Message.select(Message.author_id).where(
            (Message.room_id + 0) == room_id,
            Message.reply_to == number,
            Message.number < post.number,
            Message.deleted_at.is_null(),
        )
        rows = await answers.order_by(Message.number.desc()).limit(THREAD_ANSWERS).tuples().aio_execute()
        people |= {author_id for (author_id,) in rows}
        number = found.reply_to
    return answered_id, frozenset(people - {answered_id, post.author_id})


def _after(query: Any, after: int, most: int) -> Any:
    return query.where(Member.user > after).order_by(Member.user).limit(most).tuples()


async def hearing_all(room_id: int, after: int, most: int) -> list[int]:
    """The next members who hear everything, in order of their ids."""
    query = Member.select(Member.user).where(Member.room == room_id, Member.notify == "all")
    return [user_id for (user_id,) in await _after(query, after, most).aio_execute()]


async def next_people(
    room_id: int, post: Post, concerned: Collection[int], is_conversation: bool, after: int, most: int
) -> list[int]:
    """The next people whom the post may concern, in order of their ids: all members where it calls them
    together, who hears everything, and the concerned ones."""
    members = Member.select(Member.user).where(Member.room == room_id)
    found = {one for one in concerned if one > after}
    if is_conversation or post.group == "all":
        found |= {user_id for (user_id,) in await _after(members, after, most).aio_execute()}
    else:
        found.update(await hearing_all(room_id, after, most))
        if post.group == "here":
            online = online_members(room_id).where(Member.user > after).limit(most)
            found |= {user_id for (user_id,) in await online.tuples().aio_execute()}
    return sorted(found)[:most]


def facts_of(
    post: Post, concern: Concern, person: Person, *, is_conversation: bool, online: bool, late: bool
) -> Facts:
    """What the rules look at of a member of the room. `online` where `@here` means them."""
    now = now_ms()
    group = post.group if post.group != "here" or online else ""
    return Facts(
        own=post.author_id == person.id,
        gone=person.gone,
        deleted=post.is_deleted,
        hidden=post.seq < person.first_seq,
        blocked=person.blocked,
        ignored=person.ignored,
        late=late,
        level=level_of(person.notify, person.notify_until, is_conversation, now),
        direct=is_conversation,
        named=person.id in post.mentioned and person.id != concern.answered_id,
        answered=person.id == concern.answered_id,
        in_thread=person.id in concern.thread,
        keyword=(concern.keywords or {}).get(person.id, ""),
        group=group,
        read=person.read_number >= (post.number or 0),
        online=person.online,
        silence=person.silence.by,
        silence_until=person.silence.until,
        ways=person.ways,
        reachable=person.reachable,
        mail_ms=person.mail_ms,
        now=now,
    )
