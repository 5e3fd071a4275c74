"""The rules of filters: those of a room are changed by acts of order, those of the site by its people."""

from collections.abc import Awaitable, Callable
from typing import Any

from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from chat.actions.order.moderation import change, numbered, require
from chat.actions.order.site_powers import require_site
from chat.delivery.filters import ACTIONS, host_key, words_key
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, in_the_way
from chat.events import Receipt
from chat.history.writing.acts import RecordedAct, record_act
from chat.history.writing.transaction import RoomTransaction
from chat.models import Filter
from chat.requests import new_nonce
from chat.roles import Permission
from helpers.clock import now_ms
from helpers.text.translation import Text

MAX_RULES = 100
"""Of one room, and of the site."""

MAX_PATTERN = 100
MAX_NEW = 20

ALL_OF_NEW = "999"
"""The pattern of a rule that holds whatever a new account writes."""

RuleRow = dict[str, str]
"""A rule as acts keep it: `kind`, `pattern`, `action`."""

Put = Callable[[], Awaitable[tuple[list[RuleRow], list[RuleRow]]]]
"""Changes the rules, and returns those it removed, and those it added."""


def adding(room_id: int, user_id: int, kind: str, pattern: str, action: str) -> Put:
    """Adds a rule, or changes what an equal one does. Raises ActionError."""
    pattern = _checked(kind, pattern, action)
    is_same = (Filter.room_id == room_id) & (Filter.kind == kind)
    if kind != "new":
        is_same &= Filter.pattern == pattern

    async def put() -> tuple[list[RuleRow], list[RuleRow]]:
        before = await _rules(is_same)
        is_none = (kind, pattern) == ("new", "0")
        added = [] if is_none else [{"kind": kind, "pattern": pattern, "action": action}]
        count = await Filter.select().where(Filter.room_id == room_id).aio_count()
        if count - len(before) + len(added) > MAX_RULES:
            raise ActionError("refused", "There can be at most {most} filters.", most=MAX_RULES)
        await Filter.delete().where(is_same).aio_execute()
        await _insert(room_id, user_id, added)
        return before, added

    return put


def holding_all_of_new(room_id: int, user_id: int) -> Put:
    """Whatever accounts younger than a day write is held."""
    is_same = (Filter.room_id == room_id) & (Filter.kind == "new")
    added = [{"kind": "new", "pattern": ALL_OF_NEW, "action": "hold"}]

    async def put() -> tuple[list[RuleRow], list[RuleRow]]:
        before = await _rules(is_same)
        if before != added:
            await Filter.delete().where(is_same).aio_execute()
            await _insert(room_id, user_id, added)
        return before, added

    return put


def removing(room_id: int, rule_id: int) -> Put:
    """Removes a rule. Where it is gone already nothing changes."""
    is_it = (Filter.id == rule_id) & (Filter.room_id == room_id)

    async def put() -> tuple[list[RuleRow], list[RuleRow]]:
        before = await _rules(is_it)
        await Filter.delete().where(is_it).aio_execute()
        return before, []

    return put


async def _rules(condition: Any) -> list[RuleRow]:
    found = await Filter.select().where(condition).order_by(Filter.id).aio_execute()
    return [{"kind": one.kind, "pattern": one.pattern, "action": one.action} for one in found]


async def _insert(room_id: int, user_id: int, rules: list[RuleRow]) -> None:
    for rule in rules:
        await Filter.insert({**rule, "room_id": room_id, "author_id": user_id, "at": now_ms()}).aio_execute()


async def change_in_room(engine: Engine, room_id: int, person: Person, act: str, put: Put) -> Receipt:
    """An act of order, by whoever may set the room's filters."""

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_FILTERS)
        removed, added = await put()
        receipt = Receipt("", room.last_seq)
        if removed == added:
            return receipt
        before, after = {"rules": removed}, {"rules": added}
        return numbered(receipt, await record_act(room, act, person, before=before, after=after))

    receipt = await change(engine, room_id, person, new_nonce(), apply)
    await engine.filters.changed()
    return receipt


async def change_of_site(engine: Engine, by: SiteActor, act: str, put: Put) -> int | None:
    """Returns the number of the act, None where nothing changed. Raises ActionError."""
    number = None
    async with engine.database.aio_atomic():
        await require_site(by, SitePermission.SET_SITE)
        removed, added = await put()
        if removed != added:
            number = await record_site_act(act, by, before={"rules": removed}, after={"rules": added})
    await engine.filters.changed()
    return number


async def undo_in(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    """Brings back the rules of before. Raises ActionError where they were changed since."""
    await check_unchanged(room, act)
    await put_back(room, person, act)
    return Receipt(nonce, room.last_seq)


async def check_unchanged(room: RoomTransaction, act: RecordedAct) -> None:
    removed, added = act.before["rules"], act.after["rules"]
    now = await _rules(Filter.room_id == room.room_id)
    is_same = [(one["kind"], one["pattern"]) for one in now]
    is_taken = any((one["kind"], one["pattern"]) in is_same for one in removed if not added)
    if is_taken or any(one not in now for one in added):
        raise in_the_way(Text("The filters have been changed since."))


async def put_back(room: RoomTransaction, person: Person, act: RecordedAct) -> None:
    for one in act.after["rules"]:
        is_it = (Filter.room_id == room.room_id) & (Filter.kind == one["kind"])
        await Filter.delete().where(is_it, Filter.pattern == one["pattern"]).aio_execute()
    await _insert(room.room_id, person.id, act.before["rules"])


def _checked(kind: str, pattern: str, action: str) -> str:
    pattern = " ".join(pattern.split())
    if kind not in ("word", "host", "new") or action not in ACTIONS or (kind == "new" and action != "hold"):
        raise ActionError("bad_request", "A filter is of words or of a host, and refuses, holds or reports.")
    if kind == "new":
        if not (pattern.isascii() and pattern.isdigit() and len(pattern) < 4 and int(pattern) <= MAX_NEW):
            raise ActionError("bad_usage", "How many, please: from 0 to {most}.", most=MAX_NEW)
        return str(int(pattern))
    if len(pattern) > MAX_PATTERN:
        raise ActionError("bad_usage", "A filter holds at most {most} characters.", most=MAX_PATTERN)
    if kind == "host":
        host = host_key(pattern.removeprefix("https://").removeprefix("http://").partition("/")[0])
        if not host or " " in host or "." not in host:
            raise ActionError("bad_usage", "A host is written like example.org.")
        return host
    if not words_key(pattern).strip():
        raise ActionError("bad_usage", "There are no words in this filter.")
    return pattern
