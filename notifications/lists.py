"""The notices of a person as they are shown: what was deleted, cleared or left meanwhile isn't among them,
nor whom they block or ignore. No text is kept in a notice; it is read where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from peewee_async.databases import AioDatabase

from chat.models import CONVERSATIONS
from helpers.base_path import with_base
from helpers.clock import iso
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_sqlite
from helpers.markup.plain_text import strip_markup
from notifications.deciding import DIRECT, GROUP, KEYWORD, MENTION, ROOM, THREAD

PAGE = 30
MAX_EXCERPT = 140

MESSAGE_KINDS = (DIRECT, MENTION, THREAD, KEYWORD, GROUP, ROOM)
_OF_MESSAGES = ", ".join(f"'{kind}'" for kind in MESSAGE_KINDS)


@dataclass(frozen=True)
class Shown:
    """A notice with what it shows. `room` and `room_title` are empty outside of rooms, the title also of a
    conversation."""

    id: int
    user_id: int
    kind: str
    rule: str
    word: str
    at: int
    read_at: int | None
    by: str
    room: str
    room_title: str
    room_kind: str
    number: int | None
    post_id: int | None
    comment_id: int | None
    text: str

    @property
    def address(self) -> str:
        if self.kind in MESSAGE_KINDS:
            return f"/rooms/{quote(self.room)}/{self.number}"
        if self.post_id is not None:
            return f"/feed/{self.post_id}" + (f"#comment-{self.comment_id}" if self.comment_id else "")
        if self.rule == "asked":
            return "/accounts/requests"
        return "/rooms" if self.room else f"/users/{quote(self.by)}"

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            **{"id": self.id, "kind": self.kind, "rule": self.rule, "at": iso(self.at), "by": self.by},
            **{"read": self.read_at is not None, "url": with_base(self.address), "text": self.text},
        }
        if self.word:
            found["word"] = self.word
        if self.room:
            found["room"] = {"name": self.room, "title": self.room_title, "kind": self.room_kind}
        if self.number is not None:
            found["number"] = self.number
        return found


_SHOWN = f"""
    notice.listed AND (notice.kind NOT IN ({_OF_MESSAGES}) OR EXISTS (
        SELECT 1 FROM messages AS post
        JOIN rooms AS place ON place.id = post.room_id + 0
        JOIN members AS member ON member.room_id = post.room_id AND member.user_id = notice.user_id
        WHERE post.room_id = notice.room_id AND post.seq = notice.seq AND post.deleted_at IS NULL
            AND post.seq >= place.cleared_seq AND post.seq >= member.first_seq))
    AND (notice.post_id IS NULL OR EXISTS (
        SELECT 1 FROM feed_posts WHERE feed_posts.id = notice.post_id AND feed_posts.deleted_at IS NULL))
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = notice.user_id AND blocked_id = notice.by_id)
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = notice.by_id AND blocked_id = notice.user_id)
    AND NOT EXISTS (SELECT 1 FROM ignored WHERE ignored.user_id = notice.user_id
        AND ignored.ignored_id = notice.by_id)"""  # noqa: S608 - words of our own
_COLUMNS = """
    notice.id, notice.user_id, notice.kind, notice.rule, notice.word, notice.at, notice.read_at,
    COALESCE((SELECT name FROM users WHERE users.id = notice.by_id), '?'),
    room.name, COALESCE(room.title, room.name), room.kind, notice.number, notice.post_id, notice.comment_id,
    (SELECT text FROM messages WHERE messages.room_id = notice.room_id AND messages.seq = notice.seq)"""


class NoticeLists:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        sign = "?" if is_sqlite(database) else "%s"
        # Given directly, so that they are read in the order of the index.
        self._pages = {
            only_unread: f"""
                SELECT {_COLUMNS} FROM notices AS notice
                LEFT JOIN rooms AS room ON room.id = notice.room_id + 0
                WHERE notice.user_id = {sign} AND notice.id < {sign} AND {_SHOWN}
                    {"AND notice.read_at IS NULL" if only_unread else ""}
                ORDER BY notice.id DESC LIMIT {PAGE + 1}"""  # noqa: S608 - words of our own
            for only_unread in (False, True)
        }
        self._single = Bulk(
            database,
            f"""
            SELECT {_COLUMNS} FROM {{given}} JOIN notices AS notice ON notice.id = given.id
            LEFT JOIN rooms AS room ON room.id = notice.room_id + 0 WHERE {_SHOWN}""",  # noqa: S608
            given={"id": "bigint"},
        )

    async def page(self, user_id: int, before: int, *, only_unread: bool = False) -> tuple[list[Shown], bool]:
        """The next notices, the latest first, before the one with this id; and whether there are more."""
        rows = await fetch(self._database, self._pages[only_unread], user_id, before)
        return [_shown(row) for row in rows[:PAGE]], len(rows) > PAGE

    async def shown(self, notice_ids: Sequence[int]) -> Mapping[int, Shown]:
        """What may be told of these notices at the moment, by id. Those are left out of which nothing may be
        told any more: their message is deleted, or they aren't for their person."""
        statement = self._single.bind([(notice_id,) for notice_id in sorted(notice_ids)])
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {row[0]: _shown(row) for row in rows}


def _shown(row: tuple[Any, ...]) -> Shown:
    notice_id, user_id, kind, rule, word, at, read_at, by, room, title, room_kind, *rest = row
    number, post_id, comment_id, text = rest
    where = (room or "", "" if room_kind in CONVERSATIONS else title or "", room_kind or "")
    what = (notice_id, user_id, kind, rule, word, at, read_at, by)
    return Shown(*what, *where, number, post_id, comment_id, excerpt(text or ""))


def excerpt(text: str) -> str:
    line = " ".join(strip_markup(text[: 4 * MAX_EXCERPT]).split())
    return line if len(line) <= MAX_EXCERPT else line[: MAX_EXCERPT - 1] + "…"
