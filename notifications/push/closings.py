"""What somebody has read in one place needn't be shown in the others: notes which notifications are to be
closed, and what closes them."""

import time
from collections.abc import Sequence

from helpers.clock import now_ms
from helpers.db.compiled import CompiledSelect
from notifications.deciding import PUSH
from notifications.models import SENT, Notice, NoticeDelivery
from notifications.push.models import PushClosing

GATHER_MS = 2_000
"""Who reads on moves the mark again and again."""

SHOWN_MS = 24 * 3600 * 1000
"""What was sent longer ago isn't closed any more."""

AT_ONCE = 20

QUIET_A_DAY = 6
"""Messages to one device that show nothing. The Push API lets a browser show words of its own instead
(`userVisibleOnly`); Chromium does so from about the seventh on, also on a site that is used much."""

DAY_SECONDS = 86400.0

MOST_REMEMBERED = 10_000


async def note_read(notice_ids: Sequence[int]) -> None:
    """In the transaction in which these notices are read."""
    now = now_ms()
    latest: dict[tuple[int, int], int] = {}
    for start in range(0, len(notice_ids), AT_ONCE):
        some = notice_ids[start : start + AT_ONCE]
        was_sent = NoticeDelivery.select(NoticeDelivery.notice_id).where(
            NoticeDelivery.notice_id.in_(some),
            NoticeDelivery.way == PUSH,
            NoticeDelivery.state == SENT,
            NoticeDelivery.at > now - SHOWN_MS,
        )
        sent = [notice_id for (notice_id,) in await was_sent.tuples().aio_execute()]
        if not sent:
            continue
        query = Notice.select(Notice.user_id, Notice.room_id, Notice.number).where(
            Notice.id.in_(sent), Notice.room_id.is_null(False), Notice.number.is_null(False)
        )
        for user_id, room_id, number in await query.tuples().aio_execute():
            latest[user_id, room_id] = max(number, latest.get((user_id, room_id), 0))
    for (user_id, room_id), number in sorted(latest.items()):
        row = {"user_id": user_id, "room_id": room_id, "number": number, "due_at": now + GATHER_MS}
        await (
            PushClosing.insert(row)
            .on_conflict(
                conflict_target=[PushClosing.user_id, PushClosing.room_id],
                update={PushClosing.number: number},
                where=PushClosing.number < number,
            )
            .aio_execute()
        )


_DUE = CompiledSelect(
    lambda now: (
        PushClosing.select().where(PushClosing.due_at <= now).order_by(PushClosing.due_at).limit(AT_ONCE)
    )
)


async def due_closings() -> list[PushClosing]:
    return await _DUE.results(now_ms())


async def drop_closings(closings: Sequence[PushClosing]) -> None:
    for one in closings:
        is_it = (PushClosing.user_id == one.user_id) & (PushClosing.room_id == one.room_id)
        # One that was read further meanwhile stays.
        await PushClosing.delete().where(is_it, PushClosing.number == one.number).aio_execute()


class QuietPushes:
    """Counts what shows nothing, by device. What isn't sent for it stays on the device until its page is
    opened, or something later takes its place. Another process begins to count anew."""

    def __init__(self) -> None:
        self._sent: dict[int, list[float]] = {}

    def take(self, device_id: int) -> bool:
        """Counts one, unless the device had as many as it may."""
        now = time.monotonic()
        recent = [at for at in self._sent.pop(device_id, []) if at > now - DAY_SECONDS]
        may = len(recent) < QUIET_A_DAY
        if len(self._sent) >= MOST_REMEMBERED:
            del self._sent[next(iter(self._sent))]
        self._sent[device_id] = [*recent, now] if may else recent
        return may
