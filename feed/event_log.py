"""What happened to the feed, in order: written in the transaction that it happens in, and read by
those who come back."""

from typing import NamedTuple

import peewee

from accounts.relations.following import Follow
from feed.models import Clock, Happened

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


class Read(NamedTuple):
    """Some events in order, and the id up to which there are no others."""

    events: list[Happened]
    upto: int


async def note(
    kind: str, change: str, *, author_id: int, post_id: int, user_id: int, comment_id: int | None = None
) -> None:
    """Notes it as the last thing that its transaction does. From here to the commit every other
    change of the feed waits."""
    ticked = (
        await Clock.update(last=Clock.last + 1).where(Clock.id == CLOCK).returning(Clock.last).aio_execute()
    )
    given = {"author_id": author_id, "post_id": post_id, "user_id": user_id, "comment_id": comment_id}
    await Happened.insert(id=ticked[0].last, kind=kind, change=change, **given).aio_execute()


async def last_id() -> int:
    """That of the newest event; 0 before the first."""
    return int((await Clock.aio_get(Clock.id == CLOCK)).last)


async def read_since(
    since: int, most: int, *, reader_id: int | None = None, post_id: int | None = None
) -> Read:
    """The next events after `since`, at most `most`: all of them, those for a person, or those of a
    post."""
    upto = await last_id()
    if upto <= since:
        return Read([], upto)
    query = Happened.select().where(Happened.id > since, Happened.id <= upto)
    if post_id is not None:
        query = query.where(Happened.post_id == post_id)
    elif reader_id is not None:
        follows = Follow.select(peewee.SQL("1")).where(
            Follow.follower_id == reader_id, Follow.followed_id == Happened.author_id
        )
        query = query.where((Happened.author_id == reader_id) | peewee.fn.EXISTS(follows))
    events = list(await query.order_by(Happened.id).limit(most).aio_execute())
    return Read(events, events[-1].id if len(events) == most else upto)


async def forget_old() -> None:
    """Deletes what nobody is told any more."""
    await Happened.delete().where(Happened.id <= await last_id() - KEPT).aio_execute()
