"""A message's text as HTML: Markdown, rendered once when it is stored, sanitised, and left out where it says no more than the text."""

import html
import re

import nh3
from markdown_it import MarkdownIt

# Images would be fetched from other people's servers; the address is shown as a link instead.
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 12})
_markdown.enable(["linkify", "strikethrough"]).disable(["image", "html_block", "html_inline", "entity", "reference"])
_markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]

TAGS = {"p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}

# Without any of these no rule of Markdown can match. Most messages are such, and this look costs a hundredth of the parser.
_MARKED = re.compile(r"[*_`~\[\]<>#\\:]|^[ \t]|^\d+[.)]|^[-+=]|[ \\]\n|\n[ \t]*\n|[\r\n]\s*[-+=]", re.MULTILINE)

# Most messages are one line without any of these signs at all. Deleting them from its bytes and comparing the length takes a tenth of
# the time of searching for them.
_SIGNS = b"*_`~[]<>#\\:\r\n"
_BEGINNING = re.compile(r"[ \t\-+=]|\d+[.)]")


def _is_plain_line(text: str) -> bool:
    data = text.encode()
    return len(data.translate(None, _SIGNS)) == len(data) and not _BEGINNING.match(text)


def render(text: str) -> str | None:
    """The HTML of a message, or None where escaping `text`, with its line breaks, gives the same picture."""
    if _is_plain_line(text) or not _MARKED.search(text):
        return None
    rendered = str(_markdown.render(text)).strip()
    plain = "<p>" + html.escape(text, quote=False).replace("\n", "<br />\n") + "</p>"
    if rendered.replace("&quot;", '"') == plain:
        return None
    return nh3.clean(
        rendered, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener noreferrer nofollow"
    ).strip()
