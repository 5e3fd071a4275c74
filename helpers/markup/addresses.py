"""Addresses in texts: where one begins and ends, as people see it, and whether its host deceives.

An address is shown as it was typed, also where it holds escapes or punycode."""

import re
import unicodedata
from typing import NamedTuple

from helpers.text.characters import composed

MAX_ADDRESS = 2_000
"""Characters. What is longer is no address."""

MAX_BRACKETS = 6
"""Within each other in one address."""

MAX_LOCAL = 64
MAX_LABEL = 63

# Spaces, controls, what has no look (but the joiners, which some scripts write with), quotation marks
# of all scripts, and punctuation of East Asia end an address. Brackets are looked at one by one.
_LETTERS = re.compile(
    "[^\x00-\x20\x7f-\xa0\xad\xab\xbb\u061c\u1680\u2000-\u200b\u200e\u200f\u2018-\u201f\u2028-\u202f\u2039\u203a"
    "\u205f-\u206f\u3000-\u3003\u301d-\u301f\u30fb\ufe10-\ufe1f\ufe30-\ufe52\ufeff\uff01\uff0c\uff0e\uff1a\uff1b"
    '\uff1f\uff61\uff64\uff65<>"`|\\\\'
    "()\\[\\]{}\u3008-\u3011\u3014-\u301b\uff08\uff09\uff3b\uff3d\uff5b\uff5d\uff5f\uff60\uff62\uff63]++"
)
_CLOSING = {
    one[0]: one[1]
    for one in (
        "()",
        "[]",
        "{}",
        "〈〉",
        "《》",
        "「」",
        "『』",
        "【】",
        "〔〕",
        "〖〗",
        "〘〙",
        "〚〛",
        "（）",
        "［］",
        "｛｝",
        "｟｠",
        "｢｣",
    )
}
_TRAILING = (
    "?!.,:;*_~'…([{–—‼⁇⁈⁉"
    # Greek and Armenian, Hebrew, Arabic, Indian, Tibetan, Myanmar, Ethiopic, Khmer, Mongolian.
    "\u037e\u0387\u055b\u055c\u055d\u055e\u0589\u05c3\u060c\u061b\u061f\u06d4\u0964\u0965\u0f0d\u0f0e\u104a\u104b"
    "\u1361\u1362\u1363\u1364\u1365\u1366\u1367\u1368\u17d4\u17d5\u1802\u1803"
)
"""Marks that end a sentence or a part of it."""

_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)
_HOST = re.compile(r"(?:\.[^\W_](?:[\w-]{0,61}+(?<![_-]))?(?![\w-]))++")
_DOMAIN = re.compile(r"[^\W_][\w-]{0,62}+(?:\.[^\W_][\w-]{0,62}+)++")

# Names of files don't end in these, and people write hosts with them.
_COMMON = re.compile(
    r"(?:com|org|net|edu|gov|int|info|biz|dev|app|io|eu|de|fr|uk|ru|ua|it|es|nl|se|ch|at|be|br|jp|cn|in)"
)


class Address(NamedTuple):
    """A stretch of a text, and the address that it is."""

    start: int
    end: int
    url: str


def end_of(text: str, start: int) -> int:
    """Returns where an address that goes on at `start` ends: brackets that open in it belong to it.
    What ends a sentence may still be its end; see `trimmed`."""
    most = start + MAX_ADDRESS
    place, open_ones = start, ""
    while place < most:
        if found := _LETTERS.match(text, place, most):
            place = found.end()
        bracket = text[place : place + 1]
        # After ASCII a bracket of another script belongs to the sentence.
        if (
            bracket in _CLOSING
            and len(open_ones) < MAX_BRACKETS
            and (bracket <= "\x7f" or text[place - 1] > "\x7f")
        ):
            open_ones += _CLOSING[bracket]
        elif bracket and open_ones.endswith(bracket):
            open_ones = open_ones[:-1]
        else:
            break
        place += 1
    return place


def trimmed(text: str, start: int, end: int) -> int:
    """Returns where the address ends without the marks that end a sentence."""
    return start + len(text[start:end].rstrip(_TRAILING))


def with_scheme(text: str, colon: int, floor: int) -> Address | None:
    """Returns the address whose `://` is at `colon` and that begins at `floor` or later."""
    scheme = _SCHEME.search(text, max(floor, colon - 5), colon)
    if scheme is None:
        return None
    start = scheme.start()
    if start > floor and (text[start - 1].isalnum() or text[start - 1] in "_/"):
        return None
    end = trimmed(text, colon + 3, end_of(text, colon + 3))
    if end == colon + 3 or text[colon + 3] == "/":
        return None
    return Address(start, end, text[start:end])


def without_scheme(text: str, dot: int, floor: int) -> Address | None:
    """Returns the address whose first label ends at `dot`: `www.` and any host, a host whose last label
    is a common one, or one of a country with a path."""
    start = dot
    least = max(floor, dot - MAX_LABEL)
    while start > least and (text[start - 1].isalnum() or text[start - 1] == "-"):
        start -= 1
    host = _HOST.match(text, dot)
    if start == dot or host is None or (start > 0 and text[start - 1] in "_@/.:-=#&?%\\~+$"):
        return None
    end = host.end()
    last = text[text.rfind(".", dot, end) + 1 : end].lower()
    after = text[end : end + 1]
    has_path = after == "/" and text[end + 1 : end + 2].isalnum()
    if after == "@" or not (
        _COMMON.fullmatch(last)
        or (len(last) == 2 and last.isalpha() and has_path)
        or text[start:dot].lower() == "www"
    ):
        return None
    if after in ("/", "?", "#") or (after == ":" and text[end + 1 : end + 2].isdigit()):
        end = trimmed(text, end, end_of(text, end))
    return Address(start, end, f"https://{text[start:end]}")


def mail(text: str, at: int, floor: int) -> Address | None:
    """Returns the mail address whose `@` is at this place."""
    domain = _DOMAIN.match(text, at + 1)
    if domain is None:
        return None
    end = at + 1 + len(domain[0].rstrip("_-"))
    least, start = max(floor, at - MAX_LOCAL), at
    while start > least and (text[start - 1].isalnum() or text[start - 1] in "._+-"):
        start -= 1
    while start < at and not text[start].isalnum():
        start += 1
    if start == at or text[end : end + 1] == "@" or (start > 0 and text[start - 1] in "@/"):
        return None
    return Address(start, end, f"mailto:{text[start:end]}")


# Letters of other scripts that look like Latin ones, as browsers list them.
_LOOKALIKES = frozenset("асԁеһіјӏорԛѕԝхуъьҽпгѵѡкмтнвзοαιυρωνκτϲϳօոսգզհցյѕӓӧӕӡ")
_TOGETHER = ({"CJK", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"}, {"CJK", "BOPOMOFO"})
_AUTHORITY = re.compile(r"[^/?#]*+")


def deceptive_host(url: str) -> str | None:
    """Returns the host in punycode if it is made of letters that look like others: of several scripts
    in one label, or all of them like Latin ones."""
    if url.isascii():
        return None
    found = _AUTHORITY.match(url, url.find("://") + 3 if "://" in url else url.find("@") + 1)
    labels = (found[0] if found else "").rpartition("@")[2].partition(":")[0].split(".")
    if not any(map(_deceives, labels)):
        return None
    return ".".join(label if label.isascii() else _punycode(label) for label in labels)


def _deceives(label: str) -> bool:
    if label.isascii():
        return False
    letters = [letter for letter in label.lower() if letter.isalpha()]
    scripts = {unicodedata.name(letter, "?").partition(" ")[0] for letter in letters}
    if len(scripts) > 1 and not any(scripts <= family for family in _TOGETHER):
        return True
    return all(letter in _LOOKALIKES for letter in letters)


def _punycode(label: str) -> str:
    return "xn--" + (composed(label[:MAX_LABEL], MAX_LABEL) or "").lower().encode("punycode").decode()
