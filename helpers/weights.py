"""How much a page may weigh: pages of few items end by their number, those of long texts by
this."""

from collections.abc import Callable, Sequence
from typing import TypeVar

MAX_PAGE_WEIGHT = 400_000
"""Characters of text and HTML. A hundred ordinary lines have 20,000."""

T = TypeVar("T")


def weight_of(text: str, html: str | None) -> int:
    return len(text) + len(html or "")


def fitting(items: Sequence[T], weight: Callable[[T], int], most: int) -> Sequence[T]:
    """Returns as many of the first items as weigh at most `most` together, and at least one of
    them."""
    total = 0
    for place, item in enumerate(items):
        total += weight(item)
        if total > most and place:
            return items[:place]
    return items
