"""What a notice says, in the language that is set: for a push and for a mail. What may not be read any more
says nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from accounts.models import User
from accounts.people.directory import accounts_by_ids
from accounts.people.shown_names import called_by_names, load_names
from chat.history.lines import Line
from chat.history.reading import posts_by_seq
from chat.history.titles import people_in
from chat.models import DELETED_KIND, Member, Room
from helpers.markup.plain_text import strip_markup
from helpers.text.characters import isolated
from helpers.text.translation import current
from notifications.deciding import INVITATION, OUTCOME
from notifications.models import Notice

MAX_TEXT = 300
"""Characters of a message."""

AT_ONCE = 20
"""Values in one statement."""


@dataclass(frozen=True)
class Telling:
    """`title` says who and where, `text` what; `path` leads there. Notices of one `tag` are shown in one
    place, the latest one."""

    notice_id: int
    title: str
    text: str
    path: str
    tag: str
    where: str = ""
    who: str = ""
    room_id: int | None = None
    number: int | None = None


class Teller:
    """Reads what a batch of notices is about, once. `load` before `tell`."""

    def __init__(self) -> None:
        self._people: dict[int, User] = {}
        self._rooms: dict[int, Room] = {}
        self._lines: dict[tuple[int, int], Line] = {}
        self._members: set[tuple[int, int]] = set()
        self._titles: dict[int, list[tuple[int, str]]] = {}
        self._names: dict[str, str] = {}
        """Of those whom the messages mention, by handle."""

    async def load(self, notices: Sequence[Notice]) -> None:
        await self._load_people({notice.by_id for notice in notices} | {one.user_id for one in notices})
        room_ids = sorted({notice.room_id for notice in notices if notice.room_id} - self._rooms.keys())
        for start in range(0, len(room_ids), AT_ONCE):
            query = Room.select().where(Room.id.in_(room_ids[start : start + AT_ONCE]))
            self._rooms |= {room.id: room for room in await query.aio_execute()}
        groups = [room_id for room_id in room_ids if self._is_group(room_id)]
        for room_id, people in (await people_in(groups)).items():
            names = await load_names([handle for _, handle in people])
            self._titles[room_id] = [(user_id, names.get(handle) or handle) for user_id, handle in people]
        for room_id in {notice.room_id for notice in notices if notice.room_id}:
            of_room = [notice for notice in notices if notice.room_id == room_id]
            await self._load_lines(room_id, sorted({one.seq for one in of_room if one.seq}))
            await self._load_members(room_id, sorted({one.user_id for one in of_room}))
        mentioned = {one.name for line in self._lines.values() for one in line.mentions}
        self._names |= await load_names(mentioned - self._names.keys())

    async def _load_people(self, ids: set[int]) -> None:
        wanted = sorted(ids - self._people.keys())
        for start in range(0, len(wanted), AT_ONCE):
            self._people |= await accounts_by_ids(wanted[start : start + AT_ONCE])

    async def _load_lines(self, room_id: int, seqs: list[int]) -> None:
        wanted = [seq for seq in seqs if (room_id, seq) not in self._lines]
        for start in range(0, len(wanted), AT_ONCE):
            found = await posts_by_seq(room_id, wanted[start : start + AT_ONCE])
            self._lines |= {(room_id, line.seq): line for line in found}

    async def _load_members(self, room_id: int, user_ids: list[int]) -> None:
        for start in range(0, len(user_ids), AT_ONCE):
            query = Member.select(Member.user).where(
                Member.room == room_id, Member.user.in_(user_ids[start : start + AT_ONCE])
            )
            self._members |= {(room_id, user_id) for (user_id,) in await query.tuples().aio_execute()}

    def _is_group(self, room_id: int) -> bool:
        room = self._rooms.get(room_id)
        return room is not None and room.kind == "group"

    def person(self, user_id: int) -> User | None:
        return self._people.get(user_id)

    def tell(self, notice: Notice) -> Telling | None:
        """None for what its person may not read, or that is gone."""
        author = self._people.get(notice.by_id)
        who = isolated(author.display_name or author.name) if author else ""
        if notice.seq is not None and notice.kind not in (INVITATION, OUTCOME):
            return self._message(notice, author, who)
        if author is None and notice.kind != OUTCOME:
            return None
        return self._other(notice, author, who)

    def _message(self, notice: Notice, author: User | None, who: str) -> Telling | None:
        if notice.room_id is None or notice.seq is None or author is None:
            return None
        room, line = self._rooms.get(notice.room_id), self._lines.get((notice.room_id, notice.seq))
        if room is None or room.kind == DELETED_KIND or (room.id, notice.user_id) not in self._members:
            return None
        if line is None or line.is_deleted or not line.text or (line.number or 0) <= room.cleared_number:
            return None
        where = self._where(room, notice.user_id)
        t = current().t
        return Telling(
            notice_id=notice.id,
            title=t("{name} in {room}", name=who, room=where) if where else who,
            text=_cut(called_by_names(strip_markup(line.text), self._names)),
            path=f"/rooms/{quote(room.name)}/{line.number}",
            tag=f"room-{room.id}",
            where=where,
            who=who,
            room_id=room.id,
            number=line.number,
        )

    def _where(self, room: Room, viewer_id: int) -> str:
        """Empty for a conversation of two: who writes says it all."""
        if room.kind == "direct":
            return ""
        if room.kind == "group":
            others = [name for user_id, name in self._titles.get(room.id, ()) if user_id != viewer_id]
            return ", ".join(isolated(name) for name in others[:4]) + (", …" if len(others) > 4 else "")
        return "#" + isolated(room.shown)

    def _other(self, notice: Notice, author: User | None, who: str) -> Telling | None:
        """What is of no message."""
        t = current().t
        post = f"/feed/{notice.post_id}"
        room = self._rooms.get(notice.room_id) if notice.room_id else None
        match notice.kind:
            case "follow":
                title, path = (
                    t("{name} follows you", name=who),
                    f"/users/{quote(author.name)}" if author else "/",
                )
            case "like":
                title, path = t("{name} likes your post", name=who), post
            case "comment":
                title, path = t("{name} commented on a post", name=who), post
            case "invitation" if room is not None and room.kind != DELETED_KIND:
                where = "#" + isolated(room.shown)
                title = t("{name} invites you to {room}", name=who, room=where)
                path = f"/rooms/{quote(room.name)}"
            case "outcome":
                title, path = t("A report of yours was answered"), "/notifications"
            case _:
                return None
        return Telling(notice.id, title, "", path, f"notice-{notice.id}", who=who)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + "…"
