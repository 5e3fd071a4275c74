"""Follows and follow requests: following, unfollowing, answering requests, and the figures on a
person's page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import peewee
from peewee_async.databases import AioDatabase

from accounts.models import Block, User
from accounts.relations.visibility import is_block_between
from helpers.clock import now_ms
from helpers.db.base import Base
from helpers.db.database import is_sqlite
from helpers.text.translation import Text

MAX_FOLLOWED = 10_000
"""People that one person can follow or ask to follow. A page of the feed checks each of them, 10 µs
each (docs/performance.md)."""

MAX_REQUESTS = 1000
"""Open requests to one person. Going public answers all of them in one transaction, which has to be
short."""


class Follow(Base):
    """`follower_id` follows `followed_id`."""

    follower_id = peewee.BigIntegerField()
    followed_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "follows"
        primary_key = peewee.CompositeKey("follower_id", "followed_id")


class FollowRequest(Base):
    """`follower_id` asks to follow `followed_id`, who is private."""

    follower_id = peewee.BigIntegerField()
    followed_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "follow_requests"
        primary_key = peewee.CompositeKey("follower_id", "followed_id")


class FollowCount(Base):
    """The number of a person's followers. Triggers maintain it (migration 0011); the code never
    writes it."""

    user_id = peewee.BigIntegerField(primary_key=True)
    followers = peewee.BigIntegerField()

    class Meta:
        table_name = "follow_counts"


class CannotFollow(Exception):
    """The person can't be followed. `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


class NoFollowRequest(Exception):
    """There is no request to accept."""


@dataclass(frozen=True)
class Relation:
    """A person's numbers of followers and followed people, and the viewer's relation to the
    person."""

    followers: int
    followed: int
    is_followed: bool
    is_requested: bool
    is_blocked: bool
    """The viewer blocks the person."""


@asynccontextmanager
async def locked_users(database: AioDatabase, *user_ids: int) -> AsyncIterator[dict[int, User]]:
    """A transaction that holds the relations between these people. Raises LookupError if one of
    them doesn't exist.

    All code that changes relations locks the users first, ordered by id. This prevents deadlocks,
    and of a concurrent block and follow the second sees the first."""
    async with database.aio_atomic():
        query: Any = User.select().where(User.id.in_(user_ids)).order_by(User.id)
        # The weaker lock doesn't block transactions that only refer to the user, such as posting a
        # message.
        found = await (query if is_sqlite(database) else query.for_update("FOR NO KEY UPDATE")).aio_execute()
        people = {user.id: user for user in found}
        if len(people) < len(set(user_ids)):
            raise LookupError("somebody is gone")
        yield people


async def follow(database: AioDatabase, user: User, person: User) -> None:
    """Makes `user` follow `person`, or request it if the person is private. Does nothing if either
    is so already. Raises CannotFollow."""
    if user.id == person.id:
        raise CannotFollow(Text("You can’t follow yourself: what you write is in your feed anyway."))
    async with locked_users(database, user.id, person.id) as people:
        if await is_block_between(user.id, person.id):
            raise CannotFollow(Text("You can’t follow this person."))
        if await _exists(Follow, user.id, person.id) or await _exists(FollowRequest, user.id, person.id):
            return
        asked = await FollowRequest.select().where(FollowRequest.follower_id == user.id).aio_count()
        if await followed_count(user) + asked >= MAX_FOLLOWED:
            raise CannotFollow(
                Text("You follow {most} people already, which is as many as can be.", most=MAX_FOLLOWED)
            )
        row = {"follower_id": user.id, "followed_id": person.id, "at": now_ms()}
        if not people[person.id].is_private:
            await Follow.insert(row).aio_execute()
            return
        if await follow_request_count(person) >= MAX_REQUESTS:
            raise CannotFollow(
                Text(
                    "So many ask to follow this person that there is no room for one more. Please try again "
                    "later."
                )
            )
        await FollowRequest.insert(row).aio_execute()


async def unfollow(database: AioDatabase, user: User, person: User) -> None:
    """Ends the follow or the request of `user`, if there is one."""
    async with locked_users(database, user.id, person.id):
        await end_following(user.id, person.id)


async def accept(database: AioDatabase, user: User, person: User) -> None:
    """Accepts the request of `person` to follow `user`. Raises NoFollowRequest if there is neither a
    request nor a follow."""
    async with locked_users(database, user.id, person.id):
        if await FollowRequest.delete().where(_between(FollowRequest, person.id, user.id)).aio_execute():
            await (
                Follow.insert(follower_id=person.id, followed_id=user.id, at=now_ms())
                .on_conflict_ignore()
                .aio_execute()
            )
        elif not await _exists(Follow, person.id, user.id):
            raise NoFollowRequest


async def decline(database: AioDatabase, user: User, person: User) -> None:
    """Removes the request of `person` to follow `user`. The person isn't notified and may ask
    again."""
    async with locked_users(database, user.id, person.id):
        await FollowRequest.delete().where(_between(FollowRequest, person.id, user.id)).aio_execute()


async def remove_follower(database: AioDatabase, user: User, person: User) -> None:
    """Ends the follow or the request of `person`, if there is one."""
    await unfollow(database, person, user)


async def end_following(follower_id: int, followed_id: int) -> None:
    """Ends the follow or the request. The caller's transaction holds both users."""
    for model in (Follow, FollowRequest):
        await model.delete().where(_between(model, follower_id, followed_id)).aio_execute()


async def set_private(database: AioDatabase, user: User, is_private: bool) -> None:
    """Sets who may see the user's posts. Going public accepts all open requests."""
    async with locked_users(database, user.id) as people:
        if people[user.id].is_private == is_private:
            return
        await User.update(is_private=is_private).where(User.id == user.id).aio_execute()
        if is_private:
            return
        asked = FollowRequest.select(FollowRequest.follower_id, FollowRequest.followed_id, FollowRequest.at)
        rows = [*await asked.where(FollowRequest.followed_id == user.id).tuples().aio_execute()]
        if rows:
            columns = [Follow.follower_id, Follow.followed_id, Follow.at]
            await Follow.insert_many(rows, columns).on_conflict_ignore().aio_execute()
            await FollowRequest.delete().where(FollowRequest.followed_id == user.id).aio_execute()


async def follower_count(person: User) -> int:
    found: FollowCount | None = await FollowCount.aio_get_or_none(FollowCount.user_id == person.id)
    return int(found.followers) if found is not None else 0


async def followed_count(person: User) -> int:
    return int(await Follow.select().where(Follow.follower_id == person.id).aio_count())


async def follow_request_count(person: User) -> int:
    """Returns the number of open requests to follow a person."""
    return int(await FollowRequest.select().where(FollowRequest.followed_id == person.id).aio_count())


async def relation(person: User, viewer: User) -> Relation:
    """Returns what `viewer` sees of `person`."""
    return Relation(
        await follower_count(person),
        await followed_count(person),
        await _exists(Follow, viewer.id, person.id),
        await _exists(FollowRequest, viewer.id, person.id),
        bool(
            await Block.select(Block.at)
            .where(Block.blocker_id == viewer.id, Block.blocked_id == person.id)
            .tuples()
            .aio_execute()
        ),
    )


def _between(model: type[Follow] | type[FollowRequest], follower_id: int, followed_id: int) -> Any:
    return (model.follower_id == follower_id) & (model.followed_id == followed_id)


async def _exists(model: type[Follow] | type[FollowRequest], follower_id: int, followed_id: int) -> bool:
    # Without LIMIT: with it PostgreSQL expects to find the row soon, and scans all rows if either
    # person has many.
    return bool(
        await model.select(model.at).where(_between(model, follower_id, followed_id)).tuples().aio_execute()
    )
