"""Creating rooms, and changing what they are called: the title that people read, and the name in
the address.

No room is titled so that it looks like an open one. Nothing is refused because of a closed room:
its name has an ending that nobody guesses, and its title may be given again."""

import peewee

from accounts.models import User
from accounts.people.directory import all_exist
from chat.actions.membership import KINDS
from chat.actions.order.moderation import numbered, require
from chat.costs import RENAMES, ROOMS
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.invitations import guests_in
from chat.history.names import names_of, open_room_like, taken_slugs
from chat.history.writing.acts import record_act
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import Member, Room, RoomName
from chat.requests import new_nonce
from chat.roles import Permission, Role
from chat.room_names import (
    BadTitle,
    clean_title,
    closed_name,
    name_problem,
    proposed_names,
    title_key,
)
from helpers.clock import now_ms
from helpers.errors import charge
from helpers.security_log import note

MAX_NAMES = 20
"""Names of one room, present and former: none of them is given to another room."""

TRIES = 5
"""Somebody else may take a name or a title at the same moment."""


async def create_room(engine: Engine, owner: User, title: str, topic: str, kind: str, name: str = "") -> Room:
    """Creates a room owned by `owner`. The fields must have been checked. Without a name one is made
    of the title. A closed room gets a name that nobody guesses, in any case.

    Raises ActionError, about the field `title` or `name` where one of them can't be had."""
    await charge(engine.limiter, ROOMS, owner.id)
    person = Person(owner.id, owner.name)
    room = await _store(engine, owner, title, topic, kind, name)
    engine.directory.room_changed(room.slug)

    async def first_line(room: RoomTransaction) -> Receipt:
        return room.record("created", person, f"{person.name} created the room", change.nonce)

    change = Change(room.id, person, new_nonce(), first_line)
    await engine.journal.change(change)
    return room


async def _store(engine: Engine, owner: User, title: str, topic: str, kind: str, name: str) -> Room:
    key = title_key(title)
    for _ in range(TRIES):
        try:
            async with engine.database.aio_atomic():
                if not await all_exist([owner.id]):
                    raise ActionError("no_such_user", "There is no such account any more.")
                if like := await open_room_like(key):
                    raise _looks_like(like).about("title")
                found = await _free_name(title, kind, name)
                return await _insert(owner, found, title, key, topic, kind)
        except peewee.IntegrityError:
            continue
    raise _taken().about("name")


async def _free_name(title: str, kind: str, name: str) -> str:
    given = closed_name(name) if name and kind == "closed" else name
    names = [given] if given else proposed_names(title, kind)
    taken = await taken_slugs([one.lower() for one in names])
    for one in names:
        if one.lower() not in taken:
            return one
    raise _taken().about("name")


async def _insert(owner: User, name: str, title: str, key: str, topic: str, kind: str) -> Room:
    room = Room(
        name=name,
        slug=name.lower(),
        title=title,
        title_key=key or None,
        topic=topic,
        kind=kind,
        last_seq=0,
        posts=0,
        cleared_seq=0,
        cleared_number=0,
        created_at=now_ms(),
    )
    await room.aio_save(force_insert=True)
    await RoomName.insert(slug=room.slug, room=room.id, name=name, at=room.created_at).aio_execute()
    await Member.insert(
        room=room.id,
        user=owner.id,
        role=Role.OWNER,
        read_number=0,
        joined_at=room.created_at,
    ).aio_execute()
    return room


async def set_title(engine: Engine, room_id: int, person: Person, text: str, nonce: str) -> Receipt:
    """Gives the room another title. Raises ActionError."""
    try:
        title = clean_title(text)
    except BadTitle as error:
        raise ActionError("bad_usage", error.text) from None
    await charge(engine.limiter, RENAMES, person.id)
    guests: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal guests
        await require(room, person, Permission.SET_TITLE)
        before = await title_now(room)
        receipt = await put_title(room, person, title, nonce)
        guests = await guests_in(room_id)
        act = await record_act(room, "title", person, before={"title": before}, after={"title": title})
        return numbered(receipt, act)

    receipt = await engine.journal.change(Change(room_id, person, nonce, apply))
    engine.unread.note_standings(guests)
    return receipt


async def title_now(room: RoomTransaction) -> str | None:
    """The room's title within this transaction, None for the name."""
    if room.title is None:
        room.title = await Room.select(Room.title).where(Room.id == room.room_id).aio_scalar()
    return room.title


def remove_title(room: RoomTransaction, person: Person, nonce: str) -> Receipt:
    """The room is called by its name again, as it was before it had a title."""
    room.set_title(None, "")
    return room.record("title", person, room.name, nonce)


async def put_title(room: RoomTransaction, person: Person, title: str, nonce: str) -> Receipt:
    """Gives the room a checked title, and records its line. Raises ActionError."""
    key = title_key(title)
    if like := await open_room_like(key, room.room_id):
        raise _looks_like(like)
    room.set_title(title, key)
    return room.record("title", person, title, nonce)


async def set_name(engine: Engine, room_id: int, person: Person, name: str, nonce: str) -> Receipt:
    """Gives the room another name, and so another address. The former ones lead to it, and no other
    room gets them. That of a closed room ends in letters that nobody guesses. Raises ActionError."""
    if problem := name_problem(name):
        raise ActionError("bad_usage", problem)
    await charge(engine.limiter, RENAMES, person.id)
    guests: list[int] = []
    own: list[str] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal guests, own
        await require(room, person, Permission.SET_NAME)
        before, own = room.name, await names_of(room_id)
        guests = await guests_in(room_id)
        receipt = await put_name(room, person, name, nonce)
        act = await record_act(room, "address", person, before={"name": before}, after={"name": room.name})
        return numbered(receipt, act)

    receipt = await engine.journal.change(Change(room_id, person, nonce, apply))
    # Its former names are told with the present one's spelling.
    for slug in {one.lower() for one in (*own, name)}:
        engine.directory.room_changed(slug)
    engine.unread.note_standings(guests)
    note("address", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def put_name(room: RoomTransaction, person: Person, name: str, nonce: str) -> Receipt:
    """Gives the room a checked name, and records its line. Raises ActionError."""
    own = await names_of(room.room_id)
    # A former name may be had again.
    is_former = name.lower() in {one.lower() for one in own}
    found = name if room.is_open or is_former else closed_name(name)
    if found == room.name:
        raise ActionError("refused", "The room has this address already.")
    if found.lower() in await taken_slugs([found.lower()], room.room_id):
        raise _taken()
    if len(own) >= MAX_NAMES and not is_former:
        raise ActionError("refused", "A room has at most {most} addresses.", most=MAX_NAMES)
    room.set_name(found, own)
    return room.record("name", person, found, nonce)


async def set_kind(engine: Engine, room_id: int, person: Person, kind: str, nonce: str) -> Receipt:
    """Opens a closed room to everybody, or closes an open one: then only its members find and read
    it. Its addresses stay. Raises ActionError."""
    if kind not in KINDS:
        raise ActionError("bad_usage", "A room is one of these: {names}.", names=", ".join(KINDS))
    await charge(engine.limiter, RENAMES, person.id)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_RIGHTS)
        before = room.kind
        if kind == before:
            raise ActionError("refused", "The room is kept so already.")
        receipt = await put_kind(room, person, kind, nonce)
        act = await record_act(room, "kind", person, before={"kind": before}, after={"kind": kind})
        return numbered(receipt, act)

    receipt = await engine.journal.change(Change(room_id, person, nonce, apply))
    await tell_directory(engine, room_id)
    note("kind", "ok", who=person.name, whence="room", room=room_id, kind=kind)
    return receipt


async def put_kind(room: RoomTransaction, person: Person, kind: str, nonce: str) -> Receipt:
    """Makes the room of this kind, and records its line. Raises ActionError."""
    if kind == "open" and (like := await open_room_like(title_key(await _shown_title(room)), room.room_id)):
        raise _looks_like(like)
    room.open_or_close(kind)
    return room.record("kind", person, kind, nonce)


async def _shown_title(room: RoomTransaction) -> str:
    return await title_now(room) or room.name


async def tell_directory(engine: Engine, room_id: int) -> None:
    """After the commit: what texts name as `#room` is known by all of its names."""
    for slug in {name.lower() for name in await names_of(room_id)}:
        engine.directory.room_changed(slug)


def _looks_like(title: str) -> ActionError:
    return ActionError("refused", "There is an open room with a name like this: {room}.", room=title)


def _taken() -> ActionError:
    # The same for every name that is taken, and nothing of the room that has it.
    return ActionError("refused", "This address can’t be used.")
