"""Erases posts inside a transaction, for good: their texts, versions, reactions, mentions and files.
What is left of a file is a blob that nothing refers to (helpers/storage/blobs.py)."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from chat.drafts import HERE
from chat.history.lines import Line
from chat.history.writing.transaction import RoomTransaction
from chat.models import File, Mention, MessageVersion, Reaction
from chat.models import Message as Row


def erase(room: RoomTransaction, lines: Iterable[Line]) -> None:
    """Erases posts for good: their texts, versions, reactions and mentions. It can't be undone.
    An event is recorded for each post that is still visible."""
    erased = list(lines)
    for line in erased:
        if room.is_visible(line):
            room.last_seq += 1
            line = replace(
                line,
                changed_seq=room.last_seq,
                deleted_at=room.at,
                deleted_by=line.author_id,
                text="",
                html=None,
                files=None,
            )
            room.published.append(line)
        row: dict[str, Any] = {
            "changed_seq": line.changed_seq,
            "deleted_at": line.deleted_at or room.at,
            "deleted_by": line.author_id,
        }
        _wipe(room, line, row)
    _delete_versions_and_reactions(room, erased)


def purge(room: RoomTransaction, lines: Iterable[Line]) -> None:
    """Erases what remains of deleted posts for good. No event is due: nobody gets it any
    more."""
    purged = list(lines)
    for line in purged:
        _wipe(room, line, {})
    _delete_versions_and_reactions(room, purged)


def _wipe(room: RoomTransaction, line: Line, row: dict[str, Any]) -> None:
    row |= {"text": "", "html": None, "mentions": None, "files": None, "reactions": 0, "pinned": False}
    room.amendments.append(Row.update(row).where(Row.room_id == room.room_id, Row.seq == line.seq))
    if line.mentioned_ids:
        room.uncount([*map(int, line.mentioned_ids.split(","))], line.number)


def _delete_versions_and_reactions(room: RoomTransaction, lines: list[Line]) -> None:
    seqs = [line.seq for line in lines]
    if not seqs:
        return
    for table in (MessageVersion, Reaction, File):
        room.amendments.append(table.delete().where(table.room_id == room.room_id, table.seq.in_(seqs)))


def withdraw_reactions(room: RoomTransaction, line: Line, user_id: int) -> None:
    """Removes all reactions of a user from a post. An event is recorded where the post is
    visible."""
    others = tuple(one for one in line.reactions if one.user_id != user_id)
    if room.is_visible(line):
        room.amend(line, reactions=others)
        return
    own = (Reaction.room_id == room.room_id) & (Reaction.seq == line.seq) & (Reaction.user_id == user_id)
    room.amendments.append(Reaction.delete().where(own))
    count = Row.update(reactions=len(others)).where(Row.room_id == room.room_id, Row.seq == line.seq)
    room.amendments.append(count)


async def delete_what_hangs_on(room_id: int, lines: Sequence[tuple[int, int | None, str | None]]) -> None:
    """Deletes the versions, reactions and mentions of lines that nobody sees any more: of each its
    seq, its number, and Message.mentions. Call it in a transaction."""
    seqs = [seq for seq, _, _ in lines]
    for table in (MessageVersion, Reaction, File):
        await table.delete().where(table.room_id == room_id, table.seq.in_(seqs)).aio_execute()
    user_ids = {int(user_id) for _, _, ids in lines if ids for user_id in ids.split(",")}
    if user_ids:
        numbers = [number for _, number, ids in lines if ids]
        is_mention = (Mention.room_id == room_id) & Mention.number.in_(numbers)
        await Mention.delete().where(Mention.user_id.in_(sorted(user_ids)), is_mention).aio_execute()
        if HERE.user_id in user_ids:
            await Mention.delete().where(is_mention, Mention.of_group).aio_execute()
