"""The rows that a room's page shows before its scripts run. They are those that
static/js/state/layout.js makes of the same lines, so that nothing moves when the scripts take them
over: tests/browser/timeline/test_first_rows.py compares them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from accounts.people.shown_names import person_name
from chat.line_kinds import KINDS, PAST
from helpers.text.translation import current
from helpers.web.clock import Clock

MOST = 30
"""Rows of the first view. The scripts put in the others above and below."""

MAX_SIZE = 60_000
"""Characters of text and HTML in them: the page's state has all of it once more."""

BEFORE = 8
"""Of them before the first unread post, and half of MOST before the post in the address."""

TOGETHER = timedelta(minutes=5)
"""Between two posts of one author that are shown as one group."""

FOLDED = frozenset(kind for kind, found in KINDS.items() if found.is_folded)

LONG = 1_800
MANY_LINES = 24
"""Characters and lines above which a text is folded, as in message.js."""


@dataclass(slots=True)
class Row:
    """`key` is that of layout.js. `line` is a `message` event; `lines` are those of a run, or of
    deleted posts."""

    key: str
    kind: str
    line: dict[str, Any] = field(default_factory=dict)
    time: str = ""
    lines: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    label: str = ""
    continues: bool = False
    own: bool = False
    calls_you: bool = False
    is_pointed: bool = False
    folds: bool = False
    """A deleted post, which the next one may join."""

    @property
    def attributes(self) -> dict[str, Any]:
        return {
            "data-row": self.key,
            "data-seq": self.line.get("seq"),
            "data-number": self.line.get("number"),
        }

    @property
    def classes(self) -> str:
        """Each with a space before it."""
        found = {
            " own": self.own,
            " continues": self.continues,
            " calls-you": self.calls_you,
            " marked": self.has_marks,
            " long": self.is_long,
            " pointed": self.is_pointed,
        }
        return "".join(name for name, is_so in found.items() if is_so)

    @property
    def has_marks(self) -> bool:
        return not self.is_deleted and bool(self.line.get("edited_at") or self.line.get("pinned"))

    @property
    def size(self) -> int:
        return (
            0
            if self.kind in ("ignored", "gone")
            else len(self.line.get("html") or self.line.get("text") or "")
        )

    @property
    def is_deleted(self) -> bool:
        return bool(self.line.get("deleted"))

    @property
    def cards(self) -> list[dict[str, Any]]:
        """Of its links. What a permalink leads to is asked for by the scripts."""
        return [one for one in self.line.get("previews") or () if not one.get("permalink")]

    @property
    def is_long(self) -> bool:
        text = self.line["text"]
        return not self.is_deleted and (len(text) > LONG or text.count("\n") >= MANY_LINES)


def first_rows(state: dict[str, Any], clock: Clock, now: datetime) -> list[Row]:
    """The rows around where the page opens: at the post in its address, else at the first unread
    post, else at the end. `state` is the page's initial state, `now` the time in UTC."""
    rows = _Rows(state, clock, now).of(state["messages"])
    pointed = next((place for place, row in enumerate(rows) if row.is_pointed), None)
    unread = next((place for place, row in enumerate(rows) if row.kind == "new"), len(rows))
    first = min(unread - BEFORE, len(rows) - MOST) if pointed is None else pointed - MOST // 2
    first = max(first, 0)
    return _bounded(rows[first : first + MOST], at_end=first + MOST >= len(rows))


def _bounded(rows: list[Row], *, at_end: bool) -> list[Row]:
    kept: list[Row] = []
    size = 0
    for row in reversed(rows) if at_end else rows:
        size += row.size
        if size > MAX_SIZE and kept:
            break
        kept.append(row)
    return kept[::-1] if at_end else kept


class _Rows:
    def __init__(self, state: dict[str, Any], clock: Clock, now: datetime) -> None:
        self.state = state
        self.clock = clock
        self.you: str = state["you"]["name"]
        self.ignored = frozenset(state["ignored"])
        self.today = (now + timedelta(minutes=clock.offset)).date()
        self.rows: list[Row] = []
        self.day = ""
        self.group: tuple[str, datetime] | None = None

    def of(self, lines: Iterable[dict[str, Any]]) -> list[Row]:
        read = self.state["read_number"]
        is_marked = self.state["last_number"] <= read
        fits: bool | None = None
        is_any_before = False
        for line in lines:
            if line["kind"] in PAST and not self.state["past"]:
                continue
            local = self.clock.local(line["at"])
            self._begin_day(local)
            number = line.get("number")
            if not number:
                self._add_service(line, self.clock.time(local))
                continue
            if not is_marked and number > read:
                if fits is None:
                    fits = number == read + 1 or is_any_before or not self.state["more"]
                is_marked = not (line.get("deleted") or self._is_hidden(line))
                if is_marked and fits:
                    self.rows.append(Row("new", "new"))
                    self.group = None
            is_any_before = True
            if self._is_hidden(line):
                self._hide(line)
            else:
                self._add_post(line, local)
        return self.rows

    def _is_hidden(self, line: dict[str, Any]) -> bool:
        """Whether it is of somebody whom the reader ignores. What an address names is shown."""
        return line["author"] in self.ignored and line["number"] != self.state["around"]

    def _hide(self, line: dict[str, Any]) -> None:
        self.group = None
        if not self.rows or self.rows[-1].kind != "ignored":
            self.rows.append(Row(f"ignored:{line['seq']}", "ignored"))
        self.rows[-1].line = line
        self.rows[-1].lines.append((line, ""))

    def _begin_day(self, local: datetime) -> None:
        day = local.date().isoformat()
        # Only forwards: a clock that was set back doesn't divide a day twice.
        if day <= self.day:
            return
        self.day = day
        self.group = None
        self.rows.append(Row(f"day:{day}", "day", label=self._label(local), time=day))

    def _label(self, local: datetime) -> str:
        if local.date() == self.today:
            return current().t("Today")
        if local.date() == self.today - timedelta(days=1):
            return current().t("Yesterday")
        return current().day(local)

    def _add_post(self, line: dict[str, Any], local: datetime) -> None:
        folds = bool(line.get("deleted")) and line["number"] != self.state["around"]
        if folds and self.rows and self.rows[-1].folds:
            self._fold(self.rows[-1], line, local)
            return
        kind = "me" if line["kind"] == "me" else "message"
        author, mentions = line["author"], line.get("mentions") or ()
        is_message = kind == "message"
        continues = is_message and self.group is not None and self.group[0] == author
        continues = continues and self.group is not None and local - self.group[1] <= TOGETHER
        self.group = (author, local) if is_message else None
        own = author == self.you
        self.rows.append(
            Row(
                f"seq:{line['seq']}",
                kind,
                line,
                self.clock.time(local),
                continues=continues,
                own=own,
                calls_you=not own and any(name == self.you or name[0] == "@" for name in mentions),
                is_pointed=line["number"] == self.state["around"],
                folds=folds,
            )
        )

    def _fold(self, row: Row, line: dict[str, Any], local: datetime) -> None:
        """Runs of deleted posts are one row."""
        self.group = None
        row.kind = "gone"
        row.lines = [*(row.lines or [(row.line, row.time)]), (line, self.clock.time(local))]
        row.line = line

    def _add_service(self, line: dict[str, Any], time: str) -> None:
        self.group = None
        if line["kind"] not in FOLDED:
            self.rows.append(Row(f"seq:{line['seq']}", "service", line, time))
            return
        if self.rows and self.rows[-1].kind in ("service", "run") and self.rows[-1].lines:
            self.rows[-1].kind = "run"
            self.rows[-1].lines.append((line, time))
        else:
            self.rows.append(Row(f"seq:{line['seq']}", "service", line, time, [(line, time)]))


def in_utc(at: str) -> str:
    """The time of an event for those whose clock isn't known."""
    return f"{at[:10]} {at[11:16]} UTC"


def opening_apart(text_html: Markup) -> Markup:
    """The HTML of a text whose links open beside the chat."""
    return text_html.replace("<a ", Markup('<a target="_blank" '))


def run_summary(lines: list[tuple[dict[str, Any], str]]) -> Markup:
    """The words of a run: "carol joined, bob left", as `summarise` of layout.js and message.js make
    them."""
    kinds: dict[str, list[str]] = {}
    for line, _ in lines:
        kinds.setdefault(line["author"], []).append(line["kind"])
    names: dict[tuple[str, ...], list[str]] = {}
    for name, theirs in kinds.items():
        names.setdefault(_doings(theirs), []).append(name)
    return Markup(", ").join(_clause(who, did) for did, who in names.items())


def _doings(kinds: list[str]) -> tuple[str, ...]:
    """What somebody did, in order. Joining includes coming in, and leaving for good includes going
    away."""
    hidden = {"came"} if "joined" in kinds else set()
    if "left" in kinds and "came" not in kinds:
        hidden.add("went")
    did = tuple(kind for kind in ("joined", "came", "went", "left") if kind in kinds and kind not in hidden)
    # Who has left and come back is here.
    last = next((kind for kind in reversed(kinds) if kind in ("joined", "left")), "")
    return did[::-1] if last == "joined" and "left" in kinds else did


def _clause(names: list[str], did: tuple[str, ...]) -> Markup:
    n, people = current().n, 2 if len(names) > 1 else 1
    words = {
        "joined": n("joined", "joined", people),
        "came": n("came", "came", people),
        "went": n("went", "went", people),
        "left": n("left", "left", people),
    }
    verbs = _listed([words[kind] for kind in did])
    shown = names[:1] if len(names) > 3 else names
    others = len(names) - len(shown)
    values = {"names": "\0", "verbs": verbs}
    if others:
        text = n("{names} and {count} other {verbs}", "{names} and {count} others {verbs}", others, **values)
    else:
        text = current().t("{names} {verbs}", **values)
    bold = [str(Markup("<bdi>{}</bdi>").format(person_name(name))) for name in shown]
    return Markup(str(escape(text)).replace("\0", _listed(bold)))  # noqa: S704 escaped, each


def _listed(words: list[str]) -> str:
    if len(words) == 1:
        return words[0]
    return current().t("{list} and {last}", list=", ".join(words[:-1]), last=words[-1])
