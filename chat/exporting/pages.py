"""Pages of an export that a browser shows without a server, and without scripts: one file each, with its
style in it."""

import bisect
import html
import re
from urllib.parse import quote

from accounts.people.shown_names import named_mentions
from chat.exporting.reading import ExportedFile, ExportedMessage
from helpers.clock import iso
from helpers.text.translation import current

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 50rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
ol.messages { list-style: none; margin: 0; padding: 0; }
ol.messages > li { margin: 0; padding: .4rem 0; overflow-wrap: anywhere; }
ol.messages > li:target { outline: 2px solid; }
.head { display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: baseline; }
.aside, time { font-size: .85rem; opacity: .75; }
.plain { white-space: pre-wrap; }
.text p, .text ul, .text ol, .text blockquote { margin: .3rem 0; }
.text p { white-space: pre-wrap; }
blockquote { border-inline-start: 3px solid; padding-inline-start: .8rem; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; } td, th { border: 1px solid; padding: .2rem .5rem; }
.spoiler { background: currentColor; }
.spoiler:hover, .spoiler:focus { background: none; outline: 1px dashed; }
img { max-width: 100%; max-height: 20rem; display: block; }
nav { display: flex; gap: 1rem; padding: 1rem 0; }
"""

_LOCAL_LINK = re.compile(r'(<a [^>]*?href=")/(?!/)')


def page_name(number: int) -> str:
    return "index.html" if number == 1 else f"page-{number}.html"


def document(title: str, body: str) -> bytes:
    """A whole page. `body` is HTML."""
    language = current().code
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Whatever a message holds: nothing is loaded from elsewhere, and no script runs.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src 'self' file: data:; style-src 'unsafe-inline'\">\n"
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    ).encode()


class Pages:
    """Of one room. `url` is where the site is: links to it lead there."""

    def __init__(self, title: str, topic: str, url: str, *, has_files: bool) -> None:
        self._title = title
        self._topic = topic
        self._url = url.rstrip("/")
        self._has_files = has_files
        self._first: list[int] = []
        """The first number of each page that is written."""

    def page(self, messages: list[ExportedMessage], number: int, *, has_next: bool) -> bytes:
        self._first.append(messages[0].number if messages else 0)
        t = current().t
        links = [
            f'<a rel="{rel}" href="{page_name(at)}">{html.escape(words)}</a>'
            for rel, at, words, is_there in (
                ("prev", number - 1, t("Earlier messages"), number > 1),
                ("next", number + 1, t("Later messages"), has_next),
            )
            if is_there
        ]
        ways = f"<nav>{''.join(links)}</nav>\n" if links else ""
        topic = f"<p>{html.escape(self._topic)}</p>\n" if self._topic else ""
        rows = "".join(self._message(message) for message in messages)
        empty = "" if messages else f"<p>{html.escape(t('Nothing was said here.'))}</p>\n"
        body = (
            f"<main>\n<h1>{html.escape(self._title)}</h1>\n{topic}{ways}{empty}"
            f'<ol class="messages">\n{rows}</ol>\n{ways}</main>\n'
        )
        return document(self._title, body)

    def _message(self, message: ExportedMessage) -> str:
        when, number = iso(message.at), message.number
        words = html.escape(current().t("edited"))
        edited = f' <span class="aside">{words}</span>' if message.edited_at else ""
        author = f"<b><bdi>{html.escape(message.author.shown)}</bdi></b>"
        time = f'<time datetime="{when}">{when[:16].replace("T", " ")}</time>'
        place = f'<a class="aside" href="#m{number}">#{number}</a>'
        return (
            f'<li id="m{number}"><div class="head">{author}{time}{place}{self._answer(message)}{edited}</div>'
            f"{self._text(message)}{''.join(map(self._file, message.files))}{self._reactions(message)}</li>\n"
        )

    def _answer(self, message: ExportedMessage) -> str:
        if message.reply_to is None:
            return ""
        words = html.escape(current().t("answers #{number}", number=message.reply_to))
        at = page_name(bisect.bisect_right(self._first, message.reply_to) or 1)
        return f'<a class="aside" href="{at}#m{message.reply_to}">{words}</a>'

    def _text(self, message: ExportedMessage) -> str:
        if message.html is None:
            return f'<div class="text plain">{html.escape(message.text)}</div>' if message.text else ""
        found = _LOCAL_LINK.sub(rf"\1{self._url}/", str(named_mentions(message.html)))
        return f'<div class="text">{found}</div>'

    def _file(self, file: ExportedFile) -> str:
        view = file.view
        called = html.escape(view.name)
        if not self._has_files:
            return f"<p>{called}</p>"
        address = html.escape(quote(file.path))
        if view.thumbnail and view.type.startswith("image/"):
            told = html.escape(view.description or view.name)
            return f'<p><a href="{address}"><img src="{address}" alt="{told}" loading="lazy"></a></p>'
        return f'<p><a href="{address}">{called}</a></p>'

    def _reactions(self, message: ExportedMessage) -> str:
        if not message.reactions:
            return ""
        told = " ".join(
            f'<span title="{html.escape(", ".join(one.shown for one in people))}">'
            f"{html.escape(emoji)} {len(people)}</span>"
            for emoji, people in message.reactions.items()
        )
        return f'<p class="aside">{told}</p>'
