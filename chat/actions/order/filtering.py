"""What filters do with a text: it is refused, reported, or held until a moderator lets it through. Texts
that one person sends to many rooms are reported as well."""

import asyncio

from accounts.models import User
from chat.actions.order.held_posts import WITHDRAWN, held_before, hold
from chat.actions.order.moderation import change
from chat.actions.order.reporting import put_report
from chat.actions.posting import after_post, is_over_limit, render_with_names
from chat.delivery.filters import ACTIONS, Rule, Rules
from chat.drafts import Draft, FileRef, Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.reports import BY_ITSELF, in_charge_of, open_report, site_staff
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, Message
from chat.requests import clean_text, new_nonce
from chat.roles import Permission, Role, Standing
from helpers.clock import now_ms
from helpers.text.translation import Text

NEW_SECONDS = 24 * 3600
"""An account is new for so long."""

SHORT = 500
"""Characters that are looked at at once."""

FLOOD = "the same text in several rooms"
"""Why it is reported. It is stored, and so in English."""

HELD = Text("Your message waits until a moderator lets it through. Others don’t see it yet.")


async def verdict(engine: Engine, room_id: int, author: Person, standing: Standing, text: str) -> Rule | None:
    """The rule that the text meets. Who answers the room's reports is above its own rules. In a
    conversation only what is refused on the whole site counts: nobody else reads there."""
    room, site = engine.filters.of(room_id)
    found = [await _met(site, text)] if site is not None else []
    if room is not None and not standing.may(Permission.ANSWER_REPORTS):
        found.append(await _met(room, text))
        if (most := room.held_posts_of_new) and await _is_new(room_id, author, most):
            found.append(Rule(0, "new", str(most), "hold"))
    met = min((one for one in found if one), key=lambda rule: ACTIONS.index(rule.action), default=None)
    return None if met is not None and standing.kind in CONVERSATIONS and met.action != "refuse" else met


async def _met(rules: Rules, text: str) -> Rule | None:
    # A long text of words that nobody has written yet takes up to 50 ms.
    return rules.met(text) if len(text) <= SHORT else await asyncio.to_thread(rules.met, text)


async def _is_new(room_id: int, author: Person, most: int) -> bool:
    """Whether this is one of the first so many posts of a new account in the room."""
    created_at = await User.select(User.created_at).where(User.id == author.id).aio_scalar()
    if created_at is None or created_at < now_ms() - NEW_SECONDS * 1000:
        return False
    # By the index over authors: a new account has written little.
    is_theirs = (Message.author_id == author.id) & (Message.room_id == room_id)
    query = Message.select(Message.seq).where(is_theirs, Message.number.is_null(False)).limit(most)
    return len(await query.tuples().aio_execute()) < most


def refused(rule: Rule) -> ActionError:
    if rule.kind == "host":
        return ActionError("filtered", "Links to {host} aren’t allowed here.", host=rule.pattern)
    return ActionError("filtered", "This message holds what isn’t allowed here: {word}", word=rule.pattern)


async def look_at(engine: Engine, draft: Draft) -> tuple[bool, str]:
    """Looks at a post before it is queued: whether it waits for a moderator, and why it is to be
    reported once it is posted, empty for nothing. Raises ActionError where it is refused."""
    if await is_stored(draft.author.id, draft.nonce):
        return False, ""
    before = await held_before(draft.author.id, draft.nonce)
    if before is not None:
        if (before.room_id, before.text or draft.text) != (draft.room_id, draft.text):
            raise ActionError("nonce_reused", "This nonce was used for another message.")
        if before.answer == WITHDRAWN:
            raise ActionError("filtered", "You have withdrawn this message.")
        if before.answer == "reject":
            raise ActionError("filtered", "A moderator didn’t let this message through.")
        return before.answered_at is None, ""
    standing = await engine.access.standing_of(draft.room_id, draft.author.id)
    rule = await verdict(engine, draft.room_id, draft.author, standing, draft.text)
    if rule is None or not standing.may(Permission.POST) or standing.bar(Permission.POST, now_ms()):
        # The journal says what stands in the way.
        return False, ""
    if rule.action == "refuse":
        raise refused(rule)
    if rule.action == "report":
        return False, rule.pattern
    await hold(engine, draft, rule)
    return True, ""


async def check_edit(engine: Engine, room_id: int, author: Person, text: str) -> Rule | None:
    """Refuses a new text of a post that may not be posted, or would be held. Returns the rule by which
    it is to be reported."""
    if not engine.filters.applies(room_id):
        return None
    standing = await engine.access.standing_of(room_id, author.id)
    rule = await verdict(engine, room_id, author, standing, text)
    if rule is None or rule.kind == "new":
        return None
    if rule.action == "report":
        return rule
    raise refused(rule)


async def is_stored(author_id: int, nonce: str) -> bool:
    """Whether a line has this nonce already: what was posted before isn't looked at again."""
    query = Message.select(Message.seq).where(Message.author_id == author_id, Message.nonce == nonce)
    return bool(await query.tuples().aio_execute())


async def report_by_itself(engine: Engine, room_id: int, number: int, why: str) -> None:
    """Reports a post for which nobody else has to."""

    async def apply(room: RoomTransaction) -> Receipt:
        line = await room.post(number, Standing(Role.OWNER))
        if not line.is_deleted:
            await put_report(room, line, BY_ITSELF, why, await open_report(room.room_id, number))
        return Receipt("", room.last_seq)

    await change(engine, room_id, Person(BY_ITSELF, "?"), new_nonce(), apply)
    engine.unread.note_standings({*await in_charge_of(room_id), *await site_staff()})


def is_shared(engine: Engine, standing: Standing, author_id: int, text: str) -> bool:
    """Whether other processes are told of the text of a post. Asked for each, of which few are."""
    return standing.kind not in CONVERSATIONS and engine.shared_floods.may_note(author_id, text)


async def after_the_post(
    engine: Engine, room_id: int, author: Person, number: int, text: str, why: str, *, shares: bool
) -> None:
    """Reports a post where `why` says why, or, where it is shared, if other processes have seen the same
    text elsewhere."""
    if shares and await engine.shared_floods.note(author.id, room_id, text):
        why = why or FLOOD
    if why:
        await report_by_itself(engine, room_id, number, why)


async def post_and_wait(
    engine: Engine,
    room_id: int,
    author: Person,
    text: str,
    nonce: str,
    kind: str,
    *,
    files: tuple[FileRef, ...] = (),
    reply_to: int | None = None,
) -> Receipt:
    """Posts a text of this kind, with files or without, waits for its commit and returns the Receipt.
    Raises ActionError."""
    text = clean_text(text) if text or not files else ""
    rendered = await render_with_names(engine, author.id, text)
    html, mentions, quiet_html = rendered
    over_limit = await is_over_limit(engine, author.id, rendered)
    draft = Draft(room_id, author, nonce, text, html, kind, reply_to, mentions, quiet_html, over_limit, files)
    is_held, why = await look_at(engine, draft) if engine.filters.applies(room_id) else (False, "")
    if is_held:
        raise ActionError("held", HELD)
    receipt = await engine.journal.change(draft)
    if why and receipt.number is not None:
        await report_by_itself(engine, room_id, receipt.number, why)
    after_post(engine, room_id, author, receipt)
    return receipt
