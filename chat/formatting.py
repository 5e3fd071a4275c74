"""A message's text as HTML: Markdown, rendered once when it is stored, sanitised, and left out where it says no more than the text.

Whom and what it names isn't known here: `parse` says what might be names, and Markup.html is told which of them are."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from accounts.names import name_at
from chat.emoji import with_emojis
from chat.highlighting import CLASSES, highlight

MAX_NAMED = 20
"""People that one message can call, and rooms that it can link to."""

MAX_HTML = 100_000
"""Characters. What grows beyond it, tenfold what was typed, is shown as it was typed: all who are in the room are sent this."""

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

_LINK = re.compile(r"https?://[^/\\]|mailto:.|/rooms/[A-Za-z][A-Za-z0-9_-]{0,31}(?:/\d{1,16})?\Z")
"""What a person may link to: the web, mail, a room and a post of this site. Nothing else of the site's is a click away by a message."""

_START = re.compile(r"\d{1,9}")
"""What a list may begin to count with: as much as CommonMark takes."""

_PERSON_PATH = re.compile(r"/users/[^/?#\\]+\Z")

# Without any of these no rule of Markdown can match. Most messages are such, and this look costs a hundredth of the parser.
_MARKED = re.compile(r"[*_`~\[\]<>#\\:@]|^[ \t]|^\d+[.)]|^[-+=]|[ \\]\n|\n[ \t]*\n|[\r\n]\s*[-+=]", re.MULTILINE)

# Most messages are one line without any of these signs at all. Deleting them from its bytes and comparing the length takes a tenth of
# the time of searching for them.
_SIGNS = b"*_`~[]<>#\\:@\r\n"
_BEGINNING = re.compile(r"[ \t\-+=]|\d+[.)]")

# A name begins where no word does: not in an e-mail address, a path, a fragment or an entity. The first of them takes all that may be.
_MAY_NAME = re.compile(r"(?<![^\W_])(?:@\w|#[A-Za-z])")
_NAMED = re.compile(r"(?<![\w@#/.+%&=-])(?:@(?=\w)|#([A-Za-z][A-Za-z0-9_-]{0,31})(?![\w-]))")


def may_name(text: str) -> bool:
    """Might it name a person or a room?"""
    return ("@" in text or "#" in text) and _MAY_NAME.search(text) is not None


def is_slow(text: str) -> bool:
    """Might it take so long to render that nobody should wait for it?"""
    return len(text) > QUICKLY_RENDERED or "```" in text or "~~~" in text


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return _LINK.match(url) is not None


def _name_people_and_rooms(state: StateCore) -> None:
    """A rule for the parser: takes the names and shortcodes out of the texts, where they are neither in code nor in a link."""
    left = {"@": MAX_NAMED, "#": MAX_NAMED}
    for token in state.tokens:
        if token.type != "inline":
            continue
        children: list[Token] = []
        links, before = 0, ""
        for child in token.children or ():
            links += child.nesting if child.type in ("link_open", "link_close") else 0
            if child.type == "text" and not links:
                children += _split(before, child, left)
            else:
                children.append(child)
            # `a\_@b`: what was escaped is a letter before it.
            before = child.content[-1:] if child.type == "text_special" else ""
        token.children = children


def _split(before: str, token: Token, left: dict[str, int]) -> Iterator[Token]:
    text, start = before + token.content, len(before)
    for found in _NAMED.finditer(text):
        sign, name = found[0][0], found[1] or name_at(text, found.end())
        end = found.start() + 1 + len(name)
        if found.start() < start or not name or not left[sign] or text[end : end + 1] == "@":
            continue
        left[sign] -= 1
        yield _text("text", with_emojis(text[start : found.start()]), token.level)
        yield _text("person" if sign == "@" else "room", sign + name, token.level)
        start = end
    yield _text("text", with_emojis(text[start:]), token.level)


def _text(kind: str, content: str, level: int) -> Token:
    return Token(kind, "", 0, content=content, level=level)


def _person(renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]) -> str:
    typed = tokens[place].content
    name = env.get("people", {}).get(typed[1:])
    return html.escape(typed) if name is None else f'<a class="mention" href="/users/{quote(name)}">@{html.escape(name)}</a>'


def _room(renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]) -> str:
    typed = tokens[place].content
    name = env.get("rooms", {}).get(typed[1:])
    return html.escape(typed) if name is None else f'<a class="room-ref" href="/rooms/{quote(name)}">#{html.escape(name)}</a>'


def _fence(renderer: Any, tokens: list[Token], place: int, options: Any, env: dict[str, Any]) -> str:
    code = tokens[place]
    language = code.info.strip().partition(" ")[0]
    return f"<pre><code>{highlight(code.content, language)}</code></pre>\n"


def _new_markdown() -> MarkdownIt:
    # Images would be fetched from other people's servers; the address is shown as a link instead.
    markdown = _Markdown("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 12})
    markdown.enable(["linkify", "strikethrough"]).disable(["image", "html_block", "html_inline", "entity", "reference"])
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
    # While it can still be told what was escaped.
    markdown.core.ruler.before("text_join", "names", _name_people_and_rooms)
    for kind, rule in (("person", _person), ("room", _room), ("fence", _fence)):
        markdown.add_render_rule(kind, rule)
    return markdown


_markdown = _new_markdown()


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    """For nh3: classes are our own, addresses a person's or our own, and numbers are numbers."""
    if attribute == "class":
        return value if value in (CLASSES if tag == "span" else ("mention", "room-ref")) else None
    if attribute == "start":
        return value if _START.fullmatch(value) else None
    is_ours = attribute == "rel" or _LINK.match(value) or _PERSON_PATH.match(value)
    return value if is_ours else None


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "class"}, "span": {"class"}, "ol": {"start"}},
    attribute_filter=_allowed,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


class Markup:
    """A text that was parsed. `names` and `rooms` are what might be such, without the sign."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        children = [child for token in tokens for child in token.children or ()]
        self.names = list(dict.fromkeys(child.content[1:] for child in children if child.type == "person"))
        self.rooms = list(dict.fromkeys(child.content[1:] for child in children if child.type == "room"))

    def html(self, people: Mapping[str, str], rooms: Mapping[str, str]) -> str | None:
        """The HTML, or None where escaping the text, with its line breaks, gives the same picture.

        `people` and `rooms` are those of the names that somebody or something has, and how it is written."""
        env = {"people": people, "rooms": rooms}
        rendered = str(_markdown.renderer.render(self._tokens, _markdown.options, env)).strip()
        if len(rendered) > MAX_HTML or rendered.replace("&quot;", '"') == plain_html(self._text):
            return None
        return _cleaner.clean(rendered).strip()


def _is_plain_line(text: str) -> bool:
    data = text.encode()
    return len(data.translate(None, _SIGNS)) == len(data) and not _BEGINNING.match(text)


def parse(text: str) -> Markup | None:
    """The parsed text, or None where there is nothing to parse."""
    if _is_plain_line(text) or not _MARKED.search(text):
        return None
    return Markup(text, _markdown.parse(text))


def render(text: str) -> str | None:
    """The HTML of a message that names nobody, or None as Markup.html."""
    markup = parse(text)
    return markup.html({}, {}) if markup is not None else None


def plain_html(text: str) -> str:
    """The text and its line breaks, escaped: what a message without HTML looks like."""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br />\n") + "</p>"


_FENCE_LINE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:>|#{1,6}|[-*+]|\d{1,9}[.)])[ \t]+)+", re.MULTILINE)
_INLINE_LINK = re.compile(r"\[([^\[\]\n]+)\]\([^()\s]+\)")
_PAIRED_MARKS = re.compile(r"(?<![\w*~`])(\*\*|\*|__|_|~~|`)(?=\S)([^\n]*?\S)\1(?![\w*~`])")


def without_marks(text: str) -> str:
    """The words of a message, for where one line of it is shown: what Markdown means by signs is left out, roughly and quickly."""
    for pattern, kept in ((_FENCE_LINE, ""), (_BLOCK_MARKS, ""), (_INLINE_LINK, r"\1"), (_PAIRED_MARKS, r"\2"), (_PAIRED_MARKS, r"\2")):
        text = pattern.sub(kept, text)
    return text
