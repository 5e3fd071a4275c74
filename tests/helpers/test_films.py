"""Videos lose what they say of themselves, and nothing else: not one byte of the rest is elsewhere."""

import io
import struct

import pytest

from helpers.films import without_words
from tests.support.odd_files import box

PLACE = b"+59.9311+030.3609/"
FILM = b"the film itself" * 50
HEAD = box(b"ftyp", b"mp42\0\0\0\0mp42isom")


def emptied(data: bytes, kind: str = "video/mp4") -> bytes:
    file = io.BytesIO(data)
    without_words(file, len(data), kind)
    assert file.tell() == 0
    return file.getvalue()


def film(*, long: bool = False) -> bytes:
    words = box(b"udta", box(b"\xa9xyz", PLACE))
    if long:
        words = struct.pack(">I4sQ", 1, b"udta", 16 + len(PLACE)) + PLACE
    track = box(b"trak", box(b"tkhd", b"t" * 20), box(b"udta", PLACE), box(b"mdia", box(b"meta", PLACE)))
    moov = box(b"moov", box(b"mvhd", b"m" * 20), words, track, box(b"meta", PLACE))
    return HEAD + box(b"uuid", PLACE) + moov + box(b"mdat", FILM)


@pytest.mark.parametrize("kind", ["video/mp4", "video/quicktime", "audio/mp4"])
@pytest.mark.parametrize("long", [False, True])
def test_the_place_of_a_film_is_gone_and_all_else_is_where_it_was(kind: str, long: bool) -> None:
    before = film(long=long)
    after = emptied(before, kind)
    assert PLACE in before
    assert PLACE not in after
    assert len(after) == len(before)
    for kept in (HEAD, b"tkhd", b"t" * 20, b"m" * 20, FILM):
        assert after.index(kept) == before.index(kept)
    assert after.count(b"free") == 5
    assert emptied(after) == after


def element(name: bytes, data: bytes) -> bytes:
    return name + b"\x01" + len(data).to_bytes(7, "big") + data


SEGMENT, TAGS, CLUSTER = b"\x18\x53\x80\x67", b"\x12\x54\xc3\x67", b"\x1f\x43\xb6\x75"
START = element(b"\x1a\x45\xdf\xa3", b"\x42\x82\x84webm")


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize("short", [False, True])
def test_the_tags_of_a_webm_are_gone(is_live: bool, short: bool) -> None:
    tags = TAGS + bytes([0x80 | len(PLACE)]) + PLACE if short else element(TAGS, PLACE * 3)
    inner = tags + element(CLUSTER, FILM)
    segment = SEGMENT + b"\x01" + b"\xff" * 7 + inner if is_live else element(SEGMENT, inner)
    before = START + segment
    after = emptied(before, "video/webm")
    assert PLACE not in after
    assert len(after) == len(before)
    assert after.index(FILM) == before.index(FILM)
    at = before.index(TAGS)
    assert after[at] == 0xEC
    assert int.from_bytes(after[at + 2 : at + 9], "big") == len(tags) - 9
    assert emptied(after, "video/webm") == after


BROKEN = [
    HEAD + b"\xff\xff\xff\xffmoov" + PLACE,
    HEAD + b"\0\0\0\x07moov",
    HEAD + b"\0\0\0\x01moov",
    HEAD + b"\0\0\0",
    START + b"\0" * 40,
    START + SEGMENT + b"\x80",
    START + element(SEGMENT, TAGS + b"\xff" + PLACE),
    b"",
]


@pytest.mark.parametrize("data", BROKEN)
@pytest.mark.parametrize("kind", ["video/mp4", "video/webm", "audio/mpeg"])
def test_what_is_not_understood_stays(data: bytes, kind: str) -> None:
    assert emptied(data, kind) == data


def test_boxes_within_boxes_have_an_end() -> None:
    data = b"x"
    for _ in range(500):
        data = box(b"moov", data)
    assert emptied(data) == data
    many = b"\0\0\0\x08free" * 300_000
    assert emptied(many) == many
