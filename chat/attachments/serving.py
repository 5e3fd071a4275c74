"""Who may read a file, looked at each time: whoever may read the message that it belongs to, at this
moment; before it is posted only who sent it, for as long as it waits."""

from dataclasses import dataclass

from accounts.models import User
from chat.models import File, Message, Room
from helpers.clock import now_ms
from helpers.storage.blobs import Blob


@dataclass(frozen=True)
class StoredFile:
    """A file with its content's place in the store. `slug` is that of its room, None before it is
    posted, and `number` that of its message."""

    id: str
    owner_id: int
    name: str
    type: str
    kind: str
    size: int
    key: str
    sha256: str
    variants: tuple[str, ...]
    slug: str | None
    number: int | None
    seq: int
    is_deleted: bool
    is_pinned: bool

    def is_before_posting(self, user: User) -> bool:
        return self.slug is None and self.owner_id == user.id

    def is_shown_in(self, room: Room) -> bool:
        """Whether the message can be read in the room, as its reader sees that."""
        if self.is_deleted or self.number is None:
            return False
        is_older = self.seq < room.kept_seq == room.cleared_seq
        is_kept = is_older and self.is_pinned and bool(room.keeps_pinned)
        return self.number > room.cleared_number or is_kept


async def stored_file(file_id: str) -> StoredFile | None:
    is_message = (Message.room_id == File.room_id) & (Message.seq == File.seq)
    query = (
        File.select(
            *(File.id, File.owner_id, File.name, File.type, File.kind, File.size),
            *(Blob.key, Blob.sha256, Blob.variants),
            *(Room.slug, Message.number, Message.seq, Message.deleted_at, Message.pinned),
        )
        .join(Blob, on=(Blob.id == File.blob_id))
        .left_outer_join(Room, on=(Room.id == File.room_id))
        .left_outer_join(Message, on=is_message)
        .where(File.id == file_id, File.until.is_null() | (File.until > now_ms()))
    )
    for row in await query.tuples().aio_execute():
        file_id, owner_id, name, type_, kind, size, key, sha256, variants, *of_message = row
        slug, number, seq, deleted_at, pinned = of_message
        return StoredFile(
            *(file_id, owner_id, name, type_, kind, size, key, sha256),
            variants=tuple(variants.split(",")) if variants else (),
            slug=slug,
            number=number,
            seq=seq or 0,
            is_deleted=deleted_at is not None,
            is_pinned=bool(pinned),
        )
    return None
