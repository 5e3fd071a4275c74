"""Takes out of a photograph in HEIC what it says of itself, such as the place and the camera, in place, so
that nothing else moves. It isn't decoded: how it is turned stands elsewhere. What isn't understood stays
as it is.

Its box `meta` lists items (ISO/IEC 14496-12, 8.11): of what kind each is, in `iinf`, and where, in `iloc`.
Those of EXIF and XMP become zeros."""

import struct
from collections.abc import Iterator
from typing import IO

TELLING = (b"Exif", b"mime")
MAX_META = 1024 * 1024
MAX_BOXES = 1000
MAX_PARTS = 10_000
"""Of all items. Those of no size cost no bytes, and could be billions."""

ZEROS = 64 * 1024

Place = tuple[bool, int, int]
"""Whether it is in `idat`, from where, and its length."""


def without_telling_items(file: IO[bytes], size: int) -> None:
    """Empties them in the file, which is left at its start."""
    meta = _meta(file, size)
    if meta is not None:
        start, data = meta
        parts = {name: (at, data[at:end]) for name, at, end in _boxes(data, 4)}
        idat = start + parts[b"idat"][0] if b"idat" in parts else None
        try:
            telling = set(_telling(parts[b"iinf"][1]))
            places = [place for item, place in _places(parts[b"iloc"][1]) if item in telling]
        except (LookupError, struct.error, ValueError):
            places = []
        left = size
        for is_inside, at, length in places:
            first = at if not is_inside else None if idat is None else idat + at
            if first is None or first + length > size or length > left:
                continue
            left -= length
            _zero(file, first, length)
    file.seek(0)


def _meta(file: IO[bytes], size: int) -> tuple[int, bytes] | None:
    """Where what is in the box begins, and what is in it."""
    at = 0
    for _ in range(MAX_BOXES):
        if at + 16 > size:
            return None
        file.seek(at)
        head = file.read(16)
        length, name = struct.unpack(">I4s", head[:8])
        within = 8
        if length == 1:
            length, within = int.from_bytes(head[8:]), 16
        length = length or size - at
        if length < within or at + length > size:
            return None
        if name == b"meta":
            if length > MAX_META:
                return None
            file.seek(at + within)
            return at + within, file.read(length - within)
        at += length
    return None


def _boxes(data: bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, beginning and end of each box from there on."""
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + length if length else len(data)
        if end < at + 8 or end > len(data):
            return
        yield name, at + 8, end
        at = end


def _telling(data: bytes) -> Iterator[int]:
    """The ids of items that tell something, of `iinf`."""
    for name, at, end in _boxes(data, 6 if data[0] == 0 else 8):
        if name == b"infe" and data[at] in (2, 3):
            form = ">IH4s" if data[at] == 3 else ">HH4s"
            if at + 4 + struct.calcsize(form) > end:
                continue
            item, _, kind = struct.unpack_from(form, data, at + 4)
            if kind in TELLING:
                yield item


def _places(data: bytes) -> Iterator[tuple[int, Place]]:
    """The parts of each item, of `iloc`."""
    numbers, parts = _Numbers(data, 4), 0
    version = data[0]
    sizes = numbers.next(2)
    of_offset, of_length, of_base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    of_index = sizes & 15 if version else 0
    for _ in range(numbers.next(2 if version < 2 else 4)):
        item = numbers.next(2 if version < 2 else 4)
        way = numbers.next(2) & 15 if version else 0
        numbers.next(2)
        base = numbers.next(of_base)
        count = numbers.next(2)
        parts += count
        if parts > MAX_PARTS:
            raise ValueError("it has too many parts")
        for _ in range(count):
            numbers.next(of_index)
            offset, length = numbers.next(of_offset), numbers.next(of_length)
            if way in (0, 1):
                yield item, (way == 1, base + offset, length)


class _Numbers:
    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def next(self, length: int) -> int:
        """Of so many bytes. Raises ValueError at the end."""
        found = self._data[self._at : self._at + length]
        if len(found) < length:
            raise ValueError("it is cut off")
        self._at += length
        return int.from_bytes(found)


def _zero(file: IO[bytes], at: int, count: int) -> None:
    file.seek(at)
    while count > 0:
        file.write(bytes(min(count, ZEROS)))
        count -= ZEROS
