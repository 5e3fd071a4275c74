"""How much waits to be told: see helpers/observing."""

from helpers.observing.measures import Gauge
from notifications.models import WAITING, NoticeDelivery

NOTICES_WAITING = Gauge(
    "aiochat_notices_waiting", "Notices that wait to be pushed or mailed.", "way", per_site=True
)

MOST_COUNTED = 10_000
"""Rows of each way."""


async def waiting_notices() -> dict[str, float]:
    found: dict[str, float] = {}
    for way in ("push", "mail"):
        is_waiting = (NoticeDelivery.way == way) & (NoticeDelivery.state == WAITING)
        query = NoticeDelivery.select(NoticeDelivery.id).where(is_waiting).limit(MOST_COUNTED)
        found[way] = await query.aio_count()
    return found
