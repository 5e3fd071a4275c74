"""What rooms are called: a title that people read, in any script, and a name for the room's address.

A closed room's name ends in random letters. Nobody finds it by trying, and no title is taken by a
room that one can't see."""

import re
import secrets
from itertools import chain, repeat

from accounts.people.former_looks import skeleton
from helpers.text.characters import composed, is_plainly_visible, visible_line, without_invisible
from helpers.text.translation import Text
from helpers.text.transliteration import address_words

MAX_NAME = 32
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
CONVERSATION_NAME = re.compile(r"(?:direct|group)\.[0-9a-f]{16}")
"""The name of a room that a user creates holds no dot."""

MAX_TITLE = 64

_ENDING = 10
"""Random letters of the name of a closed room: 50 bits."""

_SHORT_ENDING = 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_LAST_NUMBER = 9
_MOST_PROPOSALS = 20
"""As in helpers/batching.py: with many more PostgreSQL prefers to scan the whole table."""

_EDGES = "-.,:;!?·…'\"`´‘’“”«»()[]{}"


class BadTitle(ValueError):
    """No room can have this title. The text is for the person who typed it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def clean_title(text: str) -> str:
    """Returns the title as it is shown. Raises BadTitle."""
    # What is taken out doesn't count. Nobody types more of it than this.
    if len(text) > 8 * MAX_TITLE or (title := composed(visible_line(text), MAX_TITLE)) is None:
        raise BadTitle(Text("At most {most} characters, please.", most=MAX_TITLE))
    if not title:
        raise BadTitle(Text("A room needs a name."))
    if len(title) > MAX_TITLE:
        raise BadTitle(Text("At most {most} characters, please.", most=MAX_TITLE))
    if not is_plainly_visible(title.replace("\u200c", "").replace("\u200d", "")):
        raise BadTitle(Text("There is a character in this name that can’t be shown."))
    return title


def title_key(title: str) -> str:
    """Returns a key that is the same for titles that look alike. Empty for one of punctuation
    alone."""
    return search_key(title).strip(_EDGES)


def search_key(text: str) -> str:
    """Returns the text as it is found in the `title_key` of rooms."""
    spaced = re.sub(r"[\s_-]", "-", text.casefold())
    return skeleton(without_invisible(spaced)).replace("i", "l")


def name_problem(name: str) -> Text | None:
    """Why a room can't have this name, or None."""
    return None if NAME.fullmatch(name) else Text("1 to 32 letters, digits, - and _, a letter first.")


def closed_name(name: str) -> str:
    """Returns the name with a new ending that nobody guesses."""
    return f"{name[: MAX_NAME - _ENDING - 1].rstrip('-_')}-{_random(_ENDING)}"


def proposed_names(title: str, kind: str) -> list[str]:
    """Names for a room of this title, the nicest first. The last ones are random."""
    words = address_words(title, MAX_NAME - _ENDING - 1)
    # A name begins with a letter.
    words = f"room-{words}"[: MAX_NAME - _ENDING - 1].rstrip("-") if words[:1].isdigit() else words
    if kind == "closed":
        return [closed_name(words or "room") for _ in range(3)]
    random = (f"{words or 'room'}-{_random(_SHORT_ENDING)}" for _ in repeat(None))
    plain = (words, *(f"{words}-{number}" for number in range(2, _LAST_NUMBER + 1))) if words else ()
    return [name for name, _ in zip(chain(plain, random), range(_MOST_PROPOSALS), strict=False)]


def _random(letters: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(letters))
