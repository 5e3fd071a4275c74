"""Personal data as one JSON document that is streamed while it is read: one page of rows is in
memory at a time.

JSON rather than ZIP: every program reads it, a truncated document is recognisably incomplete, and
it needs no table of contents at the end. Pictures are included as base64. Other packages append
their sections to app[OWN_DATA]."""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from accounts.keys import Section
from accounts.models import Block, Download, SiteAct, User
from accounts.people.pictures import SIZES, read_picture
from accounts.people.site_roles import site_role_of
from accounts.relations.following import Follow, FollowRequest
from helpers.clock import iso, now_ms
from helpers.storage.store import Store

PAGE = 200
"""Rows per read: 8 MB for the longest messages."""

PIECE = 32 * 1024
"""Bytes per write."""

LEASE_SECONDS = 120.0
"""After a process was killed during a download, the person can start another one after this
time."""

_encoder = msgspec.json.Encoder()


async def document(
    store: Store, user: User, sessions: list[dict[str, Any]], sections: list[Section]
) -> AsyncIterator[bytes]:
    """Yields the document in pieces."""
    waiting = bytearray(b'{"account": ' + _encoder.encode(await _account(store, user)))
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


async def _account(store: Store, user: User) -> dict[str, Any]:
    picture = await read_picture(store, user, SIZES[-1])
    profile = {name: getattr(user, name) for name in ("name", "display_name", "bio", "place", "time_zone")}
    return {
        **profile,
        "email": user.address or None,
        "is_admin": bool(user.is_admin),
        "site_role": site_role_of(user).name.lower(),
        "is_private": bool(user.is_private),
        "created_at": iso(user.created_at),
        "picture": "data:image/webp;base64," + base64.b64encode(picture).decode() if picture else None,
    }


def _people(
    model: type[Follow] | type[FollowRequest] | type[Block], own: Any, other: Any
) -> Callable[[User], AsyncIterator[Any]]:
    """Returns a reader of the people in column `other` of the rows whose column `own` is the
    user."""

    async def rows_of(user: User) -> AsyncIterator[dict[str, Any]]:
        after = 0
        name, display_name = (
            User.select(column).where(User.id == other) for column in (User.name, User.display_name)
        )
        while True:
            query = model.select(other, model.at, name, display_name).where(own == user.id, other > after)
            rows = await query.order_by(other).limit(PAGE).tuples().aio_execute()
            for other_id, at, found, called in rows:
                after = other_id
                yield {"name": found, "display_name": called, "at": iso(at)}
            if len(rows) < PAGE:
                return

    return rows_of


SECTIONS = [
    Section("following", _people(Follow, Follow.follower_id, Follow.followed_id)),
    Section("asked_to_follow", _people(FollowRequest, FollowRequest.follower_id, FollowRequest.followed_id)),
    Section("blocked", _people(Block, Block.blocker_id, Block.blocked_id)),
]


async def _site_acts(user: User) -> AsyncIterator[dict[str, Any]]:
    """What those who run the site did to the account."""
    after = 0
    while True:
        query = SiteAct.select(SiteAct.number, SiteAct.act, SiteAct.reason, SiteAct.at)
        query = query.where(SiteAct.target_id == user.id, SiteAct.number > after)
        rows = await query.order_by(SiteAct.number).limit(PAGE).tuples().aio_execute()
        for number, act, reason, at in rows:
            after = number
            yield {"act": act, "reason": reason, "at": iso(at)}
        if len(rows) < PAGE:
            return


SECTIONS.append(Section("site_acts", _site_acts))


class Claim:
    """Ensures that each person has one download at a time, in all processes."""

    def __init__(self, user_id: int) -> None:
        self._user_id = user_id
        self._until = 0

    async def acquire(self) -> bool:
        """Returns False if another download is in progress."""
        self._until = now_ms() + int(LEASE_SECONDS * 1000)
        is_over = Download.until < now_ms()
        claim = Download.insert(user_id=self._user_id, until=self._until).on_conflict(
            conflict_target=[Download.user_id], update={Download.until: self._until}, where=is_over
        )
        return bool(await claim.returning(Download.user_id).aio_execute())

    async def extend(self) -> None:
        """Extends the claim; call it regularly during the download."""
        if self._until - now_ms() < LEASE_SECONDS * 500:
            before, self._until = self._until, now_ms() + int(LEASE_SECONDS * 1000)
            await (
                Download.update(until=self._until)
                .where(Download.user_id == self._user_id, Download.until == before)
                .aio_execute()
            )

    async def release(self) -> None:
        """Releases the claim. Calling it twice is harmless."""
        await (
            Download.delete()
            .where(Download.user_id == self._user_id, Download.until == self._until)
            .aio_execute()
        )
