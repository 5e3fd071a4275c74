"""The text of a page whose encoding is declared in one of several ways, or in none (WHATWG Encoding and HTML,
13.2.3). Only encodings that the web has are followed: Python knows others, such as UTF-7, and codecs
that are none."""

import codecs
import re

_AS_ON_THE_WEB = {
    # What pages call so is a larger set.
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_KNOWN = re.compile(
    r"utf-8|utf-16|utf-16-le|utf-16-be|cp125[0-8]|cp874|cp866|cp932|cp949|gb18030|big5|big5hkscs|euc_jp|"
    r"iso2022_jp|koi8-r|koi8-u|iso8859-(?:[2-8]|1[03456])|mac-roman|mac-cyrillic"
)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(
    rb"<meta\s[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.IGNORECASE
)
_PRESCANNED = 2048
"""Bytes. HTML wants the declaration in the first 1,024; browsers look a little further."""


def decoded(body: bytes, declared: str) -> str:
    """`declared` is the charset of the content type. A byte order mark comes before it, a `<meta>` after
    it; a page without any is UTF-8 if it can be, else Windows-1252."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    found = _known(declared)
    if not found and (meta := _DECLARED.search(body[:_PRESCANNED])):
        found = _known(meta[1].decode("ascii", "replace"))
        # Whoever could read the declaration as ASCII doesn't have UTF-16.
        found = "utf-8" if found.startswith("utf-16") else found
    if found:
        return body.decode(found, "replace")
    # A page that was cut off may end within a character.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return decoder.decode(body)
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _known(label: str) -> str:
    """Python's name of an encoding, empty for none."""
    try:
        name = codecs.lookup(label.strip().lower()).name if label else ""
    except (LookupError, ValueError):
        return ""
    name = _AS_ON_THE_WEB.get(name, name)
    return name if _KNOWN.fullmatch(name) else ""
