"""A SELECT of peewee's whose SQL is made once. For a long one that takes peewee several times as
long as the database needs to answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Query, Value

from helpers.db.base import database_proxy
from helpers.db.database import fetch
from helpers.db.statement import Rows


@dataclass(frozen=True)
class _Place:
    """Among the parameters: the place of a value."""

    index: int


class CompiledSelect:
    """`select` makes the query with stand-ins for the values that change. It may compare them with
    columns, or limit by them, and do nothing else with them: peewee doesn't convert the values."""

    def __init__(self, select: Callable[..., Query]) -> None:
        self._select = select
        self._compiled: dict[type, tuple[Any, str, list[Any]]] = {}
        """The query, its SQL and its parameters by the kind of database."""

    async def rows(self, *values: Any) -> Rows:
        """The rows for these values, as the database gives them."""
        _, sql, params = self._made(values)
        return await fetch(database_proxy.obj, sql, *params)

    async def results(self, *values: Any) -> list[Any]:
        """The same as the query itself gives them: models, or rows with converted values."""
        query, sql, params = self._made(values)
        found: list[Any] = await database_proxy.obj.aio_execute_sql(sql, params, query.fetch_results)
        return found

    def _made(self, values: Sequence[Any]) -> tuple[Any, str, list[Any]]:
        database = database_proxy.obj
        kind = type(database)
        if kind not in self._compiled:
            places = [Value(_Place(index), converter=False) for index in range(len(values))]
            query: Any = self._select(*places).bind(database)
            self._compiled[kind] = query, *query.sql()
        query, sql, params = self._compiled[kind]
        return query, sql, [values[one.index] if isinstance(one, _Place) else one for one in params]


MOST_LENGTHS = 20
"""As many values as are asked for at once: helpers/batching.py."""


class CompiledForMany:
    """The same for a list of values, with a statement for each of its lengths. `select` makes the
    query with a list of stand-ins. For more than MOST_LENGTHS values it is made anew."""

    def __init__(self, select: Callable[[list[Any]], Query]) -> None:
        self._by_length = [self._made_of(select) for _ in range(MOST_LENGTHS + 1)]
        self._select = select

    @staticmethod
    def _made_of(select: Callable[[list[Any]], Query]) -> CompiledSelect:
        return CompiledSelect(lambda *places: select(list(places)))

    def _of(self, values: Sequence[Any]) -> CompiledSelect:
        length = len(values)
        return self._by_length[length] if length <= MOST_LENGTHS else self._made_of(self._select)

    async def rows(self, values: Sequence[Any]) -> Rows:
        return await self._of(values).rows(*values)

    async def results(self, values: Sequence[Any]) -> list[Any]:
        return await self._of(values).results(*values)
