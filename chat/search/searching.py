"""One question after the other to the index: whose, how many at once, and what it costs."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo

from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.history.access import RoomAccessReader
from chat.search.index import NEWEST_ID, Reader, SearchIndex
from chat.search.query import Question, read_question, wanted_of
from chat.search.results import Result, results_of
from chat.search.stems import NONE, Stems
from helpers.errors import too_fast
from helpers.limits import Limiter, Rule
from helpers.turns import Turns

PAGE = 20

SEARCHES = Rule("searches", rate=3.0, burst=30.0)
"""Of one person: each letter typed may be a search."""

AT_ONCE = 3
"""Searches of one process. Further ones wait: they leave connections to the database free for posts."""


@dataclass
class Answer:
    """A page of results. `cursor` goes on from there, where there is more to be looked at."""

    question: Question
    results: list[Result] = field(default_factory=list)
    cursor: int | None = None


class Search:
    """The search of one process."""

    def __init__(
        self, database: AioDatabase, access: RoomAccessReader, limiter: Limiter, language: str = NONE
    ) -> None:
        self._index = SearchIndex(database)
        self._stems = Stems(database, language)
        self._access = access
        self._limiter = limiter
        self._own = Turns(1)
        self._all = Turns(AT_ONCE)

    async def find(
        self, reader: User, text: str, before: int = NEWEST_ID, zone: tzinfo = UTC, most: int = PAGE
    ) -> Answer:
        """Raises ActionError for what can't be read, and for too many searches."""
        question = read_question(text, _today(zone))
        if question.is_empty:
            return Answer(question)
        if wait := await self._limiter.take(SEARCHES, str(reader.id)):
            raise too_fast(wait)
        async with self._own.turn(reader.id), self._all.turn(None):
            wanted = await wanted_of(question, reader, self._access, zone)
            if wanted is None:
                return Answer(question)
            wanted = replace(wanted, terms=await self._stems.with_stems(wanted.terms))
            found = await self._index.find(Reader(reader.id, reader.is_admin), wanted, most, before)
            return Answer(question, await results_of(found, wanted, reader), found.cursor)


def _today(zone: tzinfo) -> date:
    return datetime.now(zone).date()
