"""What becomes of pictures that people send: as they look, with nothing else, and never as something
that a browser takes for a page."""

import io
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageSequence, PngImagePlugin

from helpers.picture_bounds import MAX_SIDE
from helpers.redrawing import redraw
from tests.support.pictures import empty_png

WIDTHS = [320, 640, 1280]
SECRET = b"5ecret"


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> Image.Image:
    """Red, with a green left half."""
    image = Image.new("RGB", size, "red")
    image.paste("lime", (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def exif(orientation: int) -> Image.Exif:
    """With the place where it was taken."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = SECRET.decode()
    found.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return found


def drawn(data: bytes) -> tuple[str, Image.Image, bytes, dict[str, bytes]]:
    found = redraw(data, WIDTHS)
    assert not isinstance(found, str), found
    kind, width, height, content, thumbnails = found
    image = Image.open(io.BytesIO(content))
    assert image.size == (width, height)
    assert Image.MIME[image.format or ""] == kind
    return kind, image, content, dict(thumbnails)


def is_like(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(have - want) < 60 for have, want in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_and_says_no_place(kind: str, orientation: int) -> None:
    data = saved(halves(), kind, exif=exif(orientation))
    assert SECRET in data
    _, image, content, thumbnails = drawn(data)
    assert image.size == ((60, 40) if orientation < 5 else (40, 60))
    at = {1: (5, 20), 2: (55, 20), 3: (55, 20), 4: (5, 20), 5: (20, 5), 6: (20, 5), 7: (20, 55), 8: (20, 55)}
    assert is_like(image.convert("RGB").getpixel(at[orientation]), (0, 255, 0))
    for one in (content, *thumbnails.values()):
        assert SECRET not in one
        assert not Image.open(io.BytesIO(one)).getexif()


def test_other_places_for_words_are_empty() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SECRET.decode())
    pictures = (
        saved(halves(), "PNG", pnginfo=words),
        saved(halves(), "JPEG", comment=SECRET),
        saved(halves(), "GIF", comment=SECRET),
        saved(halves(), "WEBP", xmp=SECRET),
        saved(halves(), "PNG") + b"<script>" + SECRET,
        saved(halves(), "JPEG") + b"PK\x03\x04" + SECRET,
        saved(halves(), "GIF") + b"/*<script>" + SECRET,
    )
    for data in pictures:
        assert SECRET in data
        assert SECRET not in drawn(data)[2]


def test_thumbnails_are_never_wider() -> None:
    for size, widths in (((2000, 900), (320, 640, 1280)), ((640, 100), (320, 640)), ((1, 1), (1,))):
        _, _, _, thumbnails = drawn(saved(halves(size), "PNG"))
        found = [Image.open(io.BytesIO(data)) for data in thumbnails.values()]
        assert sorted(image.width for image in found) == list(widths)
        assert {image.format for image in found} == {"WEBP"}
    _, _, _, thumbnails = drawn(saved(halves((100, 5000)), "PNG"))
    assert Image.open(io.BytesIO(thumbnails["320"])).height <= 640


def test_colours_of_print() -> None:
    data = saved(halves(mode="CMYK"), "JPEG")
    kind, image, _, _ = drawn(data)
    assert (kind, image.mode) == ("image/jpeg", "RGB")
    assert is_like(image.getpixel((5, 20)), (0, 255, 0))


def test_colours_of_another_profile() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _, image, _, _ = drawn(saved(halves(), "JPEG", icc_profile=profile))
    assert "icc_profile" not in image.info
    assert is_like(image.getpixel((5, 20)), (0, 255, 0))
    drawn(saved(halves(), "JPEG", icc_profile=b"no profile"))
    drawn(saved(halves(mode="L"), "PNG", icc_profile=profile))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_screens_stay_as_they_are(mode: str) -> None:
    data = saved(halves(mode="L").convert("I;16") if mode == "I;16" else halves(mode=mode), "PNG")
    _, image, _, _ = drawn(data)
    assert image.mode == ("L" if mode == "I;16" else mode)


def test_what_is_clear_stays_clear() -> None:
    image = halves().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    for kind in ("PNG", "WEBP"):
        _, found, _, thumbnails = drawn(saved(image, kind))
        for one in (found, Image.open(io.BytesIO(thumbnails["320"]))):
            assert one.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    palette = halves().convert("P")
    _, found, _, _ = drawn(saved(palette, "PNG", transparency=palette.getpixel((5, 5))))
    assert found.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_what_moves_goes_on_moving(kind: str) -> None:
    colours = ("red", "lime", "blue")
    frames = [Image.new("RGB", (800, 20), colour) for colour in colours]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=[50, 100, 150], loop=0)
    found, image, _, thumbnails = drawn(data)
    assert found == f"image/{kind.lower()}"
    small = Image.open(io.BytesIO(thumbnails["640"]))
    assert small.size == (640, 16)
    for one in (image, small):
        shown = []
        for frame in ImageSequence.Iterator(one):
            frame.load()
            shown.append((frame.convert("RGB").getpixel((5, 5)), frame.info.get("duration")))
        assert [length for _, length in shown] == [50, 100, 150]
        assert one.info.get("loop", 0) == 0
        for (pixel, _), colour in zip(shown, ((255, 0, 0), (0, 255, 0), (0, 0, 255)), strict=True):
            assert is_like(pixel, colour)


def test_a_photograph_of_many_pixels_is_made_smaller() -> None:
    _, image, _, thumbnails = drawn(saved(halves((10_000, 5_000)), "JPEG", exif=exif(6)))
    assert image.size == (2_500, 5_000)
    assert is_like(image.getpixel((1_000, 100)), (0, 255, 0))
    assert Image.open(io.BytesIO(thumbnails["320"])).size == (320, 640)


def test_what_is_cut_off_is_drawn_as_far_as_it_goes() -> None:
    data = saved(halves((400, 400)), "JPEG")
    _, image, _, _ = drawn(data[: len(data) * 2 // 3])
    assert image.size == (400, 400)
    assert is_like(image.getpixel((5, 5)), (0, 255, 0))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GIF89a<script>alert(1)</script>", "broken"),
        (b"\x89PNG\r\n\x1a\n", "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
        (b"", "format"),
        (empty_png(MAX_SIDE + 1, 1), "side"),
        (empty_png(15_000, 15_000), "pixels"),
        (b"\xff\xd8\xff\xe0garbage", "format"),
    ],
)
def test_what_is_no_picture(data: bytes, reason: str) -> None:
    found = redraw(data, WIDTHS)
    assert isinstance(found, str), data
    assert found in (reason, "broken", "format")
