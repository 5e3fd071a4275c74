"""Inviting people to rooms, and what becomes of it: it is accepted, declined or withdrawn. Who is
invited sees the room's name, its topic and the inviter, and reads nothing in it before they accept.

Nobody is told that an invitation was declined. To everybody but its guest it looks pending until it
ends, and nobody reaches the guest with another one to that room before."""

from collections.abc import Callable

from accounts.models import User
from accounts.people.directory import lock_account
from accounts.relations.visibility import is_block_between
from chat.costs import INVITATIONS
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, barred, in_the_way, kicked
from chat.events import Receipt
from chat.history.invitations import (
    INVITED_SECONDS,
    MAX_OF_ONE_INVITER,
    MAX_PENDING,
    count_by,
    count_pending,
    ending,
)
from chat.history.reports import in_charge_of
from chat.history.writing.acts import record_act
from chat.history.writing.journal import Change
from chat.history.writing.restrictions import banned_until, lift_ban
from chat.history.writing.transaction import RoomTransaction
from chat.models import Invitation, Room, RoomRequest
from chat.requests import new_nonce
from chat.roles import Permission, Role
from helpers.errors import charge
from helpers.text.translation import Text

DECLINED_SECONDS = 30 * 24 * 3600
"""For so long nobody reaches who has declined with another invitation to the same room."""


async def invite(engine: Engine, room_id: int, person: Person, guest: User, nonce: str) -> Receipt:
    """Invites `guest`. In a closed room only moderators may invite, and only they invite somebody
    back who was removed a moment ago."""
    await charge(engine.limiter, INVITATIONS, person.id)
    target = Person(guest.id, guest.name)

    async def apply(room: RoomTransaction) -> Receipt:
        standing = await room.standing(person.id)
        if bar := standing.bar(Permission.INVITE_TO_OPEN, room.at):
            raise barred(bar, standing.timeout_until - room.at)
        if not standing.may_invite:
            if not standing.is_member:
                raise ActionError("not_a_member", "You are not a member of this room.")
            if room.modes.inviting is Role.OWNER:
                raise ActionError("forbidden", "Only owners invite to this room.")
            if room.is_open:
                raise ActionError("forbidden", "Only moderators invite to this room.")
            raise ActionError("forbidden", "Only moderators invite to a closed room.")
        if (await room.standing(guest.id)).is_member:
            raise ActionError("refused", "{name} is a member already.", name=guest.called)
        if await is_block_between(person.id, guest.id):
            raise ActionError("blocked", "You can’t invite this person.")
        until = await banned_until(room, guest.id)
        if until and not standing.may(Permission.KILL):
            raise ActionError(
                "kicked",
                "{name} was removed from this room. Only moderators invite them back now.",
                name=guest.called,
            )
        before = await room.invitation(guest.id)
        if before is not None and _looks_pending(before, room.at):
            raise ActionError("refused", "{name} is invited already.", name=guest.called)
        if not await lock_account(guest.id):
            raise ActionError("no_such_user", "There is no such account any more.")
        await _require_place(person, guest)
        new = {"room_id": room.room_id, "user_id": guest.id, "inviter_id": person.id, "at": room.at}
        end = max(room.at + INVITED_SECONDS * 1000, before.until if before is not None else 0)
        # What was declined doesn't reach its guest again.
        room.put_invitation(Invitation(**new, until=end, declined=before is not None and before.declined))
        if until:
            lift_ban(room, guest.id)
        receipt = room.record("invited", person, f"{person.name} invited {guest.name}", nonce, target=target)
        await record_act(room, "invite", person, target=target, before={"banned_until": until})
        return receipt

    # One at a time in this process, since entries of one batch don't see each other; for the others
    # the row of the guest is locked.
    async with engine.guests.of(guest.id):
        receipt = await engine.journal.change(Change(room_id, person, nonce, apply))
    is_theirs = (RoomRequest.room_id == room_id) & (RoomRequest.user_id == guest.id)
    if await RoomRequest.delete().where(is_theirs).aio_execute():
        # Who had asked to be let in is answered.
        engine.unread.note_standings(await in_charge_of(room_id))
    return receipt


async def _require_place(person: Person, guest: User) -> None:
    if await count_by(person.id, guest.id) >= MAX_OF_ONE_INVITER:
        raise ActionError(
            "refused",
            "{name} has {count} invitations of yours, and hasn’t answered them yet.",
            name=guest.called,
            count=MAX_OF_ONE_INVITER,
        )
    if await count_pending(guest.id) >= MAX_PENDING:
        raise ActionError("refused", "{name} has too many invitations to answer just now.", name=guest.called)


async def withdraw(engine: Engine, room_id: int, person: Person, guest: User) -> None:
    """Ends an invitation of one's own, or as a moderator anybody's. Raises ActionError."""

    async def apply(room: RoomTransaction) -> Receipt:
        standing = await room.standing(person.id)
        if not standing.is_member:
            raise ActionError("not_a_member", "You are not a member of this room.")
        found = await room.invitation(guest.id)
        is_own = found is not None and found.inviter_id == person.id
        if not is_own and not standing.may(Permission.KILL):
            raise ActionError("forbidden", "Only moderators withdraw invitations of others.")
        if found is None or not _looks_pending(found, room.at):
            raise ActionError("refused", "{name} isn’t invited.", name=guest.called)
        if found.declined:
            room.put_invitation(_changed(found, inviter_id=None))
        else:
            room.end_invitation(guest.id)
        return Receipt("", room.last_seq)

    await engine.journal.change(Change(room_id, person, new_nonce(), apply))
    engine.unread.note_standings([guest.id])


async def end_by_undo(room: RoomTransaction, guest: Person) -> None:
    """Ends a pending invitation. Raises ActionError where there is none any more."""
    if (await room.standing(guest.id)).is_member:
        raise in_the_way(Text("{name} has come to the room since.", name=guest.name))
    found = await room.invitation(guest.id)
    if found is None or not _looks_pending(found, room.at):
        raise in_the_way(Text("{name} isn’t invited any more.", name=guest.name))
    if found.declined:
        room.put_invitation(_changed(found, inviter_id=None))
    else:
        room.end_invitation(guest.id)


async def accept(engine: Engine, room: Room, user: User) -> None:
    """Makes an invited person a member. Nothing changes for a member. Raises ActionError."""
    person = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        if (await room.standing(user.id)).is_member:
            return Receipt("", room.last_seq)
        await _require_invitation(room, user)
        if until := await banned_until(room, user.id):
            raise kicked(until - room.at)
        await room.add_member(user.id, Role.MEMBER, is_admin=user.is_admin)
        return room.record("joined", person, f"{person.name} joined the room", change.nonce)

    change = Change(room.id, person, new_nonce(), apply)
    await engine.journal.change(change)


async def decline(engine: Engine, room: Room, user: User) -> None:
    """Hides an invitation from its guest. Raises ActionError where there is none."""

    async def apply(room: RoomTransaction) -> Receipt:
        found = await _require_invitation(room, user)
        room.put_invitation(_changed(found, declined=True, until=room.at + DECLINED_SECONDS * 1000))
        return Receipt("", room.last_seq)

    await engine.journal.change(Change(room.id, Person(user.id, user.name), new_nonce(), apply))
    engine.unread.note_standings([user.id])


async def _require_invitation(room: RoomTransaction, user: User) -> Invitation:
    found = await room.invitation(user.id)
    if found is None or found.inviter_id is None or found.declined:
        raise no_invitation()
    if await is_block_between(user.id, found.inviter_id):
        raise no_invitation()
    return found


def _looks_pending(invitation: Invitation, now: int) -> bool:
    """Whether others take it for an invitation that waits for its answer."""
    return invitation.inviter_id is not None and now < invitation.at + INVITED_SECONDS * 1000


def no_invitation() -> ActionError:
    """The same where there is no such room: else it would tell the names of closed ones."""
    return ActionError("no_invitation", "There is no such invitation any more.")


def _changed(invitation: Invitation, **fields: object) -> Invitation:
    return Invitation(**{**invitation.__data__, **fields})


async def end_between(engine: Engine, one_id: int, other_id: int) -> Callable[[], None]:
    """Run inside the transaction that stores a block between two people: neither's invitations of
    the other hold any more. Returns what tells them, after the commit."""
    for inviter_id, guest_id in ((one_id, other_id), (other_id, one_id)):
        for query in ending(inviter_id, Invitation.user_id == guest_id):
            await query.aio_execute()
    return lambda: engine.unread.note_standings([one_id, other_id])
