"""What was fetched lately, by address: for a day, and for an hour that there was nothing."""

import hashlib
import logging
from dataclasses import dataclass

import msgspec

from chat.models import KnownPage
from helpers.clock import now_ms
from helpers.linked_pages.apart import NotAsked, PagesApart
from helpers.linked_pages.reading import LinkedPage, NoPage, checked_address
from helpers.locks import KeyedLocks
from helpers.storage.blobs import hold, keep
from helpers.storage.store import StorageError, Store

log = logging.getLogger("aiochat.previews")

FOUND_SECONDS = 24 * 3600
MISSING_SECONDS = 3600
AT_ONCE = 500


@dataclass(frozen=True)
class _Card:
    title: str
    site: str
    description: str


@dataclass(frozen=True)
class KnownPicture:
    """A picture in the store, to which something may refer for a while."""

    width: int
    height: int
    blob_id: int


@dataclass(frozen=True)
class Found:
    """What a page says of itself."""

    title: str
    site: str
    description: str
    picture: KnownPicture | None = None


class Pages:
    def __init__(self, reader: PagesApart, store: Store) -> None:
        self._reader = reader
        self._store = store
        self._locks = KeyedLocks()

    async def page(self, person_id: int, address: str) -> Found | None:
        """What the page says of itself; None where there is nothing to show."""
        try:
            key = hashlib.sha256(str(checked_address(address)).encode()).hexdigest()
        except NoPage:
            return None
        # Those who post one link at the same time share an answer.
        async with self._locks.of(key):
            known = await KnownPage.aio_get_or_none(KnownPage.address == key, KnownPage.until > now_ms())
            if known is not None:
                return await self._known(known)
            try:
                found = await self._stored(await self._reader.read(person_id, address))
            except NotAsked:
                return None
            except NoPage as error:
                log.info("no preview: %s", error)
                found = None
            await _keep(key, found)
            return found

    async def _stored(self, page: LinkedPage) -> Found:
        """Where the store is away the card has no picture."""
        card, picture = (page.title, page.site, page.description), page.picture
        if picture is None:
            return Found(*card)
        try:
            blob_id = await keep(self._store, picture.data)
        except StorageError:
            return Found(*card)
        return Found(*card, KnownPicture(picture.width, picture.height, blob_id))

    async def _known(self, known: KnownPage) -> Found | None:
        if known.card is None:
            return None
        card = msgspec.json.decode(known.card, type=_Card)
        picture = None
        if known.blob_id and known.width and known.height and await hold(known.blob_id):
            picture = KnownPicture(known.width, known.height, known.blob_id)
        return Found(card.title, card.site, card.description, picture)

    async def drop_old(self) -> None:
        """A bounded part of those that are too old."""
        query = KnownPage.select(KnownPage.address).where(KnownPage.until <= now_ms())
        rows = await query.order_by(KnownPage.until).limit(AT_ONCE).tuples().aio_execute()
        if rows:
            await KnownPage.delete().where(KnownPage.address.in_([row[0] for row in rows])).aio_execute()


async def _keep(key: str, page: Found | None) -> None:
    picture = page.picture if page else None
    row = {
        "address": key,
        "until": now_ms() + (FOUND_SECONDS if page else MISSING_SECONDS) * 1000,
        "card": msgspec.json.encode(_Card(page.title, page.site, page.description)).decode()
        if page
        else None,
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
        "picture": None,
        "blob_id": picture.blob_id if picture else None,
    }
    update = {getattr(KnownPage, name): value for name, value in row.items() if name != "address"}
    await KnownPage.insert(row).on_conflict(conflict_target=[KnownPage.address], update=update).aio_execute()
