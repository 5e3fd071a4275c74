"""What is stored of a person's notices, for the download of their own data. Nothing here writes."""

from collections.abc import AsyncIterator
from typing import Any

from accounts.keys import Section
from accounts.models import User
from accounts.personal_data.export import PAGE
from helpers.clock import iso
from notifications.models import Notice, NoticeDelivery
from notifications.settings import wishes_of
from notifications.storing import stored_outcomes


async def _notices(user: User) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        name = User.select(User.name).where(User.id == Notice.by_id)
        query = Notice.select(Notice, name.alias("by_name")).where(
            Notice.user_id == user.id, Notice.id > after
        )
        found = list(await query.order_by(Notice.id).limit(PAGE).aio_execute())
        for notice in found:
            after = notice.id
            yield {
                **{"kind": notice.kind, "rule": notice.rule, "word": notice.word, "at": iso(notice.at)},
                **{"by": notice.by_name, "number": notice.number, "ways": stored_outcomes(notice.ways)},
                "read_at": None if notice.read_at is None else iso(notice.read_at),
            }
        if len(found) < PAGE:
            return


async def _deliveries(user: User) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        query = NoticeDelivery.select().where(NoticeDelivery.user_id == user.id, NoticeDelivery.id > after)
        found = list(await query.order_by(NoticeDelivery.id).limit(PAGE).aio_execute())
        for row in found:
            after = row.id
            yield {"way": row.way, "state": row.state, "detail": row.detail, "at": iso(row.at)}
        if len(found) < PAGE:
            return


async def _wishes(user: User) -> AsyncIterator[dict[str, Any]]:
    yield (await wishes_of(user)).as_json()


SECTIONS = [
    Section("notices", _notices),
    Section("notice_deliveries", _deliveries),
    Section("notice_settings", _wishes),
]
