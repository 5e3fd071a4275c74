"""People send files, as a page or a program does."""

import base64
import io
import secrets
from typing import Any

import aiohttp

from tests.support.people import JsonObject, Listener, Person

PART = "application/offset+octet-stream"


async def begins(someone: Person, name: str, size: int) -> aiohttp.ClientResponse:
    """Begins an upload."""
    headers = {
        "Upload-Length": str(size),
        "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
        "X-CSRF-Token": await someone.token("/rooms"),
    }
    answer = await someone.http.post("/uploads", headers=headers)
    await answer.read()
    return answer


async def goes_on(someone: Person, at: str, offset: int, data: Any, url: str = "") -> aiohttp.ClientResponse:
    """Sends a part of an upload. `url` is that of another process."""
    headers = {
        "Upload-Offset": str(offset),
        "Content-Type": PART,
        "Tus-Resumable": "1.0.0",
        "X-CSRF-Token": await someone.token("/rooms"),
    }
    body = io.BytesIO(data) if isinstance(data, bytes) else data
    answer = await someone.http.patch(f"{url}{at}", data=body, headers=headers)
    await answer.read()
    return answer


async def uploads(someone: Person, name: str, data: bytes) -> JsonObject:
    """Uploads a file at once, and returns what is told of it."""
    begun = await begins(someone, name, len(data))
    assert begun.status == 201, await begun.text()
    at = begun.headers["Location"]
    answer = await goes_on(someone, at, 0, data)
    assert answer.status == 204, await answer.text()
    found: JsonObject = await someone.gets(at)
    return found


async def posts(listener: Listener, *files: JsonObject | str, text: str = "", **fields: Any) -> JsonObject:
    """Posts uploaded files and returns the answer."""
    nonce = secrets.token_hex(8)
    sent = [{"id": one} if isinstance(one, str) else one for one in files]
    await listener.ws.send_json({"type": "post", "nonce": nonce, "text": text, "files": sent, **fields})
    while True:
        event = await listener.hears(nonce=nonce)
        if event["type"] in ("receipt", "error", "notice"):
            return event


async def sends(
    someone: Person, room: str, *files: tuple[str, bytes], accept: str = "application/json", **fields: str
) -> aiohttp.ClientResponse:
    """Posts files by a form."""
    form = aiohttp.FormData({**fields, "csrf_token": await someone.token("/rooms")})
    for name, data in files:
        form.add_field("file", io.BytesIO(data), filename=name, content_type="application/octet-stream")
    answer = await someone.http.post(
        f"/rooms/{room}/files", data=form, headers={"Accept": accept}, allow_redirects=False
    )
    await answer.read()
    return answer
