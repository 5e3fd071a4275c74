"""What a file is, by its content alone: neither its name nor what a client says counts."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["picture", "video", "sound", "text", "other"]

HEAD = 4096
"""Bytes at the start of a file by which it is known."""


@dataclass(frozen=True)
class ContentType:
    type: str
    kind: Kind


UNKNOWN = ContentType("application/octet-stream", "other")
TEXT = ContentType("text/plain", "text")

_STARTS: list[tuple[bytes, ContentType]] = [
    (b"\x89PNG\r\n\x1a\n", ContentType("image/png", "picture")),
    (b"\xff\xd8\xff", ContentType("image/jpeg", "picture")),
    (b"GIF87a", ContentType("image/gif", "picture")),
    (b"GIF89a", ContentType("image/gif", "picture")),
    (b"%PDF-", ContentType("application/pdf", "other")),
    (b"PK\x03\x04", ContentType("application/zip", "other")),
    (b"PK\x05\x06", ContentType("application/zip", "other")),
    (b"\x1f\x8b", ContentType("application/gzip", "other")),
    (b"BZh", ContentType("application/x-bzip2", "other")),
    (b"\xfd7zXZ\x00", ContentType("application/x-xz", "other")),
    (b"7z\xbc\xaf\x27\x1c", ContentType("application/x-7z-compressed", "other")),
    (b"fLaC", ContentType("audio/flac", "sound")),
    (b"ID3", ContentType("audio/mpeg", "sound")),
]

_BRANDS = {
    b"M4A ": ContentType("audio/mp4", "sound"),
    b"M4B ": ContentType("audio/mp4", "sound"),
    b"qt  ": ContentType("video/quicktime", "video"),
    b"avif": ContentType("image/avif", "picture"),
    b"avis": ContentType("image/avif", "picture"),
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
        ContentType("image/heic", "other"),
    ),
}
_MP4 = ContentType("video/mp4", "video")
_RIFF = {
    b"WEBP": ContentType("image/webp", "picture"),
    b"WAVE": ContentType("audio/wav", "sound"),
}


def content_type_of(head: bytes, *, is_whole: bool) -> ContentType:
    """What begins with these bytes, at most HEAD of them; `is_whole`: they are all there is."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _MP4)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        is_webm = b"webm" in head[:64]
        return ContentType("video/webm" if is_webm else "video/x-matroska", "video")
    if head.startswith(b"OggS"):
        has_picture = b"theora" in head[:128]
        return ContentType("video/ogg", "video") if has_picture else ContentType("audio/ogg", "sound")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        # The first frame of MPEG's layer III, without a tag before it.
        return ContentType("audio/mpeg", "sound")
    return TEXT if _is_text(head, is_whole=is_whole) else UNKNOWN


def _is_text(head: bytes, *, is_whole: bool) -> bool:
    """Whether this is UTF-8 without control characters. The last letter may be cut off."""
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    for cut in range(1 if is_whole else 4):
        try:
            head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
