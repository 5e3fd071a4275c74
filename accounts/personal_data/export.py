"""One's own data, as one JSON document that is written while it is read from the database: a page
of it is in memory at a time.

JSON and not a ZIP: any program reads it, one that was cut off can't be taken for a whole one, and
it needs no table of contents that is only known when all is written. A picture is in it in base64.
Other parts of the site append their own to app[OWN_DATA]."""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from accounts.keys import Section
from accounts.models import Block, Download, User
from accounts.people.pictures import SIZES, read_picture
from accounts.relations.following import Follow, FollowRequest
from helpers.clock import iso, now_ms

PAGE = 200
"""Rows that are read at once: of the longest messages 8 MB."""

PIECE = 32 * 1024
"""Bytes that are written together."""

LEASE_SECONDS = 120.0
"""For so long nobody begins another download of their data after a process was killed over one."""

_encoder = msgspec.json.Encoder()


async def document(
    user: User, sessions: list[dict[str, Any]], sections: list[Section]
) -> AsyncIterator[bytes]:
    """The pieces of the document."""
    waiting = bytearray(b'{"account": ' + _encoder.encode(await _account(user)))
    waiting += b',\n"sessions": ' + _encoder.encode(sessions)
    for section in sections:
        waiting += b",\n%s: [" % _encoder.encode(section.name)
        between = b"\n"
        async for row in section.rows(user):
            waiting += between + _encoder.encode(row)
            between = b",\n"
            if len(waiting) >= PIECE:
                yield bytes(waiting)
                waiting.clear()
        waiting += b"]"
    yield bytes(waiting + b"}\n")


async def _account(user: User) -> dict[str, Any]:
    picture = await read_picture(user, SIZES[-1])
    profile = {
        name: getattr(user, name) for name in ("name", "email", "display_name", "bio", "place", "time_zone")
    }
    return {
        **profile,
        "is_admin": bool(user.is_admin),
        "is_private": bool(user.is_private),
        "created_at": iso(user.created_at),
        "picture": "data:image/webp;base64," + base64.b64encode(picture).decode() if picture else None,
    }


def _people(
    model: type[Follow] | type[FollowRequest] | type[Block], own: Any, other: Any
) -> Callable[[User], AsyncIterator[Any]]:
    """Those who stand in the column `other` of the rows that have oneself in `own`."""

    async def rows_of(user: User) -> AsyncIterator[dict[str, Any]]:
        after = 0
        name = User.select(User.name).where(User.id == other)
        while True:
            query = model.select(other, model.at, name).where(own == user.id, other > after)
            rows = await query.order_by(other).limit(PAGE).tuples().aio_execute()
            for other_id, at, found in rows:
                after = other_id
                yield {"name": found, "at": iso(at)}
            if len(rows) < PAGE:
                return

    return rows_of


SECTIONS = [
    Section("following", _people(Follow, Follow.follower_id, Follow.followed_id)),
    Section("asked_to_follow", _people(FollowRequest, FollowRequest.follower_id, FollowRequest.followed_id)),
    Section("blocked", _people(Block, Block.blocker_id, Block.blocked_id)),
]


class Claim:
    """One download of somebody's at a time, in all processes."""

    def __init__(self, user_id: int) -> None:
        self._user_id = user_id
        self._until = 0

    async def acquire(self) -> bool:
        """False where another is under way."""
        self._until = now_ms() + int(LEASE_SECONDS * 1000)
        is_over = Download.until < now_ms()
        claim = Download.insert(user_id=self._user_id, until=self._until).on_conflict(
            conflict_target=[Download.user_id], update={Download.until: self._until}, where=is_over
        )
        return bool(await claim.returning(Download.user_id).aio_execute())

    async def extend(self) -> None:
        """To be called now and then while it lasts."""
        if self._until - now_ms() < LEASE_SECONDS * 500:
            before, self._until = self._until, now_ms() + int(LEASE_SECONDS * 1000)
            await (
                Download.update(until=self._until)
                .where(Download.user_id == self._user_id, Download.until == before)
                .aio_execute()
            )

    async def release(self) -> None:
        """Twice is harmless."""
        await (
            Download.delete()
            .where(Download.user_id == self._user_id, Download.until == self._until)
            .aio_execute()
        )
