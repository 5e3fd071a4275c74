"""The journal's transactions, as statements: rooms locked, read, written and counted; or, where they are remembered, written at once."""

import time
from collections.abc import Iterable
from typing import Any

from peewee_async.databases import AioDatabase

from chat.events import Receipt
from chat.ledger import KnownNonce, Ledger
from chat.roles import STRANGER, Permission, Role, Standing
from helpers.bulk import Bulk
from helpers.database import is_sqlite
from helpers.statement import Statement
from helpers.transactions import ShortTransaction, in_one_trip

MAX_REMEMBERED = 2000
"""Rooms. One that is forgotten is read again."""

MAX_STANDINGS = 2000
"""Remembered of one room."""

CONTENDED_SECONDS = 1.0
"""A room that another process wrote to as well is locked first for so long: guessing wrong costs a round trip."""

_LINE = {
    **{"room_id": "bigint", "seq": "bigint", "number": "bigint", "kind": "text", "author_id": "bigint"},
    **{"target_id": "bigint", "nonce": "text", "text": "text", "html": "text", "at": "bigint"},
}

_INSERT = """
    INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, target_id, nonce, text, html, at)
    SELECT room_id, seq, seq, number, kind, author_id, target_id, nonce, text, html, at FROM {lines}"""


class Ledgers:
    """Opens ledgers and closes them again, in one of two ways.

    Locked: `open` locks the rooms and reads them, `close` writes. Two round trips, for whatever is asked for.
    Remembered: a room's ledger is kept after its commit, and `reopen` goes on in it without reading. `close_at_once` writes, in one
    round trip, if the room's `last_seq` is still the remembered one. Since whatever changes a room takes a seq, nobody was removed from
    it, or wrote to it, meanwhile. In a room that only one process writes to, this is always so."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._remembered: dict[int, Ledger] = {}
        self._contended: dict[int, float] = {}
        self._clock_ahead = 0.0
        """Milliseconds by which the database's clock is ahead of this process's monotonic one."""
        self._lock = Bulk(
            database,
            """
            SELECT room.id, room.name, room.topic, room.kind, room.last_seq, room.posts, room.cleared_seq, room.cleared_number, {now_ms}
            FROM {given} JOIN rooms AS room ON room.id = given.id ORDER BY room.id FOR UPDATE OF room""",
            given={"id": "bigint"},
        )
        self._standings = Bulk(
            database,
            """
            SELECT member.room_id, member.user_id, member.role, member.present, users.is_admin
            FROM {given} JOIN members AS member ON member.room_id = given.room_id AND member.user_id = given.user_id
            JOIN users ON users.id = member.user_id""",
            given={"room_id": "bigint", "user_id": "bigint"},
        )
        self._nonces = Bulk(
            database,
            """
            SELECT line.author_id, line.nonce, line.room_id, line.kind, line.text, line.seq, line.number
            FROM {given} JOIN messages AS line ON line.author_id = given.author_id AND line.nonce = given.nonce""",
            given={"author_id": "bigint", "nonce": "text"},
        )
        self._insert = Bulk(database, _INSERT, lines=_LINE)
        self._count = Bulk(
            database,
            """
            UPDATE rooms SET last_seq = given.last_seq, posts = given.posts,
                cleared_seq = given.cleared_seq, cleared_number = given.cleared_number
            FROM {given} WHERE rooms.id = given.id""",
            given={"id": "bigint", "last_seq": "bigint", "posts": "bigint", "cleared_seq": "bigint", "cleared_number": "bigint"},
        )
        # Rooms are locked in the order of their ids here too.
        self._count_and_insert = Bulk(
            database,
            f"""
            WITH given AS MATERIALIZED (SELECT * FROM {{rooms}}),
            locked AS MATERIALIZED (
                SELECT room.id FROM given JOIN rooms AS room ON room.id = given.id
                WHERE room.last_seq = given.remembered_seq ORDER BY room.id FOR UPDATE OF room),
            counted AS (
                UPDATE rooms SET last_seq = given.last_seq, posts = given.posts FROM given JOIN locked ON locked.id = given.id
                WHERE rooms.id = given.id AND rooms.last_seq = given.remembered_seq RETURNING rooms.id),
            inserted AS ({_INSERT} JOIN counted ON counted.id = lines.room_id)
            SELECT id, {{now_ms}} FROM counted""",  # noqa: S608 - our own text alone
            rooms={"id": "bigint", "remembered_seq": "bigint", "last_seq": "bigint", "posts": "bigint"},
            lines=_LINE,
        )

    async def open(
        self, transaction: ShortTransaction, standings: set[tuple[int, int]], nonces: set[tuple[int, str]]
    ) -> tuple[dict[int, Ledger], dict[tuple[int, str], KnownNonce]]:
        """Begins: locks the rooms, and reads the standing of each (room id, user id) and what is stored under each (author id, nonce).

        Rooms are locked in the order of their ids, so that no two batches wait for each other; the rest is read when the locks are held."""
        room_rows, standing_rows, nonce_rows = await transaction.begin(
            self._lock.over(sorted({(room_id,) for room_id, _ in standings})),
            self._standings.over(sorted(standings)),
            self._nonces.over(sorted(nonces)),
        )
        ledgers = {row[0]: Ledger(*row) for row in room_rows}
        for room_id, user_id in standings:
            if room_id in ledgers:
                ledgers[room_id].standings[user_id] = STRANGER
        for room_id, user_id, role, present, is_admin in standing_rows:
            ledgers[room_id].standings[user_id] = Standing(Role(role), bool(present), bool(is_admin))
        known = {
            (author_id, nonce): KnownNonce(room_id, kind, text, Receipt(nonce, seq, number))
            for author_id, nonce, room_id, kind, text, seq, number in nonce_rows
        }
        for ledger in ledgers.values():
            self._set_clock(ledger.at)
            before = self._remembered.get(ledger.room_id)
            if before is not None and before.last_seq == ledger.last_seq:
                ledger.standings = before.standings | ledger.standings
        return ledgers, known

    async def close(self, transaction: ShortTransaction, ledgers: dict[int, Ledger]) -> None:
        """Commits what the ledgers hold: the lines by one statement, the counters by another, and the rest, which is rare, before them."""
        for ledger in ledgers.values():
            if ledger.writes and not ledger.lines:
                raise RuntimeError("a verb changed a room without recording it")
            for query in ledger.writes:
                await query.aio_execute()
        changed = [ledger for ledger in ledgers.values() if ledger.lines]
        await transaction.commit(*self._insert_then_count(changed))
        for ledger in ledgers.values():
            self._remember(ledger)

    def remembers(self, room_id: int, author_id: int) -> bool:
        """Is the room remembered, and that this person may post in it?"""
        ledger = self._remembered.get(room_id)
        standing = ledger.standings.get(author_id) if ledger is not None else None
        return standing is not None and standing.may(Permission.POST)

    def reopen(self, room_id: int) -> Ledger:
        """The remembered ledger. It is forgotten, until it is closed well."""
        ledger = self._remembered.pop(room_id)
        ledger.at = max(ledger.at, int(time.monotonic() * 1000 + self._clock_ahead))
        ledger.lines = []
        ledger.writes = []
        return ledger

    async def close_at_once(self, ledgers: dict[int, Ledger]) -> dict[int, Ledger]:
        """Commits the lines of reopened ledgers. Returns those whose rooms were as they were remembered; of the others nothing stays."""
        if is_sqlite(self._database):
            # One process writes. Should it remember wrongly all the same, a seq would stand twice, and the table refuses that.
            await in_one_trip(self._database, *self._insert_then_count([*ledgers.values()]))
            done = ledgers
        else:
            counters = [(ledger.room_id, ledger.lines[0].seq - 1, ledger.last_seq, ledger.posts) for _, ledger in sorted(ledgers.items())]
            (rows,) = await in_one_trip(self._database, self._count_and_insert.over(counters, _rows(ledgers.values())))
            done = {room_id: ledgers[room_id] for room_id, _ in rows}
            if rows:
                self._set_clock(rows[0][1])
        for ledger in done.values():
            self._remember(ledger)
        if len(done) < len(ledgers):
            for room_id in ledgers.keys() - done.keys():
                self._contended[room_id] = time.monotonic() + CONTENDED_SECONDS
        return done

    def _insert_then_count(self, ledgers: list[Ledger]) -> list[Statement]:
        if not ledgers:
            return []
        counters = [(ledger.room_id, ledger.last_seq, ledger.posts, ledger.cleared_seq, ledger.cleared_number) for ledger in ledgers]
        return [self._insert.over(_rows(ledgers)), self._count.over(counters)]

    def _remember(self, ledger: Ledger) -> None:
        if self._contended and self._contended.get(ledger.room_id, 0.0) > time.monotonic():
            return
        self._contended.pop(ledger.room_id, None)
        if len(ledger.standings) > MAX_STANDINGS:
            ledger.standings = {}
        if len(self._remembered) >= MAX_REMEMBERED:
            # The one that was used longest ago: whatever is used is put at the end.
            del self._remembered[next(iter(self._remembered))]
        self._remembered.pop(ledger.room_id, None)
        self._remembered[ledger.room_id] = ledger

    def _set_clock(self, now_ms: int) -> None:
        self._clock_ahead = now_ms - time.monotonic() * 1000


def _rows(ledgers: Iterable[Ledger]) -> list[tuple[Any, ...]]:
    return [
        (ledger.room_id, line.seq, line.number, line.kind, line.author_id, line.target_id, line.nonce, line.text, line.html, line.at)
        for ledger in ledgers
        for line in ledger.lines
    ]
