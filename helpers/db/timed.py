"""How long the database takes."""

import time
from typing import Any

from peewee_async.databases import AioDatabase

from helpers.observing.measures import Durations
from helpers.observing.traces import statement_span

DATABASE_SECONDS = Durations(
    "aiochat_database_seconds", "Of a statement, or of several that are sent together."
)


class TimedDatabase(AioDatabase):  # type: ignore[misc]
    async def aio_execute_sql(self, sql: Any, *args: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            with statement_span(sql):
                return await super().aio_execute_sql(sql, *args, **options)
        finally:
            DATABASE_SECONDS.add(time.monotonic() - began)
