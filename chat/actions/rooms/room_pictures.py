"""A room's picture: set and removed by who may name the room, undone from the version of before."""

from chat.actions.order.moderation import change, numbered, require
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, in_the_way
from chat.events import Receipt
from chat.history.writing.acts import RecordedAct, record_act
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, Room, RoomPicture
from chat.requests import new_nonce
from chat.roles import Permission
from helpers.security_log import note
from helpers.storage.moving import Place
from helpers.storage.store import Store
from helpers.text.translation import Text

PLACE = Place(RoomPicture, RoomPicture.data, (RoomPicture.room_id, RoomPicture.version, RoomPicture.size))

KEPT = 5
"""Former pictures of a room, to which an undo leads back."""


async def set_picture(engine: Engine, room_id: int, person: Person, made: dict[int, int]) -> Receipt:
    """Shows this picture, a blob for each size; an empty `made` removes it. Raises ActionError."""

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_TITLE)
        if room.kind in CONVERSATIONS:
            raise ActionError("forbidden", "You may not do this here.")
        before = await _now(room)
        if not made and not before:
            raise ActionError("refused", "The room has no picture.")
        known = await _versions(room)
        version = max(room.at, *known, 0) + 1 if made else 0
        if made:
            is_old = (RoomPicture.room_id == room_id) & RoomPicture.version.in_(known[KEPT:])
            await RoomPicture.delete().where(is_old).aio_execute()
            rows = [
                {"room_id": room_id, "version": version, "size": size, "data": b"", "blob_id": blob_id}
                for size, blob_id in made.items()
            ]
            # By itself: statements that are sent together take no bytes.
            await RoomPicture.insert_many(rows).aio_execute()
        receipt = _show(room, person, version, new_nonce())
        act = await record_act(
            room, "picture", person, before={"picture": before}, after={"picture": version}
        )
        return numbered(receipt, act)

    receipt = await change(engine, room_id, person, new_nonce(), apply)
    note("room_picture", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def undo_picture(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if await _now(room) != act.after["picture"]:
        raise in_the_way(Text("The picture has been changed since."))
    before = act.before["picture"]
    if before and before not in await _versions(room):
        raise in_the_way(Text("The picture of before isn’t kept any more."))
    return _show(room, person, before, nonce)


def _show(room: RoomTransaction, person: Person, version: int, nonce: str) -> Receipt:
    room.writes.append(Room.update(picture=version).where(Room.id == room.room_id))
    return room.record("picture", person, str(version), nonce)


async def _now(room: RoomTransaction) -> int:
    return int(await Room.select(Room.picture).where(Room.id == room.room_id).aio_scalar())


async def _versions(room: RoomTransaction) -> list[int]:
    """Those that are kept, the latest first."""
    query = RoomPicture.select(RoomPicture.version).where(RoomPicture.room_id == room.room_id).distinct()
    rows = await query.order_by(RoomPicture.version.desc()).tuples().aio_execute()
    return [version for (version,) in rows]


async def read_picture(store: Store, room: Room, size: int) -> bytes | None:
    """The room's picture as it is shown. Raises StorageError."""
    is_shown = (RoomPicture.room_id == room.id) & (RoomPicture.version == room.picture)
    return await PLACE.read(store, is_shown & (RoomPicture.size == size))
