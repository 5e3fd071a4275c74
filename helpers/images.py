"""Uploaded pictures: drawn anew as WebP by a process of its own, one at a time, in fair turns. The
uploaded file isn't kept."""

from collections.abc import AsyncIterator, Hashable, Sequence
from typing import IO, NamedTuple

import msgspec
from aiohttp import web

from helpers.picture_bounds import MAX_PIXELS, MAX_SIDE, Reason, Shape
from helpers.processes.sandbox import Limits, Sandbox, SandboxError, TooMuch
from helpers.text.translation import Text
from helpers.web.requests.multipart import Upload

MAX_BYTES = 8 * 1024 * 1024
"""Photographs from most phones are 3 to 6 MB."""

TYPE = "image/webp"

LIMITS = Limits(
    # A PNG of 40 million pixels takes 2 s.
    cpu_seconds=10.0,
    wall_seconds=120.0,
    memory=768 * 1024 * 1024,
    own_waiting=8,
    waiting=200,
    # Nobody waits for a picture as for a message.
    nice=5,
)


class BadPicture(ValueError):
    """The upload can't be used as a picture. The text is for the uploader."""


class TooBusy(Exception):
    """Too many pictures wait to be drawn."""


class Redrawn(NamedTuple):
    """A picture in its own format, and its thumbnails by their widths."""

    type: str
    width: int
    height: int
    content: bytes
    thumbnails: list[tuple[str, bytes]]


class EncodedPicture(NamedTuple):
    """A picture as WebP, with its size in pixels."""

    width: int
    height: int
    data: bytes


class PictureMaker:
    """Starts its process with the first picture. `close` it at the end."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(LIMITS)

    async def convert(
        self, key: Hashable, upload: Upload, shape: Shape, sizes: Sequence[int]
    ) -> list[EncodedPicture]:
        """Returns the picture in each size, largest first. Raises BadPicture.

        One picture is drawn at a time; keys, such as a person's id, take turns."""
        if not upload.size:
            raise BadPicture(Text("This file is empty."))
        if upload.size > MAX_BYTES:
            raise BadPicture(Text("At most {most} MB, please.", most=MAX_BYTES // 1024 // 1024))
        try:
            answer = await self._sandbox.call(
                key, "helpers.drawing:draw", upload.file, upload.content_type, shape, list(sizes)
            )
            drawn: Reason | list[EncodedPicture] = msgspec.convert(answer, Reason | list[EncodedPicture])
        except TooMuch:
            raise BadPicture(Text("This picture takes too much time or memory. Make it smaller.")) from None
        except (SandboxError, msgspec.ValidationError):
            raise BadPicture(
                Text("Too many pictures are being sent right now. Please try again in a minute.")
            ) from None
        if isinstance(drawn, str):
            raise BadPicture(_explain(drawn))
        return drawn

    async def redraw(self, key: Hashable, file: IO[bytes], widths: Sequence[int]) -> Redrawn | Reason:
        """Returns the picture in its own format with thumbnails (helpers/redrawing.py), or why there is
        none. Raises TooBusy."""
        try:
            answer = await self._sandbox.call(key, "helpers.redrawing:redraw", file, list(widths))
            drawn: Reason | Redrawn = msgspec.convert(answer, Reason | Redrawn)
        except TooMuch:
            return "pixels"
        except (SandboxError, msgspec.ValidationError):
            raise TooBusy from None
        return drawn

    async def icon(self, svg: bytes, size: int) -> bytes:
        """One of our own icons as PNG. Raises TooBusy."""
        try:
            answer = await self._sandbox.call("icons", "helpers.vector_drawing:png", svg, size)
        except SandboxError:
            raise TooBusy from None
        return msgspec.convert(answer, bytes)

    async def icon_of(self, picture: bytes, size: int, share: float) -> bytes:
        """An icon of a picture that is kept (helpers/icon_drawing.py), as PNG. Raises TooBusy."""
        try:
            answer = await self._sandbox.call("icons", "helpers.icon_drawing:png_of", picture, size, share)
        except SandboxError:
            raise TooBusy from None
        return msgspec.convert(answer, bytes)

    async def close(self) -> None:
        await self._sandbox.close()


def _explain(reason: Reason) -> Text:
    match reason:
        case "pixels":
            return Text("At most {most} million pixels, please.", most=MAX_PIXELS // 1_000_000)
        case "side":
            return Text("At most {most} pixels on each side, please.", most=MAX_SIDE)
        case "format":
            return Text("A picture is a JPEG, PNG or WebP file.")
        case "other_type":
            return Text("This file isn't what it says it is. Save it anew as JPEG, PNG or WebP.")
        case "moves":
            return Text("A picture that moves can't be taken.")
        case "broken":
            return Text("This file is broken: it can't be read as a picture.")


PICTURES = web.AppKey("pictures", PictureMaker)


async def run_picture_maker(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    app[PICTURES] = maker = PictureMaker()
    yield
    await maker.close()
