"""The index of posts: what is stored, and how what a question asks for is found in it, the newest
first.

A post is in the index a moment after it was written. Whether somebody may see it is asked when it is
found, of the tables of rooms themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee_async.databases import AioDatabase

from chat.roles import Role
from chat.search.words import LEAST, UNSPACED, is_unspaced, is_word
from helpers.db.bulk import DATABASE_NOW_MS
from helpers.db.database import fetch, is_sqlite
from helpers.text.folding import folded_letters

IDS_PER_MS = 1000
"""`search_lines.id` is the time in milliseconds since 1970, times this, and a number of its own."""

NEWEST_ID = 2**62

FIRST_WALK = 2000
"""The newest posts that are looked at one by one, before the index is asked: what is common is
among them."""

MOST_MATCHES = 5000
"""Posts that the index finds, of which the newest are looked for. Of what is more common, posts are
looked at one by one."""

FEW_MATCHES = 500

NEAR = 3
"""As many among the first, and the page is mostly full within WALK posts."""

WALK = 20_000
MOST_WALKS = 5
"""Posts looked at one by one in one statement, and statements for one question. The next question
goes on there."""


_IN_ORDER = "SELECT " + ", ".join(
    f"set_config('{name}', 'off', TRUE)" for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
)
"""For one transaction of PostgreSQL. Its planner knows little of how common a part of a word is: it
might read the whole table, and join all that was found before it takes the newest. Nested loops keep
the order, and end with the page."""


@dataclass(frozen=True)
class Term:
    """A word or phrase, folded."""

    text: str
    is_excluded: bool = False
    typed: str = field(default="", compare=False)
    """A single word as it was typed, of which there are stems."""
    stems: tuple[str, ...] = field(default=(), compare=False)


PICTURE = '%"type":"image/%'
"""Message.files of a post with a picture."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for. `after` and `before` bound the time, in milliseconds since 1970: from, and
    until but without."""

    terms: tuple[Term, ...] = ()
    author_id: int | None = None
    room_id: int | None = None
    after: int | None = None
    before: int | None = None
    has_link: bool = False
    is_pinned: bool = False
    is_reply: bool = False
    has_file: bool = False
    has_picture: bool = False

    @property
    def found_terms(self) -> list[str]:
        return [term.text for term in self.terms if not term.is_excluded]

    @property
    def marked_terms(self) -> list[str]:
        """What is marked in what was found: the words, and the stems of others like them."""
        stems = [stem[1:] for term in self.terms if not term.is_excluded for stem in term.stems]
        return [*self.found_terms, *map(folded_letters, stems)]


@dataclass(frozen=True)
class Reader:
    """Who asks. An administrator reads all of the rooms that they are in."""

    id: int
    is_admin: bool = False


@dataclass(frozen=True)
class Hit:
    id: int
    room_id: int
    seq: int


@dataclass
class Found:
    """`hits`, the newest first. `cursor` is the id before which the search goes on; None where there
    is no more."""

    hits: list[Hit] = field(default_factory=list)
    cursor: int | None = None


@dataclass
class _Sql:
    """A part of a statement, and its parameters."""

    text: str = ""
    params: list[Any] = field(default_factory=list)

    def add(self, text: str, *params: Any) -> None:
        self.text += text
        self.params += params


class SearchIndex:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._is_sqlite = is_sqlite(database)

    async def find(self, reader: Reader, wanted: Wanted, most: int, before: int = NEWEST_ID) -> Found:
        """At most `most` posts that the reader may see, of ids below `before`. There may be fewer, with a
        cursor: then many posts were looked at in vain."""
        if wanted.before is not None:
            before = min(before, wanted.before * IDS_PER_MS)
        if self._is_sqlite:
            return await self._find(reader, wanted, most, before)
        async with self._database.aio_atomic():
            await fetch(self._database, _IN_ORDER)
            return await self._find(reader, wanted, most, before)

    async def _find(self, reader: Reader, wanted: Wanted, most: int, before: int) -> Found:
        hits = await self._walk(reader, wanted, before, FIRST_WALK, most + 1)
        if len(hits) > most:
            return _page(hits, most)
        reached = await self._reached(wanted, before, FIRST_WALK, hits)
        if reached is None:
            return Found(hits)
        walks = MOST_WALKS
        if self._asks_index(wanted):
            if not self._is_sqlite and len(hits) >= NEAR:
                # The rest isn't far: this index would look at all that it finds.
                hits += await self._walk(reader, wanted, reached, WALK, most + 1 - len(hits))
                walks -= 1
                further = None if len(hits) > most else await self._reached(wanted, reached, WALK, hits)
                if further is None:
                    return _page(hits, most)
                reached = further
            matched = await self._by_index(reader, wanted, reached, hits, most)
            if matched is not None:
                return matched
        for _ in range(walks):
            hits += await self._walk(reader, wanted, reached, WALK, most + 1 - len(hits))
            if len(hits) > most:
                return _page(hits, most)
            further = await self._reached(wanted, reached, WALK, hits)
            if further is None:
                return Found(hits)
            reached = further
        return Found(hits, reached)

    async def _walk(self, reader: Reader, wanted: Wanted, before: int, rows: int, most: int) -> list[Hit]:
        """Looks at that many posts one by one."""
        sql = _Sql("SELECT line.id, line.room_id, line.seq FROM (SELECT * FROM search_lines AS line WHERE ")
        self._add_range(sql, wanted, before)
        sql.add(f" ORDER BY id DESC LIMIT {rows}) AS line")
        self._add_visible(sql, reader, wanted)
        self._add_terms(sql, wanted.terms)
        sql.add(f" ORDER BY line.id DESC LIMIT {most}")
        return [Hit(*row) for row in await self._rows(sql)]

    async def _reached(self, wanted: Wanted, before: int, rows: int, hits: list[Hit]) -> int | None:
        """The id that a walk has reached, which found the last of the hits; None where it came to the end."""
        sql = _Sql("SELECT COUNT(*), MIN(id) FROM (SELECT id FROM search_lines AS line WHERE ")
        self._add_range(sql, wanted, before)
        sql.add(f" ORDER BY id DESC LIMIT {rows}) AS line")
        ((count, least),) = await self._rows(sql)
        # What was indexed since the walk counts as well: the search must not turn back behind what it has.
        return min([least, *(hit.id for hit in hits[-1:])]) if count == rows else None

    def _asks_index(self, wanted: Wanted) -> bool:
        return any(not term.is_excluded and _is_indexed(term.text) for term in wanted.terms)

    async def _by_index(
        self, reader: Reader, wanted: Wanted, before: int, hits: list[Hit], most: int
    ) -> Found | None:
        """Adds the newest posts by the index to these; None where it finds too many to look for the
        newest."""
        if not self._is_sqlite:
            # It gives them in no order.
            further, _, many = await self._matches(
                reader, wanted, before, most + 1 - len(hits), MOST_MATCHES + 1
            )
            return _page([*hits, *further], most) if many <= MOST_MATCHES else None
        # This index gives the newest first. Mostly the first of them are enough.
        found = list(hits)
        for rows in (FEW_MATCHES, WALK):
            further, least, many = await self._matches(reader, wanted, before, most + 1 - len(found), rows)
            found += further
            if len(found) > most or many < rows:
                return _page(found, most)
            before = least
        return Found(found, before)

    async def _matches(
        self, reader: Reader, wanted: Wanted, before: int, most: int, rows: int
    ) -> tuple[list[Hit], int, int]:
        """Of at most `rows` posts that the index gives the newest that the reader may see. Returns also the
        least id among all, and how many they are."""
        sql = _Sql("WITH matched AS MATERIALIZED (")
        if self._is_sqlite:
            sql.add("SELECT rowid AS id FROM search_text WHERE search_text MATCH ? AND rowid < ?")
            sql.add(f" ORDER BY rowid DESC LIMIT {rows}", _match(wanted.terms), before)
        else:
            sql.add("SELECT line.id FROM search_lines AS line WHERE line.id + 0 < %s", before)
            self._add_filters(sql, wanted, " + 0")
            self._add_terms(sql, wanted.terms, by_index=True)
            sql.add(f" LIMIT {rows}")
        sql.add("), counted AS (SELECT COUNT(*) AS many, MIN(id) AS least FROM matched)")
        sql.add(", hits AS (SELECT line.id, line.room_id, line.seq")
        sql.add(" FROM (SELECT id FROM matched ORDER BY id DESC) AS newest")
        # Of CROSS JOIN SQLite keeps the order.
        join = "CROSS JOIN" if self._is_sqlite else "JOIN"
        sql.add(f" {join} search_lines AS line ON line.id = newest.id")
        self._add_visible(sql, reader, wanted)
        if self._is_sqlite:
            self._add_filters(sql, wanted, " + 0")
            self._add_terms(sql, wanted.terms)
        sql.add(f" ORDER BY newest.id DESC LIMIT {most})")
        sql.add(" SELECT counted.many, counted.least, hits.id, hits.room_id, hits.seq")
        sql.add(" FROM counted LEFT JOIN hits ON TRUE ORDER BY hits.id DESC")
        found = await self._rows(sql)
        many, least = found[0][:2]
        return [Hit(*row[2:]) for row in found if row[2] is not None], least or 0, many

    def _add_range(self, sql: _Sql, wanted: Wanted, before: int) -> None:
        sql.add(f"line.id < {self._sign}", before)
        self._add_filters(sql, wanted, "")

    def _add_filters(self, sql: _Sql, wanted: Wanted, plain: str) -> None:
        """`plain` keeps an index of the column from being used."""
        if wanted.after is not None:
            sql.add(f" AND line.id{plain} >= {self._sign}", wanted.after * IDS_PER_MS)
        if wanted.room_id is not None:
            sql.add(f" AND line.room_id{plain} = {self._sign}", wanted.room_id)
        if wanted.author_id is not None:
            sql.add(f" AND line.author_id{plain} = {self._sign}", wanted.author_id)

    def _add_visible(self, sql: _Sql, reader: Reader, wanted: Wanted) -> None:
        """Joins what decides whether the reader may see a line, and begins the conditions."""
        reads_all = "TRUE" if reader.is_admin else "FALSE"
        sql.add(
            f"""
            JOIN rooms AS room ON room.id = line.room_id
            JOIN messages AS post ON post.room_id = line.room_id AND post.seq = line.seq
            WHERE post.deleted_at IS NULL AND line.seq >= room.cleared_seq AND (
                EXISTS (SELECT 1 FROM members AS member
                    WHERE member.room_id = line.room_id AND member.user_id = {self._sign}
                        AND (NOT room.hides_past OR member.role >= {Role.MODERATOR:d}
                            OR {reads_all} OR line.seq >= member.first_seq))
                OR (room.kind = 'open' AND NOT room.hides_past AND NOT EXISTS (SELECT 1 FROM kicks
                    WHERE kicks.room_id = line.room_id AND kicks.user_id = {self._sign}
                        AND kicks.until > {DATABASE_NOW_MS[self._is_sqlite]})))""",  # noqa: S608 - our own words
            *(reader.id, reader.id),
        )
        if wanted.has_link:
            sql.add(" AND line.has_link")
        if wanted.has_file:
            sql.add(" AND post.files IS NOT NULL")
        if wanted.has_picture:
            sql.add(f" AND post.files LIKE {self._sign}", PICTURE)
        if wanted.is_pinned:
            # Of so many posts each is looked at: not all that are pinned anywhere for each of them.
            sql.add(" AND CAST(post.pinned AS INTEGER) = 1")
        if wanted.is_reply:
            sql.add(" AND post.reply_to IS NOT NULL")

    def _add_terms(self, sql: _Sql, terms: Sequence[Term], *, by_index: bool = False) -> None:
        for term in terms:
            sql.add(" AND NOT (" if term.is_excluded else " AND (")
            for stem in term.stems:
                sql.add("line.words @@ %s::tsquery OR ", f"'{stem}'")
            if by_index and not term.is_excluded:
                self._add_indexed(sql, term.text)
            elif _is_token(term.text):
                self._add_holds(sql, "' ' || line.tokens || ' '", f" {term.text} ")
            else:
                self._add_holds(sql, "line.text", term.text)
            sql.add(")")

    def _add_holds(self, sql: _Sql, column: str, text: str) -> None:
        if self._is_sqlite:
            sql.add(f"instr({column}, ?) > 0", text)
        else:
            sql.add(f"strpos({column}, %s) > 0", text)

    def _add_indexed(self, sql: _Sql, text: str) -> None:
        """The same for PostgreSQL's indexes, which find a little too much."""
        if is_unspaced(text):
            lexemes = [text[place : place + 2] for place in range(max(1, len(text) - 1))]
            asked = " & ".join(f"'{lexeme}'" for lexeme in lexemes) if len(text) > 1 else f"'{text}':*"
            sql.add("line.words @@ %s::tsquery AND strpos(line.text, %s) > 0", asked, text)
        elif _is_token(text):
            sql.add("line.words @@ %s::tsquery", f"'{text}'")
        elif len(text) >= LEAST:
            escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            sql.add("line.text LIKE %s", f"%{escaped}%")
        else:
            sql.add("strpos(line.text, %s) > 0", text)

    @property
    def _sign(self) -> str:
        return "?" if self._is_sqlite else "%s"

    async def _rows(self, sql: _Sql) -> list[tuple[Any, ...]]:
        return await fetch(self._database, sql.text, *sql.params)


def _page(hits: list[Hit], most: int) -> Found:
    return Found(hits[:most], hits[most - 1].id if len(hits) > most else None)


def _is_token(text: str) -> bool:
    """Whether it is found as a whole word."""
    return len(text) < LEAST and is_word(text) and not UNSPACED.search(text)


def _is_indexed(text: str) -> bool:
    return len(text) >= LEAST or is_unspaced(text) or _is_token(text)


def _match(terms: Sequence[Term]) -> str:
    """The question to SQLite's index of trigrams."""
    parts = []
    for term in terms:
        if term.is_excluded or not _is_indexed(term.text):
            continue
        quoted = term.text.replace('"', '""')
        if len(term.text) >= LEAST:
            parts.append(f'text : "{quoted}"')
        elif is_unspaced(term.text) and len(term.text) == 1:
            parts.append(f'tokens : "  {quoted}"')
        else:
            parts.append(f'tokens : " {quoted} "')
    return " AND ".join(parts)
