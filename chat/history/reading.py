"""Reads a room's history by pages, posts, pins and versions. Nothing here writes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace
from peewee import SQL, Case, Value, fn

from accounts.models import User
from chat.drafts import GROUPS, Mentioned, Reacted
from chat.history.lines import FILES_ALONE, MAX_QUOTE, Line, without_quotes
from chat.line_kinds import PAST
from chat.models import Message as Row
from chat.models import MessageVersion, Reaction, Room
from helpers.db.compiled import CompiledSelect
from helpers.weights import MAX_PAGE_WEIGHT, fitting, weight_of

MAX_PAGE = 100
MAX_PINS = 100

MAX_VERSIONS = 100
"""The latest former texts of one post. Each may have ten thousand characters."""

LOOKED_AT_ONCE = 2000
LOOKED_THROUGH = 100_000
"""Posts of a room, for those of one author: no index has them."""

NAMES_AT_ONCE = 100
"""Names in one statement. For many more PostgreSQL reads all users."""


def _name_of(user_id: Any) -> Any:
    """Looked up line by line: for a join of some hundred lines PostgreSQL reads all users."""
    return User.select(User.name).where(User.id == user_id)


_replied_to = Row.alias()
_IS_REPLIED_TO = (_replied_to.room_id == Row.room_id) & (_replied_to.number == Row.reply_to)

_QUOTABLE = Case(
    None,
    [(_replied_to.text == "", Value(FILES_ALONE).concat(_replied_to.files))],
    fn.SUBSTR(_replied_to.text, 1, 4 * MAX_QUOTE),
)
"""As `answering` makes it."""

LINE_COLUMNS = (
    Row.seq,
    Row.number,
    Row.kind,
    Row.author_id,
    fn.COALESCE(_name_of(Row.author_id), "?"),
    Row.target_id,
    _name_of(Row.target_id),
    Row.nonce,
    Row.text,
    Row.html,
    Row.at,
    Row.changed_seq,
    Row.reply_to,
    Row.edited_at,
    Row.deleted_at,
    Row.deleted_by,
    Row.pinned,
    Row.reactions,
    _name_of(_replied_to.select(_replied_to.author_id).where(_IS_REPLIED_TO)),
    _replied_to.select(_QUOTABLE).where(_IS_REPLIED_TO, _replied_to.deleted_at.is_null()),
    Row.mentions,
    Row.previews,
    Row.files,
)
"""The columns of a Line, in its order."""


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    more: bool


@dataclass(frozen=True)
class Around:
    """Lines on both sides of a post, and whether there are older and newer ones."""

    lines: list[Line]
    more: bool
    newer: bool


def _lines(room_id: Any, first: Any) -> Any:
    return Row.select(*LINE_COLUMNS).where(Row.room_id == room_id, Row.seq >= first).tuples()


def _present_lines(room_id: Any, first: Any) -> Any:
    """Without those of kinds of the past."""
    return _lines(room_id, first).where(Row.kind.not_in(PAST))


class _Pages:
    """The statements of pages of these lines."""

    def __init__(self, lines: Callable[[Any, Any], Any]) -> None:
        self.last = CompiledSelect(
            lambda room, first, most: lines(room, first).order_by(Row.seq.desc()).limit(most)
        )
        self.before = CompiledSelect(
            lambda room, first, before, most: (
                lines(room, first).where(Row.seq < before).order_by(Row.seq.desc()).limit(most)
            )
        )
        self.after = CompiledSelect(
            lambda room, first, most: lines(room, first).order_by(Row.seq).limit(most)
        )


_ALL, _PRESENT = _Pages(_lines), _Pages(_present_lines)


async def page(
    room: Room,
    limit: int,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    weight: int = MAX_PAGE_WEIGHT,
    past: bool = True,
) -> Page:
    """At most `limit` lines of at most `weight` together, oldest first: the last ones, those before
    a seq, or those after a seq. `past`: with the lines of kinds that are recorded no more."""
    pages = _ALL if past else _PRESENT
    # One lower bound: of two bounds SQLite uses the first, and reads all rows between them.
    first = room.cleared_seq if after_seq is None else max(room.cleared_seq, after_seq + 1)
    if after_seq is not None:
        rows = await pages.after.results(room.id, first, limit + 1)
    elif before_seq is not None:
        rows = await pages.before.results(room.id, first, before_seq, limit + 1)
    else:
        rows = await pages.last.results(room.id, first, limit + 1)
    shown = fitting([Line(*row) for row in rows[:limit]], _weight_of, weight)
    in_order = shown if after_seq is not None else shown[::-1]
    return Page(await shown_in(room, in_order), len(rows) > len(shown))


def _weight_of(line: Line) -> int:
    return 0 if line.is_deleted else weight_of(line.text, line.html) + len(line.previews or "")


def _numbered(query: Any, room_id: int, number: int) -> Any:
    """Limits a selection of Rows to the post with this number.

    PostgreSQL finds a low number in every room and, for equality, expects many rows: with a limit
    it reads the history up to the first of them. Ordered by number, it uses the index."""
    return (
        query.where(Row.room_id == room_id, Row.number >= number, Row.number <= number)
        .order_by(Row.number)
        .limit(1)
    )


async def post_at(room_id: int, number: int) -> Line | None:
    """The post with this number in its current state."""
    rows = await _numbered(Row.select(*LINE_COLUMNS), room_id, number).tuples().aio_execute()
    return (await complete(room_id, [Line(*row) for row in rows]))[0] if rows else None


async def posts_by_seq(room_id: int, seqs: list[int]) -> list[Line]:
    """The posts with these seqs in their current state, hidden ones included."""
    rows = (
        await Row.select(*LINE_COLUMNS)
        .where(Row.room_id == room_id, Row.seq.in_(seqs))
        .order_by(Row.seq)
        .tuples()
        .aio_execute()
    )
    return await complete(room_id, [Line(*row) for row in rows if row[1] is not None])


async def posts_by_number(room_id: int, numbers: Collection[int]) -> list[Line]:
    """The posts with these numbers in their current state, hidden ones included."""
    rows = (
        await Row.select(*LINE_COLUMNS)
        .where(Row.room_id == room_id, Row.number.in_(list(numbers)))
        .order_by(Row.number)
        .tuples()
        .aio_execute()
    )
    return await complete(room_id, [Line(*row) for row in rows])


async def numbers_of(
    room_id: int, author_id: int, since: int, most: int, after: int = 0
) -> tuple[list[int], int]:
    """The numbers of an author's posts of a room since a time, in milliseconds since 1970, the
    latest first and at most so many; and the number of the room's last post. Of the posts after
    `after`, at most LOOKED_THROUGH are looked through."""
    found: list[int] = []
    last, before = 0, None
    for _ in range(LOOKED_THROUGH // LOOKED_AT_ONCE):
        query = Row.select(Row.number, Row.author_id, Row.at).where(
            Row.room_id == room_id, Row.number > after
        )
        if before is not None:
            query = query.where(Row.number < before)
        rows = await query.order_by(Row.number.desc()).limit(LOOKED_AT_ONCE).tuples().aio_execute()
        last = last or (rows[0][0] if rows else after)
        found += [number for number, author, at in rows if author == author_id and at >= since]
        if len(rows) < LOOKED_AT_ONCE or rows[-1][2] < since or len(found) >= most:
            break
        before = rows[-1][0]
    return found[:most], last


async def latest_posts(room_id: int, since: int) -> list[tuple[int, int]]:
    """The numbers and authors of the room's posts since a time, in milliseconds since 1970, the latest
    first, at most LOOKED_AT_ONCE. Deleted ones aren't among them."""
    query = Row.select(Row.number, Row.author_id, Row.at, Row.deleted_at).where(
        Row.room_id == room_id, Row.number > 0
    )
    rows = await query.order_by(Row.number.desc()).limit(LOOKED_AT_ONCE).tuples().aio_execute()
    return [(number, author) for number, author, at, deleted_at in rows if at >= since and deleted_at is None]


async def visible_post(room: Room, number: int) -> Line | None:
    """The post with this number, or None where there is none or the history before it was
    cleared."""
    line = await post_at(room.id, number)
    if line is None or (number <= room.cleared_number and not _is_kept_pin(room, line)):
        return None
    return without_quotes([line], room.cleared_number)[0]


def _is_kept_pin(room: Room, line: Line) -> bool:
    """Whether the post is kept because it is pinned, though the lines around it are gone: unless it was
    cleared away, or is hidden from newcomers."""
    is_older = line.seq < room.kept_seq and room.kept_seq == room.cleared_seq
    return is_older and bool(room.keeps_pinned and line.pinned) and not line.is_deleted


async def pinned(room: Room) -> list[Line]:
    """The pinned posts, newest first, at most MAX_PINS of at most MAX_PAGE_WEIGHT together."""
    # The condition is that of the index messages_pins.
    is_pinned = (Row.room_id + SQL("0") == room.id) & Row.pinned & Row.deleted_at.is_null()
    # Those that are kept though the lines around them are gone, unless they were cleared away.
    is_kept = Row.seq < (room.kept_seq if room.keeps_pinned and room.kept_seq == room.cleared_seq else 0)
    query = Row.select(*LINE_COLUMNS).where(is_pinned, (Row.number > room.cleared_number) | is_kept)
    rows = await query.order_by(Row.number.desc()).limit(MAX_PINS).tuples().aio_execute()
    lines = [Line(*row) for row in rows]
    return await shown_in(room, fitting(lines, _weight_of, MAX_PAGE_WEIGHT))


async def versions(room_id: int, seq: int) -> list[tuple[str, int]]:
    """The former texts of a line, each with the time since when it stood, oldest first; of more
    than MAX_VERSIONS, or than MAX_PAGE_WEIGHT, the latest."""
    query = MessageVersion.select(MessageVersion.text, MessageVersion.at).where(
        MessageVersion.room_id == room_id, MessageVersion.seq == seq
    )
    rows = await query.order_by(MessageVersion.replaced_seq.desc()).limit(MAX_VERSIONS).tuples().aio_execute()
    return list(reversed(fitting(rows, lambda row: len(row[0]), MAX_PAGE_WEIGHT)))


async def shown_in(room: Room, lines: Sequence[Line]) -> list[Line]:
    """The same as `complete`, without what the lines quote of posts that are hidden in this room."""
    return without_quotes(await complete(room.id, lines), room.cleared_number)


async def complete(room_id: int, lines: Sequence[Line]) -> list[Line]:
    """The lines with their reactions and mentions. Where there are none, as in most pages, nothing
    is read."""
    reacted = [line.seq for line in lines if line.reaction_count]
    if reacted:
        reactions = await _reactions(room_id, reacted)
        lines = [
            replace(line, reactions=tuple(reactions[line.seq])) if line.seq in reactions else line
            for line in lines
        ]
    mentioned = {
        line.seq: [int(user_id) for user_id in line.mentioned_ids.split(",")]
        for line in lines
        if line.mentioned_ids
    }
    if mentioned:
        names = await _names(sorted({user_id for user_ids in mentioned.values() for user_id in user_ids}))
        lines = [
            replace(
                line,
                mentions=tuple(
                    Mentioned(user_id, names[user_id]) for user_id in mentioned[line.seq] if user_id in names
                ),
            )
            if line.seq in mentioned
            else line
            for line in lines
        ]
    return list(lines)


async def _names(user_ids: list[int]) -> dict[int, str]:
    """The names by user id, also those of GROUPS, without deleted accounts: a deleted account isn't shown as
    mentioned."""
    found = {group.user_id: group.name for group in GROUPS.values()}
    for start in range(0, len(user_ids), NAMES_AT_ONCE):
        some = user_ids[start : start + NAMES_AT_ONCE]
        found.update(
            await User.select(User.id, User.name)
            .where(User.id.in_(some), User.left_at.is_null())
            .tuples()
            .aio_execute()
        )
    return found


async def _reactions(room_id: int, seqs: list[int]) -> dict[int, list[Reacted]]:
    """By seq, the reactions to these lines, oldest first."""
    name = fn.COALESCE(_name_of(Reaction.user_id), "?")
    query = Reaction.select(Reaction.added_seq, Reaction.seq, Reaction.emoji, Reaction.user_id, name)
    rows = await query.where(Reaction.room_id == room_id, Reaction.seq.in_(seqs)).tuples().aio_execute()
    found: dict[int, list[Reacted]] = {}
    for _, seq, *reaction in sorted(rows):
        found.setdefault(seq, []).append(Reacted(*reaction))
    return found


async def page_before(room: Room, number: int, limit: int, *, past: bool = True) -> Page:
    """The lines before a post. Where service lines alone would fill the page, its first line is the
    nearest post before."""
    end = await _next_post(room, number) or room.last_seq + 1
    found = await page(room, limit, before_seq=end, past=past)
    if not found.more or any(line.number for line in found.lines):
        return found
    next_post = await _post_before(room, number)
    return Page([*await _line_at(room, next_post), *found.lines[1:]], more=True) if next_post else found


async def page_after(room: Room, number: int, limit: int, *, past: bool = True) -> Page:
    """The lines after a post. Where service lines alone would fill the page, its last line is the
    next post."""
    start = await _post_before(room, number + 1) or 0
    found = await page(room, limit, after_seq=start, past=past)
    if not found.more or any(line.number for line in found.lines):
        return found
    next_post = await _next_post(room, number + 1)
    return Page([*found.lines[:-1], *await _line_at(room, next_post)], more=True) if next_post else found


async def page_around(room: Room, number: int, limit: int, *, past: bool = True) -> Around | None:
    """At most `limit` lines of at most MAX_PAGE_WEIGHT with this post in the middle, oldest first.
    None where there is no such post, or it was cleared. A pinned post that is older than all others
    stands before the first of them."""
    if number <= room.cleared_number:
        pin = await visible_post(room, number)
        if pin is None:
            return None
        rest = await page(
            room, limit - 1, after_seq=pin.seq, weight=MAX_PAGE_WEIGHT - _weight_of(pin), past=past
        )
        return Around([pin, *rest.lines], False, rest.more)
    seq = await _numbered(Row.select(Row.seq), room.id, number).aio_scalar()
    if seq is None:
        return None
    half = MAX_PAGE_WEIGHT // 2
    older = await page(room, limit // 2, before_seq=seq, weight=half, past=past)
    newer = await page(room, limit - limit // 2, after_seq=seq - 1, weight=half, past=past)
    return Around(older.lines + newer.lines, older.more, newer.more)


async def _line_at(room: Room, seq: int) -> list[Line]:
    return (await page(room, 1, after_seq=seq - 1)).lines


async def _next_post(room: Room, number: int) -> int | None:
    """The seq of the first visible post with this number or a higher one."""
    first = max(number, room.cleared_number + 1)
    query = (
        Row.select(Row.seq).where(Row.room_id == room.id, Row.number >= first).order_by(Row.number).limit(1)
    )
    seq: int | None = await query.aio_scalar()
    return seq


async def _post_before(room: Room, number: int) -> int | None:
    """The seq of the last visible post with a lower number."""
    is_visible = (Row.room_id == room.id) & (Row.number > room.cleared_number)
    query = Row.select(Row.seq).where(is_visible, Row.number < number).order_by(Row.number.desc()).limit(1)
    seq: int | None = await query.aio_scalar()
    return seq
