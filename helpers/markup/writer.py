"""What a text becomes while it is read: pieces of HTML, and between them the names whose owners are
not known yet."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

REL = "noopener noreferrer nofollow"

MAX_NAMED = 200
"""Names of each kind in one text."""


@dataclass(frozen=True)
class Reference:
    """What a text may name after a sign, `@` or `#`, and how the link to it looks."""

    sign: str
    path: str
    """The path of its address before the name."""
    css_class: str
    name_at: Callable[[str, int], str]
    """Returns the name that begins at a position of a text, or an empty string."""

    def link(self, name: str) -> str:
        return (
            f'<a class="{self.css_class}" href="{self.path}{quote(name)}" rel="{REL}">'
            f"{self.sign}{html.escape(name)}</a>"
        )


class Markup(NamedTuple):
    """A parsed text: the HTML between the candidate names, and these names with their sign, in the
    order of the text. `is_typed` says that without names it looks as it was typed."""

    parts: list[str]
    names: list[str]
    is_typed: bool

    def names_after(self, sign: str) -> list[str]:
        """Returns the candidate names after this sign, without the sign and without duplicates."""
        return list(dict.fromkeys(name[1:] for name in self.names if name[0] == sign))


class TooManySigns(Exception):
    """Reading the text would take too long."""


class Writer:
    """`acted` is whether anything of the text was taken for a sign. `signs` counts down with each
    thing that is looked at. Within `quoted` nobody is named."""

    __slots__ = ("acted", "left", "names", "pieces", "quoted", "references", "signs")

    def __init__(self, references: Mapping[str, Reference], signs: int) -> None:
        self.pieces: list[str] = []
        self.names: list[tuple[int, str]] = []
        self.references = references
        self.left = dict.fromkeys(references, MAX_NAMED)
        self.acted = False
        self.signs = signs
        self.quoted = 0

    def count(self, signs: int = 1) -> None:
        """Counts. Raises TooManySigns."""
        self.signs -= signs
        if self.signs < 0:
            raise TooManySigns

    def markup(self) -> Markup:
        parts, start = [], 0
        for place, _ in self.names:
            parts.append("".join(self.pieces[start:place]))
            start = place + 1
        parts.append("".join(self.pieces[start:]).rstrip("\n"))
        return Markup(parts, [name for _, name in self.names], not self.acted)


def escaped(text: str) -> str:
    """Returns the text as HTML, with its line breaks."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text.replace("\n", "<br>\n") if "\n" in text else text
