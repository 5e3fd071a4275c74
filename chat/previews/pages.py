"""What was fetched lately, by address: for a day, and for an hour that there was nothing."""

import hashlib
import logging
from dataclasses import dataclass

import msgspec

from chat.models import KnownPage
from helpers.clock import now_ms
from helpers.images import EncodedPicture
from helpers.linked_pages.reading import LinkedPage, NoPage, PageReader, checked_address
from helpers.locks import KeyedLocks

log = logging.getLogger("aiochat.previews")

FOUND_SECONDS = 24 * 3600
MISSING_SECONDS = 3600
AT_ONCE = 500


@dataclass(frozen=True)
class _Card:
    title: str
    site: str
    description: str


class Pages:
    def __init__(self, reader: PageReader) -> None:
        self._reader = reader
        self._locks = KeyedLocks()

    async def page(self, person_id: int, address: str) -> LinkedPage | None:
        """What the page says of itself; None where there is nothing to show."""
        try:
            key = hashlib.sha256(str(checked_address(address)).encode()).hexdigest()
        except NoPage:
            return None
        # Those who post one link at the same time share an answer.
        async with self._locks.of(key):
            known = await KnownPage.aio_get_or_none(KnownPage.address == key, KnownPage.until > now_ms())
            if known is not None:
                return _page(known)
            try:
                found = await self._reader.read(person_id, address)
            except NoPage as error:
                log.info("no preview: %s", error)
                found = None
            await _keep(key, found)
            return found

    async def drop_old(self) -> None:
        """A bounded part of those that are too old."""
        query = KnownPage.select(KnownPage.address).where(KnownPage.until <= now_ms())
        rows = await query.order_by(KnownPage.until).limit(AT_ONCE).tuples().aio_execute()
        if rows:
            await KnownPage.delete().where(KnownPage.address.in_([row[0] for row in rows])).aio_execute()


def _page(known: KnownPage) -> LinkedPage | None:
    if known.card is None:
        return None
    card = msgspec.json.decode(known.card, type=_Card)
    picture = None
    if known.picture is not None and known.width and known.height:
        picture = EncodedPicture(known.width, known.height, bytes(known.picture))
    return LinkedPage(card.title, card.site, card.description, picture)


async def _keep(key: str, page: LinkedPage | None) -> None:
    picture = page.picture if page else None
    row = {
        "address": key,
        "until": now_ms() + (FOUND_SECONDS if page else MISSING_SECONDS) * 1000,
        "card": msgspec.json.encode(_Card(page.title, page.site, page.description)).decode()
        if page
        else None,
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
        "picture": picture.data if picture else None,
    }
    update = {getattr(KnownPage, name): value for name, value in row.items() if name != "address"}
    await KnownPage.insert(row).on_conflict(conflict_target=[KnownPage.address], update=update).aio_execute()
