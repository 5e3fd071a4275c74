"""Pictures of people: made of what they upload, and kept in the database in each size that is shown. What was uploaded isn't kept."""

import asyncio
import functools
import io
import warnings
from concurrent.futures import ThreadPoolExecutor

from peewee_async.databases import AioDatabase
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import Picture, User
from helpers.clock import now_ms
from helpers.texts import Text

SIZES = (64, 128, 256)
"""Pixels of a side. They are shown at half of these or less, for screens with two pixels or more to one of the page."""

MAX_BYTES = 8 * 1024 * 1024
"""Photographs of most phones are 3 to 6 MB."""

MAX_PIXELS = 40_000_000
"""As a PNG 160 MB while it is read; one is read at a time. A JPEG of this size takes a hundredth, since it is read small."""

# By what a file begins with, never by its name. The picture of many phones is an MPO: a JPEG with others behind it.
FORMATS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

TYPE = "image/webp"

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


class BadPicture(ValueError):
    """No picture can be made of this. The text is for the person who sent it."""


async def make_picture(data: bytes, claimed: str) -> dict[int, bytes]:
    """The middle of the picture as a square, as WebP by size. `claimed` is the content type that it came with.

    Raises BadPicture."""
    return await asyncio.get_running_loop().run_in_executor(_thread, _make, data, claimed)


def _make(data: bytes, claimed: str) -> dict[int, bytes]:
    if not data:
        raise BadPicture(Text("Choose a picture first."))
    if len(data) > MAX_BYTES:
        raise BadPicture(Text("At most {most} MB, please.", most=MAX_BYTES // 1024 // 1024))
    try:
        return _draw(data, claimed)
    except BadPicture:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise BadPicture(Text("At most {most} million pixels, please.", most=MAX_PIXELS // 1_000_000)) from None
    except UnidentifiedImageError:
        raise BadPicture(Text("A picture is a JPEG, PNG or WebP file.")) from None
    except Exception:
        # A decoder raises whatever it comes upon in a broken file.
        raise BadPicture(Text("This file is broken: it can't be read as a picture.")) from None


def _draw(data: bytes, claimed: str) -> dict[int, bytes]:
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
        kind = FORMATS.get(image.format or "")
        if kind is None:
            raise UnidentifiedImageError
        if claimed in FORMATS.values() and claimed != kind:
            raise BadPicture(Text("This file isn't what it says it is. Save it anew as JPEG, PNG or WebP."))
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise BadPicture(Text("A picture that moves can't be taken."))
        # JPEG is read at an eighth of its size, where that is enough.
        image.draft("RGB", (2 * SIZES[-1], 2 * SIZES[-1]))
        turned = ImageOps.exif_transpose(image)
        plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    made = {}
    for size in reversed(SIZES):
        plain = ImageOps.fit(plain, (size, size), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        # Nothing of what the file told beside the picture goes along: where it was taken, and by what.
        plain.save(file, "WEBP", quality=84, method=4, exif=b"", xmp=b"", icc_profile=b"")
        made[size] = file.getvalue()
    return made


async def save_picture(database: AioDatabase, user: User, made: dict[int, bytes]) -> int:
    """Replaces the user's picture. With nothing it is removed. Returns its version, 0 for none."""
    version = max(now_ms(), user.picture + 1) if made else 0
    rows = [{"user_id": user.id, "size": size, "version": version, "data": data} for size, data in made.items()]
    async with database.aio_atomic():
        # The user's row first: two uploads at once follow each other.
        await User.update(picture=version).where(User.id == user.id).aio_execute()
        await Picture.delete().where(Picture.user_id == user.id).aio_execute()
        if rows:
            await Picture.insert_many(rows).aio_execute()
    return version


async def read_picture(user: User, size: int) -> bytes | None:
    found = await Picture.select(Picture.data).where(Picture.user_id == user.id, Picture.size == size).tuples().aio_execute()
    return bytes(found[0][0]) if found else None


HUES = (
    "0.52 0.14 20",
    "0.52 0.12 50",
    "0.5 0.1 80",
    "0.5 0.11 115",
    "0.5 0.12 145",
    "0.5 0.09 175",
    "0.5 0.09 205",
    "0.52 0.11 235",
    "0.52 0.15 262",
    "0.52 0.17 290",
    "0.52 0.16 320",
    "0.52 0.15 350",
)
"""As in static/css/timeline.css: the same name has the same colour, whoever draws it."""

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="{fill}"/><text x="32" y="42" '
    'text-anchor="middle" font-family="system-ui, sans-serif" font-size="28" font-weight="600" fill="#fff">{initial}</text></svg>'
)


def hue_of(name: str) -> int:
    """Which of the colours stands for this name: as static/js/elements/avatar.js finds it."""
    found = functools.reduce(lambda hash, letter: (hash * 31 + ord(letter)) & 0xFFFFFFFF, name.lower(), 0)
    return (((found * 2654435761) & 0xFFFFFFFF) >> 16) % len(HUES)


def draw_initial(name: str) -> str:
    """The coloured initial that stands for whoever has no picture, as SVG. A name holds nothing that XML would read."""
    return _SVG.format(fill=f"oklch({HUES[hue_of(name)]})", initial=name[:1].upper())
