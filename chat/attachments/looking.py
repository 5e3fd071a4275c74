"""Looks at a file that came: what it is, by its content."""

from dataclasses import dataclass, field
from typing import IO

from helpers.content_types import HEAD, content_type_of


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


async def look_at(content: IO[bytes], size: int) -> Looked:
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    found = content_type_of(head, is_whole=size <= HEAD)
    return Looked(content, size, found.type, found.kind)
