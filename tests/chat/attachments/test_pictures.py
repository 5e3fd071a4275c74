"""Pictures in messages, through the server: drawn anew, with thumbnails, whatever they are called."""

import io

import pytest
from PIL import Image

from tests.helpers.media.test_redrawing import SECRET, exif, halves, saved
from tests.support.files import begins, goes_on, posts, uploads
from tests.support.people import Person
from tests.support.pictures import empty_png


async def test_a_photograph_is_posted(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, _ = await alice.enters(lobby), await bob.enters(lobby)
    state = await uploads(alice, "holidays.pdf", saved(halves((1600, 1200)), "JPEG", exif=exif(6)))
    await posts(at_alice, {"id": state["id"], "description": "the sea"})
    [file] = (await bob.history(lobby))[-1]["files"]
    assert (file["type"], file["width"], file["height"]) == ("image/jpeg", 1200, 1600)
    assert file["thumbnail"] == f"/files/{file['id']}/thumbnail-640.webp"
    async with bob.http.get(file["url"]) as answer:
        data = await answer.read()
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["Content-Type"] == "image/jpeg"
    assert (len(data), SECRET in data) == (file["size"], False)
    for asked, width in ((320, 320), (640, 640), (1280, 640)):
        async with bob.http.get(f"/files/{file['id']}/thumbnail-{asked}.webp") as answer:
            assert answer.headers["Content-Type"] == "image/webp"
            assert Image.open(io.BytesIO(await answer.read())).width == width
            etag = answer.headers["ETag"]
        again = {"If-None-Match": etag}
        async with bob.http.get(f"/files/{file['id']}/thumbnail-{asked}.webp", headers=again) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
    async with bob.http.get(f"/files/{file['id']}/thumbnail-99.webp") as answer:
        assert answer.headers["Content-Type"] == "image/jpeg", "the name is for people alone"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("page.gif", b"GIF89a<script>alert(1)</script>", "application/octet-stream"),
        ("picture.png", b"<html><script>alert(1)</script>", "text/plain"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "text/plain"),
        ("wide.png", empty_png(30_000, 1), "application/octet-stream"),
        ("a.html", b"\xef\xbb\xbf<!doctype html>", "text/plain"),
        ("doc.pdf", b"%PDF-1.7 <script>", "application/pdf"),
    ],
)
async def test_what_is_no_picture_is_offered_for_saving(
    alice: Person, name: str, data: bytes, kind: str
) -> None:
    state = await uploads(alice, name, data)
    assert (state["file"]["type"], state["file"]["thumbnail"]) == (kind, None)
    async with alice.http.get(state["file"]["url"]) as answer:
        assert await answer.read() == data
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert not answer.headers["Content-Type"].startswith("text/html")


async def test_a_picture_that_is_too_large_is_refused(alice: Person) -> None:
    data = saved(Image.new("L", (20_001, 1)), "JPEG")
    at = (await begins(alice, "wide.jpg", len(data))).headers["Location"]
    assert (await goes_on(alice, at, 0, data)).status == 204
    state = await alice.gets(at)
    assert (state["ready"], state["file"]) == (False, None)
    assert state["error"].startswith("This picture is too large.")
