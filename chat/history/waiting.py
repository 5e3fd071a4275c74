"""What waits for a person beside what is unread, for many people by one statement each: their
invitations, what became of what they reported, and whom they ignore."""

from collections.abc import Collection
from typing import NamedTuple

from peewee_async.databases import AioDatabase

from accounts.people.site_roles import SiteRole
from chat.history.invitations import PendingInvitations
from chat.history.reports import FOR_SITE, HELD_FOR_SITE
from chat.waiting_views import AskingView, HeldView, InvitationView, OutcomeView
from helpers.clock import iso, now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

MAX_OUTCOMES = 20
"""Outcomes that are told at once, the earliest first."""


MAX_HELD = 20
"""Posts that wait for a moderator of which their author is told at once, the first first."""

MAX_NOTICES = 100

MAX_ASKING = 50
"""People of a room who ask to be let in, and accounts that wait for approval: of more one sees this many."""

ASKED_KEPT_MS = 30 * 86_400_000
"""For so long a request to be let into a room waits for an answer."""

MAX_HELD_TEXT = 300
"""Characters of each."""


class Waiting(NamedTuple):
    """What one person is told together with their rooms."""

    invitations: list[InvitationView]
    outcomes: list[OutcomeView]
    ignored: list[str]
    site_reports: int = 0
    """How many reports wait for those who run the site, if this is one of them."""
    held: tuple[HeldView, ...] = ()
    """What they have written that waits for a moderator, or wasn't let through."""
    notices: int = 0
    """How many notices they haven't read, at most MAX_NOTICES."""
    asking: tuple[AskingView, ...] = ()
    newcomers: int = 0
    """How many accounts wait for their approval."""

    @property
    def asking_in(self) -> dict[str, int]:
        """By the name of the room."""
        return {one.name: one.count for one in self.asking}


class WaitingReader:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._invitations = PendingInvitations(database)
        # Both looked up person by person, by an index that holds few of them.
        self._outcomes = Bulk(
            database,
            """
            SELECT reason.user_id, reason.report_id, reason.number, reason.outcome, room.name,
                COALESCE(room.title, room.name), room.kind
            FROM {given} JOIN report_reasons AS reason ON reason.user_id = given.user_id
                AND reason.outcome IS NOT NULL
            JOIN rooms AS room ON room.id = reason.room_id""",
            given={"user_id": "bigint"},
        )
        self._ignored = Bulk(
            database,
            """
            SELECT ignored.user_id, (SELECT name FROM users WHERE users.id = ignored.ignored_id)
            FROM {given} JOIN ignored ON ignored.user_id = given.user_id""",
            given={"user_id": "bigint"},
        )
        self._held = Bulk(
            database,
            f"""
            SELECT held.author_id, held.id, room.name, SUBSTR(held.text, 1, {MAX_HELD_TEXT}), held.at,
                held.answered_at
            FROM {{given}} JOIN held_posts AS held ON held.author_id = given.user_id AND held.text <> ''
            JOIN rooms AS room ON room.id = held.room_id""",  # noqa: S608 - a number of our own
            given={"user_id": "bigint"},
        )
        # notifications/models.py has the table.
        self._notices = Bulk(
            database,
            f"""
            SELECT given.user_id, (SELECT COUNT(*) FROM (
                SELECT 1 FROM notices AS notice WHERE notice.user_id = given.user_id
                    AND notice.read_at IS NULL AND notice.listed LIMIT {MAX_NOTICES}) AS unread)
            FROM {{given}}""",  # noqa: S608 - a number of our own
            given={"user_id": "bigint"},
        )
        # Only rooms of those who may let others in are looked at.
        self._asking = Bulk(
            database,
            f"""
            SELECT given.user_id, room.name, (SELECT COUNT(*) FROM (
                SELECT 1 FROM room_requests AS request WHERE request.room_id = member.room_id
                    AND request.at > given.since LIMIT {MAX_ASKING}) AS asking)
            FROM {{given}} JOIN members AS member ON member.user_id = given.user_id
            JOIN rooms AS room ON room.id = member.room_id + 0 AND room.kind = 'closed'
            WHERE (member.role >= 2 OR (SELECT is_admin FROM users WHERE users.id = given.user_id))
                AND (SELECT 1 FROM room_requests AS one WHERE one.room_id = member.room_id LIMIT 1)
                IS NOT NULL""",  # noqa: S608 - a number of our own
            given={"user_id": "bigint", "since": "bigint"},
        )
        self._of_site = Bulk(
            database,
            f"""
            SELECT users.id, (SELECT COUNT(*) FROM reports AS report
                WHERE report.answered_at IS NULL AND report.author_id <> users.id AND {FOR_SITE})
                + (SELECT COUNT(*) FROM held_posts AS held
                WHERE held.answered_at IS NULL AND held.author_id <> users.id AND {HELD_FOR_SITE}),
                CASE WHEN users.is_admin OR users.site_role >= {SiteRole.MODERATOR}
                THEN (SELECT COUNT(*) FROM (
                    SELECT 1 FROM users AS newcomer WHERE newcomer.waits_since IS NOT NULL
                        AND newcomer.left_at IS NULL LIMIT {MAX_ASKING}) AS newcomers) ELSE 0 END
            FROM {{given}} JOIN users ON users.id = given.user_id
            WHERE users.is_admin OR users.site_role > 0""",  # noqa: S608 - words of our own
            given={"user_id": "bigint"},
        )

    async def of(self, user_ids: Collection[int]) -> dict[int, Waiting]:
        if not user_ids:
            return {}
        found = {
            user_id: Waiting(invitations, [], [])
            for user_id, invitations in (await self._invitations.of(user_ids)).items()
        }
        given = [(user_id,) for user_id in sorted(found)]
        statement = self._outcomes.bind(given)
        rows = await fetch(self._database, statement.sql, *statement.params)
        for user_id, report_id, number, outcome, name, title, kind in sorted(rows):
            if len(found[user_id].outcomes) < MAX_OUTCOMES:
                view = OutcomeView(report_id, name, title, kind, number, outcome == "done")
                found[user_id].outcomes.append(view)
        statement = self._ignored.bind(given)
        for user_id, name in await fetch(self._database, statement.sql, *statement.params):
            found[user_id].ignored.append(name)
        for one in found.values():
            one.ignored.sort()
        statement = self._held.bind(given)
        for user_id, held_id, name, text, at, answered_at in sorted(
            await fetch(self._database, statement.sql, *statement.params)
        ):
            held = found[user_id].held
            if len(held) < MAX_HELD:
                one_held = HeldView(held_id, name, text, iso(at), answered_at is not None)
                found[user_id] = found[user_id]._replace(held=(*held, one_held))
        statement = self._of_site.bind(given)
        for user_id, count, newcomers in await fetch(self._database, statement.sql, *statement.params):
            found[user_id] = found[user_id]._replace(site_reports=count, newcomers=newcomers)
        for user_id, asking in (await self._who_asks(found)).items():
            found[user_id] = found[user_id]._replace(asking=asking)
        for user_id, count in (await self.notices(found)).items():
            found[user_id] = found[user_id]._replace(notices=count)
        return found

    async def _who_asks(self, user_ids: Collection[int]) -> dict[int, tuple[AskingView, ...]]:
        since = now_ms() - ASKED_KEPT_MS
        statement = self._asking.bind([(user_id, since) for user_id in sorted(user_ids)])
        found: dict[int, tuple[AskingView, ...]] = {}
        for user_id, name, count in sorted(await fetch(self._database, statement.sql, *statement.params)):
            if count:
                found[user_id] = (*found.get(user_id, ()), AskingView(name, count))
        return found

    async def notices(self, user_ids: Collection[int]) -> dict[int, int]:
        """How many notices each hasn't read."""
        statement = self._notices.bind([(user_id,) for user_id in sorted(user_ids)])
        return dict(await fetch(self._database, statement.sql, *statement.params))
