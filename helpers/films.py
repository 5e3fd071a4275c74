"""Takes out of videos and sounds what they say of themselves, such as the place and the camera: of MP4,
QuickTime and WebM, in place, so that nothing else moves; and reads how large the film is. What isn't
understood stays as it is.

MP4 is made of boxes, a length and a name each (ISO/IEC 14496-12): those of words become `free` and empty.
WebM is made of elements (RFC 8794): `Tags` become `Void`."""

import struct
from collections.abc import Iterator
from typing import IO

_WITHIN = {b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"}
"""Boxes of boxes, in which words may be."""

_WORDS = {b"udta", b"meta", b"uuid", b"\xa9xyz", b"loci"}

_TRACK_HEAD = {0: 76, 1: 88}
"""Bytes before a track's width and height, by the version of `tkhd`; before these its matrix of 36."""

MAX_SIDE = 16_384
"""Pixels. What says that it is larger isn't believed."""

MAX_BOXES = 100_000
MAX_DEPTH = 8
ZEROS = 64 * 1024

_SEGMENT, _TAGS, _VOID = 0x18538067, 0x1254C367, 0xEC
_TRACKS, _TRACK, _VIDEO = 0x1654AE6B, 0xAE, 0xE0
_WIDTH, _HEIGHT, _SHOWN_WIDTH, _SHOWN_HEIGHT, _SHOWN_UNIT = 0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2
_MAX_TRACKS = 64 * 1024
_UNKNOWN_SIZES = {(1 << (7 * length)) - 1 for length in range(1, 9)}


Size = tuple[int, int]


def without_words(file: IO[bytes], size: int, kind: str) -> Size | None:
    """Empties them in the file, whose type is this. It is left at its start. Returns the width and the
    height of the film as it is shown, where it says them."""
    found: Size | None = None
    if kind in ("video/mp4", "video/quicktime", "audio/mp4"):
        boxes = _Boxes(file)
        boxes.empty_within(0, size, 0)
        found = boxes.film
    elif kind in ("video/webm", "video/x-matroska"):
        found = _empty_tags(file, size)
    file.seek(0)
    return found if found and all(0 < side <= MAX_SIDE for side in found) else None


class _Boxes:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = MAX_BOXES
        self.film: Size | None = None

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
            elif name == b"tkhd" and self.film is None:
                self._see_track(length - head)
            elif name in _WITHIN and depth < MAX_DEPTH:
                self.empty_within(at + head, at + length, depth + 1)
            at += length

    def _see_track(self, length: int) -> None:
        """The size of the first track that has one: sounds have none. A matrix without its first number
        turns it by a quarter, as a telephone that is held upright says."""
        data = self._file.read(min(length, 100))
        at = _TRACK_HEAD.get(data[0] if data else -1)
        if at is None or len(data) < at + 8:
            return
        width, height = (side >> 16 for side in struct.unpack_from(">II", data, at))
        (straight,) = struct.unpack_from(">i", data, at - 36)
        if width and height:
            self.film = (width, height) if straight else (height, width)


def _empty_tags(file: IO[bytes], size: int) -> Size | None:
    """Returns the size of the film."""
    at, end = 0, size
    film: Size | None = None
    for _ in range(MAX_BOXES):
        if at >= end:
            return film
        file.seek(at)
        head = file.read(12)
        name, name_length = _number(head, keeps_mark=True)
        length, length_length = _number(head[name_length:], keeps_mark=False)
        if not name_length or not length_length:
            return film
        inside = at + name_length + length_length
        if name == _SEGMENT:
            # What is asked for is within; a recording that was cut off doesn't say how long it is.
            end = end if length in _UNKNOWN_SIZES else min(end, inside + length)
            at = inside
            continue
        if length in _UNKNOWN_SIZES or inside + length > end:
            return film
        if name == _TRACKS and film is None and length <= _MAX_TRACKS:
            file.seek(inside)
            film = _film_of(file.read(length))
        if name == _TAGS and length_length <= 8:
            # As long as before: the name of Void is three bytes shorter, its length's that much longer.
            _void(file, at, inside + length)
        at = inside + length
    return film


def _film_of(tracks: bytes) -> Size | None:
    """Of the first track with pictures. A size that isn't in pixels tells their proportion alone."""
    for name, track in _elements(tracks):
        for within, data in _elements(track) if name == _TRACK else ():
            if within == _VIDEO:
                found = {one: int.from_bytes(value[:4]) for one, value in _elements(data)}
                coded = found.get(_WIDTH, 0), found.get(_HEIGHT, 0)
                shown = found.get(_SHOWN_WIDTH, 0), found.get(_SHOWN_HEIGHT, 0)
                return shown if all(shown) and not found.get(_SHOWN_UNIT) else coded
    return None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        name, name_length = _number(data[at : at + 12], keeps_mark=True)
        length, length_length = _number(data[at + name_length : at + name_length + 8], keeps_mark=False)
        if not name_length or not length_length:
            return
        at += name_length + length_length
        yield name, data[at : at + length]
        at += length


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
