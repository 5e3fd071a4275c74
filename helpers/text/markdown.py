"""What people write as HTML: Markdown, rendered once when it is stored, sanitised, and left out
where it says no more than the text.

Whom and what it names isn't known here: `parse` says what might be names, and Markup.html is told
which of them are."""

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
"""Of each kind that one text can name."""

MAX_HTML = 100_000
"""Characters. What grows beyond it, tenfold what was typed, is shown as it was typed: all who read
it are sent this."""

QUICKLY_RENDERED = 1000
"""Characters. Markdown made to be slow takes 30 ms a thousand; longer ones are for a thread."""

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
"""What a person may link to: the web and mail, and what of this site a Markdown says. Nothing else
of the site's is a click away."""

_START = re.compile(r"\d{1,9}")
"""What a list may begin to count with: as much as CommonMark takes."""

# Without any of these no rule of Markdown can match. Most texts are such, and this look costs a
# hundredth of the parser.
_MARKUP = re.compile(
    r"[*_`~\[\]<>#\\:@]|^[ \t]|^\d+[.)]|^[-+=]|[ \\]\n|\n[ \t]*\n|[\r\n]\s*[-+=]", re.MULTILINE
)

# Most of a chat's are one line without any of these signs at all. Deleting them from its bytes and
# comparing the length takes a tenth of the time of searching for them.
_MARKUP_BYTES = b"*_`~[]<>#\\:@\r\n"
_BLOCK_START = re.compile(r"[ \t\-+=]|\d+[.)]")

# A name begins where no word does: not in an e-mail address, a path, a fragment or an entity. The
# first of them takes all that may be.
_NAME_CANDIDATE = re.compile(r"(?<![^\W_])(?:@\w|#[A-Za-z])")
_NAMED = re.compile(r"(?<![\w@#/.+%&=-])[@#](?=\w)")


@dataclass(frozen=True)
class Reference:
    """What a text may name after a sign, `@` or `#`, and how a link to it looks."""

    sign: str
    path: str
    """Before the name, in its address."""
    css_class: str
    name_at: Callable[[str, int], str]
    """The name that begins at a place of a text, empty where none does."""


def may_contain_name(text: str) -> bool:
    """Might it name something?"""
    return ("@" in text or "#" in text) and _NAME_CANDIDATE.search(text) is not None


def is_slow(text: str) -> bool:
    """Might it take so long to render that nobody should wait for it?"""
    return len(text) > QUICKLY_RENDERED or "```" in text or "~~~" in text


class _Parser(MarkdownIt):
    link: re.Pattern[str]

    def validateLink(self, url: str) -> bool:
        return self.link.match(url) is not None


class _Names:
    """A rule for the parser: takes the names and shortcodes out of the texts, where they are
    neither in code nor in a link."""

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
                # `a\_@b`: what was escaped is a letter before it.
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
    """The Markdown of one part of the site: `references` are what its texts may name, `own` the
    addresses of ours that they may link to."""

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
        # Images would be fetched from other people's servers; the address is shown as a link
        # instead.
        parser = _Parser("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 12})
        parser.link = self._link
        parser.enable(["linkify", "strikethrough"]).disable(
            ["image", "html_block", "html_inline", "entity", "reference"]
        )
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
        # While it can still be told what was escaped.
        parser.core.ruler.before("text_join", "names", names)
        parser.add_render_rule("named", lambda renderer, *given: names.render(renderer, *given))
        parser.add_render_rule("fence", _fence)
        return parser

    def _allowed(self, tag: str, attribute: str, value: str) -> str | None:
        """For nh3: classes are our own, addresses a person's or our own, and numbers are
        numbers."""
        if attribute == "class":
            return value if value in (CLASSES if tag == "span" else self._classes) else None
        if attribute == "start":
            return value if _START.fullmatch(value) else None
        is_ours = attribute == "rel" or self._link.match(value) or self._named.match(value)
        return value if is_ours else None

    def parse(self, text: str) -> "Markup | None":
        """The parsed text, or None where there is nothing to parse."""
        if _is_plain_line(text) or not _MARKUP.search(text):
            return None
        return Markup(self, text, self._parser.parse(text))

    def render(self, text: str) -> str | None:
        """The HTML of a text that names nobody, or None as Markup.html."""
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
    """A text that was parsed."""

    def __init__(self, markdown: Markdown, text: str, tokens: list[Token]) -> None:
        self._markdown = markdown
        self._text = text
        self._tokens = tokens

    def names(self, sign: str) -> list[str]:
        """What might be names after this sign, without it, each once."""
        children = [
            child.content for token in self._tokens for child in token.children or () if child.type == "named"
        ]
        return list(dict.fromkeys(content[1:] for content in children if content[0] == sign))

    def html(self, named: Mapping[str, Mapping[str, str]]) -> str | None:
        """The HTML, or None where escaping the text, with its line breaks, gives the same picture.

        `named` tells by sign which of the names somebody or something has, and how each is
        written."""
        return self._markdown.render_parsed(self._text, self._tokens, named)


def _is_plain_line(text: str) -> bool:
    data = text.encode()
    return len(data.translate(None, _MARKUP_BYTES)) == len(data) and not _BLOCK_START.match(text)


def plain_html(text: str) -> str:
    """The text and its line breaks, escaped: what a text without HTML looks like."""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br />\n") + "</p>"


_FENCE_LINE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:>|#{1,6}|[-*+]|\d{1,9}[.)])[ \t]+)+", re.MULTILINE)
_INLINE_LINK = re.compile(r"\[([^\[\]\n]+)\]\([^()\s]+\)")
_PAIRED_MARKS = re.compile(r"(?<![\w*~`])(\*\*|\*|__|_|~~|`)(?=\S)([^\n]*?\S)\1(?![\w*~`])")


def strip_markup(text: str) -> str:
    """The words of a text, for where one line of it is shown: what Markdown means by signs is left
    out, roughly and quickly."""
    for pattern, kept in (
        (_FENCE_LINE, ""),
        (_BLOCK_MARKS, ""),
        (_INLINE_LINK, r"\1"),
        (_PAIRED_MARKS, r"\2"),
        (_PAIRED_MARKS, r"\2"),
    ):
        text = pattern.sub(kept, text)
    return text
