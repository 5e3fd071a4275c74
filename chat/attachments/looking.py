"""Looks at a file that came: what it is, by its content. Pictures are drawn anew, so that nothing is kept
of them that isn't to be seen."""

import io
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import IO

from chat.errors import ActionError
from chat.history.files import THUMBNAILS
from helpers.content_types import HEAD, UNKNOWN, content_type_of
from helpers.images import PictureMaker, Redrawn, TooBusy
from helpers.picture_bounds import Reason

MAX_DRAWN = 64 * 1024 * 1024
"""Bytes of a picture. A larger one is a file like any other."""


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


async def look_at(pictures: PictureMaker, key: Hashable, content: IO[bytes], size: int) -> Looked:
    """`key` takes turns with others. Raises ActionError."""
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    found = content_type_of(head, is_whole=size <= HEAD)
    if found.kind != "picture":
        return Looked(content, size, found.type, found.kind)
    drawn: Redrawn | Reason = "pixels"
    if size <= MAX_DRAWN:
        try:
            drawn = await pictures.redraw(key, content, THUMBNAILS)
        except TooBusy:
            raise ActionError(
                "rate_limited",
                "Too many pictures are being sent right now. Please try again in a minute.",
                retry_after=10,
            ) from None
    content.seek(0)
    if isinstance(drawn, str):
        if drawn in ("pixels", "side") and found.type in TELLING:
            raise ActionError("too_large", "This picture is too large. Make it smaller.")
        # What only seems to be a picture, or is too large to be drawn, is offered for saving.
        return Looked(content, size, UNKNOWN.type, UNKNOWN.kind)
    kind, width, height, data, thumbnails = drawn
    return Looked(io.BytesIO(data), len(data), kind, "picture", width, height, dict(thumbnails))
