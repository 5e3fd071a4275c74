"""Stems of words, for a site that has set its language: `runs` is found by `running`. PostgreSQL makes
them; the index has them among a post's tokens, marked so that nobody asks for them by name. SQLite has
none."""

import logging
import re
from dataclasses import replace

from peewee_async.databases import AioDatabase

from accounts.models import SiteFact
from chat.history.lines import file_views
from chat.search.index import Term
from chat.search.words import MAX_TOKENS
from helpers.db.database import fetch, is_sqlite
from helpers.markup.plain_text import strip_markup

log = logging.getLogger("aiochat.search")

NONE = "simple"
MARK = "~"
BUILT = "search_language"
"""The fact of the site that tells for which language the index is built: that language; with an id after
it, as long as lines above that id are still to be looked at."""

LINES_AT_ONCE = 100

_WORD = re.compile(r"\w{2,}")

_STEMS = """
    SELECT array_to_string(tsvector_to_array(to_tsvector(%s::regconfig, given.text)), ' ')
    FROM unnest(%s::text[]) WITH ORDINALITY AS given(text, place) ORDER BY given.place"""
_NEXT = f"""
    SELECT line.id, line.tokens, post.text, post.files FROM search_lines AS line
    JOIN messages AS post ON post.room_id = line.room_id AND post.seq = line.seq
    WHERE line.id > %s ORDER BY line.id LIMIT {LINES_AT_ONCE}"""  # noqa: S608 - our own number

_CHANGE = """
    UPDATE search_lines AS line SET tokens = given.tokens
    FROM unnest(%s::bigint[], %s::text[]) AS given(id, tokens) WHERE line.id = given.id"""


def with_names(text: str, files: str | None) -> str:
    """A post is found by the names and descriptions of its files, too."""
    if files is None:
        return text
    named = [part for file in file_views(files) for part in (file.name, file.description) if part]
    return "\n".join([text, *named])


class Stems:
    """`language` is one of settings.SearchLanguage."""

    def __init__(self, database: AioDatabase, language: str) -> None:
        self._database = database
        self._language = NONE if is_sqlite(database) else language
        if language != self._language:
            log.warning("AIOCHAT_SEARCH_LANGUAGE has no effect on SQLite, which knows no stems")

    @property
    def is_on(self) -> bool:
        return self._language != NONE

    async def of(self, texts: list[str]) -> list[list[str]]:
        """The marked stems in each text, as it was typed."""
        if not self.is_on or not texts:
            return [[] for _ in texts]
        plain = [strip_markup(text).lower() for text in texts]
        rows = await fetch(self._database, _STEMS, self._language, plain)
        return [
            [f"{MARK}{stem}" for stem in (found or "").split(" ") if _WORD.fullmatch(stem)][:MAX_TOKENS]
            for (found,) in rows
        ]

    async def with_stems(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        """A word that has one stem is found by that, too."""
        if not self.is_on:
            return terms
        stems = await self.of([term.typed for term in terms])
        return tuple(
            replace(term, stems=tuple(found)) if term.typed and len(found) == 1 else term
            for term, found in zip(terms, stems, strict=True)
        )

    async def rebuild_some(self) -> bool:
        """Gives the next lines that were indexed for another language, or for none, the stems of this one.
        Call it in a transaction. Returns whether there may be more: the site remembers where it is."""
        language, _, reached = (await self._built()).partition(" ")
        if language == self._language and not reached:
            return False
        after = int(reached or -1) if language == self._language else -1
        rows = [] if is_sqlite(self._database) else await fetch(self._database, _NEXT, after)
        if language != self._language:
            log.info("the index of the search is rebuilt for the language %s", self._language)
        stems = await self.of([with_names(text, files) for _, _, text, files in rows])
        changed: dict[int, str] = {}
        for (line_id, tokens, *_), found in zip(rows, stems, strict=True):
            own = [token for token in tokens.split() if not token.startswith(MARK)]
            if (now := " ".join([*own, *found])) != tokens:
                changed[line_id] = now
        if changed:
            await fetch(self._database, _CHANGE, list(changed), list(changed.values()))
        is_more = len(rows) == LINES_AT_ONCE
        await self._note(f"{self._language} {rows[-1][0]}" if is_more else self._language)
        if not is_more:
            log.info("the index of the search is rebuilt")
        return is_more

    async def _built(self) -> str:
        found = await SiteFact.aio_get_or_none(SiteFact.name == BUILT)
        return str(found.value) if found is not None else NONE

    async def _note(self, value: str) -> None:
        row = {"name": BUILT, "value": value}
        change = {SiteFact.value: value}
        await SiteFact.insert(row).on_conflict(conflict_target=[SiteFact.name], update=change).aio_execute()
