"""The target of a redirect that the visitor supplies: only pages of this site."""

import re
from urllib.parse import unquote, urlsplit

from helpers.base_path import without_base

MAX_LENGTH = 500
"""It is sent in a header, percent-encoded, and proxies hold 4 kB of headers."""


_DOTS = {".", ".."}
"""Names in a path by which a browser leaves what is before them, and with it the site."""


def safe_next(target: str, fallback: str = "/") -> str:
    """Returns `target` if it is a path of this site, else `fallback`.

    Browsers treat `//host`, `/\\host` and `/<tab>/host` as another site: OWASP, Unvalidated
    Redirects."""
    for text in (target, unquote(target)):
        if (
            not text.startswith("/")
            or text[1:2] in ("/", "\\")
            or "\\" in text
            or not _DOTS.isdisjoint(re.split("[/?#]", text))
            or any(ord(letter) <= 32 or ord(letter) == 127 for letter in text)
        ):
            return fallback
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or len(target) > MAX_LENGTH:
        return fallback
    return without_base(target)
