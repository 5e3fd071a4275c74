"""Conversations: rooms that belong to two people or to a small group. The same people always get
the same room. It has no name of its own."""

import hashlib
from collections.abc import Collection, Iterable

import peewee

from accounts.models import User
from accounts.people.directory import all_exist
from accounts.relations.visibility import blocked_among, is_block_between
from chat.costs import INVITATIONS
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import Member, Room
from chat.requests import new_nonce
from chat.roles import Role
from helpers.clock import now_ms
from helpers.errors import charge

MAX_PEOPLE = 20
"""People in one conversation. A room is for more."""


def conversation_name(user_ids: Iterable[int]) -> str:
    """The same name for the same people, in any order."""
    ids = sorted(user_ids)
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return f"{'direct' if len(ids) == 2 else 'group'}.{digest[:16]}"


async def open_conversation(engine: Engine, user: User, others: list[User]) -> Room:
    """The conversation of `user` with these people, created where there is none. Raises ActionError
    where it isn't allowed.

    A user who has left a group rejoins it only by opening it. A block between any two keeps a group
    from being made, and one between the user and another from being rejoined."""
    ids = {user.id, *(other.id for other in others)}
    if len(ids) < 2:
        raise ActionError("refused", "A conversation needs somebody else.")
    if len(ids) > MAX_PEOPLE:
        raise ActionError("refused", "At most {most} people, please, with yourself.", most=MAX_PEOPLE)
    if len(ids) == 2 and await is_block_between(*ids):
        raise ActionError("blocked", "You can’t write to this person.")
    name = conversation_name(ids)
    room = await _find(name)
    if room is None:
        await _require_no_blocks(ids, ids)
        room = await _create(engine, user, name, ids)
    if not (await engine.access.standing(room.id, user)).is_member:
        await _require_no_blocks([user.id], ids)
        await _rejoin(engine, room, user)
    return room


async def _require_no_blocks(people: Iterable[int], others: Collection[int]) -> None:
    """The answer doesn't say between whom a block stands."""
    for user_id in people:
        if await blocked_among(user_id, others):
            raise ActionError("blocked", "These people can’t be in one conversation.")


async def _find(name: str) -> Room | None:
    found: Room | None = await Room.aio_get_or_none(Room.slug == name)
    return found


async def note_block(one_id: int, other_id: int) -> None:
    """Run inside the transaction that stores a block between two people. It makes remembered
    standings in their conversation invalid, so that they are read again.

    The block adds no line to the history. The lock on the room's row puts the block in order with
    the posts of the two at this moment."""
    query = Room.update(standings_seq=Room.last_seq + 1)
    await query.where(Room.slug == conversation_name((one_id, other_id))).aio_execute()


async def _create(engine: Engine, user: User, name: str, user_ids: set[int]) -> Room:
    await charge(engine.limiter, INVITATIONS, user.id, len(user_ids) - 1)
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number"), 0)
    room = Room(name=name, slug=name, topic="", kind=name.partition(".")[0], created_at=now_ms(), **counters)
    try:
        async with engine.database.aio_atomic():
            if not await all_exist(user_ids):
                raise ActionError("no_such_user", "There is no such account any more.")
            await room.aio_save(force_insert=True)
            row = {
                "room": room.id,
                "role": Role.MEMBER,
                "read_number": 0,
                "joined_at": room.created_at,
            }
            await Member.insert_many([{**row, "user": user_id} for user_id in sorted(user_ids)]).aio_execute()
    except peewee.IntegrityError:
        # Another member has created it at the same moment.
        found = await _find(name)
        if found is None:
            raise
        return found
    engine.unread.note_standings(user_ids)
    return room


async def _rejoin(engine: Engine, room: Room, user: User) -> None:
    person = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        if (await room.standing(user.id)).is_member:
            raise ActionError("refused", "Already here.")
        await room.add_member(user.id, Role.MEMBER)
        return room.record("joined", person, f"{person.name} joined the conversation", change.nonce)

    change = Change(room.id, person, new_nonce(), apply)
    try:
        await engine.journal.change(change)
    except ActionError as error:
        if error.code != "refused":
            raise
    await notify_title_changes(engine, room.id)


async def notify_title_changes(engine: Engine, room_id: int) -> None:
    """Tells the members of the conversation its current title."""
    rows = await Member.select(Member.user).where(Member.room == room_id).tuples().aio_execute()
    engine.unread.note_standings(user_id for (user_id,) in rows)
