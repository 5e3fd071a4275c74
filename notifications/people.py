"""What the rules look at of people: read for many members of a room by one statement, and of one person for
what isn't of a room. Nothing here writes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from peewee_async.databases import AioDatabase

from helpers.clock import now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch
from notifications.deciding import MAIL, PAGE, PUSH, USUAL_WAYS
from notifications.wishes import Silence, silence_of, ways_of

AT_ONCE = 100
"""People of one statement, and of one transaction."""


@dataclass(frozen=True)
class Person:
    """`notify` is their level of the room, which holds until `notify_until` and was chosen at
    `notify_at`; `joined_at` is when they came to it last. `changed_at` is when they chose anything else
    about notices last."""

    id: int
    gone: bool
    blocked: bool
    ignored: bool
    silence: Silence
    online: bool
    ways: Mapping[str, frozenset[str]]
    reachable: frozenset[str]
    mail_ms: int
    zone: str
    changed_at: int | None = None
    notify: str = ""
    notify_until: int | None = None
    notify_at: int | None = None
    read_number: int = 0
    first_seq: int = 0
    joined_at: int = 0


_PERSON = """
    users.id, users.left_at IS NOT NULL OR users.waits_since IS NOT NULL
        OR (users.suspended_until IS NOT NULL AND users.suspended_until > {now_ms}),
    (SELECT 1 FROM blocks WHERE blocker_id = given.author_id AND blocked_id = given.user_id) IS NOT NULL
        OR (SELECT 1 FROM blocks WHERE blocker_id = given.user_id AND blocked_id = given.author_id)
        IS NOT NULL,
    (SELECT 1 FROM ignored WHERE ignored.user_id = given.user_id AND ignored_id = given.author_id)
        IS NOT NULL,
    (SELECT status FROM statuses WHERE statuses.user_id = given.user_id),
    (SELECT until FROM statuses WHERE statuses.user_id = given.user_id),
    COALESCE((SELECT online FROM presence WHERE presence.user_id = given.user_id), FALSE),
    users.email_verified_at IS NOT NULL AND users.email IS NOT NULL,
    EXISTS (SELECT 1 FROM push_devices AS device WHERE device.user_id = given.user_id),
    COALESCE(NULLIF(settings.zone, ''), users.time_zone), settings.ways, settings.quiet_from,
    settings.quiet_until, settings.mail_minutes, settings.focus_until, settings.changed_at"""
_GIVEN = {"room_id": "bigint", "user_id": "bigint", "author_id": "bigint"}


class PeopleReader:
    """`takes_mail` tells whether the site sends mail."""

    def __init__(self, database: AioDatabase, *, takes_mail: bool) -> None:
        self._database = database
        self._takes_mail = takes_mail
        # Looked up person by person; the sum keeps PostgreSQL from reading all members of the room.
        self._members = Bulk(
            database,
            f"""
            SELECT {_PERSON}, member.notify, member.notify_until, member.notify_at, member.read_number,
                member.first_seq, member.joined_at
            FROM {{given}} JOIN members AS member ON member.room_id = given.room_id
                AND member.user_id = given.user_id
            JOIN users ON users.id = given.user_id + 0
            LEFT JOIN notice_settings AS settings ON settings.user_id = given.user_id""",  # noqa: S608
            given=_GIVEN,
        )
        self._people = Bulk(
            database,
            f"""
            SELECT {_PERSON}
            FROM {{given}} JOIN users ON users.id = given.user_id + 0
            LEFT JOIN notice_settings AS settings ON settings.user_id = given.user_id""",  # noqa: S608
            given=_GIVEN,
        )

    async def members(self, room_id: int, author_id: int, user_ids: Collection[int]) -> dict[int, Person]:
        """Those of these people who are members of the room."""
        statement = self._members.bind([(room_id, user_id, author_id) for user_id in sorted(user_ids)])
        found = {}
        for row in await fetch(self._database, statement.sql, *statement.params):
            notify, notify_until, notify_at, read_number, first_seq, joined_at = row[16:]
            person = self._person(row[:16])
            found[person.id] = replace(
                person,
                notify=notify,
                notify_until=notify_until,
                notify_at=notify_at,
                read_number=read_number,
                first_seq=first_seq,
                joined_at=joined_at,
            )
        return found

    async def people(self, author_id: int, user_ids: Collection[int]) -> dict[int, Person]:
        statement = self._people.bind([(0, user_id, author_id) for user_id in sorted(user_ids)])
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {row[0]: self._person(row) for row in rows}

    def _person(self, row: tuple[Any, ...]) -> Person:
        user_id, gone, blocked, ignored, status, until, online, *rest = row
        has_mail, has_device, zone, *wishes = rest
        ways, quiet_from, quiet_until, mail_minutes, focus_until, changed_at = wishes
        quiet = quiet_from, quiet_until, zone
        has_ways = {PAGE: True, PUSH: has_device, MAIL: has_mail and self._takes_mail}
        return Person(
            *(user_id, bool(gone), bool(blocked), bool(ignored)),
            silence=silence_of(status, until, focus_until, quiet, now_ms()),
            online=bool(online),
            ways=ways_of(ways) if isinstance(ways, str) else USUAL_WAYS,
            reachable=frozenset(way for way, has in has_ways.items() if has),
            mail_ms=(15 if mail_minutes is None else int(mail_minutes)) * 60_000,
            zone=str(zone),
            changed_at=changed_at,
        )
