"""A SELECT of peewee's whose SQL is made once. For a long one that takes peewee several times as
long as the database needs to answer."""

from collections.abc import Callable
from typing import Any

from peewee import Query, Value

from helpers.db.base import database_proxy
from helpers.db.database import fetch
from helpers.db.statement import Rows

_PLACE = object()


class CompiledSelect:
    """`select` makes the query with a stand-in for the one value that changes. It may compare the
    stand-in with columns, and do nothing else with it: peewee doesn't convert the value."""

    def __init__(self, select: Callable[[Any], Query]) -> None:
        self._select = select
        self._compiled: dict[type, tuple[Any, str, list[Any]]] = {}
        """The query, its SQL and its parameters by the kind of database."""

    async def rows(self, value: Any) -> Rows:
        """The rows for this value, as the database gives them."""
        _, sql, params = self._made(value)
        return await fetch(database_proxy.obj, sql, *params)

    async def models(self, value: Any) -> list[Any]:
        """The same as models, for a query that selects those."""
        query, sql, params = self._made(value)
        found: list[Any] = await database_proxy.obj.aio_execute_sql(sql, params, query.fetch_results)
        return found

    def _made(self, value: Any) -> tuple[Any, str, list[Any]]:
        database = database_proxy.obj
        kind = type(database)
        if kind not in self._compiled:
            query: Any = self._select(Value(_PLACE, converter=False)).bind(database)
            self._compiled[kind] = query, *query.sql()
        query, sql, params = self._compiled[kind]
        return query, sql, [value if one is _PLACE else one for one in params]
