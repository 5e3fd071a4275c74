"""What happened to the feed, in order: written in the transaction that it happens in, and read by
those who come back."""

from typing import NamedTuple

import peewee

from accounts.relations.following import Follow
from feed.models import Clock, FeedEvent

CLOCK = 1
"""The id of the one row."""

POST = "post"
COMMENT = "comment"
LIKE = "like"
ADDED = "added"
EDITED = "edited"
REMOVED = "removed"

MAX_BEHIND = 10_000
"""Events. Who comes back after more is told to load anew: so many are looked through in 20 to 50
ms, whoever asks."""

KEPT = 2 * MAX_BEHIND


class EventPage(NamedTuple):
    """Some events in order, and the id up to which there are no others."""

    events: list[FeedEvent]
    up_to: int


async def append(
    kind: str, change: str, *, author_id: int, post_id: int, user_id: int, comment_id: int | None = None
) -> None:
    """Notes it as the last thing that its transaction does. From here to the commit every other
    change of the feed waits."""
    ticked = (
        await Clock.update(last=Clock.last + 1).where(Clock.id == CLOCK).returning(Clock.last).aio_execute()
    )
    given = {"author_id": author_id, "post_id": post_id, "user_id": user_id, "comment_id": comment_id}
    await FeedEvent.insert(id=ticked[0].last, kind=kind, change=change, **given).aio_execute()


async def last_id() -> int:
    """That of the newest event; 0 before the first."""
    return int((await Clock.aio_get(Clock.id == CLOCK)).last)


async def read_since(
    since: int, most: int, *, reader_id: int | None = None, post_id: int | None = None
) -> EventPage:
    """The next events after `since`, at most `most`: all of them, those for a person, or those of a
    post."""
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


async def forget_old() -> None:
    """Deletes what nobody is told any more."""
    await FeedEvent.delete().where(FeedEvent.id <= await last_id() - KEPT).aio_execute()
