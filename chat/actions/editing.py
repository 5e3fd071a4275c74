"""Changes to a post: edit, delete, undelete, react, pin.

A request names a state, not a step. Where the post has that state already, nothing is recorded and
the answer is the receipt of its last change. So a request can be sent again without harm, and no
nonces have to be stored."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from chat.actions.order.deleting import delete_lines
from chat.actions.order.filtering import check_edit, report_by_itself
from chat.actions.order.moderation import numbered, require
from chat.actions.posting import Rendered, is_over_limit, render_with_names
from chat.actions.previews import dismiss, erase_pictures
from chat.drafts import ALL, GROUPS, HERE, FileRef, Mentioned, Person, Reacted
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.previews import cards_of, read_cards
from chat.history.writing.acts import record_act
from chat.history.writing.expiry import sweep
from chat.history.writing.files import described
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS
from chat.requests import Amendment, Delete, DismissPreview, Edit, Pin, React, Undelete, new_nonce
from chat.roles import Permission, Standing
from helpers.text.emoji import same_emoji

UNDELETE_SECONDS = 60
"""A page offers to undo a deletion for 5 seconds; the rest is for slow connections."""

MAX_EMOJIS = 20
"""Different emojis on one message."""

MAX_REACTIONS = 200
"""Reactions on one message: each event about the message names all who reacted."""


async def amend(engine: Engine, room_id: int, person: Person, request: Amendment) -> Receipt:
    """Applies a checked request and returns the receipt with the seq of the change. Raises
    ActionError."""
    reported = None
    match request:
        case Edit():
            text = request.text or ""
            rendered = await render_with_names(engine, person.id, text)
            over_limit = await is_over_limit(engine, person.id, rendered)
            reported = await check_edit(engine, room_id, person, text) if text else None
            apply = _edit(person, request, rendered, is_over_limit=over_limit)
        case Delete():
            apply = _delete(person, request)
        case Undelete():
            apply = _undelete(person, request)
        case React():
            apply = _react(person, request)
        case Pin():
            apply = _pin(person, request)
        case DismissPreview():
            apply = dismiss(person, request)
    receipt = await engine.journal.change(Change(room_id, person, new_nonce(), apply))
    if reported is not None:
        await report_by_itself(engine, room_id, request.number, reported.pattern)
    return receipt


Apply = Callable[[RoomTransaction], Awaitable[Receipt]]


def _edit(person: Person, request: Edit, now: Rendered, *, is_over_limit: bool) -> Apply:
    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.POST)
        line = await _undeleted_post(room, request.number, standing)
        if line.author_id != person.id:
            raise ActionError("forbidden", "Only its author edits a message.")
        files = described(line.files, [FileRef(one.id, one.description) for one in request.files])
        if request.text is None or line.text == request.text:
            # What is said of a file isn't what the message says: it isn't marked as edited.
            return _unchanged(line) if files == line.files else room.amend(line, files=files)
        groups = [one for one in now.mentions if one in GROUPS.values()]
        added = [one for one in groups if one not in line.mentions]
        unheard = await room.why_groups_are_unheard(person.id, is_over_limit=is_over_limit) if added else None
        if unheard is not None:
            groups = [one for one in groups if one not in added]
        mentions = await _mentions_after_edit(room, line, now.mentions)
        previews = cards_of(line.previews, now.html)
        if previews != line.previews:
            erase_pictures(room, line.previews, read_cards(previews))
        receipt = room.amend(
            line,
            text=request.text,
            html=now.html if unheard is None else now.quiet_html,
            edited_at=room.at,
            previews=previews,
            files=files,
            mentions=(*mentions, *groups),
        )
        if HERE in groups and ALL not in groups:
            was_here = HERE in line.mentions and ALL not in line.mentions
            # Who was named and isn't any more may still be online.
            unnamed = [one.user_id for one in line.mentions if one not in mentions]
            await room.mention_present(person.id, request.number, unnamed if was_here else None)
        return replace(receipt, unheard=unheard) if unheard else receipt

    return apply


async def _mentions_after_edit(
    room: RoomTransaction, line: Line, named: tuple[Mentioned, ...]
) -> tuple[Mentioned, ...]:
    """The mentions of an edited post whose text names these people. Earlier mentions that the text
    still names stay, even of people who are no longer members. The author of the post that it
    replies to stays mentioned, whatever the text says."""
    people = [one for one in named if one not in GROUPS.values()]
    kept = [one for one in line.mentions if one in people or one.name == line.quoted_author]
    added = await room.mentioned_by(line.author_id, [one for one in people if one not in line.mentions])
    return (*kept, *added)


def _delete(person: Person, request: Delete) -> Apply:
    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.RETRACT)
        line = await room.post(request.number, standing)
        if line.author_id != person.id and not standing.may(Permission.DELETE):
            raise ActionError("forbidden", "Only its author and moderators delete a message.")
        if line.is_deleted:
            return _unchanged(line)
        return replace(await delete_lines(room, person, [line], line.nonce), number=line.number)

    return apply


def _undelete(person: Person, request: Undelete) -> Apply:
    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.POST)
        line = await room.post(request.number, standing)
        if line.deleted_at is None:
            if line.author_id != person.id:
                raise ActionError("forbidden", "Only who deleted a message takes that back.")
            return _unchanged(line)
        if line.deleted_by != person.id:
            raise ActionError("forbidden", "Only who deleted a message takes that back.")
        if room.at - line.deleted_at > UNDELETE_SECONDS * 1000:
            raise ActionError(
                "too_late", "A deletion can be taken back for {seconds} seconds.", seconds=UNDELETE_SECONDS
            )
        receipt = room.amend(line, deleted_at=None, deleted_by=None)
        if HERE in line.mentions and ALL not in line.mentions:
            await room.mention_present(line.author_id, request.number)
        return receipt

    return apply


def _react(person: Person, request: React) -> Apply:
    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.REACT)
        line = await _undeleted_post(room, request.number, standing)
        own = Reacted(request.emoji, person.id, person.name)
        others = tuple(
            one
            for one in line.reactions
            if one.user_id != own.user_id or same_emoji(one.emoji) != same_emoji(own.emoji)
        )
        if request.on == (len(others) < len(line.reactions)):
            return _unchanged(line)
        if request.on:
            emojis = {same_emoji(one.emoji) for one in others}
            if len(others) >= MAX_REACTIONS or (
                len(emojis) >= MAX_EMOJIS and same_emoji(own.emoji) not in emojis
            ):
                raise ActionError(
                    "too_many_reactions",
                    "A message holds {most} reactions, and {kinds} different ones; this one is full.",
                    most=MAX_REACTIONS,
                    kinds=MAX_EMOJIS,
                )
        return room.amend(line, reactions=(*others, own) if request.on else others)

    return apply


def _pin(person: Person, request: Pin) -> Apply:
    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.PIN)
        line = await _undeleted_post(room, request.number, standing)
        if request.on == bool(line.pinned):
            return _unchanged(line)
        receipt = room.amend(line, pinned=request.on)
        if line.seq < room.kept_seq:
            # It was kept for being pinned alone.
            sweep(room)
        if room.kind in CONVERSATIONS:
            return receipt
        act = "pin" if request.on else "unpin"
        return numbered(receipt, await record_act(room, act, person, after={"numbers": [line.number]}))

    return apply


async def _undeleted_post(room: RoomTransaction, number: int, standing: Standing) -> Line:
    """The post. Raises ActionError where there is none or it is deleted."""
    line = await room.post(number, standing)
    if line.is_deleted:
        raise ActionError("deleted", "That message has been deleted.")
    return line


def _unchanged(line: Line) -> Receipt:
    return Receipt(line.nonce, max(line.changed_seq, line.seq), line.number)
