"""Decides about the posts of one room, in small steps, each a transaction of its own."""

from collections import deque

from peewee_async.databases import AioDatabase

from chat.models import CONVERSATIONS, DELETED_KIND, Room
from helpers.clock import now_ms
from notifications.deciding import ALL, decide
from notifications.models import Notice, NoticeProgress
from notifications.people import AT_ONCE, PeopleReader
from notifications.posts import (
    Concern,
    Concerns,
    Post,
    changes_after,
    facts_of,
    first_recent,
    hearing_all,
    next_people,
)
from notifications.push.closings import note_read
from notifications.storing import (
    ROWS_AT_ONCE,
    Changed,
    Store,
    Subject,
    added,
    message_key,
    worth_storing,
)
from notifications.wishes import level_of

BY_TEXT = ("mention", "keyword", "all", "here")
"""Rules that look at the text of a post, which an edit changes."""


class _Reading:
    """The posts of a room that were read and aren't decided, with the keywords in them, and who hears
    everything there; None where they are too many to be kept. All changes up to the seq `end` are decided
    with them. `concern` is that of the first post."""

    def __init__(
        self, posts: list[Post], end: int, keywords: dict[int, dict[int, str]], hearing: list[int] | None
    ) -> None:
        self.posts = deque(posts)
        self.end = end
        self.keywords = keywords
        self.hearing = hearing
        self.concern: Concern | None = None
        self.checked_id: int | None = 0
        """The notice of the first post, if it was edited, up to which it is looked whether they still hold;
        None when all are."""

    def pop(self) -> None:
        self.posts.popleft()
        self.concern, self.checked_id = None, 0


class RoomDecider:
    def __init__(self, database: AioDatabase, *, takes_mail: bool) -> None:
        self._database = database
        self._store = Store(database)
        self._concerns = Concerns(database)
        self._people = PeopleReader(database, takes_mail=takes_mail)
        self._readings: dict[int, _Reading] = {}

    def forget(self) -> None:
        """Another process may have gone on."""
        self._readings.clear()

    async def step(self, room_id: int) -> tuple[Changed, bool]:
        """Decides about the next people of the next post. Returns those whose notices changed, and whether
        there may be more to do."""
        rooms = await Room.select().where(Room.id == room_id).aio_execute()
        if not rooms or rooms[0].kind == DELETED_KIND:
            self._readings.pop(room_id, None)
            return Changed(), False
        [room] = rooms
        progress = await NoticeProgress.aio_get_or_none(NoticeProgress.room_id == room_id)
        if progress is None:
            progress = NoticeProgress(
                room_id=room_id, seq=await first_recent(room_id, room.last_seq), after_id=0
            )
        reading = self._readings.get(room_id)
        if reading is None:
            if room.last_seq <= progress.seq:
                return Changed(), False
            reading = await self._read(room, progress.seq)
            self._readings[room_id] = reading
            # It may have become another post that is next.
            progress.after_id = 0
        changed = await self._decide_next(room, progress, reading)
        if reading.posts:
            return changed, True
        del self._readings[room_id]
        # What comes later is hinted at.
        return changed, reading.end < room.last_seq

    async def _read(self, room: Room, seq: int) -> _Reading:
        # Asked before the posts are read: who begins to hear everything is told of what is posted then.
        hearing = await hearing_all(room.id, 0, AT_ONCE)
        has_keywords = await self._concerns.may_have_keywords(room.id)
        with_plain = bool(hearing) or has_keywords or room.kind in CONVERSATIONS
        posts, end = await changes_after(room.id, seq, room.last_seq, with_plain=with_plain)
        calling = [post for post in posts if _is_for_people(post)]
        keywords = await self._concerns.keywords(room.id, calling) if calling and has_keywords else {}
        return _Reading(posts, end, keywords, hearing if len(hearing) < AT_ONCE else None)

    async def _decide_next(self, room: Room, progress: NoticeProgress, reading: _Reading) -> Changed:
        """Goes on to the next post that somebody is told of, and decides about its next people. Posts that
        concern nobody, as most, cost no transaction."""
        done, after = progress.seq, progress.after_id
        while reading.posts:
            post = reading.posts[0]
            if post.edited and not post.is_deleted and reading.checked_id is not None:
                changed = await self._withdraw(room, post, reading)
                if changed.user_ids:
                    return changed
                continue
            if _is_for_people(post):
                user_ids = await self._next_people(room, post, reading, after)
                if user_ids:
                    return await self._decide(room, post, reading, done, user_ids)
            elif _takes_away(post) and (changed := await self._take_back(room, post)).user_ids:
                # There may be more of it: this post has another turn.
                return changed
            reading.pop()
            done, after = post.changed_seq, 0
        await _go_to(room.id, reading.end, 0)
        return Changed()

    async def _next_people(self, room: Room, post: Post, reading: _Reading, after: int) -> list[int]:
        if reading.concern is None:
            keywords = reading.keywords.get(post.seq, {})
            reading.concern = await self._concerns.of(room.id, post, keywords)
        concerned = reading.concern.people | {one for one in post.mentioned if one > 0}
        is_conversation = room.kind in CONVERSATIONS
        if reading.hearing is not None and not is_conversation and not post.group:
            found = {one for one in {*reading.hearing, *concerned} if one > after and one != post.author_id}
            return sorted(found)[:AT_ONCE]
        return await next_people(room.id, post, concerned, is_conversation, after, AT_ONCE)

    async def _decide(
        self, room: Room, post: Post, reading: _Reading, done: int, user_ids: list[int]
    ) -> Changed:
        """Decides about these people."""
        concern, is_conversation = reading.concern or Concern(), room.kind in CONVERSATIONS
        members = await self._people.members(room.id, post.author_id, user_ids)
        told, read = [], []
        for person in members.values():
            facts = facts_of(
                *(post, concern, person),
                is_conversation=is_conversation,
                online=person.online,
                late=post.is_late,
            )
            decision = decide(facts)
            if worth_storing(decision):
                told.append((person.id, decision, facts.keyword))
                if facts.read:
                    read.append(person.id)
        is_over = len(user_ids) < AT_ONCE
        subject = Subject(
            *(message_key(room.id, post.seq), post.author_id, post.at, room.id, post.seq, post.number)
        )
        async with self._database.aio_atomic():
            changed = added(await self._store.add(subject, told, read))
            if is_over:
                is_last = len(reading.posts) == 1
                await _go_to(room.id, reading.end if is_last else post.changed_seq, 0)
            else:
                await _go_to(room.id, done, user_ids[-1])
        if is_over:
            reading.pop()
        return changed

    async def _withdraw(self, room: Room, post: Post, reading: _Reading) -> Changed:
        """Removes a part of the notices of people whom the text called before it was edited, and calls no
        more. What was read stays."""
        is_next = (Notice.subject == message_key(room.id, post.seq)) & (Notice.id > (reading.checked_id or 0))
        query = Notice.select(Notice.id, Notice.user_id).where(
            is_next, Notice.read_at.is_null(), Notice.rule.in_(BY_TEXT)
        )
        rows = list(await query.order_by(Notice.id).limit(AT_ONCE).tuples().aio_execute())
        reading.checked_id = rows[-1][0] if len(rows) == AT_ONCE else None
        if not rows or post.group:
            return Changed()
        keywords = await self._concerns.keywords(room.id, [post])
        concern = await self._concerns.of(room.id, post, keywords.get(post.seq, {}))
        notices = {user_id: notice_id for notice_id, user_id in rows}
        uncalled = notices.keys() - concern.people - post.mentioned
        members = await self._people.members(room.id, post.author_id, uncalled) if uncalled else {}
        is_conversation = room.kind in CONVERSATIONS
        gone = [
            person.id
            for person in members.values()
            if level_of(person.notify, person.notify_until, is_conversation, now_ms()) != ALL
        ]
        await self._remove([notices[user_id] for user_id in gone])
        return Changed(gone)

    async def _remove(self, notice_ids: list[int]) -> None:
        """Removes notices, and what devices show of them."""
        if not notice_ids:
            return
        async with self._database.aio_atomic():
            await note_read(notice_ids)
            await Notice.delete().where(Notice.id.in_(notice_ids)).aio_execute()

    async def _take_back(self, room: Room, post: Post) -> Changed:
        """Removes a part of the notices of a deleted post, of what was cleared, or of who left."""
        if post.goes_id:
            condition = (Notice.user_id == post.goes_id) & (Notice.room_id == room.id)
        elif post.number is None:
            # Not the room's own number, which may be of before this line.
            condition = (Notice.room_id == room.id) & (Notice.seq < post.seq)
        else:
            condition = Notice.subject == message_key(room.id, post.seq)
        query = Notice.select(Notice.id, Notice.user_id).where(condition).limit(ROWS_AT_ONCE)
        rows = list(await query.tuples().aio_execute())
        await self._remove([notice_id for notice_id, _ in rows])
        return Changed([user_id for _, user_id in rows])


def _takes_away(post: Post) -> bool:
    return post.is_deleted or post.kind == "cleared" or bool(post.goes_id)


def _is_for_people(post: Post) -> bool:
    """Whether it may call somebody: a new post, or one that was edited since. Reactions and pins call
    nobody."""
    if post.number is None or post.is_deleted or post.is_late:
        return False
    return post.is_new or post.edited


async def _go_to(room_id: int, seq: int, after_id: int) -> None:
    row = {"room_id": room_id, "seq": seq, "after_id": after_id}
    update = {NoticeProgress.seq: seq, NoticeProgress.after_id: after_id}
    await (
        NoticeProgress.insert(row)
        .on_conflict(conflict_target=[NoticeProgress.room_id], update=update)
        .aio_execute()
    )
