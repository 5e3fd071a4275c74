"""A site that is large: many rooms, one of them with a long history and a crowd, written by SQL in a moment."""

from dataclasses import dataclass

MANY = """
WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count}) """
"""Understood by SQLite and PostgreSQL alike."""


@dataclass(frozen=True)
class Crowd:
    """How large. The hall is the room with everybody in it; `hers` is the person whose pages are asked for."""

    hall: int
    hers: int
    people: int = 10_000
    rooms: int = 10_000
    her_rooms: int = 200
    lines: int = 100_000
    """Of the hall's history. Every tenth is a coming, all others are posts."""

    lines_elsewhere: int = 10
    """In each of the other rooms."""

    def statements(self) -> list[str]:
        """What fills a database in which the hall, its owner and hardly anything else is. Ids go on from those that are there."""
        people, rooms, lines = (MANY.format(count=count) for count in (self.people, self.rooms, self.lines))
        elsewhere = MANY.format(count=self.lines_elsewhere)
        line = """
            n, n, CASE WHEN n % 10 = 0 THEN NULL ELSE n - n / 10 END, CASE WHEN n % 10 = 0 THEN 'came' ELSE 'post' END,"""
        return [
            f"""INSERT INTO users (name, name_key, skeleton, email, password_hash, is_admin, created_at) {people}
            SELECT 'p' || n, 'p' || n, 'p' || n, NULL, '!', FALSE, 0 FROM series""",
            f"""INSERT INTO rooms (name, slug, topic, kind, last_seq, posts, cleared_seq, cleared_number, created_at) {rooms}
            SELECT 'R' || n, 'r' || n, '', CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'open' END,
                {self.lines_elsewhere}, {self.lines_elsewhere} - {self.lines_elsewhere} / 10, 0, 0, 0 FROM series""",
            # Half of the hall's crowd is there. Everybody is in three other rooms, and she is in many.
            f"""INSERT INTO members (room_id, user_id, role, present, read_number, joined_at)
            SELECT {self.hall}, id, CASE WHEN id % 1000 = 0 THEN 2 ELSE 1 END, id % 2 = 0, 0, 0 FROM users WHERE name_key = 'p' || substr(name_key, 2)""",
            f"""INSERT INTO members (room_id, user_id, role, present, read_number, joined_at) {MANY.format(count=3)}
            SELECT rooms.id, users.id, 1, n = 1, 0, 0 FROM series JOIN users ON users.name_key = 'p' || substr(users.name_key, 2)
            JOIN rooms ON rooms.slug = 'r' || (1 + (users.id * 3 + n) % {self.rooms})""",
            f"""INSERT INTO members (room_id, user_id, role, present, read_number, joined_at) {MANY.format(count=self.her_rooms)}
            SELECT rooms.id, {self.hers}, 1, FALSE, n % 10, 0 FROM series JOIN rooms ON rooms.slug = 'r' || (n * {self.rooms // self.her_rooms})""",
            f"""INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, target_id, nonce, text, html, at) {lines}
            SELECT {self.hall}, {line} {self.hers} + 1 + n % {self.people}, NULL, 'hall-' || n, 'line ' || n || ' of the hall', NULL, n FROM series
            WHERE n > (SELECT last_seq FROM rooms WHERE id = {self.hall})""",
            f"""INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, target_id, nonce, text, html, at) {elsewhere}
            SELECT rooms.id, {line} {self.hers} + 1 + rooms.id % {self.people}, NULL, rooms.slug || '-' || n, 'line ' || n, NULL, n
            FROM rooms, series WHERE rooms.slug LIKE 'r%' AND rooms.id <> {self.hall}""",
            f"UPDATE rooms SET last_seq = {self.lines}, posts = {self.lines - self.lines // 10} WHERE id = {self.hall}",
            f"""INSERT INTO sessions (token_hash, data, expires_at) {people}
            SELECT 'p' || n, '', {2**52} FROM series""",
            "ANALYZE",
        ]
