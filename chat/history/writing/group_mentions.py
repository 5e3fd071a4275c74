"""Stores whom `@here` mentions in a room where many are online, after the post itself: in steps, so
that no commit waits for them."""

from typing import Any

from peewee import SQL, fn
from peewee_async.databases import AioDatabase

from accounts.models import Block
from chat.drafts import HERE
from chat.models import Member, SitePresence
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

HERE_AT_ONCE = 500
"""Rows in one step, for which others in the room wait."""


def no_block_between(one: Any, other: Any) -> Any:
    """The condition that neither of two people blocks the other, looked up row by row: for a list of
    people PostgreSQL scans all blocks."""

    def has_not_blocked(blocker: Any, blocked: Any) -> Any:
        block = Block.select(SQL("1")).where(Block.blocker_id == blocker, Block.blocked_id == blocked)
        return fn.COALESCE(block, 0) == 0

    return has_not_blocked(one, other) & has_not_blocked(other, one)


def online_members(room_id: int) -> Any:
    """The ids of the members who are online, in order. A join, so that the database may begin with
    whichever is less: who is a member, or who is online."""
    is_online = (SitePresence.user_id == Member.user) & SitePresence.online
    query = Member.select(Member.user).join(SitePresence, on=is_online)
    return query.where(Member.room == room_id).order_by(Member.user)


class PresentMentions:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        # Looked up person by person, as in direct.py. Whoever takes the mention back deletes its own
        # row first, and so waits for this.
        self._add = Bulk(
            database,
            f"""
            INSERT INTO mentions (room_id, number, user_id, of_group)
            SELECT held.room_id, held.number, member.user_id, TRUE
            FROM (
                SELECT mention.room_id, mention.number, given.author_id, given.after
                FROM {{given}} JOIN mentions AS mention ON mention.user_id = {HERE.user_id}
                    AND mention.room_id = given.room_id AND mention.number = given.number
                FOR SHARE OF mention) AS held
            JOIN members AS member ON member.room_id = held.room_id
            JOIN presence ON presence.user_id = member.user_id AND presence.online
            WHERE member.user_id > held.after AND member.user_id <> held.author_id
                AND (SELECT 1 FROM blocks WHERE blocker_id = held.author_id
                    AND blocked_id = member.user_id) IS NULL
                AND (SELECT 1 FROM blocks WHERE blocker_id = member.user_id
                    AND blocked_id = held.author_id) IS NULL
            ORDER BY member.user_id LIMIT {HERE_AT_ONCE}
            ON CONFLICT DO NOTHING RETURNING user_id""",  # noqa: S608 - words of our own
            given={"room_id": "bigint", "number": "bigint", "author_id": "bigint", "after": "bigint"},
        )

    async def add_rest(self, room_id: int, number: int, author_id: int, after: int) -> None:
        """Stores a row for each member who is online and whose id is above `after`, as long as the
        post mentions HERE."""
        while True:
            statement = self._add.bind([(room_id, number, author_id, after)])
            rows = await fetch(self._database, statement.sql, *statement.params)
            if not rows:
                return
            after = max(user_id for (user_id,) in rows)
