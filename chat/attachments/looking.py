"""Looks at a file that came: what it is, by its content. Pictures are drawn anew, so that nothing is kept
of them that isn't to be seen; videos, and photographs that can't be drawn here, lose what they say of
themselves."""

import asyncio
import io
import logging
import os
import shutil
import tempfile
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import IO, Any

from chat.errors import ActionError
from chat.history.writing.files import THUMBNAILS
from helpers.content_types import HEAD, UNKNOWN, ContentType, content_type_of
from helpers.films import without_words
from helpers.heic import without_telling_items
from helpers.images import PictureMaker, Redrawn, TooBusy
from helpers.picture_bounds import Reason
from helpers.processes.limited import ProgramError, run_limited
from helpers.scanning import ScannerAway, found_in
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.files")

MAX_DRAWN = 64 * 1024 * 1024
"""Bytes of a picture. A larger one is a file like any other."""


HEIC = "image/heic"
PDF = "application/pdf"
PDFTOPPM = ("pdftoppm", "-png", "-f", "1", "-l", "1", "-singlefile", "-scale-to", "1280", "-")
PDF_LIMITS: Any = {"seconds": 5, "memory": 600_000_000, "most": 20_000_000, "patience": 30.0}

TELLING = ("image/jpeg", "image/webp", "image/avif")
"""Types whose pictures often say where they were taken: they are drawn anew, or not taken."""


@dataclass(frozen=True)
class Looked:
    """What is kept of a file: `content`, of `size` bytes, and the variants that are made of it."""

    content: IO[bytes]
    size: int
    type: str
    kind: str
    width: int | None = None
    height: int | None = None
    variants: dict[str, bytes] = field(default_factory=dict)


class Looker:
    """`scanner` is that of the settings, empty for none."""

    def __init__(self, pictures: PictureMaker, scanner: str) -> None:
        self._pictures = pictures
        self._scanner = scanner
        self._draws_pdf = shutil.which("pdftoppm") is not None

    async def look_at(self, key: Hashable, content: IO[bytes], size: int) -> Looked:
        """`key` takes turns with others. Raises ActionError."""
        if self._scanner:
            await self._scan(content)
        content.seek(0)
        head = content.read(HEAD)
        content.seek(0)
        found = content_type_of(head, is_whole=size <= HEAD)
        if found.kind == "picture":
            return await self._draw(key, content, size, found)
        width, height, variants = None, None, {}
        if found.kind in ("video", "sound"):
            film = await asyncio.to_thread(without_words, content, size, found.type)
            if film is not None and found.kind == "video":
                width, height = film
        if found.type == HEIC:
            await asyncio.to_thread(without_telling_items, content, size)
        if found.type == PDF and self._draws_pdf and size <= MAX_DRAWN:
            page = await self._first_page(key, content)
            if page is not None:
                width, height, variants = page.width, page.height, dict(page.thumbnails)
        content.seek(0)
        return Looked(content, size, found.type, found.kind, width, height, variants)

    async def _scan(self, content: IO[bytes]) -> None:
        try:
            found = await found_in(content, self._scanner)
        except ScannerAway as error:
            log.warning("the scanner is away: %s", one_line(error))
            raise ActionError(
                "scanner_away", "Files can’t be looked through for viruses at this moment. Please try again."
            ) from None
        if found is not None:
            log.warning("the scanner found %s", one_line(Exception(found))[:200])
            raise ActionError(
                "infected", "This file isn’t taken: the virus scanner found {name} in it.", name=found[:100]
            )

    async def _draw(self, key: Hashable, content: IO[bytes], size: int, found: ContentType) -> Looked:
        drawn = await self._redraw(key, content) if size <= MAX_DRAWN else "pixels"
        content.seek(0)
        if isinstance(drawn, str):
            if drawn in ("pixels", "side") and found.type in TELLING:
                raise ActionError("too_large", "This picture is too large. Make it smaller.")
            # What only seems to be a picture, or is too large to be drawn, is offered for saving.
            return Looked(content, size, UNKNOWN.type, UNKNOWN.kind)
        kind, width, height, data, thumbnails = drawn
        return Looked(io.BytesIO(data), len(data), kind, "picture", width, height, dict(thumbnails))

    async def _redraw(self, key: Hashable, content: IO[bytes]) -> Redrawn | Reason:
        try:
            return await self._pictures.redraw(key, content, THUMBNAILS)
        except TooBusy:
            raise ActionError(
                "rate_limited",
                "Too many pictures are being sent right now. Please try again in a minute.",
                retry_after=10,
            ) from None

    async def _first_page(self, key: Hashable, content: IO[bytes]) -> Redrawn | None:
        """The first page of a PDF, drawn by a program of the machine. None where it can't be."""
        try:
            with tempfile.TemporaryFile() as file:
                content.seek(0)
                await asyncio.to_thread(shutil.copyfileobj, content, file)
                file.flush()
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                png = await run_limited(PDFTOPPM, file, **PDF_LIMITS)
        except ProgramError as error:
            log.info("a PDF isn't drawn: %s", error)
            return None
        page = await self._redraw(key, io.BytesIO(png))
        return None if isinstance(page, str) else page
