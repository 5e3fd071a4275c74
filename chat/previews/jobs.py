"""The posts whose links wait to be looked at. The database notes them itself where a post is stored or
edited, in its transaction: so none is forgotten, and no post waits for more than a row. People take
turns."""

from collections.abc import Collection
from typing import NamedTuple

from chat.models import PreviewJob
from helpers.clock import now_ms
from helpers.db.compiled import CompiledSelect

MAX_AGE_SECONDS = 3600
"""After this time nobody waits for a preview any more, and what is restored from a backup needs none."""

AT_ONCE = 500


class Job(NamedTuple):
    id: int
    author_id: int
    room_id: int
    seq: int


_NEXT = CompiledSelect(
    lambda after: (
        PreviewJob.select(PreviewJob.id, PreviewJob.author_id, PreviewJob.room_id, PreviewJob.seq)
        .where(PreviewJob.author_id > after)
        .order_by(PreviewJob.author_id, PreviewJob.id)
        .limit(1)
    )
)


class Jobs:
    """Gives the oldest job of the next person."""

    def __init__(self) -> None:
        self._after = 0

    async def next(self, busy: Collection[int]) -> Job | None:
        """None where only people wait who are among the busy ones, or nobody."""
        after, has_turned = self._after, False
        while True:
            rows = await _NEXT.rows(after)
            if rows:
                job = Job(*rows[0])
                after = job.author_id
                if job.author_id not in busy:
                    self._after = after
                    return job
            elif has_turned or not after:
                return None
            else:
                after, has_turned = 0, True

    async def done(self, job: Job) -> None:
        await PreviewJob.delete().where(PreviewJob.id == job.id).aio_execute()

    async def drop_old(self) -> None:
        """A bounded part of those that are too old."""
        due = now_ms() - MAX_AGE_SECONDS * 1000
        query = PreviewJob.select(PreviewJob.id).where(PreviewJob.at < due).order_by(PreviewJob.at)
        ids = [job_id for (job_id,) in await query.limit(AT_ONCE).tuples().aio_execute()]
        if ids:
            await PreviewJob.delete().where(PreviewJob.id.in_(ids)).aio_execute()
