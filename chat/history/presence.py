"""Who is connected to the site, as it is recorded: a row for each person who ever was. Each change has
a version, in the order of the commits, so who knows all changes up to one reads those after it."""

from collections.abc import Collection
from typing import Any, NamedTuple

from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.models import Member, PresenceClock, SitePresence
from helpers.batching import READ_AT_ONCE
from helpers.db.bulk import Bulk
from helpers.db.compiled import CompiledForMany, CompiledSelect
from helpers.db.statement import Statement
from helpers.db.transactions import in_one_trip

RECORDED_AT_ONCE = 500
"""People in one statement. All of them get one version."""

_READ_AT_ONCE = 2 * RECORDED_AT_ONCE
"""More than have one version, so that each reading gets further."""


class PresenceChange(NamedTuple):
    user_id: int
    name: str
    online: bool
    version: int


_NAME = User.select(User.name).where(User.id == SitePresence.user_id)
_COLUMNS = (SitePresence.user_id, _NAME, SitePresence.online, SitePresence.version)

_changes = CompiledSelect(
    lambda version, most: (
        SitePresence.select(*_COLUMNS)
        .where(SitePresence.version > version)
        .order_by(SitePresence.version, SitePresence.user_id)
        .limit(most)
    )
)
_rooms = CompiledForMany(
    lambda user_ids: Member.select(Member.room, Member.user).where(Member.user.in_(user_ids))
)


class PresenceStore:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        # The row of the clock is locked until the commit: versions are in the order of the commits.
        self._tick = Statement("UPDATE presence_clock SET version = version + 1")
        self._record = Bulk(
            database,
            """
            INSERT INTO presence (user_id, online, version)
            SELECT given.user_id, given.online <> 0, (SELECT version FROM presence_clock)
            FROM {given} WHERE given.user_id > 0
            ON CONFLICT (user_id) DO UPDATE SET online = excluded.online, version = excluded.version
                WHERE presence.online <> excluded.online
            RETURNING user_id""",
            given={"user_id": "bigint", "online": "bigint"},
        )

    async def record(self, user_ids: Collection[int], *, online: bool) -> bool:
        """Records that these people are connected, or no longer. False where that was known of
        all."""
        found: list[Any] = []
        ids = sorted(set(user_ids))
        for start in range(0, len(ids), RECORDED_AT_ONCE):
            rows = [(user_id, int(online)) for user_id in ids[start : start + RECORDED_AT_ONCE]]
            found += (await in_one_trip(self._database, self._tick, self._record.bind(rows)))[1]
        return bool(found)

    async def version(self) -> int:
        """That of the last change."""
        return int(await PresenceClock.select(PresenceClock.version).aio_scalar())

    async def online(self) -> list[PresenceChange]:
        """All who are recorded as connected."""
        query = SitePresence.select(*_COLUMNS).where(SitePresence.online)
        return [_change(row) for row in await query.tuples().aio_execute()]

    async def changes_since(self, version: int) -> list[PresenceChange]:
        """The last change of each person that is after this version, in the order of versions."""
        found: dict[int, PresenceChange] = {}
        while True:
            rows = await _changes.rows(version, _READ_AT_ONCE)
            for row in rows:
                change = _change(row)
                found.pop(change.user_id, None)
                found[change.user_id] = change
            if len(rows) < _READ_AT_ONCE:
                return list(found.values())
            # Others of the last one's version may follow.
            version = rows[-1][3] - 1

    async def rooms_of(self, user_ids: Collection[int]) -> dict[int, list[int]]:
        """By room, those of these people who are its members."""
        found: dict[int, list[int]] = {}
        ids = sorted(user_ids)
        for start in range(0, len(ids), READ_AT_ONCE):
            for room_id, user_id in await _rooms.rows(ids[start : start + READ_AT_ONCE]):
                found.setdefault(room_id, []).append(user_id)
        return found


def _change(row: Any) -> PresenceChange:
    user_id, name, online, version = row
    return PresenceChange(user_id, name or "", bool(online), version)
