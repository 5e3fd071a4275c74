"""Who owns a room takes it along as a ZIP; what is in it: tests/operations/saving/test_export.py."""

import io
import json
import zipfile

from tests.conftest import unique
from tests.support.files import posts, uploads
from tests.support.people import Person


async def test_a_room_is_downloaded(alice: Person, bob: Person) -> None:
    room = (await alice.creates(unique("Taken")))["name"]
    at_alice, at_bob = await alice.enters(room), await bob.enters(room)
    assert (await at_bob.says("of before"))["number"] == 1
    await at_alice.says("/clear")
    state = await uploads(alice, "notes.txt", b"notes\n")
    await posts(at_alice, state["id"], text="still there")
    said = await at_alice.says("/export jsonl")
    address = f"/rooms/{room}/export?as=jsonl"
    assert said["text"] == f"Download it here: {address}"
    async with alice.http.get(address) as answer:
        assert (answer.status, answer.content_type) == (200, "application/zip")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{room}.zip"'
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.namelist() == [f"{room}/messages.jsonl", f"{room}/files/2-1 notes.txt"]
    _, message = map(json.loads, archive.read(f"{room}/messages.jsonl").splitlines())
    assert (message["number"], message["text"]) == (2, "still there")
    async with alice.http.get(f"/rooms/{room}/export?as=text&files=0") as answer:
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.namelist() == [f"{room}/messages.txt"]
    async with alice.http.get(f"/rooms/{room}/export?as=pdf") as answer:
        assert answer.status == 400
    async with bob.http.get(address) as answer:
        assert answer.status == 403
    assert (await at_bob.says("/export"))["code"] == "forbidden"
    async with alice.http.get(f"/rooms/{room}/settings") as answer:
        assert 'id="export-as"' in await answer.text()
    async with bob.http.get(f"/rooms/{room}/settings") as answer:
        assert 'id="export-as"' not in await answer.text()
