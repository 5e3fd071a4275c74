"""Several statements in one round trip to PostgreSQL: libpq's pipeline mode, driven directly by the
event loop.

psycopg's own pipeline spends 0.5 ms of Python on a transaction of five statements, mostly on
passing each wait through layers of generators, and more on converting arrays. This takes 0.07 ms.
Everything else about a connection is psycopg's."""

import asyncio
import re
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg import Binary, pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

from helpers.db.statement import Rows, Statement

WATCH_SECONDS = 0.25
"""After this time without an answer the socket is watched anew, as psycopg does in its own waits
every 0.1 s."""


def _as_text(param: Any) -> bytes:
    """A parameter in PostgreSQL's text format."""
    if isinstance(param, Binary):
        return b"\\x" + bytes(param.obj).hex().encode()
    return str(param).encode()


class PipelineConnection(psycopg.AsyncConnection[Any]):
    """psycopg's connection with `run_together`. Only one operation runs at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names: dict[str, bytes] = {}
        """The names of the prepared statements, by their SQL."""
        self._places = count()

    async def run_together(self, statements: Sequence[Statement]) -> list[Rows]:
        """Sends the statements together and returns the rows of each. An error is raised and skips
        the statements after it; outside a transaction the earlier ones remain applied. Each
        statement is parsed and planned once per connection. Parameters are sent as text."""
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
                    name, [None if param is None else _as_text(param) for param in statement.params]
                )
                sent.append(None)
            pgconn.pipeline_sync()
            results = await self._results()
            pgconn.exit_pipeline_mode()
        except BaseException:
            # The next user of the connection must not read results that belong to this call.
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
        """Returns all results up to the end of the pipeline. It reads while it still writes, so
        that neither side blocks the other."""
        pgconn = self.pgconn
        loop = asyncio.get_running_loop()
        results: list[Any] = []
        ready = loop.create_future()
        # When the connection is lost, libpq closes its socket and no longer tells its number.
        # Whoever opens one next gets the same number, and must not meet this reader there.
        socket = pgconn.socket

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        timer: asyncio.TimerHandle

        def watch_anew() -> None:
            # Beside load the event loop was seen without its watch on the socket that took the
            # number of a lost one, and the answer was never read.
            nonlocal timer
            loop.remove_reader(socket)
            loop.add_reader(socket, wake)
            if writing:
                loop.remove_writer(socket)
                loop.add_writer(socket, wake)
            timer = loop.call_later(WATCH_SECONDS, watch_anew)

        writing = bool(pgconn.flush())
        loop.add_reader(socket, wake)
        if writing:
            loop.add_writer(socket, wake)
        timer = loop.call_later(WATCH_SECONDS, watch_anew)
        try:
            while True:
                await ready
                ready = loop.create_future()
                pgconn.consume_input()
                if writing and not pgconn.flush():
                    loop.remove_writer(socket)
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
            timer.cancel()
            loop.remove_reader(socket)
            if writing:
                loop.remove_writer(socket)

    def _rows(self, result: Any) -> Rows:
        if not result.ntuples:
            return []
        transformer = Transformer(self)
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)


def _numbered(sql: str) -> bytes:
    """Replaces each `%s` with `$1`, `$2` and so on, as the server expects."""
    places = count(1)
    return re.sub("%s", lambda _: f"${next(places)}", sql).encode()
