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


def track_head(width: int, height: int, *, version: int = 0, is_turned: bool = False) -> bytes:
    matrix = (
        [0, 65536, 0, -65536, 0, 0, 0, 0, 2**30] if is_turned else [65536, 0, 0, 0, 65536, 0, 0, 0, 2**30]
    )
    times = bytes(32 if version else 20)
    sides = struct.pack(">II", width << 16, height << 16)
    return box(b"tkhd", bytes([version, 0, 0, 7]), times, bytes(16), struct.pack(">9i", *matrix), sides)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(("is_turned", "size"), [(False, (1920, 1080)), (True, (1080, 1920))])
def test_a_film_says_how_large_it_is(version: int, is_turned: bool, size: tuple[int, int]) -> None:
    sound = box(b"trak", track_head(0, 0, version=version))
    shown = box(b"trak", track_head(1920, 1080, version=version, is_turned=is_turned))
    data = HEAD + box(b"moov", sound, shown, box(b"trak", track_head(7, 7)))
    assert without_words(io.BytesIO(data), len(data), "video/mp4") == size


@pytest.mark.parametrize("size", [(0, 0), (0, 9), (65535, 9), (9, 65535)])
def test_sizes_that_are_none(size: tuple[int, int]) -> None:
    data = HEAD + box(b"moov", box(b"trak", track_head(*size)))
    assert without_words(io.BytesIO(data), len(data), "video/mp4") is None
    short = HEAD + box(b"moov", box(b"trak", track_head(9, 9)[:60], bytes(9)), box(b"trak", box(b"tkhd")))
    assert without_words(io.BytesIO(short), len(short), "video/mp4") is None


UNIT = element(b"\x54\xb2", b"\x03")
PROPORTION = element(b"\x54\xb0", b"\x10") + element(b"\x54\xba", b"\x09") + UNIT


@pytest.mark.parametrize(
    ("more", "size"),
    [
        (b"", (640, 360)),
        (element(b"\x54\xb0", b"\x03\x20") + element(b"\x54\xba", b"\x02\x58"), (800, 600)),
        (
            element(b"\x54\xb0", b"\x10") + element(b"\x54\xba", b"\x09") + element(b"\x54\xb2", b"\x03"),
            (640, 360),
        ),
        (b"\x54\xb0\xff\xff", (640, 360)),
    ],
)
def test_a_webm_says_it_in_its_tracks(more: bytes, size: tuple[int, int]) -> None:
    sides = element(b"\xb0", b"\x02\x80") + element(b"\xba", b"\x01\x68") + more
    sound = element(b"\xae", element(b"\xe1", b"sound"))
    tracks = element(b"\x16\x54\xae\x6b", sound + element(b"\xae", element(b"\xe0", sides)))
    data = START + element(SEGMENT, tracks + element(CLUSTER, FILM))
    assert without_words(io.BytesIO(data), len(data), "video/webm") == size
    assert without_words(io.BytesIO(data[:-30]), len(data) - 30, "video/webm") in (size, None)
