"""Finding rooms, joining and leaving."""

from dataclasses import replace

from peewee import Case

from accounts.models import User
from accounts.signin.suspension import is_suspended
from chat.actions.conversations import notify_title_changes
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, kicked
from chat.events import Receipt
from chat.history.access import RoomAccess
from chat.history.writing.journal import Change
from chat.history.writing.restrictions import banned_until, stored_ban
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, Member, Room
from chat.requests import new_nonce
from chat.roles import Permission, Role, Standing
from chat.room_names import CONVERSATION_NAME, NAME
from helpers.clock import now_ms
from helpers.text.characters import is_one_line
from helpers.text.translation import Text

MAX_TOPIC = 200
KINDS = ("open", "closed")

LOOKED_AT = 100
"""Members of whom one may become the owner: the moderators, and those whose accounts are the oldest."""


def topic_problem(topic: str) -> Text | None:
    """Why this can't be a topic, or None."""
    if len(topic) > MAX_TOPIC:
        return Text("At most {most} characters, please.", most=MAX_TOPIC)
    return None if is_one_line(topic) else Text("One line without control characters, please.")


async def find_room(engine: Engine, slug: str, user: User) -> RoomAccess | None:
    """The room that has, or has had, this name, and the user's standing in it. None where there is
    no such room, or it is closed and the user is no member."""
    if not NAME.fullmatch(slug) and not CONVERSATION_NAME.fullmatch(slug):
        return None
    found = await engine.access.find(slug.lower(), user)
    return found if found and (found.room.is_open or found.standing.is_member) else None


async def require_not_kicked(room: Room, user: User) -> None:
    """Raises ActionError for somebody who was removed from the room and can't come back yet."""
    left = await stored_ban(room.id, user.id) - now_ms()
    if left > 0:
        raise kicked(left)


async def join_or_return(engine: Engine, room: Room, user: User) -> Standing:
    """Makes the user a member of the room and returns the standing. Of a member nothing is recorded.

    Raises ActionError where the room is closed to the user, or they were removed from it and can't
    come back yet."""
    standing = await engine.access.standing(room.id, user)
    if standing.is_member:
        return standing
    room_id = room.id
    person = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal standing
        standing = await room.standing(user.id)
        if standing.is_member:
            raise ActionError("refused", "Already here.")
        if not room.is_open:
            raise ActionError("not_a_member", "This room is closed to you.")
        if until := await banned_until(room, user.id):
            raise kicked(until - room.at)
        await room.add_member(user.id, Role.MEMBER, is_admin=user.is_admin)
        standing = await room.standing(user.id)
        return room.record("joined", person, f"{person.name} joined the room", change.nonce)

    change = Change(room_id, person, new_nonce(), apply)
    try:
        await engine.journal.change(change)
    except ActionError as error:
        if error.code != "refused":
            raise
    return standing


async def leave(
    engine: Engine,
    room_id: int,
    person: Person,
    nonce: str,
    *,
    is_sure: bool = False,
    account_deleted: bool = False,
) -> Receipt:
    """Ends the person's membership. When the owner leaves, the longest-standing moderator becomes
    the owner, or else the longest-standing member. Unless the person `is_sure`, it is refused where
    the room would lose its owner or its last member.

    `account_deleted`: the account is deleted. Only then a person can leave a conversation of two."""
    is_conversation = False

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal is_conversation
        is_conversation = room.kind in CONVERSATIONS
        standing = await room.standing(person.id)
        if standing.role is None:
            raise ActionError("not_a_member", "You are not a member of this room.")
        if not account_deleted and not standing.may(Permission.LEAVE):
            raise ActionError("forbidden", "Nobody leaves a conversation of two.")
        if not is_sure and not account_deleted and not is_conversation:
            _check_remaining(standing, await next_in_line(room_id, person.id))
        heir = await find_heir(room, person.id)
        room.end_membership(person.id)
        receipt = room.record("left", person, f"{person.name} left the room", nonce)
        make_owner(room, heir, person)
        return receipt

    receipt = await engine.journal.change(Change(room_id, person, nonce, apply))
    if is_conversation:
        await notify_title_changes(engine, room_id)
    return receipt


def _check_remaining(standing: Standing, others: Person | None) -> None:
    """Raises ActionError for who would leave the room without its owner, or empty."""
    if others is None and standing.may(Permission.DELETE_ROOM):
        raise ActionError(
            "leaves_nobody",
            "You are the last one in this room: nobody would own it. End it by /archive or /delete-room, "
            "or leave it so by /leave anyway.",
        )
    if others is None:
        raise ActionError(
            "leaves_nobody",
            "You are the last one in this room: nobody would be left. To leave it so: /leave anyway.",
        )
    if standing.role is Role.OWNER:
        raise ActionError(
            "leaves_nobody",
            "You own this room. Choose who owns it then by /owner @name, end it by /archive or "
            "/delete-room, or leave it to {name} by /leave anyway.",
            name=others.name,
        )


async def next_in_line(room_id: int, user_id: int) -> Person | None:
    """The longest-standing moderator beside this person, or else the longest-standing member, of the
    first LOOKED_AT. Who can't sign in comes last. None where there is nobody."""
    # In the order of the index. For a join PostgreSQL would rather read all users.
    query = Member.select(Member.user, Member.role, Member.joined_at).order_by(
        Member.role.desc(), Member.user
    )
    query = query.where(Member.room == room_id, Member.user != user_id).limit(LOOKED_AT)
    found = {member: (-role, joined_at) for member, role, joined_at in await query.tuples().aio_execute()}
    if not found:
        return None
    people = User.select(User.id, User.name, Case(None, [(is_suspended(), 1)], 0))
    rows = await people.where(User.id.in_(sorted(found)), User.left_at.is_null()).tuples().aio_execute()
    first = min(rows, key=lambda row: (row[2], *found[row[0]], row[0]), default=None)
    return Person(*first[:2]) if first else None


Heir = tuple[Person, Standing]
"""Who becomes the owner of a room that its owner leaves, and their standing until then."""


async def find_heir(room: RoomTransaction, user_id: int) -> Heir | None:
    """Who becomes the owner when this member leaves: the longest-standing moderator, or else the
    longest-standing member. None where the member isn't the owner, or is alone."""
    if (await room.standing(user_id)).role != Role.OWNER:
        return None
    heir = await next_in_line(room.room_id, user_id)
    if heir is None:
        return None
    return heir, await room.standing(heir.id)


def make_owner(room: RoomTransaction, heir: Heir | None, author: Person) -> None:
    """Records that the heir, if there is one, is the owner from now on, by what `author` did."""
    if heir is not None:
        person, standing = heir
        room.change_member(person.id, replace(standing, role=Role.OWNER))
        room.record("role", author, f"{person.name} is the owner now", new_nonce(), target=person)
