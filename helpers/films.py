"""Takes out of videos and sounds what they say of themselves, such as the place and the camera: of MP4,
QuickTime and WebM, in place, so that nothing else moves. What isn't understood stays as it is.

MP4 is made of boxes, a length and a name each (ISO/IEC 14496-12): those of words become `free` and empty.
WebM is made of elements (RFC 8794): `Tags` become `Void`."""

import struct
from typing import IO

_WITHIN = {b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"}
"""Boxes of boxes, in which words may be."""

_WORDS = {b"udta", b"meta", b"uuid", b"\xa9xyz", b"loci"}

MAX_BOXES = 100_000
MAX_DEPTH = 8
ZEROS = 64 * 1024

_SEGMENT, _TAGS, _VOID = 0x18538067, 0x1254C367, 0xEC
_UNKNOWN_SIZES = {(1 << (7 * length)) - 1 for length in range(1, 9)}


def without_words(file: IO[bytes], size: int, kind: str) -> None:
    """Empties them in the file, whose type is this. It is left at its start."""
    if kind in ("video/mp4", "video/quicktime", "audio/mp4"):
        _Boxes(file).empty_within(0, size, 0)
    elif kind in ("video/webm", "video/x-matroska"):
        _empty_tags(file, size)
    file.seek(0)


class _Boxes:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = MAX_BOXES

    def empty_within(self, at: int, end: int, depth: int) -> None:
        while at + 8 <= end and self._left > 0:
            self._left -= 1
            self._file.seek(at)
            length, name = struct.unpack(">I4s", self._file.read(8))
            head = 8
            if length == 1 and at + 16 <= end:
                (length,) = struct.unpack(">Q", self._file.read(8))
                head = 16
            elif length == 0:
                length = end - at
            if length < head or at + length > end:
                return
            if name in _WORDS:
                self._file.seek(at + 4)
                self._file.write(b"free")
                _zero(self._file, at + head, length - head)
            elif name in _WITHIN and depth < MAX_DEPTH:
                self.empty_within(at + head, at + length, depth + 1)
            at += length


def _empty_tags(file: IO[bytes], size: int) -> None:
    at, end = 0, size
    for _ in range(MAX_BOXES):
        if at >= end:
            return
        file.seek(at)
        head = file.read(12)
        name, name_length = _number(head, keeps_mark=True)
        length, length_length = _number(head[name_length:], keeps_mark=False)
        if not name_length or not length_length:
            return
        inside = at + name_length + length_length
        if name == _SEGMENT:
            # What is asked for is within; a recording that was cut off doesn't say how long it is.
            end = end if length in _UNKNOWN_SIZES else min(end, inside + length)
            at = inside
            continue
        if length in _UNKNOWN_SIZES or inside + length > end:
            return
        if name == _TAGS and length_length <= 8:
            # As long as before: the name of Void is three bytes shorter, its length's that much longer.
            _void(file, at, inside + length)
        at = inside + length


def _void(file: IO[bytes], at: int, end: int) -> None:
    whole = end - at
    if whole < 9:
        return
    file.seek(at)
    file.write(bytes([_VOID, 0x01]) + (whole - 9).to_bytes(7, "big"))
    _zero(file, at + 9, whole - 9)


def _number(data: bytes, *, keeps_mark: bool) -> tuple[int, int]:
    """A number of EBML and its length in bytes, which is 0 where there is none."""
    if not data or not data[0]:
        return 0, 0
    length = 9 - data[0].bit_length()
    if len(data) < length:
        return 0, 0
    number = int.from_bytes(data[:length], "big")
    return (number if keeps_mark else number - (1 << (7 * length))), length


def _zero(file: IO[bytes], at: int, count: int) -> None:
    file.seek(at)
    while count > 0:
        file.write(bytes(min(count, ZEROS)))
        count -= ZEROS
