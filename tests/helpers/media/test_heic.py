"""A photograph in HEIC loses its place, and nothing else: not one byte of the rest is elsewhere."""

import io
import struct

import pytest

from helpers.heic import MAX_PARTS, _places, without_telling_items
from tests.support.odd_files import box

HEAD = box(b"ftyp", b"heic\0\0\0\0mif1heic")
PICTURE = b"the picture itself" * 20
EXIF = b"\0\0\0\x06Exif\0\0MM\0*+59.9311+030.3609"
XMP = b"<x:xmpmeta>Saint Petersburg</x:xmpmeta>"


def entry(item: int, kind: bytes, version: int) -> bytes:
    number = struct.pack(">I" if version == 3 else ">H", item)
    return box(b"infe", bytes([version, 0, 0, 0]), number, b"\0\0", kind, b"\0")


def photograph(*, version: int = 0, inside: bool = False, wide: bool = False) -> bytes:
    """`version` is that of `iloc`; `inside`: EXIF is in `idat`; `wide` numbers have eight bytes."""
    kinds = [(1, b"hvc1"), (2, b"Exif"), (3, b"mime")]
    entries = b"".join(entry(item, kind, 3 if version == 2 else 2) for item, kind in kinds)
    many = struct.pack(">I" if version == 2 else ">H", len(kinds))
    infos = box(b"iinf", bytes([1 if version == 2 else 0, 0, 0, 0]), many, entries)
    idat = box(b"idat", EXIF) if inside else b""

    def whole(start: int) -> bytes:
        places = [(start, len(PICTURE)), (start + len(PICTURE), len(EXIF))]
        places.append((start + len(PICTURE) + len(EXIF), len(XMP)))
        size, form = (8, ">QQ") if wide else (4, ">II")
        found = bytes([version, 0, 0, 0, size << 4 | size, 0])
        found += struct.pack(">I" if version == 2 else ">H", 3)
        for item, (at, length) in enumerate(places, 1):
            is_inside = inside and item == 2
            found += struct.pack(">I" if version == 2 else ">H", item)
            found += (struct.pack(">H", is_inside) if version else b"") + b"\0\0" + b"\0\x01"
            found += struct.pack(form, 0 if is_inside else at, length)
        meta = box(b"meta", bytes(4), box(b"hdlr", b"pict"), infos, box(b"iloc", found), idat)
        return HEAD + meta + box(b"mdat", PICTURE, EXIF, XMP)

    start = whole(0).index(PICTURE)
    return whole(start)


def emptied(data: bytes) -> bytes:
    file = io.BytesIO(data)
    without_telling_items(file, len(data))
    assert file.tell() == 0
    return file.getvalue()


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("wide", [False, True])
def test_the_place_is_gone_and_all_else_is_where_it_was(version: int, wide: bool) -> None:
    before = photograph(version=version, wide=wide)
    after = emptied(before)
    assert (b"+59.9311" in before, b"Saint" in before) == (True, True)
    assert after == before.replace(EXIF, bytes(len(EXIF))).replace(XMP, bytes(len(XMP)))
    assert emptied(after) == after


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_within_the_list_itself(version: int) -> None:
    before = photograph(version=version, inside=True)
    at = before.index(EXIF)
    after = emptied(before)
    assert after[at : at + len(EXIF)] == bytes(len(EXIF))
    assert after.index(PICTURE) == before.index(PICTURE)


def test_what_is_not_understood_stays() -> None:
    whole = photograph()
    for cut in range(0, len(whole), 7):
        assert PICTURE[:20] not in whole[:cut] or emptied(whole[:cut]).count(PICTURE[:20])
    for data in (b"", HEAD, HEAD + b"\0\0\0\x07meta", HEAD + box(b"meta"), HEAD + box(b"meta", bytes(4))):
        assert emptied(data) == data
    beyond = whole.replace(struct.pack(">II", whole.index(EXIF), len(EXIF)), b"\xff" * 8)
    assert emptied(beyond).index(EXIF) == whole.index(EXIF)


def test_many_parts_cost_no_more_than_the_file() -> None:
    """However often one place is named."""
    part = struct.pack(">II", 0, 1_000_000)
    places = (
        bytes([0, 0, 0, 0, 0x44, 0]) + b"\0\x01" + b"\0\x02\0\0" + struct.pack(">H", 60_000) + part * 60_000
    )
    infos = box(b"iinf", bytes(4), b"\0\x01", entry(2, b"Exif", 2))
    data = HEAD + box(b"meta", bytes(4), infos, box(b"iloc", places)) + bytes(1_000_000)

    class Counted(io.BytesIO):
        written = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.written += len(data)
            return super().write(data)

    file = Counted(data)
    without_telling_items(file, len(data))
    assert file.written <= 2 * len(data)


def test_boxes_of_nothing_stay() -> None:
    entries = box(b"iinf", bytes(6), box(b"infe"), box(b"infe", b"\x02\0\0\0\0"))
    for infos in (box(b"iinf"), entries):
        data = HEAD + box(b"meta", bytes(4), infos, box(b"iloc"))
        assert emptied(data) == data


def test_parts_of_no_size_do_not_take_for_ever() -> None:
    """Each item has 65,535 of them, in six bytes."""
    item = struct.pack(">HHH", 2, 0, 0xFFFF)
    places = struct.pack(">IHH", 0, 0, 0xFFFF) + item * 0xFFFF
    taken: list[object] = []
    with pytest.raises(ValueError, match="too many"):
        taken.extend(_places(places))
    assert len(taken) <= MAX_PARTS
    infos = box(b"iinf", bytes(6), entry(2, b"Exif", 2))
    data = HEAD + box(b"meta", bytes(4), infos, box(b"iloc", places))
    assert emptied(data) == data
