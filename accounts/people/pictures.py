"""Pictures of people: made from uploads and stored in each displayed size."""

import functools
import html
from collections.abc import Hashable, Sequence

from peewee_async.databases import AioDatabase

from accounts.models import Picture, User
from helpers.clock import now_ms
from helpers.images import PictureMaker
from helpers.storage.moving import Place
from helpers.storage.store import Store
from helpers.web.requests.multipart import Upload

SIZES = (64, 128, 256)
"""Pixels per side. They are displayed at half of these or less, for screens with a high pixel
density."""


PLACE = Place(Picture, Picture.data, (Picture.user_id, Picture.size, Picture.version))


async def make_picture(
    maker: PictureMaker, key: Hashable, upload: Upload, sizes: Sequence[int] = SIZES
) -> dict[int, bytes]:
    """Returns the picture's central square as WebP by size. Raises images.BadPicture."""
    return {encoded.width: encoded.data for encoded in await maker.convert(key, upload, "square", sizes)}


async def save_picture(database: AioDatabase, user: User, made: dict[int, int]) -> int:
    """Replaces the user's picture by these blobs, by size; an empty `made` removes it. Returns the new
    version, 0 for none."""
    version = max(now_ms(), user.picture + 1) if made else 0
    rows = [
        {"user_id": user.id, "size": size, "version": version, "data": b"", "blob_id": blob_id}
        for size, blob_id in made.items()
    ]
    async with database.aio_atomic():
        # The user's row is locked first, so that concurrent uploads run one after another.
        if (
            not await User.update(picture=version)
            .where(User.id == user.id, User.left_at.is_null())
            .aio_execute()
        ):
            return 0
        await Picture.delete().where(Picture.user_id == user.id).aio_execute()
        if rows:
            await Picture.insert_many(rows).aio_execute()
    return version


async def read_picture(store: Store, user: User, size: int) -> bytes | None:
    """Raises StorageError."""
    return await PLACE.read(store, (Picture.user_id == user.id) & (Picture.size == size))


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
"""The same as in static/css/switcher.css: a name has the same colour everywhere."""

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" '
    'fill="{fill}"/><text x="32" y="42" '
    'text-anchor="middle" font-family="system-ui, sans-serif" font-size="28" font-weight="600" '
    'fill="#fff">{initial}</text></svg>'
)


async def stored_bytes(user_id: int) -> int:
    """What somebody's picture takes, in all its sizes."""
    return int(await PLACE.used().where(Picture.user_id == user_id).aio_scalar())


def hue_of(name: str) -> int:
    """Returns the index of the name's colour; static/js/elements/people/avatar.js computes the
    same."""
    found = functools.reduce(lambda hash, letter: (hash * 31 + ord(letter)) & 0xFFFFFFFF, name.lower(), 0)
    return (((found * 2654435761) & 0xFFFFFFFF) >> 16) % len(HUES)


def initial_of(person: User) -> str:
    """Returns the first letter of what a person is called."""
    return (person.display_name or person.name)[:1].upper()


def draw_initial(person: User) -> str:
    """Returns the initial of a person without a picture as SVG, in the colour of the handle."""
    fill = f"oklch({HUES[hue_of(person.name)]})"
    return _SVG.format(fill=fill, initial=html.escape(initial_of(person)))
