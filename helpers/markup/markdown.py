"""A text as people type it in a chat, to HTML: parsed once when it is stored, and omitted if the text
looks the same without. docs/formatting.md defines the dialect.

Nothing here knows which names exist: `parse` finds candidates, and Markdown.html gets those that
exist. A Markup is plain data, so a text can be parsed in another process. Every tag and attribute is
written by helpers/markup; all that was typed is escaped."""

import html
import re
from collections.abc import Mapping
from itertools import islice

from helpers.markup.blocks import Blocks, lines_of, opening, write_paragraph
from helpers.markup.writer import Markup as Markup
from helpers.markup.writer import Reference as Reference
from helpers.markup.writer import TooManySigns, Writer, escaped
from helpers.text.emoji import emojis_of
from helpers.text.highlighting import LANGUAGES

MAX_SIGNS = 4_000
"""What one text may hold, by the time that it takes: 2 to 5 microseconds each. A line of a list, a
heading, a pair of cells and most signs count as one, a name as two, an address and what emphasises as
three. So lists and tables of 10,000 characters are shown as such; what has more is shown as
typed."""

MANY_SIGNS = 200
"""A text that might have more is parsed in another process: each takes up to 6 microseconds. A
line counts as three."""

MAX_CANDIDATES = 500
"""What looks like a name at first sight, in a text that is shown as typed."""

MAX_HTML = 40_000
"""Characters. A text whose HTML would be longer, four times what the longest text has, is shown as
typed: every reader receives the HTML."""

MAX_LARGE = 3
"""Emojis that are shown large, where a message holds nothing else."""

_WEB = r"https?://[^/\\]|mailto:."
"""What a text may link to: the web, e-mail, and those of this site's addresses that a Markdown
allows."""

# Without any of these signs, names of hosts and beginnings of blocks nothing can act. That holds for
# most texts. Deleting the signs from the bytes takes a tenth of the time of searching for them.
_SIGNS = b"*_`~[<#\\:@|"
_START = re.compile(r"\A(?:[ \t]*+(?:[-+>]|\d{1,9}[.)])[ \t]|---)")
_LATER_START = re.compile(r"\n[ \t]*+(?:(?:[-+>]|\d{1,9}[.)])[ \t]|---)")
# The beginning of one line that is no block, whatever follows.
_WORDS = re.compile(r"[^\W\d]|[@:\[<*_][^\s*_]")
_HOST = re.compile(r"[^\W_]\.[^\W\d_]{2}")

_NAME_CANDIDATE = re.compile(r"(?<![\w@#/.+%&=-])[@#](?=\w)")

_FENCED = re.compile(r"(?:`{3}|~{3}) *([\w#+]++)")


def is_slow(text: str) -> bool:
    """Might rendering take more than a millisecond or two? That have code in colours, and texts with
    many signs or lines."""
    return (len(text) > MANY_SIGNS and _weight(text) > MANY_SIGNS) or (
        ("```" in text or "~~~" in text)
        and any(found[1].lower() in LANGUAGES for found in _FENCED.finditer(text))
    )


def _weight(text: str) -> int:
    data = text.encode()
    return len(data) - len(data.translate(None, _SIGNS + b".")) + 3 * data.count(b"\n")


def may_have_markup(text: str) -> bool:
    """Might anything in the text act?"""
    data = text.encode()
    return (
        len(data.translate(None, _SIGNS)) != len(data)
        or _START.match(text) is not None
        or ("\n" in text and _LATER_START.search(text) is not None)
        or ("." in text and _HOST.search(text) is not None)
    )


class Markdown:
    """The dialect of one part of the site. `references` are what its texts may name, `own` the
    addresses of this site that they may link to, and `module` the name of the module whose `parse`
    is this one's."""

    def __init__(self, *references: Reference, own: str, module: str) -> None:
        self.module = module
        self._references = {reference.sign: reference for reference in references}
        self._allowed = re.compile(f"{_WEB}|{own}", re.IGNORECASE)

    def parse(self, text: str) -> Markup | None:
        """Returns the parsed text, or None if there is nothing to parse."""
        emojis = emojis_of(text, MAX_LARGE)
        if emojis:
            return Markup([f'<p class="large">{emojis}</p>'], [], False)
        if not may_have_markup(text):
            return None
        writer = Writer(self._references, MAX_SIGNS)
        try:
            if "\n" in text or not _WORDS.match(text):
                Blocks(writer, text, self._allowed.match).write(lines_of(text))
            else:
                write_paragraph(writer, text, self._allowed.match)
        except TooManySigns:
            return self.parse_names(text)
        if not writer.acted and not writer.names:
            return None
        markup = writer.markup()
        if sum(map(len, markup.parts)) > MAX_HTML:
            return self.parse_names(text)
        return markup

    def parse_names(self, text: str) -> Markup:
        """Returns the text as it was typed, with its names. This takes little time for any text."""
        writer = Writer(self._references, MAX_CANDIDATES)
        end = 0
        for found in islice(_NAME_CANDIDATE.finditer(text), MAX_CANDIDATES):
            start, sign = found.start(), found[0]
            reference = self._references.get(sign)
            if start < end or reference is None or not writer.left[sign]:
                continue
            name = reference.name_at(text, start + 1)
            after = start + 1 + len(name)
            if name and text[after : after + 1] != "@":
                writer.left[sign] -= 1
                writer.pieces += (escaped(text[end:start]), "")
                writer.names.append((len(writer.pieces) - 1, sign + name))
                end = after
        writer.pieces.append(escaped(text[end:]))
        markup = writer.markup()
        markup.parts[0] = f"{opening(text)}{markup.parts[0]}"
        markup.parts[-1] += "</p>"
        return markup

    def html(self, markup: Markup, named: Mapping[str, Mapping[str, str]]) -> str | None:
        """Returns the HTML, or None if the escaped text with its line breaks looks the same.

        `named` maps a sign to the names that exist, and each name to its proper spelling."""
        pieces = [markup.parts[0]]
        is_typed = markup.is_typed
        for typed, part in zip(markup.names, markup.parts[1:], strict=True):
            name = named.get(typed[0], {}).get(typed[1:])
            is_typed &= name is None
            pieces += (html.escape(typed) if name is None else self._references[typed[0]].link(name), part)
        return None if is_typed else "".join(pieces)

    def render(self, text: str) -> str | None:
        """Returns the HTML of a text without names, or None as `html` does."""
        markup = self.parse(text)
        return self.html(markup, {}) if markup is not None else None


def plain_html(text: str) -> str:
    """Returns the escaped text with its line breaks: what a text without HTML looks like."""
    return f"{opening(text)}{escaped(text)}</p>"
