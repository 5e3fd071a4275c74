"""Decides about what isn't in the history of a room: followers, likes, comments, invitations, and what became
of reports."""

from dataclasses import dataclass

from peewee_async.databases import AioDatabase

from feed.models import Comment
from feed.models import Post as FeedPost
from helpers.clock import now_ms
from notifications.deciding import COMMENT, FOLLOW, INVITATION, LATE_MS, LIKE, OUTCOME, Facts, decide
from notifications.models import Notice, NoticeJob
from notifications.people import PeopleReader
from notifications.storing import Changed, Store, Subject, added, remove_some, worth_storing

JOBS_AT_ONCE = 50

COMMENTERS = 100
"""Comments before one, whose authors are told of it, the last ones."""

REQUEST, GONE = "request", "gone"


@dataclass(frozen=True)
class _Event:
    """Whom a job concerns. `owner_id` is the author of the post that it is about."""

    subject: Subject
    user_ids: frozenset[int]
    owner_id: int = 0
    by_id: int = 0


class EventDecider:
    def __init__(self, database: AioDatabase, *, takes_mail: bool) -> None:
        self._database = database
        self._store = Store(database)
        self._people = PeopleReader(database, takes_mail=takes_mail)

    async def step(self) -> tuple[list[Changed], bool]:
        """Decides about the next jobs. Returns whose notices changed, and whether there may be more."""
        jobs = list(await NoticeJob.select().order_by(NoticeJob.id).limit(JOBS_AT_ONCE).aio_execute())
        changed = []
        for job in jobs:
            if job.kind == GONE:
                found = await remove_some(Notice.post_id == job.post_id)
                if not found.user_ids:
                    await _done(job)
            else:
                found = await self._decide(job)
            changed.append(found)
        return [one for one in changed if one.user_ids], bool(jobs)

    async def _decide(self, job: NoticeJob) -> Changed:
        event = await _event(job)
        user_ids = event.user_ids - {event.by_id, 0} if event else frozenset()
        people = await self._people.people(event.by_id, user_ids) if event and user_ids else {}
        told = []
        for person in people.values():
            decision = decide(
                Facts(
                    event=FOLLOW if job.kind == REQUEST else job.kind,
                    asks=job.kind == REQUEST,
                    answered=event is not None and person.id == event.owner_id,
                    gone=person.gone,
                    blocked=person.blocked,
                    ignored=person.ignored,
                    late=job.at < now_ms() - LATE_MS,
                    online=person.online,
                    silence=person.silence.by,
                    silence_until=person.silence.until,
                    ways=person.ways,
                    reachable=person.reachable,
                    mail_ms=person.mail_ms,
                    now=now_ms(),
                )
            )
            if worth_storing(decision):
                told.append((person.id, decision, ""))
        async with self._database.aio_atomic():
            found = added(await self._store.add(event.subject, told)) if event else Changed()
            await _done(job)
        return found


async def _done(job: NoticeJob) -> None:
    await NoticeJob.delete().where(NoticeJob.id == job.id).aio_execute()


async def _event(job: NoticeJob) -> _Event | None:
    """None where what it is about is there no more."""
    whom = frozenset({int(job.user_id)})
    if job.kind in (FOLLOW, REQUEST):
        return _Event(Subject(f"{job.kind}:{job.by_id}", job.by_id, job.at), whom, by_id=job.by_id)
    if job.kind == INVITATION:
        subject = Subject(f"{INVITATION}:{job.room_id}", job.by_id, job.at, room_id=job.room_id)
        return _Event(subject, whom, by_id=job.by_id)
    if job.kind == OUTCOME:
        key = f"{OUTCOME}:{job.by_id}"
        return _Event(Subject(key, 0, job.at, room_id=job.room_id, number=job.number), whom)
    posts = FeedPost.select(FeedPost.author_id).where(
        FeedPost.id == job.post_id, FeedPost.deleted_at.is_null()
    )
    for (owner_id,) in await posts.tuples().aio_execute():
        if job.kind == LIKE:
            subject = Subject(f"{LIKE}:{job.post_id}:{job.by_id}", job.by_id, job.at, post_id=job.post_id)
            return _Event(subject, frozenset({owner_id}), owner_id, job.by_id)
        if job.kind == COMMENT:
            subject = Subject(
                *(f"{COMMENT}:{job.comment_id}", job.by_id, job.at),
                post_id=job.post_id,
                comment_id=job.comment_id,
            )
            others = await _commenters(int(job.post_id or 0), int(job.comment_id or 0))
            return _Event(subject, frozenset({owner_id, *others}), owner_id, job.by_id)
    return None


async def _commenters(post_id: int, before: int) -> set[int]:
    query = Comment.select(Comment.author_id).where(Comment.post_id == post_id, Comment.id < before)
    rows = await query.order_by(Comment.id.desc()).limit(COMMENTERS).tuples().aio_execute()
    return {author_id for (author_id,) in rows}
