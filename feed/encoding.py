"""Encodes events with the current state of their post or comment, once for all readers."""

from typing import Any, NamedTuple

import msgspec

from accounts.people.directory import users_by_ids
from feed import event_log
from feed.models import FeedEvent
from feed.reading import comments_by_ids, counts_of, posts_by_ids

AT_ONCE = 500
"""Events read and encoded together: some hundred KB."""


class EncodedEvent(NamedTuple):
    """An encoded event."""

    id: int
    author_id: int
    user_id: int
    """The person who made the change."""

    post_id: int
    frame: bytes
    anonymous: bytes
    """The event for readers from whom that person is hidden: the count is right, and no name or
    text is included. Equal to `frame` if the event contains neither."""


def frame(event_id: int, kind: str, data: Any) -> bytes:
    """Encodes an event of a stream (HTML Standard, 9.2.6). JSON contains no line breaks."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event_id, kind.encode(), msgspec.json.encode(data))


class Renamed(msgspec.Struct, frozen=True):
    """How a person is shown from now on; empty for the handle."""

    id: int
    name: str
    display_name: str


def encode_name(person: Renamed) -> bytes:
    """Encodes the event `person`. It has no id: who isn't there learns the name otherwise."""
    data = {"name": person.name, "display_name": person.display_name}
    return b"event: person\ndata: %s\n\n" % msgspec.json.encode(data)


def heartbeat(event_id: int) -> bytes:
    """Encodes an id without an event: a heartbeat that tells the client its position."""
    return b"id: %d\n\n" % event_id


def removal(event: EncodedEvent) -> EncodedEvent:
    """Returns the removal of the event's post, for a reader who may no longer see it."""
    encoded = frame(event.id, event_log.POST, {"change": event_log.REMOVED, "id": event.post_id})
    return event._replace(frame=encoded, anonymous=encoded)


async def encode_events(events: list[FeedEvent]) -> list[EncodedEvent]:
    """Encodes the events in their order. Posts and comments deleted since appear as removed."""
    posts, comments, counts, names = {}, {}, {}, {}
    if wanted := sorted(
        {
            event.post_id
            for event in events
            if event.kind == event_log.POST and event.change != event_log.REMOVED
        }
    ):
        posts = {post["id"]: post for post in await posts_by_ids(wanted)}
    if wanted := sorted(
        {event.comment_id for event in events if event.comment_id and event.change != event_log.REMOVED}
    ):
        comments = {comment["id"]: comment for comment in await comments_by_ids(wanted)}
    if wanted := sorted({event.post_id for event in events if event.kind != event_log.POST}):
        counts = await counts_of(wanted)
    if wanted := sorted({event.user_id for event in events if event.kind == event_log.LIKE}):
        names = {user.id: user.name for user in (await users_by_ids(wanted)).values()}
    encoded_events = []
    for event in events:
        likes, number = counts.get(event.post_id, (0, 0))
        data: dict[str, Any]
        anonymous: dict[str, Any] | None = None
        if event.kind == event_log.POST:
            post = posts.get(event.post_id)
            data = {"change": event.change if post else event_log.REMOVED, "id": event.post_id}
            if post:
                data["post"] = post
        elif event.kind == event_log.COMMENT:
            comment = comments.get(event.comment_id or 0)
            data = {
                "change": event.change if comment else event_log.REMOVED,
                "id": event.comment_id,
                "post": event.post_id,
            }
            data["comments"] = number
            if comment:
                anonymous = {**data, "change": event_log.REMOVED}
                data["comment"] = comment
        else:
            data = {
                "change": event.change,
                "post": event.post_id,
                "by": names.get(event.user_id),
                "likes": likes,
            }
            anonymous = {**data, "by": None}
        encoded = frame(event.id, event.kind, data)
        hidden = frame(event.id, event.kind, anonymous) if anonymous else encoded
        encoded_events.append(
            EncodedEvent(event.id, event.author_id, event.user_id, event.post_id, encoded, hidden)
        )
    return encoded_events
