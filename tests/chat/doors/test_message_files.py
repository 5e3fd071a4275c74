"""Files in words, and how large pictures are: as tests/js/words/files.test.mjs has it."""

from typing import Any

import pytest

from chat.doors.message_files import kind_of, shown_files, shown_size, size_in_words


def _file(**fields: Any) -> dict[str, Any]:
    usual = {"id": "1", "name": "a.png", "type": "image/png", "size": 1, "description": "", "url": "/u"}
    return {**usual, "width": None, "height": None, "thumbnail": None, **fields}


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (10_188, "9.9 KB"),
        (10_240, "10 KB"),
        (1_048_575, "1024 KB"),
        (1_048_576, "1.0 MB"),
        (5_400_000, "5.1 MB"),
        (52_428_800, "50 MB"),
    ],
)
def test_sizes(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_kinds() -> None:
    drawn = {"width": 10, "height": 10, "thumbnail": "/t"}
    assert kind_of(_file(**drawn)) == "picture"
    assert kind_of(_file(type="image/svg+xml")) == "other"
    assert kind_of(_file(type="application/pdf", **drawn)) == "other"
    assert kind_of(_file(type="video/mp4")) == "video"
    assert kind_of(_file(type="audio/ogg")) == "sound"
    for type_ in ("text/csv", "application/json", "application/ld+json", "application/x-sh"):
        assert kind_of(_file(type=type_)) == "text"


@pytest.mark.parametrize(
    ("natural", "shown"),
    [
        ((4000, 3000), (400, 300)),
        ((3000, 4000), (240, 320)),
        ((16, 16), (16, 16)),
        ((1, 9000), (1, 320)),
        ((None, None), (400, 225)),
    ],
)
def test_pictures_fit_into_the_box_and_are_never_enlarged(
    natural: tuple[int | None, int | None], shown: tuple[int, int]
) -> None:
    assert shown_size(_file(width=natural[0], height=natural[1])) == shown


def test_the_browser_chooses_among_thumbnails_no_wider_than_the_picture() -> None:
    thumbnail = "/files/1/thumbnail-320.webp"
    [alone] = shown_files([_file(width=1000, height=500, thumbnail=thumbnail)])
    assert alone.srcset == "/files/1/thumbnail-320.webp 320w, /files/1/thumbnail-640.webp 640w"
    assert alone.sizes == "400px"
    small = _file(width=100, height=50, thumbnail=thumbnail)
    both = shown_files([small, small])
    assert both[0].srcset == f"{thumbnail} 100w"
    assert both[0].sizes == "208px"
