"""Who is called by what, and on which ways: the rules, and nothing else. The first rule of RULES that
applies decides whether, the first of WAY_RULES what becomes of each way. docs/notifications.md has both
tables; a test compares them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

PAGE, PUSH, MAIL = "page", "push", "mail"
WAYS = (PAGE, PUSH, MAIL)

DIRECT, MENTION, THREAD, KEYWORD = "direct", "mention", "thread", "keyword"
GROUP, ROOM = "group", "room"
FOLLOW, LIKE, COMMENT = "follow", "like", "comment"
INVITATION, OUTCOME = "invitation", "outcome"

USUAL_WAYS: Mapping[str, frozenset[str]] = {
    DIRECT: frozenset(WAYS),
    MENTION: frozenset(WAYS),
    THREAD: frozenset((PAGE, PUSH)),
    KEYWORD: frozenset((PAGE, PUSH)),
    GROUP: frozenset((PAGE, PUSH)),
    ROOM: frozenset((PAGE, PUSH)),
    INVITATION: frozenset((PAGE, PUSH)),
    OUTCOME: frozenset((PAGE,)),
    FOLLOW: frozenset((PAGE,)),
    COMMENT: frozenset((PAGE, PUSH)),
    LIKE: frozenset((PAGE,)),
}
"""The kinds of notices, and by which ways each comes where its person has chosen nothing else."""

KINDS = tuple(USUAL_WAYS)

ALL, MENTIONS, NOTHING = "all", "mentions", "none"
LEVELS = (ALL, MENTIONS, NOTHING)
"""Of a room, for one person."""

DND, FOCUS, QUIET = "dnd", "focus", "quiet"

LATE_MS = 24 * 3600 * 1000
"""What is older when it is decided is history: a restored backup calls nobody."""

ONLINE_MS = 5_000
"""Whoever is online has this time to read a message before it is pushed."""


@dataclass(frozen=True)
class Facts:
    """All that is looked at, of one person and one message or event of the feed. Times are in
    milliseconds since 1970."""

    event: str = "message"
    """`message`, or the kind of notice that something else is."""
    asks: bool = False
    """Somebody asks to follow, and doesn't yet."""
    own: bool = False
    gone: bool = False
    deleted: bool = False
    hidden: bool = False
    blocked: bool = False
    ignored: bool = False
    late: bool = False
    level: str = MENTIONS
    direct: bool = False
    named: bool = False
    answered: bool = False
    in_thread: bool = False
    keyword: str = ""
    group: str = ""
    read: bool = False
    online: bool = False
    silence: str = ""
    silence_until: int | None = None
    ways: Mapping[str, frozenset[str]] = field(default_factory=lambda: USUAL_WAYS)
    reachable: frozenset[str] = frozenset(WAYS)
    mail_ms: int = 15 * 60_000
    now: int = 0


class Rule(NamedTuple):
    """`kind` is None where nobody is told."""

    name: str
    kind: str | None
    applies: Callable[[Facts], bool]


RULES = (
    Rule("own", None, lambda facts: facts.own),
    Rule("gone", None, lambda facts: facts.gone),
    Rule("deleted", None, lambda facts: facts.deleted),
    Rule("hidden", None, lambda facts: facts.hidden),
    Rule("blocked", None, lambda facts: facts.blocked),
    Rule("ignored", None, lambda facts: facts.ignored),
    Rule("late", None, lambda facts: facts.late),
    Rule("asked", FOLLOW, lambda facts: facts.event == FOLLOW and facts.asks),
    Rule("followed", FOLLOW, lambda facts: facts.event == FOLLOW),
    Rule("liked", LIKE, lambda facts: facts.event == LIKE),
    Rule("commented", COMMENT, lambda facts: facts.event == COMMENT and facts.answered),
    Rule("commented_too", COMMENT, lambda facts: facts.event == COMMENT),
    Rule("invited", INVITATION, lambda facts: facts.event == INVITATION),
    Rule("outcome", OUTCOME, lambda facts: facts.event == OUTCOME),
    Rule("muted", None, lambda facts: facts.level == NOTHING),
    Rule("direct", DIRECT, lambda facts: facts.direct and facts.level == ALL),
    Rule("mention", MENTION, lambda facts: facts.named),
    Rule("answered", THREAD, lambda facts: facts.answered),
    Rule("thread", THREAD, lambda facts: facts.in_thread),
    Rule("keyword", KEYWORD, lambda facts: bool(facts.keyword)),
    Rule("all", GROUP, lambda facts: facts.group == "all"),
    Rule("here", GROUP, lambda facts: facts.group == "here"),
    Rule("level", ROOM, lambda facts: facts.level == ALL),
    Rule("nothing", None, lambda facts: True),
)
"""The first that applies decides."""


class WayRule(NamedTuple):
    """`outcome` is what becomes of the way."""

    outcome: str
    applies: Callable[[Facts, str, str], bool]


def _is_silenced(facts: Facts, kind: str, way: str) -> bool:
    waits = way == MAIL and facts.silence == QUIET
    return bool(facts.silence) and not waits


WAY_RULES = (
    WayRule("off", lambda facts, kind, way: way not in facts.ways.get(kind, frozenset())),
    WayRule("unreachable", lambda facts, kind, way: way not in facts.reachable),
    WayRule("read", lambda facts, kind, way: facts.read),
    WayRule("silenced", _is_silenced),
    WayRule("told", lambda facts, kind, way: True),
)
"""The first that applies decides."""


@dataclass(frozen=True)
class WayDecision:
    """`silence` is what silenced it. `due_at` is when it is told."""

    outcome: str
    due_at: int | None = None
    silence: str = ""

    @property
    def is_told(self) -> bool:
        return self.outcome == "told"


@dataclass(frozen=True)
class Decision:
    """`kind` is None where the person isn't told."""

    rule: str
    kind: str | None = None
    ways: Mapping[str, WayDecision] = field(default_factory=dict)


def decide(facts: Facts) -> Decision:
    rule = next(rule for rule in RULES if rule.applies(facts))
    if rule.kind is None:
        return Decision(rule.name)
    return Decision(rule.name, rule.kind, {way: _way(facts, rule.kind, way) for way in WAYS})


def _way(facts: Facts, kind: str, way: str) -> WayDecision:
    outcome = next(rule.outcome for rule in WAY_RULES if rule.applies(facts, kind, way))
    if outcome == "silenced":
        return WayDecision(outcome, silence=facts.silence)
    return WayDecision(outcome, _due(facts, way)) if outcome == "told" else WayDecision(outcome)


def _due(facts: Facts, way: str) -> int:
    if way == PUSH and facts.online:
        return facts.now + ONLINE_MS
    if way == MAIL:
        return max(facts.now + facts.mail_ms, facts.silence_until or 0)
    return facts.now
