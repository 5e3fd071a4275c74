"""Draws pictures anew in their own format: upright, in sRGB, with nothing that isn't to be seen, such as
the place where they were taken; and smaller ones as WebP. Runs in the process of helpers/images.py."""

import io
from typing import Any

from PIL import GifImagePlugin, Image, ImageCms, ImageFile, ImageOps, ImageSequence

from helpers.drawing import SRGB, eight_bits, says_why
from helpers.picture_bounds import MAX_PIXELS, MAX_SIDE, Reason

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}

MAX_PHOTO_PIXELS = 250_000_000
"""More than telephones take. A photograph of more than MAX_PIXELS is made smaller."""

MOVING_PIXELS = 4 * MAX_PIXELS
"""Of all pictures of a moving one together."""

MAX_MOVING_FRAMES = 120
"""A longer one has a thumbnail that doesn't move."""

MOVING_WIDTH = 640

Redrawn = tuple[str, int, int, bytes, list[tuple[str, bytes]]]
"""Type, width, height, content, and the thumbnails by their widths."""

GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY


@says_why
def redraw(data: bytes, widths: list[int]) -> Redrawn | Reason:
    """Returns the picture. What is cut off is drawn as far as it goes."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = True, MAX_PHOTO_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if max(image.size) > MAX_SIDE:
                return "side"
            frames = 1 if image.format in ("MPO", "JPEG") else getattr(image, "n_frames", 1)
            if image.width * image.height > MAX_PIXELS:
                # JPEG can be decoded at a half or a quarter of its size.
                image.draft(image.mode, _reduced(*image.size))
            if image.width * image.height > MAX_PIXELS or image.width * image.height * frames > MOVING_PIXELS:
                return "pixels"
            return _redraw_moving(image, frames, widths) if frames > 1 else _redraw_still(image, widths)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = before


def _reduced(width: int, height: int) -> tuple[int, int]:
    factor = 2
    while width * height > MAX_PIXELS * factor * factor:
        factor *= 2
    return -(-width // factor), -(-height // factor)


def _redraw_still(image: Image.Image, widths: list[int]) -> Redrawn:
    kind = "JPEG" if image.format == "MPO" else image.format or ""
    is_plain = image.format == "JPEG" and image.mode in ("L", "RGB") and "icc_profile" not in image.info
    orientation = image.getexif().get(0x0112, 1)
    image.load()
    shown = ImageOps.exif_transpose(_in_srgb(image))
    if kind == "AVIF":
        kind = "WEBP"
    out = io.BytesIO()
    if kind == "JPEG":
        if is_plain and orientation == 1:
            image.info.clear()
            image.save(out, "JPEG", quality="keep", exif=b"", icc_profile=None, comment=b"")
        else:
            _opaque(shown).save(out, "JPEG", quality=90, exif=b"", icc_profile=None)
    elif kind == "WEBP":
        shown.save(out, "WEBP", quality=90, method=4, exif=b"", xmp=b"", icc_profile=b"")
    else:
        transparency = shown.info.get("transparency")
        shown.info.clear()
        extra = {"transparency": transparency} if transparency is not None else {}
        shown.save(out, kind, **extra)
    return (TYPES[kind], shown.width, shown.height, out.getvalue(), _thumbnails(shown, widths))


def _redraw_moving(image: Image.Image, frames: int, widths: list[int]) -> Redrawn:
    kind = image.format or ""
    durations, small = [], []
    width, height = image.size
    scale = min(1.0, MOVING_WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    drawn = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        durations.append(int(frame.info.get("duration", 0) or 100))
        if kind != "GIF":
            drawn.append(_with_colours(frame))
        if frames <= MAX_MOVING_FRAMES:
            small.append(_with_colours(frame).resize(size, Image.Resampling.BILINEAR))
    image.seek(0)
    loop = int(image.info.get("loop", 0 if kind != "GIF" else 1))
    out = io.BytesIO()
    if kind == "GIF":
        for name in ("comment", "extension"):
            image.info.pop(name, None)
        repeats = {"loop": loop} if "loop" in image.info else {}
        image.save(out, "GIF", save_all=True, comment=b"", duration=durations, **repeats)
    else:
        kind = "WEBP" if kind == "AVIF" else kind
        options: dict[str, Any] = {"loop": loop, "duration": durations}
        options |= {"quality": 80, "method": 2} if kind == "WEBP" else {}
        drawn[0].save(
            out, kind, save_all=True, append_images=drawn[1:], exif=b"", icc_profile=None, **options
        )
    if small:
        thumbnail = io.BytesIO()
        moving: Any = {"save_all": True, "append_images": small[1:], "duration": durations, "loop": loop}
        small[0].save(thumbnail, "WEBP", quality=70, method=0, **moving)
        thumbnails = [(str(MOVING_WIDTH), thumbnail.getvalue())]
    else:
        image.seek(0)
        thumbnails = _thumbnails(_with_colours(image), widths)
    return (TYPES[kind], width, height, out.getvalue(), thumbnails)


def _with_colours(image: Image.Image) -> Image.Image:
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _opaque(image: Image.Image) -> Image.Image:
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture in the colours of screens, with its orientation still to be applied."""
    if image.mode.startswith("I"):
        return _kept(image, eight_bits(image))
    profile = image.info.get("icc_profile")
    mode = "RGB" if image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "F") else image.mode
    if profile and image.mode in ("CMYK", "RGB", "RGBA", "L"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = "RGBA" if image.mode == "RGBA" else "RGB"
            changed = ImageCms.profileToProfile(image, own, SRGB, outputMode=target)
            return _kept(image, changed) if changed is not None else image
        except Exception:
            # It is broken, or belongs to another mode.
            return _kept(image, image.convert(mode))
    return image if image.mode == mode else _kept(image, image.convert(mode))


def _kept(image: Image.Image, changed: Image.Image) -> Image.Image:
    """The orientation, which is applied later, is kept."""
    if "exif" in image.info:
        changed.info["exif"] = image.info["exif"]
    return changed


def _thumbnails(image: Image.Image, widths: list[int]) -> list[tuple[str, bytes]]:
    """At least one, and none that is wider than the picture. A tall one is at most twice as high as
    wide."""
    found = []
    image = image if image.mode in ("RGB", "RGBA") else _with_colours(image)
    for width in sorted(widths, reverse=True):
        if width > image.width and width != min(widths):
            continue
        scale = min(1.0, width / image.width, 2 * width / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
        out = io.BytesIO()
        image.save(out, "WEBP", quality=80, method=4, exif=b"", xmp=b"", icc_profile=b"")
        found.append((str(width), out.getvalue()))
    return found
