"""The statements of the journal's transactions: they lock, read and update rooms, or store drafts
directly (chat/history/writing/direct.py) where the authors' standings are remembered."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from peewee_async.databases import AioDatabase

from chat.drafts import Draft, KnownNonce
from chat.events import Receipt
from chat.history.access import BLOCKED, MODES, TIMEOUT
from chat.history.lines import Line, counted_mentions
from chat.history.writing.direct import LINE, DirectStatements
from chat.history.writing.transaction import RoomTransaction
from chat.models import MODE_COLUMNS, modes_of
from chat.roles import STRANGER, Past, Role, Standing
from helpers.db.bulk import Bulk
from helpers.db.statement import Statement
from helpers.db.transactions import ShortTransaction

MAX_REMEMBERED = 2000
"""Rooms. A room that was dropped is read again."""

MAX_STANDINGS = 2000
"""Remembered for one room."""

_MODES = len(MODE_COLUMNS)


@dataclass
class _Remembered:
    """The standings of a room's recent authors, as of the room's `seq`."""

    seq: int
    standings: dict[int, Standing] = field(default_factory=dict)


class HistoryStatements:
    """Stores posts and changes, in one of two ways.

    Locked: `open` locks the rooms and reads them, `close` writes. Two round trips, for any entry.

    Directly: `store` numbers and writes drafts by one statement, in one round trip, where all
    authors have a remembered standing that lets them post. The statement has two conditions: no
    standing in the room has changed since (`Room.standings_seq`), and each post that is answered is
    there."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._remembered: dict[int, _Remembered] = {}
        self._clock_ahead = 0.0
        """How many milliseconds the database's clock is ahead of this process's monotonic clock."""
        self._lock = Bulk(
            database,
            f"""
            SELECT room.id, room.name, room.topic, room.kind, room.last_seq, room.posts, room.standings_seq,
                room.cleared_seq, room.cleared_number, room.kept_seq, room.kept_number,
                {{now_ms}}, {MODES}
            FROM {{given}} JOIN rooms AS room ON room.id = given.id
            ORDER BY room.id FOR UPDATE OF room""",  # noqa: S608 - words of our own
            given={"id": "bigint"},
        )
        self._standings = Bulk(
            database,
            f"""
            SELECT member.room_id, member.user_id, member.role,
                (SELECT users.is_admin FROM users WHERE users.id = member.user_id), {BLOCKED}, {TIMEOUT},
                member.first_seq, member.hidden_number
            FROM {{given}} JOIN members AS member ON member.room_id = given.room_id
                AND member.user_id = given.user_id""",  # noqa: S608 - words of our own
            given={"room_id": "bigint", "user_id": "bigint"},
        )
        self._nonces = Bulk(
            database,
            """
            SELECT line.author_id, line.nonce, line.room_id, line.kind, line.text, line.seq, line.number
            FROM {given} JOIN messages AS line ON line.author_id = given.author_id
                AND line.nonce = given.nonce""",
            given={"author_id": "bigint", "nonce": "text"},
        )
        self._insert_lines = Bulk(
            database,
            """
            INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, target_id, nonce, text,
                html, at, reply_to, mentions, files)
            SELECT room_id, seq, seq, number, kind, author_id, target_id, nonce, text, html, at, reply_to,
                mentions, files FROM {lines}""",
            lines={
                **LINE,
                "seq": "bigint",
                "number": "bigint",
                "target_id": "bigint",
                "reply_to": "bigint",
                "mentions": "text",
                "files": "text",
            },
        )
        self._insert_mentions = Bulk(
            database,
            "INSERT INTO mentions (room_id, number, user_id) SELECT room_id, number, user_id FROM {mentions}",
            mentions={"room_id": "bigint", "number": "bigint", "user_id": "bigint"},
        )
        self._update_counters = Bulk(
            database,
            """
            UPDATE rooms SET last_seq = given.last_seq, posts = given.posts, standings_seq =
                given.standings_seq,
                cleared_seq = given.cleared_seq, cleared_number = given.cleared_number
            FROM {given} WHERE rooms.id = given.id""",
            given=dict.fromkeys(
                ("id", "last_seq", "posts", "standings_seq", "cleared_seq", "cleared_number"), "bigint"
            ),
        )
        self._direct = DirectStatements(database)

    async def open(
        self, transaction: ShortTransaction, standings: set[tuple[int, int]], nonces: set[tuple[int, str]]
    ) -> tuple[dict[int, RoomTransaction], dict[tuple[int, str], KnownNonce]]:
        """Begins the transaction: locks the rooms, and reads the standing of each (room id, user
        id) and what is stored under each (author id, nonce).

        Rooms are locked in the order of their ids, so that no two batches deadlock. Everything else
        is read after the locks are held."""
        room_rows, standing_rows, nonce_rows = await transaction.begin(
            self._lock.bind(sorted({(room_id,) for room_id, _ in standings})),
            self._standings.bind(sorted(standings)),
            self._nonces.bind(sorted(nonces)),
        )
        rooms = {row[0]: RoomTransaction(*(*row[:-_MODES], modes_of(*row[-_MODES:]))) for row in room_rows}
        for room_id, user_id in standings:
            if room_id in rooms:
                rooms[room_id].standings[user_id] = STRANGER
        for room_id, user_id, role, is_admin, is_blocked, timeout_until, *joined in standing_rows:
            room = rooms[room_id]
            room.standings[user_id] = Standing(
                *(Role(role), bool(is_admin), room.kind, bool(is_blocked)),
                *(room.modes, timeout_until, Past(*joined)),
            )
        known = {
            (author_id, nonce): KnownNonce(room_id, kind, text, Receipt(nonce, seq, number))
            for author_id, nonce, room_id, kind, text, seq, number in nonce_rows
        }
        for room in rooms.values():
            self._clock_ahead = room.at - time.monotonic() * 1000
        return rooms, known

    async def close(self, transaction: ShortTransaction, rooms: dict[int, RoomTransaction]) -> None:
        """Commits the transactions of all rooms at once: first the other writes of the actions,
        then the lines by one statement, the counters by another, and last the changes of posts,
        which may be among these lines."""
        writes, amendments = [], []
        for room in rooms.values():
            if room.writes and not room.lines:
                raise RuntimeError("an action changed a room without recording it")
            writes += [Statement(*query.bind(self._database).sql()) for query in room.writes]
            amendments += [Statement(*query.bind(self._database).sql()) for query in room.amendments]
        changed = [room for room in rooms.values() if room.published]
        await transaction.commit(*writes, *self._write_statements(changed), *amendments)
        for room in rooms.values():
            self._remember(room)

    def _write_statements(self, rooms: list[RoomTransaction]) -> list[Statement]:
        if not rooms:
            return []
        lines = [
            (
                *(room.room_id, line.kind, line.author_id, line.nonce, line.text, line.html, line.at),
                *(line.seq, line.number, line.target_id, line.reply_to, line.mentioned_ids, line.files),
            )
            for room in rooms
            for line in room.lines
        ]
        counters = [
            (
                *(
                    room.room_id,
                    room.last_seq,
                    room.posts,
                    room.last_seq if room.writes else room.standings_seq,
                ),
                *(room.cleared_seq, room.cleared_number),
            )
            for room in rooms
        ]
        mentions = [
            (room.room_id, line.number, one.user_id)
            for room in rooms
            for line in room.lines
            for one in counted_mentions(line)
        ]
        return [
            *([self._insert_lines.bind(lines)] if lines else []),
            *([self._insert_mentions.bind(mentions)] if mentions else []),
            self._update_counters.bind(counters),
        ]

    def remembers(self, room_id: int, author_id: int, reply_to: int | None) -> bool:
        """Whether a remembered standing lets this author post in this room, and answer this post."""
        room = self._remembered.get(room_id)
        standing = room.standings.get(author_id) if room is not None else None
        if standing is None or not standing.posts_freely:
            return False
        return reply_to is None or reply_to > standing.past.hidden_number

    async def store(self, drafts: Mapping[int, list[Draft]]) -> dict[int, list[Line]]:
        """Stores drafts by room; all authors must be remembered. Returns the stored lines by room.

        A room is missing from the result in which a standing has changed since, or a post that is
        answered isn't there any more: nothing was stored there, and its standings are no longer
        remembered."""
        at = int(time.monotonic() * 1000 + self._clock_ahead)
        seqs = {room_id: self._remembered[room_id].seq for room_id in drafts}
        stored = await self._direct.store(drafts, seqs, at)
        for room_id in drafts:
            if room_id in stored:
                self._remembered[room_id].seq = stored[room_id][-1].seq
            else:
                del self._remembered[room_id]
        return stored

    def _remember(self, room: RoomTransaction) -> None:
        """Remembers the standings of a committed room, and the earlier ones that still hold."""
        before = self._remembered.pop(room.room_id, None)
        still_hold = before is not None and room.standings_seq <= before.seq
        is_known = still_hold and not room.changes_all_standings
        standings = before.standings if before is not None and is_known else {}
        standings |= room.standings
        if len(standings) > MAX_STANDINGS:
            standings = {}
        if len(self._remembered) >= MAX_REMEMBERED:
            # The room that was locked longest ago: remembering a room moves it to the end.
            del self._remembered[next(iter(self._remembered))]
        self._remembered[room.room_id] = _Remembered(room.last_seq, standings)
