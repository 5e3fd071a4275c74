"""Who follows whom: following, unfollowing, and what a person's page says of it."""

from dataclasses import dataclass

import peewee

from accounts.models import User
from helpers.clock import now_ms
from helpers.models import Base
from helpers.texts import Text

MAX_FOLLOWED = 10_000
"""People that one person can follow. A page of the feed looks at each of them, for 10 µs (docs/performance.md)."""


class Follow(Base):
    """`follower_id` reads what `followed_id` writes."""

    follower_id = peewee.BigIntegerField()
    followed_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "follows"
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


@dataclass(frozen=True)
class Standing:
    """How many follow a person, how many that person follows, and whether the one who looks does."""

    followers: int
    followed: int
    is_followed: bool


async def follow(user: User, person: User) -> None:
    """From now on `user` follows `person`, if they didn't before. Raises CannotFollow."""
    if user.id == person.id:
        raise CannotFollow(Text("You can’t follow yourself: what you write is in your feed anyway."))
    if await followed_count(user) >= MAX_FOLLOWED:
        raise CannotFollow(Text("You follow {most} people already, which is as many as can be.", most=MAX_FOLLOWED))
    await Follow.insert(follower_id=user.id, followed_id=person.id, at=now_ms()).on_conflict_ignore().aio_execute()


async def unfollow(user: User, person: User) -> None:
    """From now on `user` doesn't follow `person`, whether they did or not."""
    await Follow.delete().where(Follow.follower_id == user.id, Follow.followed_id == person.id).aio_execute()


async def follower_count(person: User) -> int:
    found: FollowCount | None = await FollowCount.aio_get_or_none(FollowCount.user_id == person.id)
    return int(found.followers) if found is not None else 0


async def followed_count(person: User) -> int:
    return int(await Follow.select().where(Follow.follower_id == person.id).aio_count())


async def standing(person: User, looker: User) -> Standing:
    """What `looker` is shown of `person`."""
    mine = Follow.select().where(Follow.follower_id == looker.id, Follow.followed_id == person.id)
    return Standing(await follower_count(person), await followed_count(person), bool(await mine.aio_exists()))
