"""Markdown to HTML: rendered once when a text is stored, sanitised, and omitted if it equals the
escaped text.

This module doesn't know which names exist: `parse` finds candidates, and Markup.html gets those
that exist."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from helpers.text.emoji import replace_shortcodes
from helpers.text.highlighting import CLASSES, highlight

MAX_NAMED = 20
"""Names of each kind in one text."""

MAX_HTML = 100_000
"""Characters. A text whose HTML would be longer, ten times what was typed, stays plain: every
reader receives the HTML."""

QUICKLY_RENDERED = 1000
"""Characters. Markdown that is made to be slow takes 30 ms per thousand; longer texts are rendered
in a thread."""

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

_START = re.compile(r"\d{1,9}")
"""The number that a list may start with: as many digits as CommonMark allows."""

# Without any of these no rule of Markdown can match. That holds for most texts, and this check
# takes a hundredth of the parser's time.
_MARKUP = re.compile(
    r"[*_`~\[\]<>#\\:@]|^[ \t]|^\d+[.)]|^[-+=]|[ \\]\n|\n[ \t]*\n|[\r\n]\s*[-+=]", re.MULTILINE
)

# Most chat messages are one line without any of these characters. Deleting them from the bytes and
# comparing the length takes a tenth of the time of searching for them.
_MARKUP_BYTES = b"*_`~[]<>#\\:@\r\n"
_BLOCK_START = re.compile(r"[ \t\-+=]|\d+[.)]")

# A name doesn't begin inside a word, an e-mail address, a path, a fragment or an entity. The first
# pattern matches all candidates.
_NAME_CANDIDATE = re.compile(r"(?<![^\W_])(?:@\w|#[A-Za-z])")
_NAMED = re.compile(r"(?<![\w@#/.+%&=-])[@#](?=\w)")


@dataclass(frozen=True)
class Reference:
    """What a text may name after a sign, `@` or `#`, and how the link to it looks."""

    sign: str
    path: str
    """The path of its address before the name."""
    css_class: str
    name_at: Callable[[str, int], str]
    """Returns the name that begins at a position of a text, or an empty string."""


def may_contain_name(text: str) -> bool:
    """Might the text contain a name?"""
    return ("@" in text or "#" in text) and _NAME_CANDIDATE.search(text) is not None


def is_slow(text: str) -> bool:
    """Might rendering take too long for the event loop?"""
    return len(text) > QUICKLY_RENDERED or "```" in text or "~~~" in text


class _Parser(MarkdownIt):
    link: re.Pattern[str]

    def validateLink(self, url: str) -> bool:
        return self.link.match(url) is not None


class _Names:
    """A parser rule that finds names and shortcodes in text, except in code and links."""

    def __init__(self, references: tuple[Reference, ...]) -> None:
        self._by_sign = {reference.sign: reference for reference in references}

    def __call__(self, state: StateCore) -> None:
        left = dict.fromkeys(self._by_sign, MAX_NAMED)
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
        for found in _NAMED.finditer(text):
            sign = found[0]
            if found.start() < start or not left.get(sign):
                continue
            name = self._by_sign[sign].name_at(text, found.end())
            end = found.end() + len(name)
            if not name or text[end : end + 1] == "@":
                continue
            left[sign] -= 1
            yield _text("text", replace_shortcodes(text[start : found.start()]), token.level)
            yield _text("named", sign + name, token.level)
            start = end
        yield _text("text", replace_shortcodes(text[start:]), token.level)

    def render(
        self, renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]
    ) -> str:
        typed = tokens[place].content
        reference = self._by_sign[typed[0]]
        name = env.get(reference.sign, {}).get(typed[1:])
        if name is None:
            return html.escape(typed)
        return (
            f'<a class="{reference.css_class}" '
            f'href="{reference.path}{quote(name)}">{reference.sign}{html.escape(name)}</a>'
        )


def _text(kind: str, content: str, level: int) -> Token:
    return Token(kind, "", 0, content=content, level=level)


def _fence(renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]) -> str:
    code = tokens[place]
    language = code.info.strip().partition(" ")[0]
    return f"<pre><code>{highlight(code.content, language)}</code></pre>\n"


class Markdown:
    """The Markdown of one part of the site. `references` are what its texts may name, `own` the
    addresses of this site that they may link to."""

    def __init__(self, *references: Reference, own: str) -> None:
        self._link = re.compile(f"{_LINK}|{own}")
        self._named = re.compile(
            "|".join(rf"{re.escape(reference.path)}[^/?#\\]+\Z" for reference in references) or r"(?!)"
        )
        self._classes = {reference.css_class for reference in references}
        self._parser = self._new_parser(_Names(references))
        self.clean = nh3.Cleaner(
            tags=TAGS,
            attributes={"a": {"href", "class"}, "span": {"class"}, "ol": {"start"}},
            attribute_filter=self._allowed,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        ).clean

    def _new_parser(self, names: _Names) -> MarkdownIt:
        # Images would be fetched from other servers. The address is shown as a link instead.
        parser = _Parser("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 12})
        parser.link = self._link
        parser.enable(["linkify", "strikethrough"]).disable(
            ["image", "html_block", "html_inline", "entity", "reference"]
        )
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
        # At this point the tokens still show which characters were escaped.
        parser.core.ruler.before("text_join", "names", names)
        parser.add_render_rule("named", lambda renderer, *given: names.render(renderer, *given))
        parser.add_render_rule("fence", _fence)
        return parser

    def _allowed(self, tag: str, attribute: str, value: str) -> str | None:
        """The attribute filter for nh3: allows known classes, allowed addresses, and numbers."""
        if attribute == "class":
            return value if value in (CLASSES if tag == "span" else self._classes) else None
        if attribute == "start":
            return value if _START.fullmatch(value) else None
        is_ours = attribute == "rel" or self._link.match(value) or self._named.match(value)
        return value if is_ours else None

    def parse(self, text: str) -> "Markup | None":
        """Returns the parsed text, or None if there is nothing to parse."""
        if _is_plain_line(text) or not _MARKUP.search(text):
            return None
        return Markup(self, text, self._parser.parse(text))

    def render(self, text: str) -> str | None:
        """Returns the HTML of a text without names, or None as Markup.html does."""
        markup = self.parse(text)
        return markup.html({}) if markup is not None else None

    def render_parsed(
        self, text: str, tokens: list[Token], named: Mapping[str, Mapping[str, str]]
    ) -> str | None:
        """For Markup."""
        rendered = str(self._parser.renderer.render(tokens, self._parser.options, dict(named))).strip()
        if len(rendered) > MAX_HTML or rendered.replace("&quot;", '"') == plain_html(text):
            return None
        return self.clean(rendered).strip()


class Markup:
    """A parsed text."""

    def __init__(self, markdown: Markdown, text: str, tokens: list[Token]) -> None:
        self._markdown = markdown
        self._text = text
        self._tokens = tokens

    def names(self, sign: str) -> list[str]:
        """Returns the candidate names after this sign, without the sign and without duplicates."""
        children = [
            child.content for token in self._tokens for child in token.children or () if child.type == "named"
        ]
        return list(dict.fromkeys(content[1:] for content in children if content[0] == sign))

    def html(self, named: Mapping[str, Mapping[str, str]]) -> str | None:
        """Returns the HTML, or None if the escaped text with its line breaks looks the same.

        `named` maps a sign to the names that exist, and each name to its proper spelling."""
        return self._markdown.render_parsed(self._text, self._tokens, named)


def _is_plain_line(text: str) -> bool:
    data = text.encode()
    return len(data.translate(None, _MARKUP_BYTES)) == len(data) and not _BLOCK_START.match(text)


def plain_html(text: str) -> str:
    """Returns the escaped text with its line breaks: what a text without HTML looks like."""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br />\n") + "</p>"


_FENCE_LINE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:>|#{1,6}|[-*+]|\d{1,9}[.)])[ \t]+)+", re.MULTILINE)
_INLINE_LINK = re.compile(r"\[([^\[\]\n]+)\]\([^()\s]+\)")
_PAIRED_MARKS = re.compile(r"(?<![\w*~`])(\*\*|\*|__|_|~~|`)(?=\S)([^\n]*?\S)\1(?![\w*~`])")


def strip_markup(text: str) -> str:
    """Removes Markdown syntax from a text for a one-line preview. It is approximate and fast."""
    for pattern, kept in (
        (_FENCE_LINE, ""),
        (_BLOCK_MARKS, ""),
        (_INLINE_LINK, r"\1"),
        (_PAIRED_MARKS, r"\2"),
        (_PAIRED_MARKS, r"\2"),
    ):
        text = pattern.sub(kept, text)
    return text
