"""The picture of the site, as it is read. administration/site_logo.py stores it."""

from accounts.models import SiteLogo
from accounts.people.pictures import SIZES
from helpers.storage.moving import Place
from helpers.storage.store import Store

LOGO_SIZES = (*SIZES, 512)
"""Pixels per side. The largest is for the icon of the app."""

PLACE = Place(SiteLogo, SiteLogo.data, (SiteLogo.size, SiteLogo.version))


async def logo_version(size: int) -> int | None:
    """None where there is no logo of this size."""
    query = SiteLogo.select(SiteLogo.version).where(SiteLogo.size == size)
    for (version,) in await query.tuples().aio_execute():
        return int(version)
    return None


async def read_logo(store: Store, size: int, version: int) -> bytes | None:
    """Raises StorageError."""
    return await PLACE.read(store, (SiteLogo.size == size) & (SiteLogo.version == version))


async def largest_logo(store: Store, most: int) -> bytes | None:
    """The smallest picture that has so many pixels on each side, or the largest there is: a logo of a
    former release has none of 512. Raises StorageError."""
    query = SiteLogo.select(SiteLogo.size, SiteLogo.version).order_by(SiteLogo.size)
    rows = list(await query.tuples().aio_execute())
    if not rows:
        return None
    size, version = next((row for row in rows if row[0] >= most), rows[-1])
    return await read_logo(store, size, version)
