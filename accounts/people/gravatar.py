"""Pictures of those who gave us none but have an e-mail address: from Gravatar, by way of this
server, so that it sees none of the readers.

Gravatar is told the hash of the address, and nothing else. What it answers is made anew like an
upload, and kept for a day."""

import asyncio
import contextvars
import hashlib
import io
import logging
from collections.abc import AsyncIterator

from aiohttp import web
from cachetools import TLRUCache, TTLCache

from accounts.models import User
from accounts.people.pictures import SIZES, make_picture
from helpers.fetching import FETCHER, Fetcher, FetchError
from helpers.images import BadPicture
from helpers.keys import SETTINGS
from helpers.web.multipart import Upload

log = logging.getLogger("aiochat.gravatar")

SECONDS = 5.0
"""That a picture may take."""

PATIENCE = 0.5
"""Seconds that a reader waits for it. After them the initial is drawn, and the picture is there for
the next reader."""

MAX_BYTES = 512 * 1024
"""Of a picture 256 pixels wide: mostly 20 KB."""

AT_ONCE = 16
"""Pictures that are being fetched. Of more the initial is drawn, until there is room."""

DAY = 86_400.0
AWAY_SECONDS = 300.0

MAX_PICTURES = 1000
"""15 KB each, in all sizes."""

MAX_MISSING = 20_000
"""Addresses of which Gravatar has none: 200 bytes each."""


def hash_of(email: str) -> str:
    """Gravatar's name for an address: the SHA-256 of it, trimmed and in lower case."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def _expiry(_: str, has_none: bool, now: float) -> float:
    return now + (DAY if has_none else AWAY_SECONDS)


class Gravatar:
    """`base` is the address of the service, to which the hash of an e-mail address is added:
    Gravatar, or another of its kind."""

    def __init__(self, fetcher: Fetcher, base: str) -> None:
        self._fetcher = fetcher
        self._base = base
        self._pictures: TTLCache[str, dict[int, bytes]] = TTLCache(MAX_PICTURES, DAY)
        self._missing: TLRUCache[str, bool] = TLRUCache(MAX_MISSING, _expiry)
        """Those that aren't to be asked for. True where there is none, False where the service was
        away or gave none that can be used."""
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def picture(self, person: User, size: int) -> tuple[bytes | None, bool]:
        """Their picture, as WebP of one of pictures.SIZES, or None; and whether that will be so for
        a while.

        It takes PATIENCE at most, and nothing raises."""
        if not person.email:
            return None, True
        name = hash_of(person.email)
        if (
            name not in self._fetching
            and self._pictures.get(name) is None
            and self._missing.get(name) is None
        ):
            if len(self._fetching) >= AT_ONCE:
                return None, False
            # A context of its own: it outlives the request that began it.
            task = asyncio.create_task(self._fetch(name), context=contextvars.Context())
            self._fetching[name] = task
            task.add_done_callback(lambda _: self._fetching.pop(name))
        if name in self._fetching:
            await asyncio.wait([self._fetching[name]], timeout=PATIENCE)
        sizes = self._pictures.get(name)
        return (sizes[size] if sizes else None), sizes is not None or self._missing.get(name) is True

    async def _fetch(self, name: str) -> None:
        address = f"{self._base}/{name}?s={SIZES[-1]}&d=404"
        try:
            answer = await self._fetcher.get(address, most=MAX_BYTES, seconds=SECONDS, configured=True)
            if answer.status == 404:
                self._missing[name] = True
                return
            if answer.status != 200:
                raise FetchError(f"the service answers {answer.status}")
            self._pictures[name] = await make_picture(
                Upload(answer.type, len(answer.body), io.BytesIO(answer.body))
            )
        except (FetchError, BadPicture) as error:
            log.warning("no Gravatar: %s", error)
            self._missing[name] = False
        except Exception:
            log.exception("a Gravatar broke")
            self._missing[name] = False

    async def close(self) -> None:
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


GRAVATAR = web.AppKey("gravatar", Gravatar)
"""Not there where the settings don't allow it, nor before the application runs."""


async def run_gravatar(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    settings = app[SETTINGS]
    if not settings.gravatar:
        yield
        return
    app[GRAVATAR] = gravatar = Gravatar(app[FETCHER], settings.gravatar_url)
    yield
    await gravatar.close()
