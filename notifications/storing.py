"""Stores what was decided, once for each person and subject, with what waits to be pushed or mailed, and
takes it back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from peewee_async.databases import AioDatabase

from helpers.clock import now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch
from notifications.deciding import MAIL, PAGE, PUSH, ROOM, Decision
from notifications.models import CANCELLED, WAITING, Notice, NoticeDelivery

ROWS_AT_ONCE = 200


@dataclass(frozen=True)
class Changed:
    """Whose notices changed, and from which id on there are new ones of theirs; 0 where there are none."""

    user_ids: list[int] = field(default_factory=list)
    first_id: int = 0


def added(rows: Sequence[tuple[int, int]]) -> Changed:
    """What `Store.add` returned."""
    if not rows:
        return Changed()
    return Changed([user_id for _, user_id in rows], min(notice_id for notice_id, _ in rows))


@dataclass(frozen=True)
class Subject:
    """What a notice is about. `key` names it among all."""

    key: str
    by_id: int
    at: int
    room_id: int | None = None
    seq: int | None = None
    number: int | None = None
    post_id: int | None = None
    comment_id: int | None = None


def message_key(room_id: int, seq: int) -> str:
    return f"message:{room_id}:{seq}"


class Store:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        columns = {
            **{"user_id": "bigint", "kind": "text", "subject": "text", "room_id": "bigint", "seq": "bigint"},
            **{"number": "bigint", "post_id": "bigint", "comment_id": "bigint", "by_id": "bigint"},
            **{"at": "bigint", "rule": "text", "word": "text", "ways": "text", "listed": "boolean"},
            "read_at": "bigint",
        }
        names = ", ".join(columns)
        self._insert = Bulk(
            database,
            f"""
            INSERT INTO notices ({names}) SELECT {names} FROM {{given}} WHERE TRUE
            ON CONFLICT (subject, user_id) DO NOTHING RETURNING id, user_id""",  # noqa: S608
            given=columns,
        )
        due = {"notice_id": "bigint", "user_id": "bigint", "way": "text", "due_at": "bigint", "at": "bigint"}
        names = ", ".join(due)
        self._deliver = Bulk(
            database,
            f"INSERT INTO notice_deliveries ({names}) SELECT {names} FROM {{given}} WHERE TRUE",  # noqa: S608
            given=due,
        )

    async def add(
        self, subject: Subject, told: Sequence[tuple[int, Decision, str]], read: Iterable[int] = ()
    ) -> list[tuple[int, int]]:
        """Within a transaction: stores the decisions, each with its person and the keyword that was found.
        `read` are those who have read it already. Returns the new ones, each its id and its person."""
        if not told:
            return []
        now, has_read = now_ms(), set(read)
        rows = [
            (
                *(user_id, decision.kind, subject.key, subject.room_id, subject.seq, subject.number),
                *(subject.post_id, subject.comment_id, subject.by_id, subject.at, decision.rule, word),
                *(_stored(decision), _is_listed(decision), now if user_id in has_read else None),
            )
            for user_id, decision, word in told
        ]
        statement = self._insert.bind(rows)
        rows_added = await fetch(self._database, statement.sql, *statement.params)
        decisions = {user_id: decision for user_id, decision, _ in told}
        due = [
            (notice_id, user_id, way, found.due_at, now)
            for notice_id, user_id in rows_added
            for way, found in decisions[user_id].ways.items()
            if way in (PUSH, MAIL) and found.is_told
        ]
        if due:
            statement = self._deliver.bind(due)
            await fetch(self._database, statement.sql, *statement.params)
        return [(notice_id, user_id) for notice_id, user_id in rows_added]


def _stored(decision: Decision) -> str:
    return msgspec.json.encode(
        {way: found.silence or found.outcome for way, found in decision.ways.items()}
    ).decode()


def _is_listed(decision: Decision) -> bool:
    return decision.ways[PAGE].outcome != "off"


def worth_storing(decision: Decision) -> bool:
    """Of a message that is only told since somebody hears everything, and that was read already, nothing
    is kept."""
    if decision.kind is None:
        return False
    return decision.kind != ROOM or any(way.outcome in ("told", "silenced") for way in decision.ways.values())


def stored_outcomes(ways: str) -> Mapping[str, str]:
    """What was decided of each way."""
    try:
        return msgspec.json.decode(ways, type=dict[str, str])
    except msgspec.DecodeError:
        return {}


async def cancel(notice_ids: Sequence[int], why: str) -> None:
    """What waits to be sent of these notices isn't any more."""
    for start in range(0, len(notice_ids), ROWS_AT_ONCE):
        ids = notice_ids[start : start + ROWS_AT_ONCE]
        change = NoticeDelivery.update(state=CANCELLED, detail=why, at=now_ms())
        await change.where(NoticeDelivery.notice_id.in_(ids), NoticeDelivery.state == WAITING).aio_execute()


async def remove_some(*condition: object) -> Changed:
    """Removes a bounded part of the notices; the database removes what waits to be sent of them. Returns
    whose they were; nobody where none is left."""
    query = Notice.select(Notice.id, Notice.user_id).where(*condition).limit(ROWS_AT_ONCE)
    rows = list(await query.tuples().aio_execute())
    if rows:
        await Notice.delete().where(Notice.id.in_([notice_id for notice_id, _ in rows])).aio_execute()
    return Changed([user_id for _, user_id in rows])
