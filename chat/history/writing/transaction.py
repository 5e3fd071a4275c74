"""A room inside a transaction: actions read its standings, and record lines and changes."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from peewee import fn

from accounts.models import User
from accounts.people.directory import all_exist
from accounts.relations.visibility import blocked_among
from chat.drafts import HERE, Mentioned, Person
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.access import standing_in
from chat.history.lines import Line, answering, counted_mentions, groups_of, ids_of, visible_mentions
from chat.history.members import may_mention_groups
from chat.history.reading import post_at
from chat.history.writing.group_mentions import HERE_AT_ONCE, no_block_between, online_members
from chat.models import (
    MODE_COLUMNS,
    Clearing,
    Invitation,
    LastPost,
    Member,
    Mention,
    MessageVersion,
    Reaction,
    Room,
    RoomName,
    Timeout,
)
from chat.models import Message as Row
from chat.roles import NOTHING_HIDDEN, STRANGER, Modes, Past, Role, Standing

UNDO_SECONDS = 30 * 24 * 3600
"""For so long an act of order can be undone. What it hid, as a cleared history, is erased then."""

_AMENDED = (
    *("changed_seq", "text", "html", "edited_at", "deleted_at", "deleted_by", "pinned", "previews", "files"),
)
"""Columns of a post that are as they stand in its Line."""


@dataclass
class RoomTransaction:
    """A locked room inside a transaction: reads hold until the commit, and writes are committed
    together or not at all.

    An action decides before it records: it must not raise ActionError afterwards. An action that
    changes memberships, roles, topic, title or name must also record a line, since
    `standings_seq` tells others whether the standings that they remember still hold. A change of a
    post needs no line, and neither does one of an invitation.

    `lines` are new lines. `published` is what is delivered after the commit, in order: new lines and
    changed posts. `amendments` are the statements that change posts and invitations; they are run
    last."""

    room_id: int
    name: str
    topic: str
    kind: str
    last_seq: int
    posts: int
    standings_seq: int
    cleared_seq: int
    cleared_number: int
    kept_seq: int
    kept_number: int
    at: int
    modes: Modes
    lines: list[Line] = field(default_factory=list)
    published: list[Line] = field(default_factory=list)
    writes: list[Any] = field(default_factory=list)
    amendments: list[Any] = field(default_factory=list)
    standings: dict[int, Standing] = field(default_factory=dict)
    bans: dict[int, int] = field(default_factory=dict)
    timeouts: dict[int, int] = field(default_factory=dict)
    last_posts: dict[int, int] = field(default_factory=dict)
    changes_all_standings: bool = False
    """Also those of people whom this transaction doesn't look at."""
    undone: set[int] = field(default_factory=set)
    """The numbers of acts that this transaction undoes."""
    title: str | None = None
    """None where it wasn't read."""
    acts: int | None = None
    """The number of the last act; None where it wasn't read."""
    invitations: dict[int, Invitation | None] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.kind == "open"

    async def standing(self, user_id: int) -> Standing:
        """The user's current standing in this room."""
        if user_id not in self.standings:
            self.standings[user_id] = await standing_in(self.room_id, self.kind, self.modes, user_id)
        return self.standings[user_id]

    async def owner(self) -> Person | None:
        """The room's owner."""
        query = Member.select(User.id, User.name).join(User, on=(User.id == Member.user))
        is_theirs = (Member.room == self.room_id) & (Member.role == Role.OWNER)
        rows = await query.where(is_theirs).tuples().aio_execute()
        owners = [Person(*row) for row in rows]
        # Another may have become it in this transaction.
        now = [one for one in owners if (await self.standing(one.id)).role is Role.OWNER]
        return now[0] if now else None

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
        replied_to: Line | None = None,
        mentions: tuple[Mentioned, ...] = (),
        files: str | None = None,
    ) -> Receipt:
        """Records a line of the history: takes the next seq, and for a post the next number."""
        self.last_seq += 1
        self.posts += numbered
        number = self.posts if numbered else None
        target_id, target_name = (target.id, target.name) if target else (None, None)
        line = Line(
            self.last_seq,
            number,
            kind,
            author.id,
            author.name,
            target_id,
            target_name,
            nonce,
            text,
            html,
            self.at,
        )
        if replied_to is not None:
            line = answering(line, replied_to)
        if mentions:
            anew = bool(groups_of(mentions))
            line = replace(line, mentions=mentions, mentioned_ids=ids_of(mentions), mentions_groups_anew=anew)
        line = line if files is None else replace(line, files=files)
        self.lines.append(line)
        self.published.append(line)
        return Receipt(nonce, self.last_seq, number)

    async def mentioned_by(self, author_id: int, people: Iterable[Mentioned]) -> tuple[Mentioned, ...]:
        """The people among these whom a post of this author mentions, each once: other members
        between whom and the author no block stands."""
        members = [
            person
            for person in dict.fromkeys(people)
            if person.user_id != author_id and (await self.standing(person.user_id)).is_member
        ]
        hidden = await blocked_among(author_id, [person.user_id for person in members])
        return tuple(person for person in members if person.user_id not in hidden)

    async def why_groups_are_unheard(self, author_id: int, *, is_over_limit: bool) -> str | None:
        """The code of the error for which a text of this author mentions no GROUPS; None if it
        does."""
        if is_over_limit:
            return "rate_limited"
        standing = await self.standing(author_id)
        if await may_mention_groups(self.room_id, standing):
            return None
        return "forbidden" if self.modes.mentioning is None else "restricted"

    async def mention_present(
        self, author_id: int, number: int, among: Collection[int] | None = None
    ) -> None:
        """Stores whom `@here` of a post mentions: the members who are online, but not its author,
        and nobody between whom and the author a block stands. `among` limits it to these. Of more
        than HERE_AT_ONCE the rest is stored after the commit. The post must have been recorded."""
        query = online_members(self.room_id).where(
            Member.user != author_id, no_block_between(author_id, Member.user)
        )
        if among is not None:
            query = query.where(Member.user.in_(among))
        rows = await query.limit(HERE_AT_ONCE).tuples().aio_execute()
        if len(rows) == HERE_AT_ONCE:
            self.published[-1] = replace(self.published[-1], mentions_present_after=rows[-1][0])
        mentions = [
            {"room_id": self.room_id, "number": number, "user_id": user_id, "of_group": True}
            for (user_id,) in rows
        ]
        if mentions:
            self.amendments.append(Mention.insert_many(mentions).on_conflict_ignore())

    def set_modes(self, modes: Modes) -> None:
        """Changes how the room is kept. A room that is archived already stays so since then."""
        self.modes = modes
        change: dict[str, Any] = {
            name: getattr(modes, name) for name in MODE_COLUMNS if name != "archived_at"
        }
        since = fn.COALESCE(Room.archived_at, self.at) if modes.is_archived else None
        self.writes.append(Room.update({**change, "archived_at": since}).where(Room.id == self.room_id))
        if not modes.slow_seconds:
            self.writes.append(LastPost.delete().where(LastPost.room_id == self.room_id))
        self.changes_all_standings = True
        self.standings = {
            user_id: dataclasses.replace(standing, modes=modes)
            for user_id, standing in self.standings.items()
        }

    def set_kind(self, kind: str) -> None:
        """Changes the kind of a room of which nobody is a member at this moment. All standings are
        read anew then."""
        self.kind = kind
        self.writes.append(Room.update(kind=kind).where(Room.id == self.room_id))
        self.changes_all_standings = True
        self.standings = dict.fromkeys(self.standings, STRANGER)

    def open_or_close(self, kind: str) -> None:
        """Changes whether the room is open or closed, for those who are members of it."""
        self.kind = kind
        self.writes.append(Room.update(kind=kind).where(Room.id == self.room_id))
        self.changes_all_standings = True
        self.standings = {
            user_id: dataclasses.replace(standing, kind=kind) if standing.is_member else standing
            for user_id, standing in self.standings.items()
        }

    async def invitation(self, user_id: int) -> Invitation | None:
        """The person's invitation to this room, also one that was declined."""
        if user_id not in self.invitations:
            query = Invitation.select().where(
                Invitation.room_id == self.room_id, Invitation.user_id == user_id, Invitation.until > self.at
            )
            self.invitations[user_id] = next(iter(await query.aio_execute()), None)
        return self.invitations[user_id]

    def put_invitation(self, invitation: Invitation) -> None:
        """Stores the invitation in place of an earlier one to this room."""
        self.end_invitation(invitation.user_id)
        self.amendments.append(Invitation.insert(invitation.__data__))
        self.invitations[invitation.user_id] = invitation

    def end_invitation(self, user_id: int) -> None:
        is_this = (Invitation.room_id == self.room_id) & (Invitation.user_id == user_id)
        self.amendments.append(Invitation.delete().where(is_this))
        self.invitations[user_id] = None

    def hidden_from(self, standing: Standing) -> int:
        """The last post that somebody of this standing can't read."""
        return max(self.cleared_number, standing.past.hidden_number)

    async def post(self, number: int, standing: Standing) -> Line:
        """The current state of the post with this number, including what this transaction wrote or
        changed, for somebody of this standing. Raises ActionError."""
        if standing.past.hidden_number < number <= self.posts:
            line = next(
                (line for line in reversed(self.published) if line.number == number), None
            ) or await post_at(self.room_id, number)
            if line is not None and (number > self.cleared_number or self._is_kept(line)):
                return line
        raise ActionError("no_such_message", "There is no such message.")

    def amend(self, line: Line, **changes: Any) -> Receipt:
        """Records a change of a post and takes the next seq. `changes` are fields of the Line."""
        self.last_seq += 1
        after = replace(line, changed_seq=self.last_seq, **changes)
        if after.mentions != line.mentions:
            after = replace(after, mentioned_ids=ids_of(after.mentions))
        groups_before, groups_now = groups_of(visible_mentions(line)), groups_of(visible_mentions(after))
        after = replace(
            after, mentions_groups_anew=bool(groups_now - groups_before), mentions_present_after=None
        )
        self.published.append(after)
        here = {"room_id": self.room_id, "seq": line.seq}
        if after.text != line.text:
            since = line.at if line.edited_at is None else line.edited_at
            self.amendments.append(
                MessageVersion.insert(**here, replaced_seq=self.last_seq, text=line.text, at=since)
            )
        for emoji, user_id, _ in set(after.reactions) - set(line.reactions):
            self.amendments.append(
                Reaction.insert(**here, user_id=user_id, emoji=emoji, added_seq=self.last_seq)
            )
        for emoji, user_id, _ in set(line.reactions) - set(after.reactions):
            is_this = (
                (Reaction.room_id == self.room_id)
                & (Reaction.seq == line.seq)
                & (Reaction.user_id == user_id)
            )
            self.amendments.append(Reaction.delete().where(is_this, Reaction.emoji == emoji))
        self._count_mentions(line, after)
        row = {name: getattr(after, name) for name in _AMENDED}
        row |= {"reactions": len(after.reactions), "mentions": after.mentioned_ids}
        self.amendments.append(Row.update(row).where(Row.room_id == self.room_id, Row.seq == line.seq))
        return Receipt(line.nonce, self.last_seq, line.number)

    def _count_mentions(self, before: Line, after: Line) -> None:
        """Changes the rows of a post's mentions."""
        old, new = counted_mentions(before), counted_mentions(after)
        for one in new - old:
            # `@here` may have mentioned them already.
            self.amendments.append(
                Mention.insert(room_id=self.room_id, number=before.number, user_id=one.user_id).on_conflict(
                    conflict_target=[Mention.user_id, Mention.room_id, Mention.number],
                    update={Mention.of_group: False},
                )
            )
        if old - new:
            self.uncount([one.user_id for one in old - new], before.number)

    def uncount(self, user_ids: list[int], number: int | None) -> None:
        """These people are mentioned no longer by the post with this number."""
        is_here = (Mention.room_id == self.room_id) & (Mention.number == number)
        self.amendments.append(Mention.delete().where(Mention.user_id.in_(user_ids), is_here))
        if HERE.user_id in user_ids:
            self.amendments.append(Mention.delete().where(is_here, Mention.of_group))

    def is_visible(self, line: Line) -> bool:
        """Whether clients still get the text of this line."""
        return not line.is_deleted and (line.seq >= self.cleared_seq or self._is_kept(line))

    def _is_kept(self, line: Line) -> bool:
        """Whether it is kept for being pinned, though the lines around it are gone."""
        return bool(line.pinned) and line.seq < self.kept_seq == self.cleared_seq

    async def add_member(
        self,
        user_id: int,
        role: Role,
        *,
        is_admin: bool = False,
        kept: Mapping[str, int] | None = None,
    ) -> None:
        """Adds a member, whose invitation ends. `kept` are columns of an earlier membership that goes
        on. Raises ActionError for a deleted account. An account that exists now stays until the
        commit: deleting it waits for this transaction."""
        if not await all_exist([user_id]):
            raise ActionError("no_such_user", "There is no such account any more.")
        # The line of their coming is the first that they read.
        joined = Past(self.last_seq + 1, self.posts) if self.modes.hides_past else NOTHING_HIDDEN
        row: dict[str, Any] = {
            "room": self.room_id,
            "user": user_id,
            "role": role,
            "read_number": self.posts,
            "joined_at": self.at,
            **(joined._asdict()),
            **(kept or {}),
        }
        self.writes.append(Member.insert(row))
        self.end_invitation(user_id)
        is_theirs = (Timeout.room_id == self.room_id) & (Timeout.user_id == user_id)
        rows = await Timeout.select(Timeout.until).where(is_theirs).tuples().aio_execute()
        timeout_until = rows[0][0] if rows else 0
        self.standings[user_id] = Standing(
            *(role, is_admin, self.kind),
            modes=self.modes,
            timeout_until=timeout_until,
            joined=Past(row["first_seq"], row["hidden_number"]),
        )

    def change_member(self, user_id: int, standing: Standing) -> None:
        """Stores the role of a member."""
        change = Member.update(role=standing.role)
        self.writes.append(change.where(Member.room == self.room_id, Member.user == user_id))
        self.standings[user_id] = standing

    def end_membership(self, user_id: int) -> None:
        self.writes.append(Member.delete().where(Member.room == self.room_id, Member.user == user_id))
        self.standings[user_id] = STRANGER

    def set_topic(self, topic: str) -> None:
        self.topic = topic
        self.writes.append(Room.update(topic=topic).where(Room.id == self.room_id))

    def set_title(self, title: str | None, key: str) -> None:
        self.title = title
        self.writes.append(Room.update(title=title, title_key=key or None).where(Room.id == self.room_id))

    def set_name(self, name: str, known: Collection[str]) -> None:
        """Changes the room's address. `known` are the names that are stored for it. The database
        refuses the name of another room."""
        slugs = {one.lower() for one in known}
        for one in {found.lower(): found for found in (self.name, name)}.values():
            if one.lower() not in slugs:
                row = {"slug": one.lower(), "room": self.room_id, "name": one, "at": self.at}
                self.writes.append(RoomName.insert(row))
        self.name = name
        self.writes.append(Room.update(name=name, slug=name.lower()).where(Room.id == self.room_id))

    def clear(self) -> None:
        """Hides all lines so far, and has them erased after UNDO_SECONDS. The next line recorded
        is the first visible one."""
        self.cleared_seq = self.last_seq + 1
        self.cleared_number = self.posts
        row = {"room_id": self.room_id, "before_seq": self.cleared_seq, "done_seq": 0}
        self.writes.append(Clearing.insert(row, due_at=self.at + UNDO_SECONDS * 1000))
