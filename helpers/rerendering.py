"""The shell command that renders stored texts anew: in small steps, while others use the database."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import peewee
from peewee import Tuple
from peewee_async.databases import AioDatabase

from helpers.db.base import Base
from helpers.db.database import open_database
from helpers.processes.terminal import Progress, say
from helpers.rendering import Renderer

ROWS_AT_ONCE = 200
"""Rows of one read, and at most as many changed ones in one transaction, for which others may wait."""

Stored = tuple[str, str | None]
"""A text, and the HTML that it has now; None if that equals the escaped text."""

Render = Callable[[Sequence[Stored]], Awaitable[Sequence[str | None]]]
"""Returns the HTML of each text anew, or None if it equals the escaped text."""


class Texts:
    """The rows of a table with `text` and `html`. `keys` are the fields of its primary key, numbers
    above 0, `wanted` the condition for rows that have a text."""

    def __init__(
        self,
        model: type[Base],
        *keys: peewee.Field,
        text: peewee.Field,
        html: peewee.Field,
        wanted: peewee.Expression,
    ) -> None:
        self._model = model
        self._keys = keys
        self._text = text
        self._html = html
        self._wanted = wanted

    async def count(self) -> int:
        return int(await self._model.select().where(self._wanted).aio_count())

    async def render_anew(self, database: AioDatabase, render: Render, done: Callable[[int], None]) -> int:
        """Renders all texts, in the order of the key, and stores what has changed. `done` is called
        with the number of rows of each step. Returns how many have changed.

        It may be stopped at any moment and begun again. A text that is edited meanwhile keeps its
        new HTML."""
        last = tuple(0 for _ in self._keys)
        changed = 0
        while rows := await self._read_after(last):
            last = rows[-1][: len(self._keys)]
            rendered = await render([row[-2:] for row in rows])
            stale = [(row, html) for row, html in zip(rows, rendered, strict=True) if html != row[-1]]
            if stale:
                async with database.aio_atomic():
                    for row, html in stale:
                        changed += await self._store(row[: len(self._keys)], row[-2], html)
            done(len(rows))
        return changed

    async def _read_after(self, last: tuple[int, ...]) -> list[tuple[Any, ...]]:
        query = self._model.select(*self._keys, self._text, self._html)
        query = query.where(self._wanted, Tuple(*self._keys) > Tuple(*last))
        return list(await query.order_by(*self._keys).limit(ROWS_AT_ONCE).tuples().aio_execute())

    async def _store(self, key: tuple[Any, ...], text: str, html: str | None) -> int:
        is_row = [field == value for field, value in zip(self._keys, key, strict=True)]
        query = self._model.update({self._html: html}).where(*is_row, self._text == text)
        return int(await query.aio_execute())


Source = Callable[[AioDatabase, Renderer], Sequence[tuple[Texts, Render]]]
"""Returns the texts of a part of the site, and how they are rendered."""


async def render_all(url: str, *sources: Source) -> None:
    """Renders the texts of a database anew, and says how far it is."""
    database, renderer = open_database(url), Renderer()
    try:
        parts = [part for source in sources for part in source(database, renderer)]
        total = sum([await texts.count() for texts, _ in parts])
        changed = 0
        with Progress("texts rendered", total) as progress:
            for texts, render in parts:
                changed += await texts.render_anew(database, render, progress.step)
        say(f"{total} text{'s' if total != 1 else ''} rendered, of which {changed} changed.")
    finally:
        await renderer.close()
        await database.aio_close()
