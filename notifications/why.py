"""Why a message called somebody, or didn't: the rule that decided, and what became of each way. What was told
is recorded. For all else the rules are asked again, and it is said when one's settings have changed since."""

import re
from dataclasses import dataclass, replace
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.models import CONVERSATIONS, Mention, Room
from helpers.clock import iso
from notifications.deciding import MAIL, PAGE, PUSH, WAYS, Decision, decide
from notifications.models import Notice, NoticeDelivery, NoticeProgress
from notifications.people import PeopleReader, Person
from notifications.posts import Concerns, Post, facts_of, post_at
from notifications.storing import message_key, stored_outcomes

NOT_MEMBER, BEFORE, UNHEARD = "not_member", "before", "unheard"
"""Answers that no rule gives, since nothing was decided for this person."""

BY_SETTINGS = frozenset(("muted", "nothing"))
"""Rules by which nobody is told, and that answer otherwise when one's settings are others."""


@dataclass(frozen=True)
class WayTold:
    """`outcome` is what was decided; `state`, `detail` and `at` are what became of what was to be sent, which
    is due at `due_at`."""

    way: str
    outcome: str
    state: str | None = None
    detail: str | None = None
    at: int | None = None
    due_at: int | None = None


@dataclass(frozen=True)
class Reason:
    """`called` says whether one was told. `recorded`: the rule is that of then, and not what the rules say
    now. `changed_at` is when one's settings changed, where that was after the message and the answer depends
    on them; `edited_at` is when the text was, where the answer depends on that."""

    room: str
    number: int
    called: bool
    recorded: bool
    rule: str
    kind: str | None
    word: str
    ways: tuple[WayTold, ...] = ()
    read_at: int | None = None
    changed_at: int | None = None
    pending: bool = False
    edited_at: int | None = None
    zone: str = ""
    """That of the person, for times in words."""

    def as_json(self) -> dict[str, Any]:
        return {
            **{"room": self.room, "number": self.number, "called": self.called, "recorded": self.recorded},
            **{"pending": self.pending, "rule": self.rule, "kind": self.kind, "word": self.word or None},
            "ways": [
                {
                    **{"way": way.way, "outcome": way.outcome, "state": way.state, "detail": way.detail},
                    **{"at": _time(way.at), "due_at": _time(way.due_at)},
                }
                for way in self.ways
            ],
            **{"read_at": _time(self.read_at), "settings_changed_at": _time(self.changed_at)},
            "edited_at": _time(self.edited_at),
        }


def _time(at: int | None) -> str | None:
    return None if at is None else iso(at)


class Explainer:
    def __init__(self, database: AioDatabase, *, takes_mail: bool) -> None:
        self._people = PeopleReader(database, takes_mail=takes_mail)
        self._concerns = Concerns(database)

    async def explain(self, room: Room, number: int, user: User) -> Reason | None:
        """None where there is no such message. The caller has checked that it may be read."""
        post = await post_at(room.id, number)
        if post is None:
            return None
        key = message_key(room.id, post.seq)
        query = Notice.select().where(Notice.subject == key, Notice.user_id == user.id)
        for notice in await query.aio_execute():
            return replace(await _recorded(room, number, notice), zone=user.time_zone)
        return replace(await self._asked_again(room, post, user), zone=user.time_zone)

    async def _asked_again(self, room: Room, post: Post, user: User) -> Reason:
        members = await self._people.members(room.id, post.author_id, [user.id])
        if not members:
            return Reason(room.name, post.number or 0, False, False, NOT_MEMBER, None, "")
        person = members[user.id]
        keywords = await self._concerns.keywords(room.id, [post])
        concern = await self._concerns.of(room.id, post, keywords.get(post.seq, {}))
        is_conversation = room.kind in CONVERSATIONS
        facts = facts_of(
            *(post, concern, person),
            is_conversation=is_conversation,
            online=await _was_here(room.id, post, user.id),
            late=False,
        )
        decision = _as_it_was(decide(facts), post, person, user)
        changed = max(person.notify_at or 0, person.changed_at or 0)
        depends = decision.kind is not None or decision.rule in BY_SETTINGS
        progress = await NoticeProgress.aio_get_or_none(NoticeProgress.room_id == room.id)
        is_pending = progress is None or progress.seq < post.seq
        return Reason(
            *(room.name, post.number or 0),
            called=False,
            recorded=False,
            rule=decision.rule,
            kind=decision.kind,
            word=facts.keyword if decision.rule == "keyword" else "",
            changed_at=changed if changed > post.at and depends else None,
            pending=is_pending and decision.kind is not None,
            edited_at=post.edited_at if decision.rule in ("nothing", UNHEARD) else None,
        )


def _as_it_was(decision: Decision, post: Post, person: Person, user: User) -> Decision:
    """What the rules say now of a message from which nothing is recorded, unless it is plain why."""
    if decision.kind is None and decision.rule != "nothing":
        return decision
    if post.at < person.joined_at:
        return Decision(BEFORE)
    names = re.search(rf"(?<![\w@])@{re.escape(user.name)}(?![\w-])", post.text, re.IGNORECASE)
    return Decision(UNHEARD) if decision.rule == "nothing" and names else decision


async def _was_here(room_id: int, post: Post, user_id: int) -> bool:
    """Whether `@here` of the post meant them."""
    if post.group != "here":
        return False
    query = Mention.select(Mention.user_id).where(
        Mention.user_id == user_id, Mention.room_id == room_id, Mention.number == post.number
    )
    return bool(await query.tuples().aio_execute())


async def _recorded(room: Room, number: int, notice: Notice) -> Reason:
    sent = {
        row.way: row
        for row in await NoticeDelivery.select().where(NoticeDelivery.notice_id == notice.id).aio_execute()
    }
    outcomes = stored_outcomes(notice.ways)
    ways = []
    for way in WAYS:
        outcome = outcomes.get(way, "off")
        row = sent.get(way) if way in (PUSH, MAIL) else None
        if row is not None:
            ways.append(WayTold(way, outcome, row.state, row.detail, row.at, row.due_at))
        else:
            ways.append(WayTold(way, outcome, at=notice.at if way == PAGE and outcome == "told" else None))
    return Reason(
        *(room.name, number),
        called=any(way.outcome == "told" for way in ways),
        recorded=True,
        rule=notice.rule,
        kind=notice.kind,
        word=notice.word,
        ways=tuple(ways),
        read_at=notice.read_at,
    )
