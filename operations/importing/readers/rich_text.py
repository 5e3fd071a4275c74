"""HTML of other chats as our dialect."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

MAX_DEPTH = 50

_SIGNS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~", "code": "`"}
_BLOCKS = {"div", "p", "br", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "tr", "hr", "figure"}
_BREAKS = re.compile(r"\n{3,}")

Attributes = dict[str, str]
Special = Callable[[str, Attributes], str | None]
"""What an element with these attributes becomes; None where nothing is special about it."""


class _Reader(HTMLParser):
    def __init__(self, special: Special) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._special = special
        self._lists: list[str] = []
        self._links: list[str] = []
        self._quotes = 0
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if (found := self._special(tag, attributes)) is not None:
            self.pieces.append(found)
        elif tag in _SIGNS and not self._is_code:
            self.pieces.append(_SIGNS[tag])
        elif tag == "a":
            self._links.append(attributes.get("href", ""))
            self.pieces.append("[")
        elif tag == "pre":
            self._is_code = True
            self.pieces.append("\n```\n")
        elif tag in ("ul", "ol"):
            self._lists = [*self._lists[-MAX_DEPTH:], tag]
            self._break()
        elif tag == "li":
            self._break()
            inner = "  " * max(0, len(self._lists) - 1)
            self.pieces.append(f"{inner}{'1.' if self._lists[-1:] == ['ol'] else '-'} ")
        elif tag == "blockquote":
            self._quotes += 1
            self._break()
        elif tag == "br":
            self._break(always=True)
        elif tag in _BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SIGNS and not self._is_code:
            self.pieces.append(_SIGNS[tag])
        elif tag == "a" and self._links:
            url = self._links.pop()
            self.pieces.append(f"]({url})")
        elif tag == "pre":
            self._is_code = False
            self.pieces.append("\n```\n")
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._break()
        elif tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
            self._break()
        elif tag in _BLOCKS and tag != "br":
            self._break()

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def _break(self, *, always: bool = False) -> None:
        line = "\n" + "> " * min(self._quotes, 3)
        if always or (self.pieces and not self.pieces[-1].endswith(("\n", "> "))):
            self.pieces.append(line)


_PLAIN_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\n]*)\)")


def _as_plain(found: re.Match[str]) -> str:
    """A link whose words are its address is that address."""
    words, url = found[1], found[2]
    return (
        url if not words or words in (url, url.partition("://")[2], url.removeprefix("mailto:")) else found[0]
    )


def dialect_of(html: str, special: Special) -> str:
    """The text. Whatever the HTML is, it costs no more than its length."""
    reader = _Reader(special)
    reader.feed(html)
    reader.close()
    return _BREAKS.sub("\n\n", _PLAIN_LINK.sub(_as_plain, "".join(reader.pieces))).strip()
