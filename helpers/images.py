"""Uploaded pictures: they are decoded, checked and encoded anew as WebP. The uploaded file isn't
kept."""

import asyncio
import io
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from helpers.text.translation import Text
from helpers.web.multipart import Upload

MAX_BYTES = 8 * 1024 * 1024
"""Photographs from most phones are 3 to 6 MB."""

MAX_PIXELS = 40_000_000
"""A PNG of this size with transparency takes 380 MB while it is processed; one picture is processed
at a time. A JPEG for a small result takes a hundredth, since it is decoded at a reduced size."""

# The format is detected from the content, never from the name. Many phones produce MPO: a JPEG
# followed by further images.
FORMATS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

TYPE = "image/webp"

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")

Transform = Callable[[Image.Image], list[Image.Image]]


class BadPicture(ValueError):
    """The upload can't be used as a picture. The text is for the uploader."""


class EncodedPicture(NamedTuple):
    """A picture as WebP, with its size in pixels."""

    width: int
    height: int
    data: bytes


async def convert(upload: Upload, transform: Transform, min_side: int) -> list[EncodedPicture]:
    """Returns the results of `transform` for the picture, each as WebP. One request runs at a time.

    `transform` gets the picture in the camera's orientation, with at least `min_side` pixels on its
    shorter side, or all that it has. The results are rotated upright afterwards, when they are
    small. Raises BadPicture."""
    return await asyncio.get_running_loop().run_in_executor(_thread, _convert, upload, transform, min_side)


def _convert(upload: Upload, transform: Transform, min_side: int) -> list[EncodedPicture]:
    if not upload.size:
        raise BadPicture(Text("This file is empty."))
    if upload.size > MAX_BYTES:
        raise BadPicture(Text("At most {most} MB, please.", most=MAX_BYTES // 1024 // 1024))
    try:
        return [_encode(image) for image in transform(_read(upload.file, upload.content_type, min_side))]
    except BadPicture:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise BadPicture(
            Text("At most {most} million pixels, please.", most=MAX_PIXELS // 1_000_000)
        ) from None
    except UnidentifiedImageError:
        raise BadPicture(Text("A picture is a JPEG, PNG or WebP file.")) from None
    except Exception:
        # A decoder can raise any exception for a broken file.
        raise BadPicture(Text("This file is broken: it can't be read as a picture.")) from None


def _read(file: IO[bytes], claimed: str, min_side: int) -> Image.Image:
    with Image.open(file, formats=("JPEG", "PNG", "WEBP")) as image:
        kind = FORMATS.get(image.format or "")
        if kind is None:
            raise UnidentifiedImageError
        if claimed in FORMATS.values() and claimed != kind:
            raise BadPicture(Text("This file isn't what it says it is. Save it anew as JPEG, PNG or WebP."))
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise BadPicture(Text("A picture that moves can't be taken."))
        # JPEG can be decoded at an eighth of its size, where that is enough.
        image.draft("RGB", (min_side, min_side))
        image.load()
        mode = "RGBA" if image.has_transparency_data else "RGB"
        # Avoids a copy if the mode is already right.
        return image if image.mode == mode else image.convert(mode)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Converts the picture to sRGB, which is the default without a profile. Many phones use Display
    P3."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        return ImageCms.profileToProfile(image, profile, _SRGB, outputMode=image.mode) or image
    except Exception:
        # There is no profile, it is broken, or it belongs to a mode other than RGB.
        return image


def _encode(image: Image.Image) -> EncodedPicture:
    upright = ImageOps.exif_transpose(_to_srgb(image))
    file = io.BytesIO()
    # All metadata is dropped, such as the place and the camera.
    upright.save(file, "WEBP", quality=84, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return EncodedPicture(upright.width, upright.height, file.getvalue())
