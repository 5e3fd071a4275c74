"""Fetches what a link leads to, and makes of it what a card shows. Each address is checked anew, those that
redirects and pages name as well; helpers/fetching.py checks what their names resolve to. It runs in a
process of its own (helpers/linked_pages/apart.py)."""

import asyncio
import io
import logging
import re
from collections.abc import Hashable
from dataclasses import dataclass
from urllib.parse import unquote, urljoin

import msgspec
from yarl import URL

from helpers.fetching import Fetcher, FetchError, Response
from helpers.images import BadPicture, EncodedPicture, PictureMaker
from helpers.linked_pages.parsing import MAX_ADDRESS, MAX_TITLE, shortened
from helpers.processes.sandbox import Limits, Sandbox, SandboxError
from helpers.web.requests.multipart import Upload

log = logging.getLogger("aiochat.linked_pages")

MAX_PAGE = 1024 * 1024
"""Bytes of a page that are read: its head is at its beginning."""

MAX_OEMBED = 64 * 1024
MAX_PICTURE = 4 * 1024 * 1024
MAX_REDIRECTS = 4

PAGE_SECONDS = 6.0
PART_SECONDS = 5.0
WHOLE_SECONDS = 20.0
"""Of one page with all that belongs to it; drawing its picture may wait for others' pictures."""

WIDTH = 480
"""Pixels: a card shows it in half of that."""

MIN_SIDE = 32
"""Pixels. What is smaller is there to count readers."""

LIMITS = Limits(
    # A megabyte of tags takes half a second.
    cpu_seconds=1.0,
    wall_seconds=15.0,
    memory=300 * 1024 * 1024,
    own_waiting=10,
    waiting=100,
    idle_seconds=60.0,
    nice=5,
)

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)
_HTML = ("text/html", "application/xhtml+xml")
_ACCEPT = {"Accept": "text/html,application/xhtml+xml;q=0.9,image/*;q=0.8"}
_PARSING = "helpers.linked_pages.parsing"


class NoPage(Exception):
    """There is nothing to show. The text says why, for a log."""


@dataclass(frozen=True)
class LinkedPage:
    title: str
    site: str
    description: str
    picture: EncodedPicture | None


def checked_address(text: str) -> URL:
    """The address as it is asked for. Raises NoPage for what isn't fetched: other schemes, logins in
    the address, and ports of services other than the web."""
    try:
        address = URL(text)
        port = address.port
        host = address.host
    except ValueError:
        raise NoPage("it is no address") from None
    if address.scheme not in ("http", "https") or not host or not _HOST.fullmatch(address.raw_host or ""):
        raise NoPage("it is no address of the web")
    if len(text) > MAX_ADDRESS:
        raise NoPage("its address is too long")
    if address.user is not None or address.password is not None:
        raise NoPage("its address has a login")
    if port is None or (port < 1024 and port not in (80, 443)):
        raise NoPage("its port is that of another service")
    return address.with_fragment(None)


class PageReader:
    """Starts its process with the first page. `close` it at the end."""

    def __init__(self, fetcher: Fetcher, pictures: PictureMaker) -> None:
        self._fetcher = fetcher
        self._pictures = pictures
        self._sandbox = Sandbox(LIMITS)

    async def read(self, key: Hashable, text: str) -> LinkedPage:
        """What the page at this address says of itself. Pages of different keys, such as a person's id,
        take turns where they are read and drawn. Raises NoPage."""
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                return await self._read(key, checked_address(text))
        except TimeoutError:
            raise NoPage(f"it took more than {WHOLE_SECONDS:g} s") from None
        except FetchError as error:
            raise NoPage(str(error)) from None
        except (SandboxError, msgspec.ValidationError) as error:
            raise NoPage(f"it can't be read: {error}") from None

    async def _read(self, key: Hashable, address: URL) -> LinkedPage:
        address, answer = await self._follow(address)
        if answer.type.startswith("image/"):
            picture = await self._picture(key, str(address))
            if picture is None:
                raise NoPage("its picture can't be shown")
            name = unquote(address.raw_path.rpartition("/")[2])
            return LinkedPage(shortened(name, MAX_TITLE), address.raw_host or "", "", picture)
        if answer.type not in _HTML:
            raise NoPage(f"it is {answer.type[:60]}")
        asked = await self._sandbox.call(key, f"{_PARSING}:parse", answer.body, answer.charset, str(address))
        title, site, description, image, oembed = msgspec.convert(asked, tuple[str, str, str, str, str])
        if oembed and not (title and image):
            found = await self._oembed(key, oembed)
            title, site, description, image = (
                ours or theirs for ours, theirs in zip((title, site, description, image), found, strict=True)
            )
        if not title:
            raise NoPage("it has no title")
        picture = await self._picture(key, image) if image else None
        return LinkedPage(title, site or address.raw_host or "", description, picture)

    async def _follow(self, address: URL) -> tuple[URL, Response]:
        """The answer at the end of the redirects. A picture's is only begun."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._fetcher.get(
                str(address), most=MAX_PAGE, seconds=PAGE_SECONDS, cut=True, headers=_ACCEPT
            )
            if answer.location:
                address = checked_address(urljoin(str(address), answer.location))
                continue
            if answer.status != 200:
                raise NoPage(f"the answer is {answer.status}")
            return address, answer
        raise NoPage("it redirects too often")

    async def _oembed(self, key: Hashable, address: str) -> tuple[str, str, str, str]:
        """Empty texts where there is no usable answer."""
        try:
            answer = await self._fetcher.get(
                str(checked_address(address)), most=MAX_OEMBED, seconds=PART_SECONDS
            )
            if answer.status == 200 and "json" in answer.type:
                found = await self._sandbox.call(key, f"{_PARSING}:parse_oembed", answer.body, address)
                return msgspec.convert(found, tuple[str, str, str, str])
        except (NoPage, FetchError, SandboxError, msgspec.ValidationError) as error:
            log.info("no oEmbed: %s", error)
        return "", "", "", ""

    async def _picture(self, key: Hashable, address: str) -> EncodedPicture | None:
        """The picture drawn anew; None where it can't be used. Of redirects it follows one, as shops of
        pictures have them."""
        try:
            url = checked_address(address)
            for _ in range(2):
                answer = await self._fetcher.get(str(url), most=MAX_PICTURE, seconds=PART_SECONDS)
                if not answer.location:
                    break
                url = checked_address(urljoin(str(url), answer.location))
            if answer.status != 200:
                return None
            # What it really is tells its content.
            upload = Upload("", len(answer.body), io.BytesIO(answer.body))
            [drawn] = await self._pictures.convert(key, upload, "within", [WIDTH])
        except (NoPage, FetchError, BadPicture) as error:
            log.info("no picture of a page: %s", error)
            return None
        return drawn if min(drawn.width, drawn.height) >= MIN_SIDE else None

    async def close(self) -> None:
        await self._sandbox.close()
