"""One transaction over some rooms: locked, numbered, written. The Journal opens it; verbs write into it through a room's Ledger."""

from dataclasses import dataclass, field
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.events import Receipt
from chat.history import Line
from chat.models import Member, Room
from chat.roles import STRANGER, Role, Standing
from helpers.bulk import Bulk
from helpers.transactions import ShortTransaction


@dataclass(frozen=True)
class Person:
    """Who acts or is acted on: what the history needs to know of a User."""

    id: int
    name: str


@dataclass(frozen=True)
class KnownNonce:
    room_id: int
    kind: str
    text: str
    receipt: Receipt


@dataclass
class Ledger:
    """A locked room inside a transaction: reads see what is true until the commit, writes happen with it or not at all.

    A verb decides and refuses before it records: what is recorded is not taken back."""

    room_id: int
    name: str
    topic: str
    kind: str
    last_seq: int
    posts: int
    cleared_seq: int
    cleared_number: int
    at: int
    lines: list[Line] = field(default_factory=list)
    writes: list[Any] = field(default_factory=list)
    standings: dict[int, Standing] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.kind == "open"

    async def standing(self, user_id: int) -> Standing:
        """What the user is in this room now."""
        if user_id not in self.standings:
            rows = await (
                Member.select(Member.role, Member.present, User.is_admin)
                .join(User, on=(User.id == Member.user))
                .where(Member.room == self.room_id, Member.user == user_id)
                .tuples()
                .aio_execute()
            )
            self.standings[user_id] = Standing(Role(rows[0][0]), bool(rows[0][1]), bool(rows[0][2])) if rows else STRANGER
        return self.standings[user_id]

    def record(
        self,
        kind: str,
        author: Person,
        text: str,
        nonce: str,
        *,
        html: str | None = None,
        target: Person | None = None,
        numbered: bool = False,
    ) -> Receipt:
        """Takes the next seq, and for a post the next number, for a line of the history."""
        self.last_seq += 1
        self.posts += numbered
        number = self.posts if numbered else None
        target_id, target_name = (target.id, target.name) if target else (None, None)
        self.lines.append(Line(self.last_seq, number, kind, author.id, author.name, target_id, target_name, nonce, text, html, self.at))
        return Receipt(nonce, self.last_seq, number)

    def add_member(self, user_id: int, role: Role, *, present: bool, is_admin: bool = False) -> None:
        row = {"room": self.room_id, "user": user_id, "role": role, "present": present, "read_number": self.posts, "joined_at": self.at}
        self.writes.append(Member.insert(row))
        self.standings[user_id] = Standing(role, present, is_admin)

    def change_member(self, user_id: int, standing: Standing) -> None:
        """Stores the role and presence of a member."""
        change = {"role": standing.role, "present": standing.present}
        self.writes.append(Member.update(change).where(Member.room == self.room_id, Member.user == user_id))
        self.standings[user_id] = standing

    def end_membership(self, user_id: int) -> None:
        self.writes.append(Member.delete().where(Member.room == self.room_id, Member.user == user_id))
        self.standings[user_id] = STRANGER

    def set_topic(self, topic: str) -> None:
        self.topic = topic
        self.writes.append(Room.update(topic=topic).where(Room.id == self.room_id))

    def clear(self) -> None:
        """Hides everything up to now. The next line recorded is the first of what is seen."""
        self.cleared_seq = self.last_seq + 1
        self.cleared_number = self.posts


class Ledgers:
    """The statements of the transaction, made once: one to lock, one for standings, one for nonces, one to insert, one to count."""

    def __init__(self, database: AioDatabase) -> None:
        self._lock = Bulk(
            database,
            """
            SELECT room.id, room.name, room.topic, room.kind, room.last_seq, room.posts, room.cleared_seq, room.cleared_number, {now_ms}
            FROM {given} JOIN rooms AS room ON room.id = given.id ORDER BY room.id FOR UPDATE OF room""",
            {"id": "bigint"},
        )
        self._standings = Bulk(
            database,
            """
            SELECT member.room_id, member.user_id, member.role, member.present, users.is_admin
            FROM {given} JOIN members AS member ON member.room_id = given.room_id AND member.user_id = given.user_id
            JOIN users ON users.id = member.user_id""",
            {"room_id": "bigint", "user_id": "bigint"},
        )
        self._nonces = Bulk(
            database,
            """
            SELECT line.author_id, line.nonce, line.room_id, line.kind, line.text, line.seq, line.number
            FROM {given} JOIN messages AS line ON line.author_id = given.author_id AND line.nonce = given.nonce""",
            {"author_id": "bigint", "nonce": "text"},
        )
        self._insert = Bulk(
            database,
            """
            INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, target_id, nonce, text, html, at)
            SELECT room_id, seq, seq, number, kind, author_id, target_id, nonce, text, html, at FROM {given}""",
            {
                **{"room_id": "bigint", "seq": "bigint", "number": "bigint", "kind": "text", "author_id": "bigint"},
                **{"target_id": "bigint", "nonce": "text", "text": "text", "html": "text", "at": "bigint"},
            },
        )
        self._count = Bulk(
            database,
            """
            UPDATE rooms SET last_seq = given.last_seq, posts = given.posts,
                cleared_seq = given.cleared_seq, cleared_number = given.cleared_number
            FROM {given} WHERE rooms.id = given.id""",
            {"id": "bigint", "last_seq": "bigint", "posts": "bigint", "cleared_seq": "bigint", "cleared_number": "bigint"},
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
        return ledgers, known

    async def close(self, transaction: ShortTransaction, ledgers: dict[int, Ledger]) -> None:
        """Commits what the ledgers hold: the lines by one statement, the counters by another, and the rest, which is rare, before them."""
        for ledger in ledgers.values():
            for query in ledger.writes:
                await query.aio_execute()
        changed = [ledger for ledger in ledgers.values() if ledger.lines]
        if not changed:
            await transaction.commit()
            return
        lines = [
            (ledger.room_id, line.seq, line.number, line.kind, line.author_id, line.target_id, line.nonce, line.text, line.html, line.at)
            for ledger in changed
            for line in ledger.lines
        ]
        counters = [(ledger.room_id, ledger.last_seq, ledger.posts, ledger.cleared_seq, ledger.cleared_number) for ledger in changed]
        await transaction.commit(self._insert.over(lines), self._count.over(counters))
