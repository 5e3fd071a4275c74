"""Reads what somebody typed into the search: words, phrases, and words with a meaning such as
`from:maria`, `in:general` or `before:2026-11-01`."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from accounts.models import User
from accounts.people.directory import user_by_name
from chat.errors import ActionError
from chat.history.access import RoomAccessReader
from chat.models import Room
from chat.room_names import CONVERSATION_NAME, NAME
from chat.search.index import Term, Wanted
from chat.search.words import searched
from helpers.text.folding import folded_letters

MAX_LENGTH = 200
MAX_TERMS = 10

_PIECE = re.compile(r'(?P<excluded>-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
"""A phrase may lack its end: it is looked for while one types."""

_HAS = ("link", "file", "picture")
_IS = ("pinned", "reply", "thread")
_DAYS = ("before", "after", "on")
_NAMES = ("from", "in", "has", "is", *_DAYS)

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NEAR_DAYS = {"today": 0, "yesterday": 1, "сегодня": 0, "вчера": 1}


@dataclass
class Question:
    """What was typed, read. `author`, `room`: the names that were given."""

    terms: list[Term] = field(default_factory=list)
    author: str = ""
    room: str = ""
    after: date | None = None
    before: date | None = None
    has_link: bool = False
    is_pinned: bool = False
    is_reply: bool = False
    has_file: bool = False
    has_picture: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing is asked for, or only what is left out."""
        return all(term.is_excluded for term in self.terms) and replace(self, terms=[]) == Question()


def read_question(text: str, today: date) -> Question:
    """Reads what was typed. Raises ActionError where a part of it has no meaning."""
    if len(text) > MAX_LENGTH:
        raise ActionError("bad_request", "At most {most} characters, please.", most=str(MAX_LENGTH))
    question = Question()
    for piece in _PIECE.finditer(text):
        word, phrase = piece["word"], piece["phrase"]
        name, colon, value = (word or "").partition(":")
        if word and colon and name.lower() in _NAMES and not piece["excluded"]:
            _read_filter(question, name.lower(), value, today)
            continue
        term = searched(phrase if word is None else word)
        if term:
            question.terms.append(Term(term, bool(piece["excluded"]), word or ""))
    if len(question.terms) > MAX_TERMS:
        raise ActionError("bad_request", "At most {most} words, please.", most=str(MAX_TERMS))
    return question


def _read_filter(question: Question, name: str, value: str, today: date) -> None:
    if name == "from":
        question.author = value.removeprefix("@")
        if not question.author:
            raise ActionError(
                "bad_request", "from: is followed by a person's name, as in from:maria or from:me."
            )
    elif name == "in":
        question.room = value.removeprefix("#")
        if not question.room:
            raise ActionError("bad_request", "in: is followed by a room's name, as in in:general.")
    elif name in ("has", "is"):
        known, value = _HAS if name == "has" else _IS, value.lower()
        if value not in known:
            raise ActionError(
                "bad_request",
                "{name}: is followed by one of these: {words}.",
                name=name,
                words=", ".join(known),
            )
        question.has_link |= value == "link"
        question.has_file |= value == "file"
        question.has_picture |= value == "picture"
        question.is_pinned |= value == "pinned"
        question.is_reply |= value in ("reply", "thread")
    else:
        day = _read_day(name, value, today)
        if name in ("after", "on"):
            question.after = day + timedelta(days=1) if name == "after" else day
        if name in ("before", "on"):
            question.before = day if name == "before" else day + timedelta(days=1)


def _read_day(name: str, value: str, today: date) -> date:
    near = _NEAR_DAYS.get(folded_letters(value))
    if near is not None:
        return today - timedelta(days=near)
    found = _DAY.fullmatch(value)
    try:
        # Beyond these years there are no times of the database.
        if found and 1970 <= int(found[1]) <= 2200:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise ActionError(
        "bad_request", "{name}: is followed by a day, as 2026-11-30, or by today or yesterday.", name=name
    )


async def wanted_of(
    question: Question, user: User, access: RoomAccessReader, zone: tzinfo = UTC
) -> Wanted | None:
    """What is to be found; None where nothing can be, since there is nobody, or no room that the user may
    see, of that name."""
    author_id = None
    if question.author:
        author = user if question.author.lower() == "me" else await user_by_name(question.author)
        if author is None:
            return None
        author_id = author.id
    room: Room | None = None
    if question.room:
        is_name = NAME.fullmatch(question.room) or CONVERSATION_NAME.fullmatch(question.room)
        found = await access.find(question.room.lower(), user) if is_name else None
        if found is None:
            return None
        room = found.room
    return Wanted(
        tuple(question.terms),
        author_id,
        room.id if room is not None else None,
        _start(question.after, zone),
        _start(question.before, zone),
        question.has_link,
        question.is_pinned,
        question.is_reply,
        question.has_file,
        question.has_picture,
    )


def _start(day: date | None, zone: tzinfo) -> int | None:
    if day is None:
        return None
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)
