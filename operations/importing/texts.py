"""Texts of other chats as they can be stored here."""

import re
from collections.abc import Callable, Iterator

from chat.requests import MAX_FILES, MAX_TEXT
from helpers.text.characters import cleaned, is_blank
from operations.importing.records import END_MARK, PERSON_MARK, ROOM_MARK, Message, SentFile

_MARK = re.compile(f"([{PERSON_MARK}{ROOM_MARK}])([^{END_MARK}]*){END_MARK}")

Part = tuple[str, tuple[SentFile, ...]]

Naming = Callable[[str], str]
"""What a key is called here: a handle, or the name of a room."""


def named(text: str, person: Naming, room: Naming) -> str:
    """The text with names in the place of marks."""

    def name(found: re.Match[str]) -> str:
        sign, call = ("@", person) if found[1] == PERSON_MARK else ("#", room)
        return f"{sign}{call(found[2])}"

    return _MARK.sub(name, text)


def parts_of(message: Message, text: str) -> list[Part]:
    """What becomes of one message: several where it is longer than one can be here, or has more files. Empty
    where it shows nothing."""
    text = cleaned(text)
    texts = [] if is_blank(text) else list(_split(text))
    files = [message.files[start : start + MAX_FILES] for start in range(0, len(message.files), MAX_FILES)]
    # The files come with the last part.
    parts: list[Part] = [(one, ()) for one in texts[:-1]]
    parts.append((texts[-1] if texts else "", files[0] if files else ()))
    parts += [("", some) for some in files[1:]]
    return parts if texts or files else []


def _split(text: str) -> Iterator[str]:
    """Pieces of at most MAX_TEXT characters, divided between lines or words where there are some."""
    while len(text) > MAX_TEXT:
        end = max(text.rfind("\n", MAX_TEXT // 2, MAX_TEXT), 0) or max(
            text.rfind(" ", MAX_TEXT // 2, MAX_TEXT), 0
        )
        end = end or MAX_TEXT
        piece, text = text[:end], text[end:].lstrip("\n ")
        if not is_blank(piece):
            yield piece
    if not is_blank(text):
        yield text
