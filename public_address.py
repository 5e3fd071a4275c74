"""AIOCHAT_PUBLIC_URL: where browsers find the site, which may lie below a path of its host."""

import functools
import re
from typing import NamedTuple
from urllib.parse import urlsplit

MAX_PATH = 100

# fmt: off
OWN_NAMES = frozenset({
    "accounts", "admin", "begin", "conversations", "emoji", "favicon.ico", "feed", "files", "held", "icons",
    "invitations", "join", "kept", "language", "livez", "logo", "manifest.webmanifest", "notifications",
    "people", "previews", "readyz", "reports", "robots.txt", "rooms", "rules", "search", "service-worker.js",
    "settings", "share", "static", "status", "unsubscribe", "uploads", "users", "weather", "welcome", "ws",
})
# fmt: on
"""With what the site's own addresses begin. None of them begins its path: whether an address has the
path or not is seen at its beginning."""

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")


class PublicAddress(NamedTuple):
    """`path` is empty where the site has its host for itself, else like `/chat`."""

    origin: str
    path: str


@functools.lru_cache(maxsize=8)
def split_address(url: str) -> PublicAddress:
    """Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    host_is_known = _HOST.fullmatch(parts.hostname or "") and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not url.startswith(f"{parts.scheme}://") or not host_is_known:
        raise ValueError(
            "must be the site's address, like https://chat.example.org or https://example.org/chat"
        )
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that isn't a number from 1 to 65535") from None
    if "?" in url or "#" in url:
        raise ValueError("may have a path, and nothing behind it: no question mark and no #")
    if "//" in parts.path:
        raise ValueError("has two slashes in a row in its path")
    # It is sent in headers and stands in pages.
    if not _PATH.fullmatch(parts.path):
        raise ValueError("may have letters of a to z, digits and . _ ~ - in its path, as they are")
    path = parts.path.rstrip("/")
    names = path.split("/")[1:]
    if any(name in (".", "..") for name in names):
        raise ValueError("has . or .. in its path")
    if len(path) > MAX_PATH:
        raise ValueError(f"has a path of more than {MAX_PATH} characters")
    if names and names[0] in OWN_NAMES:
        raise ValueError(f"can't begin with /{names[0]}, which is an address of the site itself")
    return PublicAddress(f"{parts.scheme}://{parts.netloc}".lower(), path)
