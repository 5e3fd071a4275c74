"""Where to go next, by the visitor's own word, but only to a page of ours."""

from urllib.parse import unquote, urlsplit

MAX_LENGTH = 500
"""It travels in a header, percent-encoded, and a proxy holds 4 kB of those."""


def safe_next(target: str, fallback: str = "/") -> str:
    """`target` if it is a path of this site, else `fallback`.

    Browsers read `//host`, `/\\host` and `/<tab>/host` as another site: OWASP, Unvalidated
    Redirects."""
    for text in (target, unquote(target)):
        if (
            not text.startswith("/")
            or text[1:2] in ("/", "\\")
            or "\\" in text
            or any(ord(letter) <= 32 or ord(letter) == 127 for letter in text)
        ):
            return fallback
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or len(target) > MAX_LENGTH:
        return fallback
    return target
