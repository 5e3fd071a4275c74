"""The cards of a post's links, as they are stored in its row and told. A card that was dismissed is
remembered, so that it doesn't come back with an edit."""

import html
import re
from collections.abc import Collection

import msgspec

from chat.events import Preview
from helpers.base_path import with_base

MAX_CARDS = 3

_TAG = re.compile(r'<(/?)(a|span|blockquote)\b(?: (?:class="([^"]*)"|href="([^"]*)"))?')


class StoredCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """`picture` is the id of a PreviewPicture. `permalink`: it leads to a post of this site, which is
    shown to whoever may see it then; nothing of it is stored."""

    url: str
    title: str = ""
    site: str = ""
    description: str = ""
    picture: str = ""
    width: int | None = None
    height: int | None = None
    permalink: bool = False
    dismissed: bool = False


_decoder = msgspec.json.Decoder(list[StoredCard])


def read_cards(stored: str | None) -> list[StoredCard]:
    """The cards in Message.previews."""
    return _decoder.decode(stored) if stored else []


def write_cards(cards: Collection[StoredCard]) -> str | None:
    """The value of Message.previews."""
    return msgspec.json.encode(cards).decode() if cards else None


def shown_previews(stored: str | None) -> list[Preview] | None:
    """What clients are told of them."""
    return [_as_told(card) for card in read_cards(stored) if not card.dismissed] or None


def _as_told(card: StoredCard) -> Preview:
    return Preview(
        card.url,
        card.title,
        card.site,
        card.description,
        with_base(f"/previews/{card.picture}.webp") if card.picture else None,
        card.width,
        card.height,
        card.permalink,
    )


def links_in(text_html: str | None) -> list[str]:
    """The first MAX_CARDS links of a rendered text, each once. What is behind a spoiler isn't shown, and
    what is quoted was shown elsewhere."""
    found: dict[str, None] = {}
    hidden: list[bool] = []
    for tag in _TAG.finditer(text_html or ""):
        is_end, name, css_class, href = tag.groups()
        if name != "a" and is_end:
            if hidden:
                hidden.pop()
        elif name != "a":
            hidden.append(name == "blockquote" or css_class == "spoiler")
        elif href and not any(hidden) and not href.startswith("mailto:"):
            found[html.unescape(href)] = None
    return list(found)[:MAX_CARDS]


def cards_of(stored: str | None, text_html: str | None) -> str | None:
    """What remains of the cards where the text is this one from now on."""
    if not stored:
        return None
    urls = links_in(text_html)
    return write_cards([card for card in read_cards(stored) if card.url in urls])
