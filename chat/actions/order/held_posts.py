"""Posts that a filter holds: they wait for a moderator, or where a room has none for those who run the
site. Their author sees them meanwhile, and what became of them."""

from typing import Any

from msgspec.structs import replace

from accounts.models import User
from accounts.people.directory import users_by_ids
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from chat.actions.order.moderation import require
from chat.actions.order.site_powers import ranking_as_site, require_site
from chat.actions.posting import render_with_names
from chat.delivery.filters import Rule
from chat.drafts import Draft, Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt, encode_value
from chat.history.reports import in_charge_of, site_staff
from chat.history.writing.files import keep_for_moderators, let_go, refs_of_held
from chat.history.writing.journal import Change, record_draft
from chat.history.writing.transaction import RoomTransaction
from chat.models import HeldPost
from chat.requests import new_nonce
from chat.roles import Permission
from helpers.clock import now_ms
from helpers.security_log import note

MAX_HELD = 500
"""Posts that wait in one room: further ones are refused."""

WITHDRAWN = "withdraw"
"""The answer where the author has taken it back."""


async def hold(engine: Engine, draft: Draft, rule: Rule) -> None:
    """Keeps a post until it is answered. Sent again it is one."""
    is_open = (HeldPost.room_id == draft.room_id) & HeldPost.answered_at.is_null()
    if await HeldPost.select().where(is_open).aio_count() >= MAX_HELD:
        raise ActionError("refused", "Too many messages wait for a moderator here. Please try again later.")
    row: dict[str, Any] = {"room_id": draft.room_id, "author_id": draft.author.id, "nonce": draft.nonce}
    row |= {"kind": draft.kind, "text": draft.text, "reply_to": draft.reply_to, "at": now_ms()}
    if draft.files:
        row |= {"files": encode_value(draft.files).decode()}
        await keep_for_moderators(draft.author.id, draft.files)
    row |= {"why": "" if rule.kind == "new" else rule.pattern}
    await HeldPost.insert(row).on_conflict_ignore().aio_execute()
    await _tell(engine, draft.room_id, draft.author.id)


async def _tell(engine: Engine, room_id: int, author_id: int) -> None:
    engine.unread.note_standings({author_id, *await in_charge_of(room_id), *await site_staff()})


async def held_before(author_id: int, nonce: str) -> HeldPost | None:
    """The post that was held under this nonce."""
    query = HeldPost.select().where(HeldPost.author_id == author_id, HeldPost.nonce == nonce)
    return next(iter(await query.aio_execute()), None)


async def held_in(room_id: int) -> list[HeldPost]:
    """Those that wait in a room, the first first, at most 50."""
    query = HeldPost.select().where(HeldPost.room_id == room_id, HeldPost.answered_at.is_null())
    return list(await query.order_by(HeldPost.id).limit(50).aio_execute())


async def answer_held(
    engine: Engine, room_id: int, person: Person, held_id: int, *, approves: bool, for_site: bool = False
) -> Receipt:
    """Posts what was held, in its author's name and under its nonce, or keeps it out. `for_site`: the
    person may act here without being a member. Raises ActionError, also where somebody has answered
    it."""
    held = await _held(HeldPost.id == held_id, HeldPost.room_id == room_id)
    author = (await users_by_ids([held.author_id]))[held.author_id]
    rendered = await render_with_names(engine, held.author_id, held.text)
    writer = Person(author.id, author.name)
    draft = Draft(
        *(room_id, writer, held.nonce, held.text, rendered.html, held.kind, held.reply_to),
        *(rendered.mentions, rendered.quiet_html),
        files=refs_of_held(held.files) if held.files else (),
    )
    answer = "approve" if approves else "reject"

    async def decide(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.ANSWER_REPORTS)
        # Its author can't withdraw it from here on.
        await HeldPost.update(why=held.why).where(HeldPost.id == held_id).aio_execute()
        now = await HeldPost.aio_get(HeldPost.id == held_id)
        if now.answered_at is not None:
            if (now.answered_by, now.answer) == (person.id, answer):
                return Receipt("", room.last_seq)
            who = (await users_by_ids([now.answered_by])).get(now.answered_by)
            name = who.called if who else "?"
            raise ActionError("answered", "{name} has answered this already.", name=name)
        receipt = Receipt("", room.last_seq)
        if approves:
            await room.standing(writer.id)
            receipt = await record_draft(draft, room)
        answered: dict[str, Any] = {"answered_at": room.at, "answered_by": person.id}
        answered |= {"answer": answer, "text": "" if approves else held.text}
        await HeldPost.update(answered).where(HeldPost.id == held_id).aio_execute()
        return receipt

    async def apply(room: RoomTransaction) -> Receipt:
        if not for_site:
            return await decide(room)
        await require_site(SiteActor(person.id), SitePermission.ANSWER_REPORT)
        with ranking_as_site(room, person):
            receipt = await decide(room)
        after = {"held": held_id, "answer": answer, "number": receipt.number}
        who = SiteActor(person.id)
        await record_site_act("report", who, target_id=held.author_id, room_id=room_id, after=after)
        return receipt

    receipt = await engine.journal.change(Change(room_id, person, new_nonce(), apply))
    await _tell(engine, room_id, held.author_id)
    note("held_answered", "ok", who=person.name, whence="room", room=room_id)
    return replace(receipt, nonce=held.nonce)


async def reject_all(engine: Engine, room_id: int, person: Person) -> int:
    """Keeps all out that waits in the room. Returns how many there were."""
    found: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.ANSWER_REPORTS)
        answered = {"answered_at": room.at, "answered_by": person.id, "answer": "reject"}
        is_open = (HeldPost.room_id == room_id) & HeldPost.answered_at.is_null()
        query = HeldPost.update(answered).where(is_open).returning(HeldPost.author_id)
        found.extend(one.author_id for one in await query.aio_execute())
        return Receipt("", room.last_seq)

    await engine.journal.change(Change(room_id, person, new_nonce(), apply))
    engine.unread.note_standings({*found, *await in_charge_of(room_id), *await site_staff()})
    note("held_answered", "ok", who=person.name, whence="room", room=room_id)
    return len(found)


async def _held(*conditions: Any) -> HeldPost:
    """Raises ActionError where there is none."""
    query = HeldPost.select().where(*conditions)
    found: HeldPost | None = next(iter(await query.aio_execute()), None)
    if found is None:
        raise ActionError("no_such_report", "There is no such report.")
    return found


async def withdraw(engine: Engine, user: User, held_id: int) -> None:
    """The author takes back what waits, or has read that it wasn't let through. Again it changes
    nothing. Raises ActionError."""
    is_theirs = (HeldPost.id == held_id) & (HeldPost.author_id == user.id)
    held = await _held(is_theirs)
    gone = {"answered_at": now_ms(), "answered_by": user.id, "answer": WITHDRAWN, "text": ""}
    await HeldPost.update(gone).where(is_theirs, HeldPost.answered_at.is_null()).aio_execute()
    await HeldPost.update(text="").where(is_theirs, HeldPost.answer == "reject").aio_execute()
    if held.files and held.answer != "approve":
        await let_go(user.id, refs_of_held(held.files))
    await _tell(engine, held.room_id, user.id)
