"""The log of the feed's changes, in order. An event is written in the transaction of its change,
and read by streams and by clients that reconnect."""

from typing import NamedTuple

import peewee

from accounts.relations.following import Follow
from feed.models import Clock, FeedEvent
from helpers.db.compiled import CompiledSelect

CLOCK = 1
"""The id of the clock's only row."""

POST = "post"
COMMENT = "comment"
LIKE = "like"
ADDED = "added"
EDITED = "edited"
REMOVED = "removed"

MAX_BEHIND = 10_000
"""Events. A client that missed more has to reload: reading that many takes 20 to 50 ms."""

KEPT = 2 * MAX_BEHIND

LOST = 10**9
"""Ids that are left out after a restore: more than were ever given since the backup."""


class EventPage(NamedTuple):
    """Events in order, and the id up to which there are no others."""

    events: list[FeedEvent]
    up_to: int


async def append(
    kind: str, change: str, *, author_id: int, post_id: int, user_id: int, comment_id: int | None = None
) -> None:
    """Logs an event as the last statement of its transaction. Until the commit all other changes of
    the feed wait."""
    ticked = (
        await Clock.update(last=Clock.last + 1).where(Clock.id == CLOCK).returning(Clock.last).aio_execute()
    )
    given = {"author_id": author_id, "post_id": post_id, "user_id": user_id, "comment_id": comment_id}
    await FeedEvent.insert(id=ticked[0].last, kind=kind, change=change, **given).aio_execute()


_LAST = CompiledSelect(lambda: Clock.select(Clock.last).where(Clock.id == CLOCK))


async def last_id() -> int:
    """Returns the id of the newest event; 0 before the first."""
    [(last,)] = await _LAST.rows()
    return int(last)


async def read_since(
    since: int, most: int, *, reader_id: int | None = None, post_id: int | None = None
) -> EventPage:
    """Returns at most `most` events after `since`: all of them, those of a reader's feed, or those
    of a post."""
    up_to = await last_id()
    if up_to <= since:
        return EventPage([], up_to)
    query = FeedEvent.select().where(FeedEvent.id > since, FeedEvent.id <= up_to)
    if post_id is not None:
        query = query.where(FeedEvent.post_id == post_id)
    elif reader_id is not None:
        follows = Follow.select(peewee.SQL("1")).where(
            Follow.follower_id == reader_id, Follow.followed_id == FeedEvent.author_id
        )
        query = query.where((FeedEvent.author_id == reader_id) | peewee.fn.EXISTS(follows))
    events = list(await query.order_by(FeedEvent.id).limit(most).aio_execute())
    return EventPage(events, events[-1].id if len(events) == most else up_to)


async def begin_another_history() -> None:
    """After the database was restored: no id of the lost history is one of the new. Who was sent
    such an id is too far behind, and reloads."""
    await Clock.update(last=Clock.last + LOST).aio_execute()


async def forget_old() -> None:
    """Deletes events that are too old to be read."""
    await FeedEvent.delete().where(FeedEvent.id <= await last_id() - KEPT).aio_execute()
