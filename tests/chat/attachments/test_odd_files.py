"""Files as they are in reports of faults, by the real doors: what each is said to be, how it is served, and
that none takes long."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.conftest import unique
from tests.support.files import begins, goes_on, posts
from tests.support.odd_files import ODD, Odd
from tests.support.people import Listener, Person
from tests.support.servers import Aiochat

SECONDS = 30.0
"""On a busy machine. Alone none takes more than a second."""


@pytest.fixture(scope="module")
async def sender(sqlite_chat: Aiochat) -> AsyncIterator[tuple[Person, Listener]]:
    someone = await Person(sqlite_chat.url, unique("alice")).joins()
    room = unique("Odd")
    await someone.creates(room)
    yield someone, await someone.enters(room)
    await someone.close()


@pytest.mark.parametrize("odd", ODD, ids=[odd.case for odd in ODD])
async def test_an_odd_file(sender: tuple[Person, Listener], odd: Odd) -> None:
    alice, at_alice = sender
    async with asyncio.timeout(SECONDS):
        begun = await begins(alice, odd.name, len(odd.data))
        if not odd.data:
            assert (begun.status, odd.refused in await begun.text()) == (400, True)
            return
        at = begun.headers["Location"]
        assert (await goes_on(alice, at, 0, odd.data)).status == 204
        state = await alice.gets(at)
        if odd.refused:
            assert (state["ready"], odd.refused in state["error"]) == (False, True)
            return
        assert (state["ready"], state["error"]) == (True, None)
        assert (await posts(at_alice, state["id"]))["type"] == "receipt"
        file = state["file"]
    assert (file["type"], file.get("kind", odd.kind)) == (odd.type, odd.kind)
    assert file["name"] == (odd.shown_name or odd.name)
    assert ((file["width"], file["height"]) if odd.size else None) == odd.size
    assert (file["thumbnail"] is not None) == odd.shown
    is_inline = odd.kind in ("picture", "video", "sound")
    async with alice.http.get(file["url"]) as answer:
        assert answer.status == 200
        data, headers = await answer.read(), answer.headers
    assert len(data) == file["size"]
    assert (headers["Content-Type"]).partition(";")[0] == odd.type
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    given = re.fullmatch(r"(inline|attachment); filename\*=UTF-8''(\S+)", headers["Content-Disposition"])
    assert given is not None
    assert (given[1] == "inline", unquote(given[2])) == (is_inline, file["name"])
    assert not odd.gone or odd.gone not in data
    if odd.kind != "picture":
        assert data == odd.data, "as it came"
    else:
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == odd.size
            assert not image.getexif()
    if odd.shown:
        async with alice.http.get(file["thumbnail"]) as answer:
            small, headers = await answer.read(), answer.headers
        assert headers["Content-Type"] == "image/webp"
        assert "sandbox" in headers["Content-Security-Policy"]
        with Image.open(io.BytesIO(small)) as image:
            assert image.width <= 1280
    async with asyncio.timeout(SECONDS), alice.http.get(f"/files/{file['id']}/preview") as answer:
        assert answer.status == (200 if odd.kind == "text" else 404)
        preview = await answer.text()
    assert odd.kind != "text" or "<script" not in preview
