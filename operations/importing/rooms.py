"""Rooms of other chats become rooms here: new ones, unless they came before, and for conversations the one
that the same people have."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import peewee
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.actions.conversations import MAX_PEOPLE, conversation_name
from chat.history.names import open_room_like, taken_slugs
from chat.models import CONVERSATIONS, DELETED_KIND, Member, Message, Room, RoomName
from chat.requests import new_nonce
from chat.roles import Role
from chat.room_names import MAX_TITLE, BadTitle, clean_title, name_problem, proposed_names, title_key
from helpers.clock import now_ms
from helpers.processes.terminal import Failure
from helpers.text.characters import visible_line
from operations.importing.origins import Origins
from operations.importing.people import ImportedPeople
from operations.importing.records import Room as TheirRoom

MAX_TOPIC = 200
MOST_NUMBERED = 50


@dataclass
class ImportedRooms:
    """`ids` and `names` are by the keys of the archive, once `take` was called; an id is 0 where nothing was
    stored yet."""

    database: AioDatabase
    origins: Origins
    people: ImportedPeople
    label: str
    """Of the chat it comes from: stands behind a title that is taken."""
    owner_id: int | None = None
    """Who owns what has no owner."""
    ids: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    made: int = 0
    known: int = 0
    retitled: int = 0
    ownerless: int = 0
    deleted: list[str] = field(default_factory=list)
    """Titles of those that were deleted here since."""
    _titles: set[str] = field(default_factory=set)

    async def take(self, theirs: TheirRoom, first_at: int, *, stores: bool) -> None:
        """`first_at` is the time of its first message."""
        found = (await self.origins.find("room", [theirs.key])).get(theirs.key)
        if found is not None:
            room = await Room.aio_get_or_none(Room.id == found)
            if room is None or room.kind == DELETED_KIND:
                self.deleted.append(theirs.title)
                return
            self.known += 1
            self.ids[theirs.key], self.names[theirs.key] = room.id, room.name
            if stores:
                async with self.database.aio_atomic():
                    await self._add_members(room, theirs, only_new=True)
            return
        ids = sorted({self.people.ids[key] for key in theirs.members if key in self.people.ids})
        if stores:
            await self._make(theirs, ids, first_at)
        else:
            self.made += 1
            self.ids[theirs.key] = 0
            title = await self._title(theirs)
            self.names[theirs.key] = title

    async def _make(self, theirs: TheirRoom, ids: Sequence[int], first_at: int) -> None:
        is_conversation = theirs.kind in CONVERSATIONS and 2 <= len(ids) <= MAX_PEOPLE
        try:
            async with self.database.aio_atomic():
                room = await (
                    self._conversation(ids, theirs, first_at)
                    if is_conversation
                    else self._room(theirs, first_at)
                )
                await self.origins.note("room", theirs.key, room_id=room.id)
        except peewee.IntegrityError:
            raise Failure("somebody made a room at the same moment: run it again, it goes on") from None
        self.ids[theirs.key], self.names[theirs.key] = room.id, room.name

    async def _conversation(self, ids: Sequence[int], theirs: TheirRoom, first_at: int) -> Room:
        name = conversation_name(ids)
        room: Room | None = await Room.aio_get_or_none(Room.slug == name)
        if room is None:
            self.made += 1
            row = _new(name, "direct" if len(ids) == 2 else "group", theirs, first_at)
            room = Room(**row)
            await room.aio_save(force_insert=True)
            await self._add(room, {user_id: Role.MEMBER for user_id in ids})
        else:
            self.known += 1
        return room

    async def _room(self, theirs: TheirRoom, first_at: int) -> Room:
        kind = "open" if theirs.kind == "open" else "closed"
        title = await self._title(theirs)
        name = await _free_name(theirs.name, title, kind)
        row = _new(name, kind, theirs, first_at)
        room = Room(**{**row, "title": title, "title_key": title_key(title) or None})
        await room.aio_save(force_insert=True)
        await RoomName.insert(slug=room.slug, room=room.id, name=name, at=room.created_at).aio_execute()
        await self._add_members(room, theirs, only_new=False)
        self.made += 1
        return room

    async def _title(self, theirs: TheirRoom) -> str:
        """The title as it can be here: no open room looks like another one."""
        wanted = visible_line(theirs.title)[:MAX_TITLE].strip() or "room"
        numbers = [f" ({self.label} {number})" for number in range(2, MOST_NUMBERED)]
        for behind in ("", f" ({self.label})", *numbers):
            try:
                title = clean_title(wanted[: MAX_TITLE - len(behind)].rstrip() + behind)
            except BadTitle:
                wanted = "room"
                continue
            key = title_key(title)
            if theirs.kind != "open":
                return title
            if key in self._titles or await open_room_like(key):
                continue
            self._titles.add(key)
            self.retitled += title != theirs.title
            return title
        raise Failure(f"no title is free for the room {theirs.title!r}")

    async def _add_members(self, room: Room, theirs: TheirRoom, *, only_new: bool) -> None:
        """`only_new`: who was here before may have left the room."""
        owners = {self.people.ids[key] for key in theirs.owners if key in self.people.ids}
        moderators = {self.people.ids[key] for key in theirs.moderators if key in self.people.ids}
        ids = [self.people.ids[key] for key in theirs.members if key in self.people.ids]
        roles = {
            user_id: Role.OWNER
            if user_id in owners
            else Role.MODERATOR
            if user_id in moderators
            else Role.MEMBER
            for user_id in ids
        }
        if only_new:
            roles = {user_id: Role.MEMBER for user_id in roles if user_id in self.people.made}
        elif room.kind not in CONVERSATIONS:
            await self._give_owner(room, roles)
        await self._add(room, roles)

    async def _give_owner(self, room: Room, roles: dict[int, Role]) -> None:
        """A room has one owner; others keep order beside them."""
        first = min((user_id for user_id, role in roles.items() if role is Role.OWNER), default=self.owner_id)
        for user_id, role in roles.items():
            roles[user_id] = Role.MODERATOR if role is Role.OWNER else role
        if first is None:
            self.ownerless += 1
            return
        roles[first] = Role.OWNER
        name = await User.select(User.name).where(User.id == first).aio_scalar()
        await _record_creation(room, first, str(name))

    async def _add(self, room: Room, roles: dict[int, Role]) -> None:
        at = now_ms()
        rows = [
            {"room": room.id, "user": user_id, "role": role, "read_number": 0, "joined_at": at}
            for user_id, role in sorted(roles.items())
        ]
        for start in range(0, len(rows), 50):
            query = Member.insert_many(rows[start : start + 50]).on_conflict_ignore()
            await query.aio_execute()
        if rows:
            # What other processes remember of standings doesn't hold any more.
            change = {"standings_seq": Room.last_seq + 1}
            await Room.update(change).where(Room.id == room.id).aio_execute()


def _new(name: str, kind: str, theirs: TheirRoom, first_at: int) -> dict[str, Any]:
    at = min(theirs.created_at or first_at, first_at) or now_ms()
    return {
        **{"name": name, "slug": name.lower(), "kind": kind, "created_at": at},
        "topic": visible_line(theirs.topic)[:MAX_TOPIC] if kind not in CONVERSATIONS else "",
        **{"last_seq": 0, "posts": 0, "cleared_seq": 0, "cleared_number": 0},
        "archived_at": now_ms() if theirs.is_archived else None,
    }


async def _record_creation(room: Room, owner_id: int, name: str) -> None:
    """The first line, as in every room that was made here."""
    row = {"room_id": room.id, "seq": 1, "changed_seq": 1, "kind": "created", "author_id": owner_id}
    row |= {"nonce": new_nonce(), "text": f"{name} created the room", "at": room.created_at}
    await Message.insert(row).aio_execute()
    await Room.update(last_seq=1).where(Room.id == room.id).aio_execute()


async def _free_name(wanted: str, title: str, kind: str) -> str:
    names = [*([wanted] if name_problem(wanted) is None else []), *proposed_names(title, kind)]
    taken = await taken_slugs([one.lower() for one in names])
    for one in names:
        if one.lower() not in taken:
            return one
    raise Failure(f"no address is free for the room {title!r}")
