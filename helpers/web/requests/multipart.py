"""Reads multipart/form-data in bounded memory: text fields are limited, and large files are spooled
to disk.

aiohttp's own `post()` also spools files, but has one limit for the whole body. With the limit for
pictures, 40 MiB of text took 120 MiB of memory there, and 276 MiB with one emoji in it; here 1
MiB."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

MAX_IN_MEMORY = 256 * 1024
"""Bytes of a file that are kept in memory; larger files are spooled to disk."""

CHUNK = 256 * 1024


@dataclass(frozen=True)
class Upload:
    """A file of a form. Its content type is the client's claim and can't be trusted."""

    content_type: str
    size: int
    """In bytes."""
    file: IO[bytes]
    """Positioned at the start. It is closed after the response."""
    name: str = ""
    """As the client calls it: for people alone, never a path."""


@dataclass
class Parts:
    """The parts of a form in their order, with their field names."""

    fields: list[tuple[str, str]]
    files: list[tuple[str, Upload]]

    def close(self) -> None:
        for _, upload in self.files:
            upload.file.close()


async def read_parts(
    request: web.Request,
    most_parts: int,
    most_text: int,
    most: int,
    came: Callable[[int], None],
    before_files: Callable[[Sequence[tuple[str, str]]], None] | None = None,
) -> Parts:
    """Reads the body. `most_text` limits the bytes of all text fields, `most` those of the whole
    body. `came` is told of the bytes as they come. `before_files` is called with the fields so far
    before a file is read, and may raise.

    Raises HTTPRequestEntityTooLarge, HTTPBadRequest for too many parts, and aiohttp's errors for an
    invalid body."""
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most)
    parts = Parts([], [])
    texts = total = 0
    try:
        reader = await request.clone(client_max_size=most).multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise ValueError("a part that is no field")
            if len(parts.fields) + len(parts.files) >= most_parts:
                raise web.HTTPBadRequest
            if part.filename:
                if before_files is not None and not parts.files:
                    before_files(parts.fields)
                upload = await _read_file(part, most - total, came)
                parts.files.append((part.name, upload))
                total += upload.size
            else:
                data = await _read_text(part, min(most_text - texts, most - total), came)
                texts += len(data)
                total += len(data)
                # An empty file input is a part too, with its own content type.
                if part.headers.get("Content-Type", "text/plain").startswith("text/"):
                    parts.fields.append((part.name, data.decode(part.get_charset(default="utf-8"))))
    except BaseException:
        parts.close()
        raise
    return parts


async def _read_text(part: BodyPartReader, most: int, came: Callable[[int], None]) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        came(len(chunk))
        data.extend(chunk)
        if len(data) > most:
            raise web.HTTPRequestEntityTooLarge(most)
    return b"".join([bytes(piece) async for piece in part.decode_iter(bytes(data))])


async def _read_file(part: BodyPartReader, most: int, came: Callable[[int], None]) -> Upload:
    file = tempfile.SpooledTemporaryFile(MAX_IN_MEMORY)  # noqa: SIM115 - closed with the request
    size = 0
    try:
        while chunk := await part.read_chunk(CHUNK):
            came(len(chunk))
            async for piece in part.decode_iter(chunk):
                size += len(piece)
                if size > most:
                    raise web.HTTPRequestEntityTooLarge(most)
                if size > MAX_IN_MEMORY:
                    await asyncio.to_thread(file.write, piece)
                else:
                    file.write(piece)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    kind = part.headers.get("Content-Type", "application/octet-stream")
    return Upload(kind.partition(";")[0].strip().lower(), size, file, unquote(part.filename or ""))
