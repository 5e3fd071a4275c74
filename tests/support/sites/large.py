"""A large site, written by SQL in a moment: many rooms, one of them with a long history and a
crowd."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from helpers.web.session_stores import USER_ID
from helpers.web.sessions import hash_token
from tests.support.sites import feed_requests, site_requests

FOREVER = 2**52
YEAR_2100 = 4_102_444_800_000
HERS = 1
HALL = 1


@dataclass(frozen=True)
class Crowd:
    """How large it is. Alice (user 1) is the one whose pages are asked for, the hall (room 1) is
    where everybody is."""

    people: int = 10_000
    rooms: int = 10_000
    her_rooms: int = 30
    lines: int = 100_000
    """Of the hall's history. Every tenth is a coming, all others are posts."""

    lines_elsewhere: int = 10
    tokens: list[str] = field(default_factory=lambda: [secrets.token_urlsafe(32) for _ in range(50)])
    """Those of Alice's session and of some others'."""

    def statements(self) -> Iterator[str]:
        """What fills an empty database that has been migrated, SQLite or PostgreSQL. `ANALYZE`
        isn't among it."""
        # A server that starts on it marks all who are online as gone, and erases what was deleted
        # long ago: of both there is enough to see how, and no more.
        here = "id, CASE WHEN id % 1000 = 0 THEN 2 ELSE 1 END, FALSE, 0, 0"
        line = (
            "n, n, CASE WHEN n % 10 = 0 THEN NULL ELSE n - n / 10 END, CASE WHEN n % 10 = 0 THEN 'came' "
            "ELSE 'post' END"
        )
        users = "INSERT INTO users (name, name_key, skeleton, email, password_hash, is_admin, created_at)"
        rooms = (
            "INSERT INTO rooms (name, slug, topic, kind, last_seq, posts, cleared_seq, cleared_number, "
            "created_at)"
        )
        members = "INSERT INTO members (room_id, user_id, role, present, read_number, joined_at)"
        messages = (
            "INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, target_id, nonce, "
            "text, html, at)"
        )
        reactions = "INSERT INTO reactions (room_id, seq, user_id, emoji, added_seq)"
        versions = "INSERT INTO message_versions (room_id, seq, replaced_seq, text, at)"
        statuses = "INSERT INTO statuses (user_id, status, text, until)"
        sessions = "INSERT INTO sessions (token_hash, data, expires_at)"
        few, step = self.lines_elsewhere, self.rooms // self.her_rooms
        yield f"{users} VALUES ('alice', 'alice', 'alice', NULL, '!', TRUE, 0)"
        yield (
            f"{users} {_series(self.people)} SELECT 'p' || n, 'p' || n, 'p' || n, 'p' || n || "
            "'@example.org', '!', FALSE, 0 FROM series"
        )
        yield f"{rooms} VALUES ('Hall', 'hall', '', 'open', {self.lines}, {_posts(self.lines)}, 0, 0, 0)"
        yield f"""{rooms} {_series(self.rooms)}
            SELECT 'Room' || n, 'room' || n, 'What is talked of in room ' || n,
            CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'open' END, {few}, {_posts(few)}, 0, 0, 0 FROM series"""
        yield "UPDATE rooms SET title = name, title_key = slug"
        yield "INSERT INTO room_names (slug, room_id, name, at) SELECT slug, id, name, 0 FROM rooms"
        yield (
            f"{statuses} SELECT id, CASE WHEN id % 20 = 0 THEN 'away' ELSE 'dnd' END, 'at lunch', "
            f"{YEAR_2100} FROM users WHERE id % 4 = 0"
        )
        yield f"{members} SELECT {HALL}, {here} FROM users"
        yield "INSERT INTO presence (user_id, online, version) SELECT id, id % 50 = 0, id FROM users"
        yield "UPDATE presence_clock SET version = (SELECT MAX(version) FROM presence)"
        # Everybody is in three rooms beside it, and she in many.
        yield f"""{members} {_series(3)}
            SELECT 2 + (users.id * 3 + n) % {self.rooms}, users.id, 1, FALSE, 0, 0
            FROM series, users WHERE users.id <> {HERS}"""
        yield (
            f"{members} {_series(self.her_rooms)} SELECT 1 + n * {step}, {HERS}, 1, FALSE, n % 10, 0 FROM "
            "series"
        )
        yield f"""{messages} {_series(self.lines)}
            SELECT {HALL}, {line}, 1 + n % {self.people}, NULL, 'hall-' || n,
            'This is line ' || n || ' of the hall, as long as what people write', NULL, n FROM series"""
        yield f"""{messages} {_series(few)}
            SELECT rooms.id, {line}, 1 + rooms.id % {self.people}, NULL, rooms.slug || '-' || n,
            'line ' || n, NULL, n FROM rooms, series WHERE rooms.id <> {HALL}"""
        # Everybody is invited to some rooms, half of which they have declined, and she to many.
        yield f"""INSERT INTO invitations (room_id, user_id, inviter_id, at, until, declined) {_series(40)}
            SELECT 2 + (users.id * 3 + 100 + n) % {self.rooms}, users.id, 1 + (users.id + n) % {self.people},
                n, {YEAR_2100}, n % 2 = 1
            FROM series, users WHERE n <= 4 OR users.id = {HERS}"""
        # A tenth of the hall's lines have five reactions, and as many are answers.
        yield f"""{reactions} {_series(5)} SELECT {HALL}, seq, n, 'x', seq FROM series, messages
            WHERE room_id = {HALL} AND seq % 10 = 3 AND number IS NOT NULL"""
        # Every seventh calls Alice, and every sixteenth some of the others; in her other rooms all
        # do.
        yield f"""INSERT INTO mentions (room_id, number, user_id) SELECT room_id, number, {HERS} FROM messages
            WHERE number IS NOT NULL AND (seq % 7 = 0
                OR room_id IN (SELECT room_id FROM members WHERE user_id = {HERS} AND room_id <> {HALL}))"""
        yield f"""INSERT INTO mentions (room_id, number, user_id) {_series(5)}
            SELECT room_id, number, 1 + n * (seq % 1000)
            FROM series, messages WHERE room_id = {HALL} AND number IS NOT NULL AND seq % 16 = 1
                AND seq % 1000 > 0"""
        yield (
            f"UPDATE messages SET mentions = '1,2,3,' || (4 + seq % 5000) WHERE room_id = {HALL} AND seq % "
            "7 = 0 AND number IS NOT NULL"
        )
        yield f"UPDATE messages SET reactions = 5 WHERE room_id = {HALL} AND seq % 10 = 3"
        yield f"""{versions} {_series(3)}
            SELECT {HALL}, seq, {self.lines} + n, 'what it said before', n FROM series, messages
            WHERE room_id = {HALL} AND seq % 10 = 7"""
        # One in fifty is deleted, most of them a moment ago.
        yield (
            f"UPDATE messages SET deleted_at = CASE WHEN seq % 1000 = 9 AND room_id = {HALL} THEN 1 "
            f"ELSE {YEAR_2100} END, deleted_by = author_id WHERE number IS NOT NULL AND seq % 50 = 9"
        )
        # One in five hundred is pinned.
        yield f"UPDATE messages SET pinned = TRUE WHERE room_id = {HALL} AND seq % 500 = 7"
        yield f"UPDATE messages SET reply_to = number - 1 WHERE room_id = {HALL} AND seq % 10 = 5"
        yield f"{sessions} {_series(self.people)} SELECT 'somebody' || n, '', {FOREVER} FROM series"
        yield from feed_requests.fill(self.people, _series)
        yield from site_requests.fill(self.people, self.rooms, _series)
        for place, token in enumerate(self.tokens):
            data = json.dumps({"created": int(time.time()), "session": {USER_ID: HERS + place}})
            yield f"{sessions} VALUES ('{hash_token(token)}', '{data}', {FOREVER})"


def _posts(lines: int) -> int:
    return lines - lines // 10


def _series(count: int) -> str:
    """A table `series` of the numbers from 1; of SQLite's and PostgreSQL's ways to make one, that
    which both understand."""
    return f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})"
