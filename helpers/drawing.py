"""Decodes pictures, checks them, and encodes them anew as WebP. Runs in a process of its own
(helpers/images.py): decoders are large, and what is decoded may be."""

import functools
import io
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from helpers.picture_bounds import MAX_PIXELS, MAX_SIDE, Reason, Shape, scaled_size

# The format is detected from the content, never from the name. Many phones produce MPO: a JPEG
# followed by further images.
FORMATS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


P = ParamSpec("P")
T = TypeVar("T")


class _Refused(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def says_why(draw: Callable[P, T]) -> Callable[P, T | Reason]:
    """Of what draws: returns why there is no picture, in place of an error. MemoryError is raised, for
    what needs more than the process may have."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **given: P.kwargs) -> T | Reason:
        try:
            return draw(*args, **given)
        except _Refused as refused:
            return refused.reason
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            return "pixels"
        except UnidentifiedImageError:
            return "format"
        except MemoryError:
            raise
        except Exception:
            # A decoder can raise any exception for a broken file.
            return "broken"

    return drawn


@says_why
def draw(data: bytes, claimed: str, shape: Shape, sizes: list[int]) -> list[tuple[int, int, bytes]]:
    """Returns width, height and WebP data for each size, largest first.
    `claimed` is the content type that the client tells.

    The picture is scaled in the camera's orientation and rotated upright afterwards, when it is
    small."""
    image = _read(data, claimed, (2 if shape == "square" else 1) * max(sizes))
    drawn = []
    for size in sorted(sizes, reverse=True):
        image = _square(image, size) if shape == "square" else _within(image, size)
        drawn.append(_encode(image))
    return drawn


def _square(image: Image.Image, size: int) -> Image.Image:
    return ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)


def _within(image: Image.Image, size: int) -> Image.Image:
    return image.resize(scaled_size(*image.size, size), Image.Resampling.LANCZOS, reducing_gap=3)


def _read(data: bytes, claimed: str, min_side: int) -> Image.Image:
    """Returns the picture with at least `min_side` pixels on its shorter side, or all that it
    has."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
        kind = FORMATS.get(image.format or "")
        if kind is None:
            raise UnidentifiedImageError
        if claimed in FORMATS.values() and claimed != kind:
            raise _Refused("other_type")
        # The header tells it: nothing has been decoded yet.
        if max(image.size) > MAX_SIDE:
            raise _Refused("side")
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise _Refused("moves")
        # JPEG can be decoded at an eighth of its size, where that is enough.
        image.draft("RGB", (min_side, min_side))
        image.load()
        if image.mode.startswith("I"):
            return eight_bits(image).convert("RGB")
        mode = "RGBA" if image.has_transparency_data else "RGB"
        # Avoids a copy if the mode is already right.
        return image if image.mode == mode else image.convert(mode)


def eight_bits(image: Image.Image) -> Image.Image:
    """Scales grey of 16 bits, as scanners and telescopes write it. Pillow's own conversion makes
    white of every value above 255."""
    return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _to_srgb(image: Image.Image) -> Image.Image:
    """Converts the picture to sRGB, which is the default without a profile. Many phones use Display
    P3."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        return ImageCms.profileToProfile(image, profile, SRGB, outputMode=image.mode) or image
    except Exception:
        # There is no profile, it is broken, or it belongs to a mode other than RGB.
        return image


def _encode(image: Image.Image) -> tuple[int, int, bytes]:
    upright = ImageOps.exif_transpose(_to_srgb(image))
    file = io.BytesIO()
    # All metadata is dropped, such as the place and the camera.
    upright.save(file, "WEBP", quality=84, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return upright.width, upright.height, file.getvalue()
