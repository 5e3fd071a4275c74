"""Files become those of a message, in the transaction that stores it."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from chat.drafts import FileRef
from chat.errors import ActionError
from chat.events import FileView, encode_value
from chat.history.lines import file_views
from chat.history.writing.transaction import UNDO_SECONDS, RoomTransaction
from chat.models import File, Upload
from helpers.clock import now_ms
from helpers.db.base import database_proxy
from helpers.db.database import is_sqlite

THUMBNAILS = (320, 640, 1280)
"""The widths in which a picture is shown, unless it is smaller."""

HELD_SECONDS = 2 * UNDO_SECONDS
"""For so long the files of a post that is held are kept, whatever becomes of it."""

_refs = msgspec.json.Decoder(tuple[FileRef, ...])


def address_name(name: str) -> str:
    """The name in a file's address, where some names have a meaning of their own."""
    return f"file-{name}" if name.startswith(("preview", "thumbnail-")) else name


def view_of(file: File, description: str = "") -> FileView:
    """What the events tell of a file."""
    width = next((one for one in THUMBNAILS[:2] if one >= (file.width or 0)), THUMBNAILS[1])
    # A film says how large it is, and nothing of it is drawn.
    has_thumbnail = file.width and file.kind != "video"
    return FileView(
        *(file.id, file.name, file.type, file.size, file.width, file.height, description),
        url=f"/files/{file.id}/{quote(address_name(file.name), safe='')}",
        thumbnail=f"/files/{file.id}/thumbnail-{width}.webp" if has_thumbnail else None,
    )


async def attach(room: RoomTransaction, author_id: int, refs: Sequence[FileRef]) -> str:
    """Makes these files those of the next line of the room, and returns the value of Message.files.
    Raises ActionError, and then nothing has changed."""
    query = File.select().where(File.id.in_([ref.id for ref in refs])).order_by(File.id)
    if not is_sqlite(database_proxy.obj):
        # Two messages that ask for the same file wait for each other.
        query = query.for_update()
    found = {file.id: file for file in await query.aio_execute()}
    for ref in refs:
        file = found.get(ref.id)
        if file is None or file.owner_id != author_id:
            raise await _why_missing(author_id, ref.id)
        if file.room_id is not None:
            raise ActionError("file_used", "{name} was posted already. Please send it again.", name=file.name)
    for place, ref in enumerate(refs):
        change = {"room_id": room.room_id, "seq": room.last_seq + 1, "place": place, "until": None}
        room.amendments.append(File.update(change).where(File.id == ref.id))
    return encode_value([view_of(found[ref.id], ref.description) for ref in refs]).decode()


def described(files: str | None, refs: Sequence[FileRef]) -> str | None:
    """The value of Message.files with these descriptions. Raises ActionError where one isn't a file of
    the message."""
    views, now = file_views(files) if files else [], dict(refs)
    if now.keys() - {view.id for view in views}:
        raise ActionError("no_such_file", "This isn’t a file of the message.")
    if all(now.get(view.id, view.description) == view.description for view in views):
        return files
    return encode_value(
        [replace(view, description=now.get(view.id, view.description)) for view in views]
    ).decode()


async def _why_missing(author_id: int, file_id: str) -> ActionError:
    upload = await Upload.aio_get_or_none(Upload.id == file_id, Upload.owner_id == author_id)
    if upload is not None and upload.state in ("open", "whole"):
        return ActionError("file_not_ready", "{name} isn’t here yet.", name=upload.name, retry_after=1)
    return ActionError("no_such_file", "A file of this message isn’t here any more. Please choose it again.")


async def keep_for_moderators(author_id: int, refs: Sequence[FileRef]) -> None:
    """The files of a post that waits for a moderator stay for a while."""
    change = File.update(until=now_ms() + HELD_SECONDS * 1000)
    is_theirs = (File.owner_id == author_id) & File.room_id.is_null()
    await change.where(File.id.in_([ref.id for ref in refs]), is_theirs).aio_execute()


async def let_go(author_id: int, refs: Sequence[FileRef]) -> None:
    """The files of a post that will never be one aren't kept any longer."""
    is_theirs = (File.owner_id == author_id) & File.room_id.is_null()
    await File.update(until=now_ms()).where(File.id.in_([ref.id for ref in refs]), is_theirs).aio_execute()


async def names_of(refs: Sequence[FileRef]) -> list[str]:
    """How the files are called, of those that are there."""
    if not refs:
        return []
    query = File.select(File.id, File.name).where(File.id.in_([ref.id for ref in refs]))
    names = dict(await query.tuples().aio_execute())
    return [names[ref.id] for ref in refs if ref.id in names]


def refs_of_held(files: str) -> tuple[FileRef, ...]:
    """What HeldPost.files says."""
    return _refs.decode(files)
