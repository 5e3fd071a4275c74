"""What the chat stores of a person, for the download of their own data. Nothing here writes."""

import functools
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import quote

from peewee import Tuple

from accounts.keys import Section
from accounts.models import InviteLink, InviteLinkUse, User
from accounts.people.directory import shown_names
from accounts.personal_data.export import PAGE
from accounts.signin.invite_links import link_state
from chat.history.invite_links import PAGE as ROOMS_AT_ONCE
from chat.history.invite_links import rooms_of_links
from chat.history.titles import Names, people_in
from chat.models import (
    CONVERSATIONS,
    Act,
    File,
    HeldPost,
    Ignored,
    Invitation,
    Member,
    Reaction,
    ReportReason,
    Room,
    Status,
)
from chat.models import Message as Row
from chat.roles import Role
from helpers.base_path import with_base
from helpers.clock import iso
from helpers.storage.blobs import Blob
from helpers.storage.store import Store
from helpers.storage.zipping import Entry

Rows = AsyncIterator[dict[str, Any]]


async def _room_names(user: User, room_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The name and title of each room; for a conversation of which the user is a member the names
    of its members, and how those with a display name are shown."""
    wanted = sorted(set(room_ids))
    rooms = (
        {room.id: room for room in await Room.select().where(Room.id.in_(wanted)).aio_execute()}
        if wanted
        else {}
    )
    conversations = [room_id for room_id, room in rooms.items() if room.kind in CONVERSATIONS]
    people = {
        room_id: named
        for room_id, named in (await people_in(conversations)).items()
        if any(user_id == user.id for user_id, _ in named)
    }
    shown = await shown_names(sorted({user_id for named in people.values() for user_id, _ in named}))
    return {
        room_id: {
            "room": room.name,
            **({"title": room.shown} if not room.is_conversation else {}),
            **(_people_as_json(people[room_id], shown) if room_id in people else {}),
        }
        for room_id, room in rooms.items()
    }


def _people_as_json(people: Names, shown: dict[int, str]) -> dict[str, Any]:
    return {
        "people": [name for _, name in people],
        "display_names": {name: shown[user_id] for user_id, name in people if user_id in shown},
    }


async def _rooms(user: User) -> Rows:
    after = 0
    while True:
        query = Member.select(Member.room, Member.role, Member.joined_at, Member.read_number)
        query = query.where(Member.user == user.id, Member.room > after).order_by(Member.room)
        rows = await query.limit(PAGE).tuples().aio_execute()
        names = await _room_names(user, [row[0] for row in rows])
        for room_id, role, joined_at, read_number in rows:
            after = room_id
            yield {
                **names[room_id],
                "role": Role(role).name.lower(),
                "joined_at": iso(joined_at),
                "read_number": read_number,
            }
        if len(rows) < PAGE:
            return


async def _messages(user: User) -> Rows:
    """In the order of the unique index over nonces, the only index by author. The order means
    nothing to the reader."""
    after = ""
    while True:
        query = Row.select(
            Row.nonce,
            Row.room_id,
            Row.number,
            Row.kind,
            Row.at,
            Row.text,
            Row.edited_at,
            Row.deleted_at,
            Row.reply_to,
        )
        query = query.where(Row.author_id == user.id, Row.nonce > after).order_by(Row.nonce)
        rows = await query.limit(PAGE).tuples().aio_execute()
        names = await _room_names(user, [row[1] for row in rows])
        for nonce, room_id, number, kind, at, text, edited_at, deleted_at, reply_to in rows:
            after = nonce
            if number is None:
                continue
            yield {
                **names[room_id],
                **{"number": number, "kind": kind, "at": iso(at), "text": text, "reply_to": reply_to},
                "edited_at": iso(edited_at) if edited_at is not None else None,
                "deleted_at": iso(deleted_at) if deleted_at is not None else None,
            }
        if len(rows) < PAGE:
            return


async def _reactions(user: User) -> Rows:
    last = (0, 0, "")
    number = Row.select(Row.number).where(Row.room_id == Reaction.room_id, Row.seq == Reaction.seq)
    key = (Reaction.room_id, Reaction.seq, Reaction.emoji)
    while True:
        query = (
            Reaction.select(*key, number)
            .where(Reaction.user_id == user.id, Tuple(*key) > last)
            .order_by(*key)
        )
        rows = await query.limit(PAGE).tuples().aio_execute()
        names = await _room_names(user, [row[0] for row in rows])
        for room_id, seq, emoji, found in rows:
            last = (room_id, seq, emoji)
            yield {**names[room_id], "number": found, "emoji": emoji}
        if len(rows) < PAGE:
            return


async def _status(user: User) -> Rows:
    for found in await Status.select().where(Status.user_id == user.id).aio_execute():
        yield {
            "status": found.status,
            "text": found.text,
            "until": iso(found.until) if found.until is not None else None,
        }


async def _invitations(user: User) -> Rows:
    """Those of the person, and those by the person. What became of these isn't told: a guest
    declines in private."""
    for column in (Invitation.user_id, Invitation.inviter_id):
        is_guest = column is Invitation.user_id
        last = (0, 0)
        key = (Invitation.user_id, Invitation.room_id)
        other = Invitation.inviter_id if is_guest else Invitation.user_id
        name, display_name = (
            User.select(column).where(User.id == other) for column in (User.name, User.display_name)
        )
        while True:
            query = Invitation.select(
                *key, name, display_name, Invitation.at, Invitation.until, Invitation.declined
            )
            query = query.where(column == user.id, Tuple(*key) > last).order_by(*key)
            rows = await query.limit(PAGE).tuples().aio_execute()
            names = await _room_names(user, [row[1] for row in rows])
            for user_id, room_id, person, called, at, until, declined in rows:
                last = (user_id, room_id)
                named = {"display_name": called or ""}
                told = {"inviter": person, "until": iso(until), "declined": bool(declined)}
                yield {
                    **names[room_id],
                    "at": iso(at),
                    **(told if is_guest else {"guest": person}),
                    **named,
                }
            if len(rows) < PAGE:
                break


async def _acts(user: User) -> Rows:
    """Acts of order by the person, and those about them. A moderator who did something to them is
    named, as in the room's log."""
    for column in (Act.author_id, Act.target_id):
        is_author = column is Act.author_id
        other = Act.target_id if is_author else Act.author_id
        name = User.select(User.name).where(User.id == other)
        last = (0, 0)
        key = (Act.room_id, Act.number)
        while True:
            query = Act.select(*key, Act.act, Act.at, Act.until, Act.reason, name)
            query = query.where(column == user.id, Tuple(*key) > last).order_by(*key)
            rows = await query.limit(PAGE).tuples().aio_execute()
            names = await _room_names(user, [row[0] for row in rows])
            for room_id, number, act, at, until, reason, person in rows:
                last = (room_id, number)
                yield {
                    **names[room_id],
                    **{"number": number, "act": act, "at": iso(at), "reason": reason},
                    "until": iso(until) if until is not None else None,
                    "whom" if is_author else "by": person,
                }
            if len(rows) < PAGE:
                break


async def _reports(user: User) -> Rows:
    """What the person has reported."""
    after = 0
    while True:
        columns = (ReportReason.report_id, ReportReason.room_id, ReportReason.number)
        query = ReportReason.select(*columns, ReportReason.reason, ReportReason.at)
        query = query.where(ReportReason.user_id == user.id, ReportReason.report_id > after)
        rows = await query.order_by(ReportReason.report_id).limit(PAGE).tuples().aio_execute()
        names = await _room_names(user, [row[1] for row in rows])
        for report_id, room_id, number, reason, at in rows:
            after = report_id
            yield {**names[room_id], "number": number, "reason": reason, "at": iso(at)}
        if len(rows) < PAGE:
            return


async def _held(user: User) -> Rows:
    """What waits for a moderator, or wasn't let through."""
    after = 0
    while True:
        query = HeldPost.select().where(HeldPost.author_id == user.id, HeldPost.id > after)
        found = list(await query.order_by(HeldPost.id).limit(PAGE).aio_execute())
        names = await _room_names(user, [one.room_id for one in found])
        for one in found:
            after = one.id
            if one.text:
                yield {**names[one.room_id], "text": one.text, "at": iso(one.at), "answer": one.answer}
        if len(found) < PAGE:
            return


async def _ignored(user: User) -> Rows:
    after = 0
    while True:
        name = User.select(User.name).where(User.id == Ignored.ignored_id)
        query = Ignored.select(Ignored.ignored_id, name, Ignored.at)
        query = query.where(Ignored.user_id == user.id, Ignored.ignored_id > after)
        rows = await query.order_by(Ignored.ignored_id).limit(PAGE).tuples().aio_execute()
        for ignored_id, person, at in rows:
            after = ignored_id
            yield {"name": person, "at": iso(at)}
        if len(rows) < PAGE:
            return


async def _invite_links(user: User) -> Rows:
    """Links by which the person invites, and when they came by links of others. A code is known to
    nobody."""
    after = 0
    while True:
        query = InviteLink.select().where(InviteLink.maker_id == user.id, InviteLink.id > after)
        links = list(await query.order_by(InviteLink.id).limit(ROOMS_AT_ONCE).aio_execute())
        rooms = await rooms_of_links([link.id for link in links])
        for link in links:
            after = link.id
            yield {
                "rooms": [room.name for room in rooms[link.id]],
                **{"uses": link.uses, "used": link.used},
                **{"at": iso(link.made_at), "until": iso(link.until), "state": link_state(link)},
            }
        if len(links) < ROOMS_AT_ONCE:
            break
    came = InviteLinkUse.select(InviteLinkUse.at).where(InviteLinkUse.user_id == user.id)
    for (at,) in await came.order_by(InviteLinkUse.link_id).tuples().aio_execute():
        yield {"came_at": iso(at)}


async def _files(user: User) -> Rows:
    """Those that the person sent, each with the address at which they can read it."""
    last = (0, "")
    key = (File.at, File.id)
    number = Row.select(Row.number).where(Row.room_id == File.room_id, Row.seq == File.seq)
    while True:
        query = File.select(*key, File.name, File.type, File.size, File.room_id, number)
        query = query.where(File.owner_id == user.id, Tuple(*key) > last).order_by(*key)
        rows = await query.limit(PAGE).tuples().aio_execute()
        names = await _room_names(user, [row[5] for row in rows if row[5] is not None])
        for at, file_id, name, kind, size, room_id, of in rows:
            last = (at, file_id)
            told = {"name": name, "type": kind, "size": size, "at": iso(at)}
            where = {**names[room_id], "number": of} if room_id is not None else {}
            yield {**told, **where, "url": with_base(f"/files/{file_id}/{quote(name, safe='')}")}
        if len(rows) < PAGE:
            return


async def file_contents(store: Store, user: User) -> AsyncIterator[Entry]:
    """The files that the person sent, as they are stored. Each has a number in its name, since several
    may be called the same."""
    last, number = (0, ""), 0
    key = (File.at, File.id)
    while True:
        query = File.select(*key, File.name, Blob.key).join(Blob, on=(Blob.id == File.blob_id))
        query = query.where(File.owner_id == user.id, Tuple(*key) > last).order_by(*key)
        rows = await query.limit(PAGE).tuples().aio_execute()
        for at, file_id, name, content in rows:
            last, number = (at, file_id), number + 1
            yield Entry(f"files/{number:06d} {name}", at, functools.partial(store.stream, content))
        if len(rows) < PAGE:
            return


SECTIONS = [
    Section("status", _status),
    Section("rooms", _rooms),
    Section("invitations", _invitations),
    Section("invitation_links", _invite_links),
    Section("messages", _messages),
    Section("files", _files),
    Section("reactions", _reactions),
    Section("acts", _acts),
    Section("reports", _reports),
    Section("held_messages", _held),
    Section("ignored", _ignored),
]
