"""Markdown to HTML: rendered once when a text is stored, sanitised, and omitted if it equals the
escaped text.

This module doesn't know which names exist: `parse` finds candidates, and Markdown.html gets those
that exist. A Markup is plain data, so a text can be parsed in another process."""

import html
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from helpers.text.emoji import replace_shortcodes
from helpers.text.highlighting import CLASSES, highlight

MAX_NAMED = 20
"""Names of each kind in one text."""

MAX_CANDIDATES = 200
"""What looks like a name at first sight. After as many in one piece of text no name is found."""

MAX_HTML = 40_000
"""Characters. A text whose HTML would be longer, four times what the longest text has, is shown as
typed: every reader receives the HTML."""

QUICKLY_RENDERED = 400
"""Characters. Markdown that is made to be slow takes 8 ms for as many; longer texts are rendered in
another process."""

TAGS = {
    "p",
    "br",
    "em",
    "strong",
    "s",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "span",
}

_LINK = r"https?://[^/\\]|mailto:."
"""What a text may link to: the web, e-mail, and those of this site's addresses that a Markdown
allows."""

_REL = "noopener noreferrer nofollow"

_START = re.compile(r"\d{1,9}")
"""The number that a list may start with: as many digits as CommonMark allows."""

# Without any of these no rule of Markdown can match. That holds for most texts, and this check
# takes a hundredth of the parser's time.
_MARKUP = re.compile(
    r"[*_`~\[\]<>#\\:@]|^[ \t]|^\d+[.)]|^[-+=]|[ \\]\n|\n[ \t]*\n|[\r\n][^\S\r\n]*[-+=]", re.MULTILINE
)

# Most chat messages are one line without any of these characters. Deleting them from the bytes and
# comparing the length takes a tenth of the time of searching for them.
_MARKUP_BYTES = b"*_`~[]<>#\\:@\r\n"
_BLOCK_START = re.compile(r"[ \t\-+=]|\d{1,9}[.)]")

# A name doesn't begin inside a word, an e-mail address, a path, a fragment or an entity. The first
# pattern matches all candidates.
_NAME_CANDIDATE = re.compile(r"(?<![^\W_])(?:@\w|#[A-Za-z])")
_NAMED = re.compile(r"(?<![\w@#/.+%&=-])[@#](?=\w)")

# Stands for a name until it is known which names exist. Nobody ever sees it, so no text contains it.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(rf"{_MARK}(\d+);")


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
            f'<a class="{self.css_class}" href="{self.path}{quote(name)}" rel="{_REL}">'
            f"{self.sign}{html.escape(name)}</a>"
        )


def may_contain_name(text: str) -> bool:
    """Might the text contain a name?"""
    return ("@" in text or "#" in text) and _NAME_CANDIDATE.search(text) is not None


def is_slow(text: str) -> bool:
    """Might rendering take too long for the event loop?"""
    return (len(text) > QUICKLY_RENDERED or "```" in text or "~~~" in text) and may_have_markup(text)


def may_have_markup(text: str) -> bool:
    """Might the text contain Markdown?"""
    return not _is_plain_line(text) and _MARKUP.search(text) is not None


class Markup(NamedTuple):
    """A parsed text: the HTML between the candidate names, and these names with their sign, in the
    order of the text. `is_typed` says that without names it looks as it was typed."""

    parts: list[str]
    names: list[str]
    is_typed: bool

    def names_after(self, sign: str) -> list[str]:
        """Returns the candidate names after this sign, without the sign and without duplicates."""
        return list(dict.fromkeys(name[1:] for name in self.names if name[0] == sign))


class _Parser(MarkdownIt):
    link: re.Pattern[str]

    def validateLink(self, url: str) -> bool:
        return self.link.match(url) is not None


class _Names:
    """A parser rule that finds names and shortcodes in text, except in code and links."""

    def __init__(self, references: tuple[Reference, ...]) -> None:
        self.by_sign = {reference.sign: reference for reference in references}

    def __call__(self, state: StateCore) -> None:
        left = dict.fromkeys(self.by_sign, MAX_NAMED)
        for token in state.tokens:
            if token.type != "inline":
                continue
            children: list[Token] = []
            links, before = 0, ""
            for child in token.children or ():
                links += child.nesting if child.type in ("link_open", "link_close") else 0
                if child.type == "text" and not links:
                    children += self._split(before, child, left)
                else:
                    children.append(child)
                # In `a\_@b` the escaped character counts as a letter before the `@`.
                before = child.content[-1:] if child.type == "text_special" else ""
            token.children = children

    def _split(self, before: str, token: Token, left: dict[str, int]) -> Iterator[Token]:
        text, start = before + token.content, len(before)
        for place, name in self.find(text, start, left):
            yield _text("text", replace_shortcodes(text[start:place]), token.level)
            yield _text("named", name, token.level)
            start = place + len(name)
        yield _text("text", replace_shortcodes(text[start:]), token.level)

    def find(
        self, text: str, start: int = 0, left: dict[str, int] | None = None
    ) -> Iterator[tuple[int, str]]:
        """Yields the place and the name with its sign of each name in plain text from `start`, and
        counts down in `left` how many of a sign may still come."""
        left = dict.fromkeys(self.by_sign, MAX_NAMED) if left is None else left
        for found in islice(_NAMED.finditer(text), MAX_CANDIDATES):
            sign = found[0]
            if found.start() < start or not left.get(sign):
                continue
            name = self.by_sign[sign].name_at(text, found.end())
            start_after = found.end() + len(name)
            if name and text[start_after : start_after + 1] != "@":
                left[sign] -= 1
                start = start_after
                yield found.start(), sign + name


def _named(renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]) -> str:
    """Renders a name as a mark with its number."""
    env["names"].append(tokens[place].content)
    return f"{_MARK}{len(env['names']) - 1};"


def _text(kind: str, content: str, level: int) -> Token:
    return Token(kind, "", 0, content=content, level=level)


def _fence(renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]) -> str:
    code = tokens[place]
    language = code.info.strip().partition(" ")[0]
    return f"<pre><code>{highlight(code.content, language)}</code></pre>\n"


class Markdown:
    """The Markdown of one part of the site. `references` are what its texts may name, `own` the
    addresses of this site that they may link to, and `module` the name of the module whose `parse`
    is this one's."""

    def __init__(self, *references: Reference, own: str, module: str) -> None:
        self.module = module
        self._link = re.compile(f"{_LINK}|{own}")
        self._names = _Names(references)
        self._parser = self._new_parser()
        self.clean = nh3.Cleaner(
            tags=TAGS,
            attributes={"a": {"href"}, "span": {"class"}, "ol": {"start"}},
            attribute_filter=self._allowed,
            url_schemes={"http", "https", "mailto"},
            link_rel=_REL,
        ).clean

    def _new_parser(self) -> MarkdownIt:
        # Images would be fetched from other servers. The address is shown as a link instead.
        parser = _Parser("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 12})
        parser.link = self._link
        parser.enable(["linkify", "strikethrough"]).disable(
            ["image", "html_block", "html_inline", "entity", "reference"]
        )
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
        # At this point the tokens still show which characters were escaped.
        parser.core.ruler.before("text_join", "names", self._names)
        parser.add_render_rule("named", _named)
        parser.add_render_rule("fence", _fence)
        return parser

    def _allowed(self, tag: str, attribute: str, value: str) -> str | None:
        """The attribute filter for nh3: allows known classes, allowed addresses, and numbers."""
        if attribute == "class":
            return value if value in CLASSES else None
        if attribute == "start":
            return value if _START.fullmatch(value) else None
        return value if attribute == "rel" or self._link.match(value) else None

    def parse(self, text: str) -> Markup | None:
        """Returns the parsed text, or None if there is nothing to parse."""
        if not may_have_markup(text):
            return None
        env: dict[str, Any] = {"names": []}
        tokens = self._parser.parse(text)
        rendered = str(self._parser.renderer.render(tokens, self._parser.options, env)).strip()
        if len(rendered) > MAX_HTML:
            return self.parse_names(text)
        names: list[str] = env["names"]
        typed = _MARKED.sub(lambda found: html.escape(names[int(found[1])]), rendered)
        is_typed = typed.replace("&quot;", '"') == plain_html(text)
        if is_typed and not names:
            return None
        cleaned = self.clean(rendered).strip()
        if len(cleaned) > MAX_HTML:
            # Each link has got a `rel`.
            return self.parse_names(text)
        # Cleaning changes no text, so the marks are still there.
        parts = _MARKED.split(cleaned)
        return Markup(parts[::2], [names[int(number)] for number in parts[1::2]], is_typed)

    def parse_names(self, text: str) -> Markup:
        """Returns the text as it was typed, with its names. This takes little time for any text."""
        parts, names = [], []
        end = 0
        for start, name in self._names.find(text):
            parts.append(_escaped(text[end:start]))
            names.append(name)
            end = start + len(name)
        parts.append(_escaped(text[end:]))
        parts[0], parts[-1] = f"<p>{parts[0]}", f"{parts[-1]}</p>"
        return Markup(parts, names, True)

    def html(self, markup: Markup, named: Mapping[str, Mapping[str, str]]) -> str | None:
        """Returns the HTML, or None if the escaped text with its line breaks looks the same.

        `named` maps a sign to the names that exist, and each name to its proper spelling."""
        pieces = [markup.parts[0]]
        is_typed = markup.is_typed
        for typed, part in zip(markup.names, markup.parts[1:], strict=True):
            name = named.get(typed[0], {}).get(typed[1:])
            is_typed &= name is None
            pieces += (html.escape(typed) if name is None else self._names.by_sign[typed[0]].link(name), part)
        return None if is_typed else "".join(pieces)

    def render(self, text: str) -> str | None:
        """Returns the HTML of a text without names, or None as `html` does."""
        markup = self.parse(text)
        return self.html(markup, {}) if markup is not None else None


def _is_plain_line(text: str) -> bool:
    data = text.encode()
    return len(data.translate(None, _MARKUP_BYTES)) == len(data) and not _BLOCK_START.match(text)


def plain_html(text: str) -> str:
    """Returns the escaped text with its line breaks: what a text without HTML looks like."""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br />\n") + "</p>"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>\n")


_FENCE_LINE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:>|#{1,6}|[-*+]|\d{1,9}[.)])[ \t]+)+", re.MULTILINE)
_INLINE_LINK = re.compile(r"\[([^\[\]\n]+)\]\([^()\s]+\)")
_MARKS = re.compile(r"\n|\*+|_+|~~+|`+")


def strip_markup(text: str) -> str:
    """Removes Markdown syntax from a text for a one-line preview. It is approximate, and takes time
    proportional to the text's length."""
    for pattern, kept in ((_FENCE_LINE, ""), (_BLOCK_MARKS, ""), (_INLINE_LINK, r"\1")):
        text = pattern.sub(kept, text)
    return _strip_pairs(text)


def _strip_pairs(text: str) -> str:
    """Removes the marks of emphasis and code that are closed on their line."""
    opened: dict[str, tuple[int, int]] = {}
    removed: list[tuple[int, int]] = []
    for found in _MARKS.finditer(text):
        mark, place = found[0], found.span()
        if mark == "\n":
            opened.clear()
            continue
        before, after = text[place[0] - 1 : place[0]], text[place[1] : place[1] + 1]
        if mark in opened and not before.isspace() and not _is_word(after):
            removed += (opened.pop(mark), place)
        elif after and not after.isspace() and not _is_word(before):
            opened.setdefault(mark, place)
    kept, end = [], 0
    for first, last in sorted(removed):
        kept.append(text[end:first])
        end = last
    return "".join(kept) + text[end:]


def _is_word(letter: str) -> bool:
    return letter == "_" or letter.isalnum()
