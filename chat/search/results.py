"""What a search has found, as it is shown: the posts with their rooms, and the words marked."""

import asyncio
import html
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Block, User
from chat.history.lines import Line
from chat.history.reading import posts_by_seq
from chat.history.titles import people_in, title_for
from chat.models import Ignored, Room
from chat.search.index import Found, Hit, Wanted
from chat.search.stems import with_names
from chat.search.words import pieces


@dataclass(frozen=True)
class Result:
    """A post that was found. `pieces` are an excerpt, each with whether it was asked for. `is_folded`: the
    reader has blocked or ignores its author."""

    room: str
    title: str
    kind: str
    line: Line
    pieces: list[tuple[str, bool]]
    is_folded: bool

    @property
    def excerpt(self) -> str:
        return "".join(text for text, _ in self.pieces)

    @property
    def marked(self) -> str:
        """The excerpt as HTML. Nothing of the text acts."""
        return "".join(
            f"<mark>{html.escape(text)}</mark>" if is_found else html.escape(text)
            for text, is_found in self.pieces
        )


async def results_of(found: Found, wanted: Wanted, reader: User) -> list[Result]:
    """In the order in which they were found. What was deleted meanwhile is left out."""
    seqs: dict[int, list[int]] = defaultdict(list)
    for hit in found.hits:
        seqs[hit.room_id].append(hit.seq)
    if not seqs:
        return []
    rooms = {room.id: room for room in await Room.select().where(Room.id.in_(list(seqs))).aio_execute()}
    people = await people_in(room.id for room in rooms.values() if room.is_conversation)
    lines: dict[tuple[int, int], Line] = {}
    for room_id, own in seqs.items():
        lines |= {(room_id, line.seq): line for line in await posts_by_seq(room_id, own)}
    hidden = await _hidden(reader, {line.author_id for line in lines.values()})
    shown = []
    for hit in _still_there(found.hits, rooms, lines):
        room, line = rooms[hit.room_id], lines[hit.room_id, hit.seq]
        title = title_for(reader.id, people[room.id], room.kind) if room.is_conversation else room.shown
        found_pieces = _pieces(line, wanted.marked_terms)
        shown.append(Result(room.name, title, room.kind, line, found_pieces, line.author_id in hidden))
        # A long post takes milliseconds.
        await asyncio.sleep(0)
    return shown


def _pieces(line: Line, terms: list[str]) -> list[tuple[str, bool]]:
    """Of the text; with the names and descriptions of its files, where what was asked for is there alone."""
    found = pieces(line.text, terms)
    if not line.files or not terms or any(is_found for _, is_found in found):
        return found
    named = pieces(with_names(line.text, line.files), terms)
    return named if any(is_found for _, is_found in named) else found


def _still_there(
    hits: Sequence[Hit], rooms: dict[int, Room], lines: dict[tuple[int, int], Line]
) -> list[Hit]:
    return [
        hit
        for hit in hits
        if hit.room_id in rooms
        and (line := lines.get((hit.room_id, hit.seq))) is not None
        and not line.is_deleted
    ]


async def _hidden(reader: User, author_ids: set[int]) -> set[int]:
    """Which of these the reader has blocked or ignores."""
    ids = sorted(author_ids)
    blocked = Block.select(Block.blocked_id).where(Block.blocker_id == reader.id, Block.blocked_id.in_(ids))
    ignored = Ignored.select(Ignored.ignored_id).where(
        Ignored.user_id == reader.id, Ignored.ignored_id.in_(ids)
    )
    return {author_id for query in (blocked, ignored) for (author_id,) in await query.tuples().aio_execute()}
