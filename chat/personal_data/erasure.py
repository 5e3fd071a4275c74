"""Erases a deleted account from the chat: ends every membership, erases the name, the reactions and
the mentions, and also the posts where `removes` says so. Clients get the changes live, as any
other.

It works in small steps: a transaction locks a room for some dozens of posts at most, then others
get their turn."""

import re
import time
from collections.abc import AsyncGenerator, Iterable
from itertools import groupby

from peewee import Case, Tuple

from accounts.keys import DeletedAccount
from accounts.people.names import DELETED
from chat.actions import membership
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.invitations import ending, guests_of
from chat.history.reading import posts_by_seq
from chat.history.writing.erasing import erase, withdraw_reactions
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import (
    Ban,
    FormerMember,
    HeldPost,
    Ignored,
    Invitation,
    LastPost,
    Member,
    Mention,
    Reaction,
    ReportLine,
    ReportReason,
    RoomRequest,
    Timeout,
)
from chat.models import Message as Row
from chat.personal_data.holds import held_people, held_rooms
from chat.requests import new_nonce
from helpers.tasks import rest

ROWS_AT_ONCE = 500
"""Rows in one query for what is left."""

POSTS_AT_ONCE = 50
"""Posts of one room in one transaction: some 20 ms. While 20,000 posts are erased, others in the
room wait that much longer at most."""

REACTED_AT_ONCE = 20
"""The same for posts that are read with all their reactions."""

PAUSE_FACTOR = 1.0
"""The pause after a transaction, in multiples of its duration."""

Steps = AsyncGenerator[None, None]


async def erase_from_chat(engine: Engine, account: DeletedAccount) -> Steps:
    """An eraser, see accounts.keys.ERASERS. Ends the memberships first, so that nothing new is
    written, then erases what is there."""
    await engine.statuses.clear(account.user_id, account.name)
    for table in (Ban, Timeout, LastPost, FormerMember, RoomRequest):
        await table.delete().where(table.user_id == account.user_id).aio_execute()
    is_theirs = (Ignored.user_id == account.user_id) | (Ignored.ignored_id == account.user_id)
    await Ignored.delete().where(is_theirs).aio_execute()
    yield
    await _erase_reports(account)
    yield
    for part in (
        _leave_rooms,
        _end_invitations,
        _erase_posts,
        _erase_name,
        _erase_reactions,
        _erase_mentions,
    ):
        async for _ in part(engine, account):
            yield


async def _erase_reports(account: DeletedAccount) -> None:
    """Erases the person's words in reports. What they wrote themselves goes where their messages
    go."""
    is_theirs = ReportReason.user_id == account.user_id
    await ReportReason.update(reason="", outcome=None).where(is_theirs).aio_execute()
    is_waiting = HeldPost.author_id == account.user_id
    await (
        HeldPost.update(text="", answered_at=0, answer="reject")
        .where(is_waiting, HeldPost.answered_at.is_null())
        .aio_execute()
    )
    await HeldPost.update(text="").where(is_waiting).aio_execute()
    if account.removes and account.user_id not in await held_people():
        await ReportLine.delete().where(ReportLine.author_id == account.user_id).aio_execute()


async def _leave_rooms(engine: Engine, account: DeletedAccount) -> Steps:
    person = Person(account.user_id, account.name)
    query = Member.select(Member.room).where(Member.user == account.user_id).limit(ROWS_AT_ONCE).tuples()
    while room_ids := [room_id for (room_id,) in await query.aio_execute()]:
        for room_id in room_ids:
            try:
                await membership.leave(engine, room_id, person, new_nonce(), account_deleted=True)
            except ActionError as error:
                if error.code != "not_a_member":
                    raise _as_exception(error) from error
            yield


async def _end_invitations(engine: Engine, account: DeletedAccount) -> Steps:
    """Ends those of the person and those by the person, who is in no room from which to invite."""
    await Invitation.delete().where(Invitation.user_id == account.user_id).aio_execute()
    yield
    guests = await guests_of(account.user_id)
    for query in ending(account.user_id):
        await query.aio_execute()
    engine.unread.note_standings(guests)
    yield


def _as_exception(error: ActionError) -> Exception:
    return TimeoutError(error.text) if error.retry_after else RuntimeError(error.text)


async def _change(
    engine: Engine,
    account: DeletedAccount,
    room_id: int,
    seqs: list[int],
    apply: "type[_Erase] | type[_Withdraw]",
) -> None:
    """Applies it, through the journal, to the posts of one room with these seqs."""
    began = time.monotonic()
    change = Change(
        room_id, Person(account.user_id, DELETED), new_nonce(), apply(account.user_id, room_id, seqs)
    )
    try:
        await engine.journal.change(change)
    except ActionError as error:
        raise _as_exception(error) from error
    await rest(began, PAUSE_FACTOR)


class _Erase:
    def __init__(self, user_id: int, room_id: int, seqs: list[int]) -> None:
        self.user_id = user_id
        self.room_id = room_id
        self.seqs = seqs

    async def __call__(self, room: RoomTransaction) -> Receipt:
        lines = await posts_by_seq(self.room_id, self.seqs)
        if self.user_id in await held_people() or self.room_id in await held_rooms():
            # It is hidden, and erased when the hold ends, as what an author deleted.
            for line in lines:
                if room.is_visible(line):
                    room.amend(line, deleted_at=room.at, deleted_by=line.author_id)
        else:
            erase(room, lines)
        return Receipt("", room.last_seq)


class _Withdraw(_Erase):
    async def __call__(self, room: RoomTransaction) -> Receipt:
        for line in await posts_by_seq(self.room_id, self.seqs):
            withdraw_reactions(room, line, self.user_id)
        return Receipt("", room.last_seq)


async def _erase_posts(engine: Engine, account: DeletedAccount) -> Steps:
    """Goes through all lines that the person wrote. Posts are erased where `removes` says so.
    Service lines, which record what happened, lose only the name."""
    is_post = Row.number.is_null(False)
    columns = (
        Row.nonce,
        Row.room_id,
        Row.seq,
        # A post of files alone has no text.
        is_post & ((Row.text != "") | Row.files.is_null(False)),
        Case(None, [(is_post, "")], Row.text),
        Row.kind,
    )
    after = ""
    while True:
        # In the order of the unique index over nonces, the only index by author.
        query = (
            Row.select(*columns)
            .where(Row.author_id == account.user_id, Row.nonce > after)
            .order_by(Row.nonce)
        )
        rows = await query.limit(ROWS_AT_ONCE).tuples().aio_execute()
        if not rows:
            return
        after = rows[-1][0]
        await _rename(
            engine,
            account,
            [(room_id, seq, text) for _, room_id, seq, _, text, kind in rows if text and kind != "topic"],
        )
        yield
        if account.removes:
            posts = sorted((room_id, seq) for _, room_id, seq, is_left, _, _ in rows if is_left)
            for room_id, seqs in _by_room(posts, POSTS_AT_ONCE):
                await _change(engine, account, room_id, seqs, _Erase)
                yield


def _by_room(keys: list[tuple[int, int]], at_once: int) -> Iterable[tuple[int, list[int]]]:
    """Splits (room id, seq) pairs, sorted by room, into pieces of one room each."""
    for room_id, group in groupby(keys, key=lambda key: key[0]):
        seqs = [seq for _, seq in group]
        for start in range(0, len(seqs), at_once):
            yield room_id, seqs[start : start + at_once]


async def _erase_name(engine: Engine, account: DeletedAccount) -> Steps:
    """Erases the name from the service lines whose target the person is."""
    last = (0, 0)
    while True:
        where = (Row.target_id == account.user_id) & (Tuple(Row.room_id, Row.seq) > last)
        query = Row.select(Row.room_id, Row.seq, Row.text).where(where).order_by(Row.room_id, Row.seq)
        rows = await query.limit(ROWS_AT_ONCE).tuples().aio_execute()
        if not rows:
            return
        last = rows[-1][:2]
        await _rename(engine, account, rows)
        yield


async def _rename(engine: Engine, account: DeletedAccount, lines: list[tuple[int, int, str]]) -> None:
    """Stores service lines without the name. No seq is taken: clients that show these lines have
    shown the name already."""
    changed = [
        (room_id, seq, now)
        for room_id, seq, text in lines
        if (now := without_name(text, account.name)) != text
    ]
    for start in range(0, len(changed), POSTS_AT_ONCE):
        async with engine.database.aio_atomic():
            for room_id, seq, text in changed[start : start + POSTS_AT_ONCE]:
                await Row.update(text=text).where(Row.room_id == room_id, Row.seq == seq).aio_execute()


def without_name(text: str, name: str) -> str:
    """A service line with DELETED in place of the name where the person is its author or its
    target. Other words of the line stay as they are."""
    escaped = re.escape(name)
    text = re.sub(rf"\A{escaped}(?= )", DELETED, text)
    return re.sub(
        rf"\A((?:{DELETED}|\S+) (?:invited|removed|made) ){escaped}(?= |\Z)",
        lambda found: found[1] + DELETED,
        text,
    )


async def _erase_reactions(engine: Engine, account: DeletedAccount) -> Steps:
    query = Reaction.select(Reaction.room_id, Reaction.seq).where(Reaction.user_id == account.user_id)
    query = query.order_by(Reaction.room_id, Reaction.seq).limit(ROWS_AT_ONCE).tuples()
    while keys := sorted(set(await query.aio_execute())):
        for room_id, seqs in _by_room(keys, REACTED_AT_ONCE):
            await _change(engine, account, room_id, seqs, _Withdraw)
            yield


async def _erase_mentions(engine: Engine, account: DeletedAccount) -> Steps:
    """Deletes the rows by which mentions of the person are counted."""
    query = Mention.select(Mention.room_id, Mention.number).where(Mention.user_id == account.user_id)
    query = query.order_by(Mention.room_id, Mention.number).limit(ROWS_AT_ONCE).tuples()
    while keys := list(await query.aio_execute()):
        for room_id, numbers in _by_room(keys, ROWS_AT_ONCE):
            is_row = (Mention.room_id == room_id) & Mention.number.in_(numbers)
            await Mention.delete().where(Mention.user_id == account.user_id, is_row).aio_execute()
            yield
