"""Reads what a page says of itself: Open Graph, Twitter's cards, `<title>` and where its oEmbed is. Runs in a
sandbox: the page is somebody's.

The standard library's parser has no tree, so that nesting costs nothing, and it is written in Python:
what it is given can't harm its memory. Its time is the sandbox's to bound."""

import json
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from helpers.linked_pages.charsets import decoded
from helpers.text.characters import visible_line

MAX_TITLE = 200
MAX_SITE = 80
MAX_DESCRIPTION = 300
MAX_ADDRESS = 2000
"""Characters."""

NO_LETTER = "\ufffd"
"""What a decoder puts in the place of what it can't decode."""

CHUNK = 32 * 1024
OEMBED = "application/json+oembed"


class _Head(HTMLParser):
    """Collects `<meta>`, `<title>`, `<link>` and `<base>`: of each name the first that isn't empty."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.title = ""
        self.oembed = ""
        self.base = ""
        self.is_over = False
        self._in_title = False
        self._in_picture = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}
        if tag == "meta":
            name = (given.get("property") or given.get("name") or "").strip().lower()
            content = given.get("content", "").strip()
            if name and content and len(self.meta) < 200:
                self.meta.setdefault(name, content)
        elif tag == "link" and given.get("type", "").strip().lower() == OEMBED:
            self.oembed = self.oembed or given.get("href", "")
        elif tag == "base":
            self.base = self.base or given.get("href", "")
        elif tag == "svg":
            # It has titles of its own.
            self._in_picture = True
        elif tag == "title":
            self._in_title = not self.title and not self._in_picture
        elif tag == "body":
            self._end_head()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "svg":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "svg":
            self._in_picture = False
        elif tag == "head":
            self._end_head()

    def handle_data(self, data: str) -> None:
        if self._in_title and len(self.title) < 4 * MAX_TITLE:
            self.title += data[: 4 * MAX_TITLE]

    def _end_head(self) -> None:
        """Some pages have their tags in the body: one without any is read on."""
        self.is_over |= bool(self.title and ("og:title" in self.meta or "og:image" in self.meta))


def parse(body: bytes, declared: str, address: str) -> list[str]:
    """Of the page at `address`: title, site, description, and the addresses of a picture and of its
    oEmbed, empty for none. `declared` is the charset of its content type."""
    head = _Head()
    text = decoded(body, declared)
    for start in range(0, len(text), CHUNK):
        head.feed(text[start : start + CHUNK])
        if head.is_over:
            break
    meta, base = head.meta, _absolute(address, head.base) or address

    def first(*names: str) -> str:
        return next((meta[name] for name in names if name in meta), "")

    return [
        _readable(first("og:title", "twitter:title"), MAX_TITLE) or _readable(head.title, MAX_TITLE),
        _readable(first("og:site_name", "application-name"), MAX_SITE),
        _readable(first("og:description", "twitter:description", "description"), MAX_DESCRIPTION),
        _absolute(base, first("og:image:secure_url", "og:image", "og:image:url", "twitter:image")),
        _absolute(base, head.oembed),
    ]


def parse_oembed(body: bytes, address: str) -> list[str]:
    """Title, site, author and the picture's address of an oEmbed answer (oembed.com, 2.3.4)."""
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("no oEmbed")

    def text(name: str) -> str:
        return found[name] if isinstance(found.get(name), str) else ""

    picture = text("thumbnail_url") or (text("url") if text("type") == "photo" else "")
    return [
        shortened(text("title"), MAX_TITLE),
        shortened(text("provider_name"), MAX_SITE),
        shortened(text("author_name"), MAX_DESCRIPTION),
        _absolute(address, picture),
    ]


def shortened(text: str, most: int) -> str:
    """One line of at most `most` characters."""
    line = visible_line(text[: 8 * most])
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _readable(text: str, most: int) -> str:
    """Empty where the half of it or more isn't in the encoding that the page declares: as in a browser,
    signs stand there that say so, and a card of these tells nobody anything."""
    line = shortened(text, most)
    return "" if 2 * line.count(NO_LETTER) >= len(line) else line


def _absolute(base: str, address: str) -> str:
    """The address as a whole, empty where it is none of the web."""
    if not address.strip():
        return ""
    try:
        found = urljoin(base, address.strip())
        parts = urlsplit(found)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or len(found) > MAX_ADDRESS:
        return ""
    return found
