"""What may stand in a text that people will read: any letter of any script, and no control characters but those of a line."""

import re

# C0 but tab, line feed and carriage return; DEL and C1; surrogates, which UTF-8 can't hold; noncharacters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def is_unicode(text: str) -> bool:
    """No lone surrogate: those come in where bytes that aren't UTF-8 were decoded, and nothing can hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def has_forbidden(text: str) -> bool:
    """Does it hold a character that no text of several lines may?"""
    # What is printable holds none of them, and a line of text mostly is. This look costs a tenth of the other.
    return not text.isprintable() and _FORBIDDEN.search(text) is not None


def is_one_line(text: str) -> bool:
    """No line break, no tab and no control character."""
    return _NO_LINE.search(text) is None


def one_line(error: BaseException) -> str:
    """What an error says, for a line of a log: drivers write theirs over several."""
    return " ".join(str(error).split())
