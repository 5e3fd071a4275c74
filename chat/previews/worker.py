"""Makes the cards of posts, in the background. Every process runs this; one at a time does something."""

import asyncio
import contextlib
import contextvars
import functools
import logging
import re
import secrets
import time
from collections.abc import Callable, Collection

from yarl import URL

from chat.actions.previews import NewPicture, put_cards
from chat.engine import Engine
from chat.errors import ActionError
from chat.history.previews import StoredCard, links_in, read_cards
from chat.history.reading import posts_by_seq
from chat.models import DELETED_KIND, Room
from chat.previews.jobs import Job, Jobs
from chat.previews.pages import Pages
from helpers.base_path import without_base
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.linked_pages.apart import PagesApart
from helpers.storage.store import Store
from helpers.tasks import cancel_all
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.previews")

CLAIM_SECONDS = 6.0
"""Another process goes on after this time where one has died. One that only stood still does so beside it:
putting the same cards twice changes nothing."""

AT_ONCE = 4
"""Posts, each of another person: a page that takes long holds up only what its author posted."""

PAUSE = 0.05
"""Seconds between two beginnings. Where people post hundreds of links a second, their posts come first."""

SWEEP_SECONDS = 60.0

_PERMALINK = re.compile(r"/rooms/[A-Za-z0-9_~-]{1,64}/[1-9][0-9]{0,15}")


class PreviewWorker:
    """The task of one process. `is_on` tells whether the site wants previews, `origins` are its own
    addresses."""

    def __init__(
        self,
        engine: Engine,
        reader: PagesApart,
        store: Store,
        is_on: Callable[[], bool],
        origins: Collection[str],
    ) -> None:
        self._engine = engine
        self._is_on = is_on
        self._origins = origins
        self._jobs = Jobs()
        self._pages = Pages(reader, store)
        self._claim = Claim("previews", CLAIM_SECONDS)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._swept = 0.0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        try:
            while True:
                try:
                    await self._start_some()
                except Exception as error:
                    self._log(error)
                await self._rest()
        finally:
            await cancel_all(self._running.values())
            # Another process goes on at once.
            with contextlib.suppress(Exception):
                await self._claim.release()

    async def _rest(self) -> None:
        """Until something is done, or a while is over in which more may have come."""
        running = list(self._running.values())
        # Where all have a turn, the claim is only renewed in between.
        most = CLAIM_SECONDS / 3
        interval = most if len(running) == AT_ONCE else min(most, self._engine.timings.previews)
        if running:
            await asyncio.wait(running, timeout=interval, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(interval)

    async def _start_some(self) -> None:
        if not await self._claim.hold():
            return
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            await self._jobs.drop_old()
            await self._pages.drop_old()
            self._swept = time.monotonic()
        for _ in range(AT_ONCE - len(self._running)):
            job = await self._jobs.next(self._running)
            if job is None:
                return
            task = asyncio.create_task(self._do(job), context=contextvars.Context())
            self._running[job.author_id] = task
            task.add_done_callback(functools.partial(self._end, job.author_id))
            await asyncio.sleep(PAUSE)

    def _end(self, author_id: int, _: "asyncio.Task[None]") -> None:
        del self._running[author_id]

    async def _do(self, job: Job) -> None:
        try:
            try:
                if self._is_on():
                    await self._make_cards(job)
            except ActionError as error:
                log.info("no preview: %s", error.text)
            except Exception as error:
                if is_unavailable(error):
                    raise
                # It would be so again.
                log.exception("a preview can't be made")
            await self._jobs.done(job)
        except Exception as error:
            self._log(error)

    def _log(self, error: Exception) -> None:
        if is_unavailable(error):
            log.warning("links aren't previewed yet: %s", one_line(error))
        else:
            log.exception("links can't be previewed")

    async def _make_cards(self, job: Job) -> None:
        rooms = await Room.select(Room.kind, Room.hides_previews).where(Room.id == job.room_id).aio_execute()
        found = await posts_by_seq(job.room_id, [job.seq])
        if not rooms or rooms[0].kind == DELETED_KIND or rooms[0].hides_previews or not found:
            return
        [line] = found
        if line.is_deleted:
            return
        known = {card.url for card in read_cards(line.previews)}
        urls = links_in(line.html)
        cards, pictures = [], []
        for card, picture in await asyncio.gather(
            *(self._card(job.author_id, url) for url in urls if url not in known)
        ):
            if card is not None:
                cards.append(card)
            if picture is not None:
                pictures.append(picture)
        if cards:
            await put_cards(self._engine, job.room_id, job.seq, line.text, cards, pictures)

    async def _card(self, author_id: int, url: str) -> tuple[StoredCard | None, NewPicture | None]:
        path = self._own_path(url)
        if path is not None:
            return (StoredCard(url, permalink=True) if _PERMALINK.fullmatch(path) else None), None
        page = await self._pages.page(author_id, url)
        if page is None:
            return None, None
        if page.picture is None:
            return StoredCard(url, page.title, page.site, page.description), None
        picture = NewPicture(secrets.token_hex(16), page.picture.blob_id)
        size = page.picture.width, page.picture.height
        return StoredCard(url, page.title, page.site, page.description, picture.id, *size), picture

    def _own_path(self, url: str) -> str | None:
        """The path of an address of this site. What is here isn't fetched: it depends on who reads."""
        if url.startswith("/"):
            return url.partition("?")[0].partition("#")[0]
        try:
            address = URL(url)
            return without_base(address.path) if str(address.origin()) in self._origins else None
        except ValueError:
            return None
