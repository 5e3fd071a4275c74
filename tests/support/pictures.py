"""Pictures as people upload them, and what is shown of them."""

import io
import json
import struct
import zlib

import aiohttp
from PIL import Image

from tests.support.people import Person


def drawn(kind: str = "PNG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    """A red picture with a green left edge."""
    image = Image.new("RGB", size, "red")
    image.paste("lime", (0, 0, size[0] // 4, size[1]))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def empty_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def moving(kind: str) -> bytes:
    """One of two frames."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


async def uploads(
    someone: Person, data: bytes, kind: str = "image/png", name: str = "picture.png"
) -> tuple[int, dict[str, object]]:
    """Makes it their own. The status, and the answer for programs."""
    form = aiohttp.FormData()
    form.add_field("picture", io.BytesIO(data), filename=name, content_type=kind)
    headers = {"X-CSRF-Token": await someone.token("/accounts/profile"), "Accept": "application/json"}
    async with someone.http.post("/accounts/picture", data=form, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def picture_of(
    reader: Person, name: str, query: str = "size=128"
) -> tuple[aiohttp.ClientResponse, bytes]:
    """Of this person, as the reader gets it."""
    async with reader.http.get(f"/users/{name}/picture?{query}") as answer:
        return answer, await answer.read()
