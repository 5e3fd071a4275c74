"""Stores drafts by one statement and in one round trip, with whom they call and what they answer.

Who is a member is read by the same statement, and holds under the same condition as the authors'
standings: no standing in the room has changed since those were remembered. On PostgreSQL a
statement sees what was committed before it began, but rows that it locks as they are now. So it
locks the posts that are answered, after their rooms."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace
from peewee_async.databases import AioDatabase

from chat.drafts import Draft, Mentioned
from chat.history.lines import FILES_ALONE, MAX_QUOTE, Line, ids_of
from helpers.db.bulk import Bulk
from helpers.db.database import is_sqlite
from helpers.db.statement import Rows, Statement
from helpers.db.transactions import in_one_trip

LINE = {
    "room_id": "bigint",
    "kind": "text",
    "author_id": "bigint",
    "nonce": "text",
    "text": "text",
    "html": "text",
    "at": "bigint",
}
"""Columns of a line, and their types on PostgreSQL."""

_ROOM = {"id": "bigint", "seq": "bigint", "drafts": "bigint", "answers": "bigint"}
_STEP = {**LINE, "step": "bigint", "reply_to": "bigint"}
_ANSWER = {"room_id": "bigint", "step": "bigint", "author_id": "bigint", "number": "bigint"}
_NAMED = {
    "room_id": "bigint",
    "step": "bigint",
    "author_id": "bigint",
    "place": "bigint",
    "user_id": "bigint",
}

_LOCKED = """
    SELECT room.id, room.last_seq, room.posts, room.cleared_number, given.drafts, given.answers
        FROM given JOIN rooms AS room ON room.id = given.id
    WHERE room.standings_seq <= given.seq ORDER BY room.id"""

# Looked up person by person: for a join PostgreSQL prefers to scan whole tables.
_CALLING = f"""
    WITH given AS MATERIALIZED (SELECT * FROM {{asked}}),
    locked AS MATERIALIZED ({_LOCKED} FOR UPDATE OF room),
    answered AS MATERIALIZED (
        SELECT answers.room_id, answers.step, answers.author_id, post.author_id AS answered_id,
            CASE WHEN post.text = '' THEN '{FILES_ALONE}' || post.files
                ELSE SUBSTR(post.text, 1, {4 * MAX_QUOTE}) END AS text
        FROM {{answers}} JOIN locked ON locked.id = answers.room_id
        JOIN messages AS post ON post.room_id = answers.room_id AND post.number = answers.number
        WHERE post.number > locked.cleared_number AND post.number <= locked.posts
            AND post.deleted_at IS NULL FOR SHARE OF post),
    counts AS (SELECT room_id, COUNT(*) AS found FROM answered GROUP BY room_id),
    taken AS MATERIALIZED (
        SELECT locked.id, locked.last_seq, locked.posts, locked.drafts
        FROM locked LEFT JOIN counts ON counts.room_id = locked.id
        WHERE locked.answers = COALESCE(counts.found, 0)),
    candidates AS (
        SELECT room_id, step, author_id, place, user_id FROM {{named}}
        UNION ALL SELECT room_id, step, author_id, 1000, answered_id FROM answered),
    called AS MATERIALIZED (
        SELECT one.room_id, one.step, one.user_id, MIN(one.place) AS place
        FROM candidates AS one JOIN taken ON taken.id = one.room_id
        WHERE one.user_id <> one.author_id
            AND (SELECT 1 FROM members WHERE members.room_id = one.room_id
                AND members.user_id = one.user_id) IS NOT NULL
            AND (SELECT 1 FROM blocks WHERE blocker_id = one.author_id
                AND blocked_id = one.user_id) IS NULL
            AND (SELECT 1 FROM blocks WHERE blocker_id = one.user_id
                AND blocked_id = one.author_id) IS NULL
        GROUP BY one.room_id, one.step, one.user_id),
    listed AS (
        SELECT DISTINCT room_id, step, LISTING OVER (PARTITION BY room_id, step ORDER BY place
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS user_ids FROM called)"""  # noqa: S608 - words of our own

_COUNT = """
    UPDATE rooms SET last_seq = taken.last_seq + taken.drafts, posts = taken.posts + taken.drafts
    FROM taken WHERE rooms.id = taken.id"""

_INSERT = """
    INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, html, at, reply_to,
        mentions)
    SELECT lines.room_id, last_seq + lines.step, last_seq + lines.step, posts + lines.step, kind, author_id,
        nonce, text, html, at, reply_to, listed.user_ids
    FROM {lines} JOIN taken ON taken.id = lines.room_id
    LEFT JOIN listed ON listed.room_id = lines.room_id AND listed.step = lines.step"""

_MENTION = """
    INSERT INTO mentions (room_id, number, user_id)
    SELECT called.room_id, taken.posts + called.step, called.user_id
    FROM called JOIN taken ON taken.id = called.room_id"""

_ROOM_ROW, _CALL_ROW, _ANSWER_ROW = range(3)
_FOUND = f"""
    SELECT {_ROOM_ROW}, id, last_seq + drafts, posts + drafts, 0, '', '' FROM taken
    UNION ALL SELECT {_CALL_ROW}, room_id, step, user_id, place, '', '' FROM called
    UNION ALL SELECT {_ANSWER_ROW}, room_id, step, answered_id, 0, COALESCE(
        (SELECT name FROM users WHERE users.id = answered_id), '?'), text FROM answered"""  # noqa: S608

_Table = list[tuple[Any, ...]]


class DirectStatements:
    """Most batches call nobody and answer nothing; for them there are shorter statements."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._plain = _plain_on_sqlite(database) if is_sqlite(database) else _plain_on_postgresql(database)
        self._calling = (
            _calling_on_sqlite(database) if is_sqlite(database) else _calling_on_postgresql(database)
        )

    async def store(
        self, drafts: Mapping[int, list[Draft]], seqs: Mapping[int, int], at: int
    ) -> dict[int, list[Line]]:
        """Stores drafts by room, where no standing has changed since the room's seq in `seqs`, and
        all posts that are answered are there. Returns the lines of those rooms."""
        rooms: _Table = []
        lines: _Table = []
        answers: _Table = []
        named: _Table = []
        for room_id in sorted(drafts):
            answered_before = len(answers)
            for step, draft in enumerate(drafts[room_id], 1):
                author_id = draft.author.id
                content = (draft.kind, author_id, draft.nonce, draft.text, draft.html, at)
                lines.append((room_id, *content, step, draft.reply_to))
                if draft.reply_to is not None:
                    answers.append((room_id, step, author_id, draft.reply_to))
                for place, one in enumerate(draft.mentions):
                    named.append((room_id, step, author_id, place, one.user_id))
            answer_count = len(answers) - answered_before
            rooms.append((room_id, seqs[room_id], len(drafts[room_id]), answer_count))
        statements = (
            self._calling(rooms, answers, named, lines) if answers or named else self._plain(rooms, lines)
        )
        found = await in_one_trip(self._database, *statements)
        return _lines(drafts, [row for rows in found for row in rows], at)


def _lines(drafts: Mapping[int, list[Draft]], found: Rows, at: int) -> dict[int, list[Line]]:
    """The stored lines by room. `found` are the rows of _FOUND."""
    ends: dict[int, tuple[int, int]] = {}
    calls: dict[tuple[int, int], list[tuple[int, int]]] = {}
    answered: dict[tuple[int, int], tuple[int, str, str]] = {}
    for kind, room_id, first, second, place, name, text in found:
        if kind == _ROOM_ROW:
            ends[room_id] = first, second
        elif kind == _CALL_ROW:
            calls.setdefault((room_id, first), []).append((place, second))
        else:
            answered[room_id, first] = second, name, text
    stored: dict[int, list[Line]] = {}
    for room_id, (last_seq, posts) in ends.items():
        seq, number = last_seq - len(drafts[room_id]), posts - len(drafts[room_id])
        lines = stored[room_id] = []
        for step, draft in enumerate(drafts[room_id], 1):
            line = _line(draft, seq + step, number + step, at)
            if draft.reply_to is not None or draft.mentions:
                called = [user_id for _, user_id in sorted(calls.get((room_id, step), ()))]
                line = _calling_line(line, draft, called, answered.get((room_id, step)))
            lines.append(line)
    return stored


def _line(draft: Draft, seq: int, number: int, at: int) -> Line:
    author = draft.author
    return Line(
        seq, number, draft.kind, author.id, author.name, None, None, draft.nonce, draft.text, draft.html, at
    )


def _calling_line(line: Line, draft: Draft, called: list[int], answered: tuple[int, str, str] | None) -> Line:
    """The line with whom it calls, and with the author and the text of the post that it answers."""
    people = {one.user_id: one for one in draft.mentions}
    if answered is not None:
        author_id, author, text = answered
        people.setdefault(author_id, Mentioned(author_id, author))
        line = replace(line, reply_to=draft.reply_to, quoted_author=author, quoted_text=text)
    mentions = tuple(people[user_id] for user_id in called)
    return replace(line, mentions=mentions, mentioned_ids=ids_of(mentions))


_Plain = Callable[[_Table, _Table], list[Statement]]
_Calling = Callable[[_Table, _Table, _Table, _Table], list[Statement]]


def _plain_on_postgresql(database: AioDatabase) -> _Plain:
    # The rooms are locked in the order of their ids. Both other parts see the values that the lock
    # returned.
    store = Bulk(
        database,
        f"""
        WITH given AS MATERIALIZED (SELECT * FROM {{asked}}),
        taken AS MATERIALIZED ({_LOCKED} FOR UPDATE OF room),
        counted AS ({_COUNT}),
        inserted AS (
            INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, html, at)
            SELECT room_id, last_seq + step, last_seq + step, posts + step, kind, author_id, nonce, text,
                html, at
            FROM {{lines}} JOIN taken ON taken.id = lines.room_id)
        SELECT {_ROOM_ROW}, id, last_seq + drafts, posts + drafts, 0, '', '' FROM taken""",  # noqa: S608
        asked=_ROOM,
        lines=_STEP,
    )
    return lambda rooms, lines: [store.bind(rooms, lines)]


def _calling_on_postgresql(database: AioDatabase) -> _Calling:
    calling = _CALLING.replace("LISTING", "STRING_AGG(user_id::text, ',')")
    store = Bulk(
        database,
        f"{calling}, counted AS ({_COUNT}), inserted AS ({_INSERT}), mentioned AS ({_MENTION}) {_FOUND}",
        asked=_ROOM,
        answers=_ANSWER,
        named=_NAMED,
        lines=_STEP,
    )
    return lambda rooms, answers, named, lines: [store.bind(rooms, answers, named, lines)]


def _plain_on_sqlite(database: AioDatabase) -> _Plain:
    # SQLite has one writer, and no statement that writes to two tables.
    insert = Bulk(
        database,
        """
        INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, html, at)
        SELECT room_id, last_seq + step, last_seq + step, posts + step, lines.kind, author_id, nonce, text,
            html, at
        FROM {lines} JOIN {given} ON given.id = lines.room_id
        JOIN rooms AS room ON room.id = given.id AND room.standings_seq <= given.seq""",
        lines=_STEP,
        given=_ROOM,
    )
    count = Bulk(
        database,
        f"""
        UPDATE rooms SET last_seq = last_seq + given.drafts, posts = posts + given.drafts
        FROM {{given}} WHERE rooms.id = given.id
            AND rooms.standings_seq <= given.seq
        RETURNING {_ROOM_ROW}, rooms.id, last_seq, posts, 0, '', ''""",  # noqa: S608
        given=_ROOM,
    )
    return lambda rooms, lines: [insert.bind(lines, rooms), count.bind(rooms)]


def _calling_on_sqlite(database: AioDatabase) -> _Calling:
    # Each statement finds the same: the rooms are counted last, and what was inserted has numbers
    # above their posts.
    calling = _CALLING.replace("LISTING", "GROUP_CONCAT(user_id)")
    tables = {"asked": _ROOM, "answers": _ANSWER, "named": _NAMED}
    insert = Bulk(database, f"{calling} {_INSERT}", **tables, lines=_STEP)
    others = [Bulk(database, f"{calling} {part}", **tables) for part in (_MENTION, _FOUND, _COUNT)]
    return lambda rooms, answers, named, lines: [
        insert.bind(rooms, answers, named, lines),
        *(other.bind(rooms, answers, named) for other in others),
    ]
