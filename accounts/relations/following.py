"""Who follows whom, and who asks to: following, unfollowing, answering those who ask, and what a
person's page says of it."""

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
"""People that one person can follow, or ask to. A page of the feed looks at each of them, for 10 µs
(docs/performance.md)."""

MAX_REQUESTS = 1000
"""People who wait for one person's answer. Who goes public answers all of them in one transaction,
which has to be short."""


class Follow(Base):
    """`follower_id` reads what `followed_id` writes."""

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
    """How many follow somebody. The database keeps it (migration 0011): nothing here writes it."""

    user_id = peewee.BigIntegerField(primary_key=True)
    followers = peewee.BigIntegerField()

    class Meta:
        table_name = "follow_counts"


class CannotFollow(Exception):
    """Somebody can't be followed by this person. `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


class NoFollowRequest(Exception):
    """There is no request to accept."""


@dataclass(frozen=True)
class Relation:
    """How many follow a person, how many that person follows, and what the one who looks is to
    them."""

    followers: int
    followed: int
    is_followed: bool
    is_requested: bool
    is_blocked: bool
    """The one who looks blocks the person."""


@asynccontextmanager
async def locked_users(database: AioDatabase, *user_ids: int) -> AsyncIterator[dict[int, User]]:
    """A transaction in which nobody else changes what is between these people. Raises LookupError
    where one of them is gone.

    All that change it lock the users first, in the order of their ids: so nobody waits in a circle,
    and of a block and a follow in one moment the second sees the first."""
    async with database.aio_atomic():
        query: Any = User.select().where(User.id.in_(user_ids)).order_by(User.id)
        # The weaker lock lets through whoever only refers to the user: who writes a message, say.
        found = await (query if is_sqlite(database) else query.for_update("FOR NO KEY UPDATE")).aio_execute()
        people = {user.id: user for user in found}
        if len(people) < len(set(user_ids)):
            raise LookupError("somebody is gone")
        yield people


async def follow(database: AioDatabase, user: User, person: User) -> None:
    """From now on `user` follows `person`, or asks to where they are private, if they didn't
    before. Raises CannotFollow."""
    if user.id == person.id:
        raise CannotFollow(Text("You can’t follow yourself: what you write is in your feed anyway."))
    async with locked_users(database, user.id, person.id) as people:
        if await is_block_between(user.id, person.id):
            raise CannotFollow(Text("You can’t follow this person."))
        if await _is_there(Follow, user.id, person.id) or await _is_there(FollowRequest, user.id, person.id):
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
    """From now on `user` neither follows `person` nor asks to, whether they did or not."""
    async with locked_users(database, user.id, person.id):
        await end_following(user.id, person.id)


async def accept(database: AioDatabase, user: User, person: User) -> None:
    """`person`, who asked to, follows `user` now. Raises NoFollowRequest where they neither ask nor
    follow."""
    async with locked_users(database, user.id, person.id):
        if await FollowRequest.delete().where(_between(FollowRequest, person.id, user.id)).aio_execute():
            await (
                Follow.insert(follower_id=person.id, followed_id=user.id, at=now_ms())
                .on_conflict_ignore()
                .aio_execute()
            )
        elif not await _is_there(Follow, person.id, user.id):
            raise NoFollowRequest


async def decline(database: AioDatabase, user: User, person: User) -> None:
    """`person` no longer asks to follow `user`. They aren't told, and may ask again."""
    async with locked_users(database, user.id, person.id):
        await FollowRequest.delete().where(_between(FollowRequest, person.id, user.id)).aio_execute()


async def remove_follower(database: AioDatabase, user: User, person: User) -> None:
    """`person` neither follows `user` any more nor asks to."""
    await unfollow(database, person, user)


async def end_following(follower_id: int, followed_id: int) -> None:
    """Of a transaction that holds both: one neither follows the other any more, nor asks to."""
    for model in (Follow, FollowRequest):
        await model.delete().where(_between(model, follower_id, followed_id)).aio_execute()


async def set_private(database: AioDatabase, user: User, is_private: bool) -> None:
    """Says who may see what the user posts. Whoever asks to follow somebody who goes public follows
    them."""
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
    """How many ask to follow a person."""
    return int(await FollowRequest.select().where(FollowRequest.followed_id == person.id).aio_count())


async def relation(person: User, viewer: User) -> Relation:
    """What `viewer` is shown of `person`."""
    return Relation(
        await follower_count(person),
        await followed_count(person),
        await _is_there(Follow, viewer.id, person.id),
        await _is_there(FollowRequest, viewer.id, person.id),
        bool(
            await Block.select(Block.at)
            .where(Block.blocker_id == viewer.id, Block.blocked_id == person.id)
            .tuples()
            .aio_execute()
        ),
    )


def _between(model: type[Follow] | type[FollowRequest], follower_id: int, followed_id: int) -> Any:
    return (model.follower_id == follower_id) & (model.followed_id == followed_id)


async def _is_there(model: type[Follow] | type[FollowRequest], follower_id: int, followed_id: int) -> bool:
    # Without a limit: with one PostgreSQL hopes to meet the row soon, and reads all that there are
    # where many follow either.
    return bool(
        await model.select(model.at).where(_between(model, follower_id, followed_id)).tuples().aio_execute()
    )
