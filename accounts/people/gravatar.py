"""Pictures from Gravatar for people with an e-mail address and no uploaded picture. This server
fetches them, so that Gravatar doesn't see the readers.

Gravatar only gets the hash of the address. Its pictures are processed like an upload and cached for
a day."""

import asyncio
import contextvars
import hashlib
import io
import logging
import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web
from cachetools import TLRUCache, TTLCache

from accounts.models import User
from accounts.people.pictures import SIZES, make_picture
from helpers.fetching import FETCHER, Fetcher, FetchError
from helpers.images import PICTURES, BadPicture, PictureMaker
from helpers.keys import SETTINGS
from helpers.tasks import cancel_all
from helpers.web.requests.multipart import Upload
from timings import DEFAULT, TIMINGS

log = logging.getLogger("aiochat.gravatar")

SECONDS = 5.0
"""Timeout of a fetch."""

MAX_BYTES = 512 * 1024
"""A picture 256 pixels wide mostly has 20 KB."""

AT_ONCE = 16
"""Concurrent fetches. Beyond them the initial is shown."""

DAY = 86_400.0
AWAY_SECONDS = 300.0

MAX_PICTURES = 1000
"""15 KB each, in all sizes."""

MAX_MISSING = 20_000
"""Addresses without a Gravatar: 200 bytes each."""


def hash_of(email: str) -> str:
    """Returns Gravatar's name for an address: the SHA-256 of it, trimmed and in lower case."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def _expiry(_: str, has_none: bool, now: float) -> float:
    return now + (DAY if has_none else AWAY_SECONDS)


class Gravatar:
    """`base` is the service's address, to which the hash is appended: Gravatar's, or that of a
    compatible service. A reader waits for a picture for `patience` seconds at most."""

    def __init__(
        self,
        fetcher: Fetcher,
        maker: PictureMaker,
        base: str,
        patience: float = DEFAULT.gravatar_patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._maker = maker
        self._base = base
        self._patience = patience
        self._pictures: TTLCache[str, dict[int, bytes]] = TTLCache(MAX_PICTURES, DAY, clock)
        self._missing: TLRUCache[str, bool] = TLRUCache(MAX_MISSING, _expiry, clock)
        """Hashes that aren't fetched now. True: the service has no picture. False: it was
        unavailable or its picture was unusable."""
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def picture(self, person: User, size: int) -> tuple[bytes | None, bool]:
        """Returns the picture as WebP in one of pictures.SIZES, or None, and whether the answer is
        final for a while. Raises nothing."""
        if not person.address:
            return None, True
        name = hash_of(person.address)
        if (
            name not in self._fetching
            and self._pictures.get(name) is None
            and self._missing.get(name) is None
        ):
            if len(self._fetching) >= AT_ONCE:
                return None, False
            # An empty context: the fetch outlives the request that started it.
            task = asyncio.create_task(self._fetch(name), context=contextvars.Context())
            self._fetching[name] = task
            task.add_done_callback(lambda _: self._fetching.pop(name))
        if name in self._fetching:
            await asyncio.wait([self._fetching[name]], timeout=self._patience)
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
                self._maker,
                ("gravatar", name),
                Upload(answer.type, len(answer.body), io.BytesIO(answer.body)),
            )
        except (FetchError, BadPicture) as error:
            log.warning("no Gravatar: %s", error)
            self._missing[name] = False
        except Exception:
            log.exception("a Gravatar broke")
            self._missing[name] = False

    async def close(self) -> None:
        await cancel_all(self._fetching.values())


GRAVATAR = web.AppKey("gravatar", Gravatar)
"""Missing if the settings don't allow it, and before the application runs."""


async def run_gravatar(app: web.Application) -> AsyncIterator[None]:
    """Runs the Gravatar client; for `cleanup_ctx`."""
    settings = app[SETTINGS]
    if not settings.gravatar:
        yield
        return
    app[GRAVATAR] = gravatar = Gravatar(
        app[FETCHER], app[PICTURES], settings.gravatar_url, app[TIMINGS].gravatar_patience
    )
    yield
    await gravatar.close()
