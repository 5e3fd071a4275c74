"""Decides who may see what a person writes, for pages, actions and streams. This module only reads.

A block hides two people from each other, whoever made it. A private person's posts are for
followers. Administrators must see what they are asked to remove: only people whom they block
themselves are hidden from them."""

from collections.abc import Collection, Iterable

from aiohttp import web
from peewee_async.databases import AioDatabase

from accounts.models import Block
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

AT_ONCE = 1000
"""Pairs per statement."""

Pair = tuple[int, int]
"""The ids of a viewer and of an author."""

_IS_ADMIN = "COALESCE((SELECT users.is_admin FROM users WHERE users.id = given.viewer_id), FALSE)"

# Looked up pair by pair: for a join PostgreSQL prefers to scan all people.
_IS_BLOCKED = f"""(
    (SELECT 1 FROM blocks WHERE blocks.blocker_id = given.viewer_id
        AND blocks.blocked_id = given.person_id) IS NOT NULL
    OR (SELECT 1 FROM blocks WHERE blocks.blocker_id = given.person_id
        AND blocks.blocked_id = given.viewer_id) IS NOT NULL
        AND NOT {_IS_ADMIN})"""  # noqa: S608 - names of our own

_IS_CLOSED = f"""(
    given.viewer_id <> given.person_id AND (SELECT users.is_private FROM users
        WHERE users.id = given.person_id) AND NOT {_IS_ADMIN}
    AND (SELECT 1 FROM follows WHERE follows.follower_id = given.viewer_id
        AND follows.followed_id = given.person_id) IS NULL)"""  # noqa: S608

# Each is ordered by its index: otherwise PostgreSQL expects to find such a row soon and scans the
# whole table.
_IN_BLOCKS = """
    (SELECT 1 FROM blocks WHERE blocks.blocker_id = given.person_id ORDER BY blocks.blocked_id LIMIT 1) IS
        NOT NULL
    OR (SELECT 1 FROM blocks WHERE blocks.blocked_id = given.person_id ORDER BY blocks.blocker_id LIMIT 1) IS
        NOT NULL"""


class Visibility:
    def __init__(self, database: AioDatabase) -> None:
        def over_pairs(condition: str) -> Bulk:
            sql = f"SELECT given.viewer_id, given.person_id FROM {{given}} WHERE {condition}"  # noqa: S608 - words of our own
            return Bulk(database, sql, given={"viewer_id": "bigint", "person_id": "bigint"})

        self._database = database
        self._blocked = over_pairs(_IS_BLOCKED)
        self._hidden = over_pairs(f"{_IS_BLOCKED} OR {_IS_CLOSED}")
        self._in_blocks = Bulk(
            database,
            f"SELECT given.person_id, 0 FROM {{given}} WHERE {_IN_BLOCKS}",  # noqa: S608
            given={"person_id": "bigint"},
        )

    async def hidden_people(self, pairs: Iterable[Pair]) -> set[Pair]:
        """Returns the pairs whose viewer doesn't see the other person's comments and likes."""
        return await self._find(
            self._blocked, [(viewer, person) for viewer, person in pairs if viewer != person]
        )

    async def hidden_posts(self, pairs: Iterable[Pair]) -> set[Pair]:
        """Returns the pairs whose viewer doesn't see the other person's posts."""
        return await self._find(
            self._hidden, [(viewer, person) for viewer, person in pairs if viewer != person]
        )

    async def hidden_among(self, viewers: Collection[int], people: Iterable[int]) -> set[Pair]:
        """`hidden_people` for all combinations. Most people have no blocks, and cost one lookup."""
        found = await self._find(self._in_blocks, [(person,) for person in people])
        return await self.hidden_people((viewer, person) for person, _ in found for viewer in viewers)

    async def sees_posts(self, viewer_id: int, author_id: int) -> bool:
        """May the viewer see the author's posts?"""
        return not await self.hidden_posts([(viewer_id, author_id)])

    async def _find(self, bulk: Bulk, asked: list[tuple[int, ...]]) -> set[Pair]:
        rows = sorted(set(asked))
        found: set[Pair] = set()
        for start in range(0, len(rows), AT_ONCE):
            statement = bulk.bind(rows[start : start + AT_ONCE])
            found.update(
                (one, other) for one, other in await fetch(self._database, statement.sql, *statement.params)
            )
        return found


VISIBILITY = web.AppKey("visibility", Visibility)


async def is_block_between(one_id: int, other_id: int) -> bool:
    """Does either of them block the other?"""
    return bool(await blocked_among(one_id, [other_id]))


async def blocked_among(user_id: int, others: Collection[int]) -> set[int]:
    """Those of the others who block this person or whom this person blocks."""
    if not others:
        return set()
    forth = (Block.blocker_id == user_id) & Block.blocked_id.in_(others)
    back = (Block.blocked_id == user_id) & Block.blocker_id.in_(others)
    # Without LIMIT: with it PostgreSQL prefers to scan all blocks of a person whom many block.
    rows = await Block.select(Block.blocker_id, Block.blocked_id).where(forth | back).tuples().aio_execute()
    return {one for row in rows for one in row if one != user_id}
