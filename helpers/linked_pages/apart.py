"""Asks for what links lead to in a process of its own (helpers/linked_pages/fetching_program.py): no name is
looked up, no connection made and no byte of a page taken in the process that serves people. What comes
back is small, and is looked at again."""

import asyncio
import logging
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from helpers.images import EncodedPicture
from helpers.linked_pages.parsing import MAX_DESCRIPTION, MAX_SITE, MAX_TITLE, shortened
from helpers.linked_pages.reading import WHOLE_SECONDS, WIDTH, LinkedPage, NoPage, checked_address
from helpers.processes.companion import Companion, CompanionEnded

log = logging.getLogger("aiochat.linked_pages")

program = "helpers.linked_pages.fetching_program"
"""What is started: tests put another one here."""

PATIENCE = WHOLE_SECONDS + 10
"""Seconds. The program itself gives up before: whoever takes longer doesn't run any more."""

_Answer = str | tuple[str, str, str, EncodedPicture | None]


class NotAsked(NoPage):
    """There was no answer, and nobody knows what the page says: it may be asked for again."""


class PagesApart:
    """Starts the process with the first page. `close` it at the end."""

    def __init__(self) -> None:
        self._companion = Companion(program, patience=PATIENCE)
        self._again = asyncio.Lock()

    async def read(self, person_id: int, address: str) -> LinkedPage:
        """What the page at this address says of itself. Pages of different people take turns where they
        are read and drawn. Raises NoPage."""
        checked_address(address)
        try:
            try:
                found = await self._companion.call(person_id, address)
            except CompanionEnded:
                # It may have died of another page. All that were under way are asked for once more, one
                # after the other, so that only the one that ends it again has no answer.
                async with self._again:
                    found = await self._companion.call(person_id, address)
        except CompanionEnded as error:
            log.warning("the process that reads linked pages gave no answer: %s", error)
            raise NotAsked(str(error)) from None
        return _checked(found)

    async def close(self) -> None:
        await self._companion.close()


def _checked(found: object) -> LinkedPage:
    try:
        answer = msgspec.convert(found, _Answer)
    except msgspec.ValidationError:
        raise NoPage("the answer isn't one") from None
    if isinstance(answer, str):
        raise NoPage(answer[:300])
    title, site, description, picture = answer
    if picture is not None and not (
        0 < picture.width <= WIDTH and 0 < picture.height <= WIDTH and picture.data[8:12] == b"WEBP"
    ):
        picture = None
    return LinkedPage(
        *(shortened(title, MAX_TITLE), shortened(site, MAX_SITE), shortened(description, MAX_DESCRIPTION)),
        picture,
    )


PAGES_APART = web.AppKey("pages_apart", PagesApart)


async def run_pages_apart(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    app[PAGES_APART] = pages = PagesApart()
    yield
    await pages.close()
