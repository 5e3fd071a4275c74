"""Files are sent in parts or by a form, posted as one message, and read wherever messages are."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from chat.attachments.attachments import PART
from tests.helpers.media.test_redrawing import halves, saved
from tests.support.files import begins, goes_on, posts, sends, uploads
from tests.support.people import PATIENCE, Person

PNG = saved(halves(), "PNG")
HELLO = b"hello, file\n"


async def read(someone: Person, url: str, **headers: str) -> tuple[int, bytes, Any]:
    async with someone.http.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_a_file_is_posted_and_read(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    started = at_bob.heard("caught_up")[0]["seq"]
    state = await uploads(alice, "an ünusual näme.txt", HELLO)
    assert (state["ready"], state["offset"], state["error"]) == (True, len(HELLO), None)
    assert state["file"]["type"] == "text/plain"
    receipt = await posts(at_alice, {"id": state["id"], "description": "a  greeting"}, text="look")
    assert receipt["type"] == "receipt"
    live = await at_bob.hears("message", number=receipt["number"])
    [file] = live["files"]
    assert file == {**state["file"], "description": "a greeting"}
    assert (file["name"], file["size"], file["width"], file["thumbnail"]) == (
        "an ünusual näme.txt",
        len(HELLO),
        None,
        None,
    )
    stored = next(line for line in await bob.history(lobby) if line.get("number") == receipt["number"])
    again = (await bob.enters(lobby, since=started)).heard("message", number=receipt["number"])[0]
    one = (await bob.gets(f"/rooms/{lobby}/{receipt['number']}"))["message"]
    assert all({**other, "nonce": None} == {**live, "nonce": None} for other in (stored, again, one))
    status, data, headers = await read(bob, file["url"])
    assert (status, data) == (200, HELLO)
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''an%20%C3%BCnusual")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "private, no-cache")
    assert (await read(bob, file["url"], **{"If-None-Match": headers["ETag"]}))[0] == 304
    for asked, expected, span in (
        ("bytes=0-4", b"hello", "0-4"),
        ("bytes=7-", b"file\n", "7-11"),
        ("bytes=-5", b"file\n", "7-11"),
        ("bytes=7-99", b"file\n", "7-11"),
    ):
        status, data, headers = await read(bob, file["url"], Range=asked)
        assert (status, data) == (206, expected)
        assert headers["Content-Range"] == f"bytes {span}/{len(HELLO)}"
    for asked in ("bytes=12-", "bytes=5-2"):
        assert (await read(bob, file["url"], Range=asked))[0] == 416
    for asked in ("bytes=0-1,3-4", "lines=1-2", "bytes=-"):
        assert (await read(bob, file["url"], Range=asked))[:2] == (200, HELLO)
    assert (await read(bob, file["url"], Range="bytes=0-4", **{"If-Range": '"other"'}))[0] == 200


async def test_files_need_no_text_and_keep_their_order(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    ids = [(await uploads(alice, f"{place}.txt", f"file {place}".encode()))["id"] for place in range(10)]
    ids.reverse()
    receipt = await posts(at_alice, *ids)
    found = (await alice.gets(f"/rooms/{lobby}/{receipt['number']}"))["message"]
    assert (found["text"], [file["id"] for file in found["files"]]) == ("", ids)
    await at_alice.ws.send_json({"type": "edit", "number": receipt["number"], "text": "now"})
    changed = await at_alice.hears("changed", number=receipt["number"])
    assert (changed["text"], [file["id"] for file in changed["files"]]) == ("now", ids)


async def test_an_upload_goes_on_where_it_broke(alice: Person, lobby: str) -> None:
    data = secrets.token_bytes(PART + 1000)
    at = (await begins(alice, "data.bin", len(data))).headers["Location"]

    async def breaks() -> AsyncIterator[bytes]:
        yield data[: PART // 2]
        yield data[PART // 2 : PART + 10]
        raise OSError("a tunnel")

    with pytest.raises((OSError, Exception)):
        await goes_on(alice, at, 0, breaks())
    while True:
        async with alice.http.head(at) as answer:
            offset = int(answer.headers["Upload-Offset"])
            if offset == PART + 10:
                break
    assert (await goes_on(alice, at, 0, data)).status == 409, "another offset"
    assert (await goes_on(alice, at, offset, data[offset:] + b"x")).status == 413
    answer = await goes_on(alice, at, offset, data[offset:])
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    state = await alice.gets(at)
    assert state["ready"]
    assert state["file"]["type"] == "application/octet-stream"
    assert (await read(alice, state["file"]["url"]))[1] == data


async def test_a_form_posts_files(alice: Person, bob: Person, lobby: str) -> None:
    await alice.enters(lobby)
    nonce = secrets.token_hex(8)
    files = (("a.txt", HELLO), ("../b/c.txt", b"another"))
    for _ in range(2):
        answer = await sends(alice, lobby, *files, text="two of *them*", nonce=nonce)
        assert answer.status == 201, await answer.text()
    message = (await answer.json())["message"]
    assert [(one["name"], one["size"]) for one in message["files"]] == [("a.txt", 12), ("c.txt", 7)]
    assert message["html"] == "<p>two of <em>them</em></p>"
    lines = [line for line in await alice.history(lobby) if line.get("files")]
    assert [line["number"] for line in lines] == [message["number"]], "sent twice it is one"
    answer = await sends(
        alice, lobby, ("d.txt", b"d"), accept="text/html,*/*", reply_to=str(message["number"])
    )
    assert (answer.status, answer.headers["Location"]) == (303, f"/rooms/{lobby}")
    assert (await sends(alice, lobby, text="no file")).status == 201
    for wrong in ({}, {"text": "/topic x"}, {"text": "x", "reply_to": "y"}, {"text": "x", "nonce": "a b"}):
        assert (await sends(alice, lobby, **wrong)).status == 400
    assert (await sends(bob, lobby, ("a.txt", HELLO))).status == 403, "who is no member posts nothing"


async def test_what_a_post_may_not_refer_to(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    state = await uploads(alice, "mine.txt", HELLO)
    whole = state["id"]
    unready = (await begins(alice, "half.txt", 100)).headers["Location"].rpartition("/")[2]
    assert (await posts(at_bob, whole))["code"] == "no_such_file", "another's"
    assert (await posts(at_alice, "A" * 22))["code"] == "no_such_file"
    assert (await posts(at_alice, unready))["code"] == "file_not_ready"
    assert (await posts(at_alice, whole, whole))["code"] == "too_many_files"
    assert (await posts(at_alice, *map(str, range(11))))["code"] == "too_many_files"
    assert (await posts(at_alice, {"id": whole, "description": "x" * 1001}))["code"] == "too_long_description"
    assert (await posts(at_alice, whole, text="/topic x"))["code"] == "bad_request"
    assert (await posts(at_alice, whole))["type"] == "receipt", "nothing was used up"
    assert (await posts(at_alice, whole))["code"] == "file_used"
    async with alice.http.delete(
        f"/uploads/{unready}", headers={"X-CSRF-Token": await alice.token()}
    ) as gone:
        assert gone.status == 204
    async with alice.http.head(f"/uploads/{unready}") as answer:
        assert answer.status == 404


async def test_who_may_read_it(alice: Person, bob: Person, mallory: Person, cellar: str) -> None:
    at_alice = await alice.enters(cellar)
    state = await uploads(alice, "secret.txt", HELLO)
    url = state["file"]["url"]
    assert (await read(alice, url))[0] == 200
    assert (await read(mallory, url))[0] == 404, "before it is posted it is its sender's"
    assert (await mallory.http.get(f"/uploads/{state['id']}")).status == 404
    number = (await posts(at_alice, state["id"]))["number"]
    await at_alice.brings(cellar, bob)
    assert (await read(bob, url))[0] == 200
    assert (await read(mallory, url))[0] == 404
    assert (await at_alice.says(f"/kick {bob.name}"))["type"] == "receipt"
    assert (await read(bob, url))[0] == 404, "at once"
    await at_alice.ws.send_json({"type": "delete", "number": number})
    await at_alice.hears("changed", number=number, deleted=True)
    assert (await read(alice, url))[0] == 404
    await at_alice.ws.send_json({"type": "undelete", "number": number})
    back = await at_alice.hears("changed", number=number)
    assert back["files"][0]["url"] == url
    assert (await read(alice, url))[:2] == (200, HELLO)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "0"}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1e3"}, 400),
        ({}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Length": "50000001"}, 413),
        ({"Upload-Length": "5", "Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "filename !!"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "filename //79"}, 400),
        ({"Upload-Length": "5", "Tus-Resumable": "0.2"}, 412),
    ],
)
async def test_bad_beginnings(alice: Person, headers: dict[str, str], status: int) -> None:
    headers["X-CSRF-Token"] = await alice.token("/rooms")
    async with alice.http.post("/uploads", headers=headers) as answer:
        assert answer.status == status, await answer.text()


async def test_bad_parts(alice: Person, bob: Person) -> None:
    at = (await begins(alice, "x", 5)).headers["Location"]
    token = {"X-CSRF-Token": await alice.token("/rooms")}
    part = {"Content-Type": "application/offset+octet-stream", **token}
    for headers, status in (
        ({**part}, 400),
        ({**part, "Upload-Offset": "x"}, 400),
        ({**part, "Upload-Offset": "3"}, 409),
        ({**part, "Upload-Offset": "0", "Tus-Resumable": "2.0.0"}, 412),
        ({**token, "Upload-Offset": "0"}, 415),
    ):
        async with alice.http.patch(at, data=b"x", headers=headers) as answer:
            assert answer.status == status, headers
    assert (await goes_on(bob, at, 0, b"hello")).status == 404
    assert (await alice.gets(at))["offset"] == 0
    async with alice.http.options("/uploads", headers=token) as answer:
        assert (answer.status, answer.headers["Tus-Max-Size"]) == (204, "50000000")


async def test_the_files_of_a_room(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    numbers = []
    for place in range(25):
        ids = [
            (await uploads(alice, f"{place}-{one}.txt", f"{place} {one}".encode()))["id"] for one in range(2)
        ]
        numbers.append((await posts(at_alice, *ids))["number"])
    sound = (await uploads(bob, "horn", b"fLaC" + bytes(100)))["id"]
    last = (await posts(at_bob, {"id": sound, "description": "a horn"}))["number"]
    await at_alice.ws.send_json({"type": "delete", "number": numbers[-1]})
    await at_alice.hears("changed", number=numbers[-1], deleted=True)
    found = await alice.gets(f"/rooms/{lobby}/files")
    assert (found["more"], len(found["files"])) == (True, 40)
    first = found["files"][0]
    assert (first["name"], first["description"], first["type"]) == ("horn", "a horn", "audio/flac")
    assert (first["by"], first["message"]) == (bob.name, last)
    assert found["files"][1]["name"] == "23-1.txt", "not the deleted ones"
    rest = await alice.gets(f"/rooms/{lobby}/files?before={found['cursor']}")
    assert (rest["more"], len({one["id"] for one in found["files"] + rest["files"]})) == (False, 49)
    only = await alice.gets(f"/rooms/{lobby}/files?kind=sound")
    assert [one["id"] for one in only["files"]] == [sound]
    assert len((await alice.gets(f"/rooms/{lobby}/files?by={bob.name}&kind=sound"))["files"]) == 1
    assert (await alice.gets(f"/rooms/{lobby}/files?by={bob.name}&kind=text"))["files"] == []
    assert (await alice.gets(f"/rooms/{lobby}/files?by=nobody"))["files"] == []
    named = await alice.gets(f"/rooms/{lobby}/files?q=7-1.TXT")
    assert [one["name"] for one in named["files"]] == ["17-1.txt", "7-1.txt"]
    assert [one["id"] for one in (await alice.gets(f"/rooms/{lobby}/files?q=a%20H%C3%B3rn"))["files"]] == [
        sound
    ]
    assert (await alice.gets(f"/rooms/{lobby}/files?q=horn+txt")) == {
        "files": [],
        "more": False,
        "cursor": None,
    }
    for wrong in (f"q={'x' * 201}", "kind=all", "before=x", "before=9"):
        assert (await read(alice, f"/rooms/{lobby}/files?{wrong}"))[0] == 400
    status, page, _ = await read(alice, f"/rooms/{lobby}/files?kind=text", Accept="text/html")
    assert (status, page.count(b'class="shared-file"')) == (200, 40)
    assert (await at_alice.says("/clear"))["type"] == "cleared"
    assert (await alice.gets(f"/rooms/{lobby}/files"))["files"] == []


async def test_files_are_found(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    picture, text = await uploads(alice, "walrus.png", PNG), await uploads(alice, "penguin.txt", HELLO)
    await posts(at_alice, {"id": picture["id"], "description": "on the beach"})
    number = (await posts(at_alice, text["id"], text="read this"))["number"]
    await at_alice.says("no walrus here")

    async def found(asked: str) -> list[int]:
        answer = await bob.gets(f"/search?q={quote(f'in:{lobby} {asked}')}")
        marked.extend(one["marked"] for one in answer["results"])
        return [one["message"]["number"] for one in answer["results"]]

    marked: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while await found("walrus") != [3, 1]:
            await asyncio.sleep(0.05)
    # Where the word is, also beside the text.
    assert marked[-2:] == ["no <mark>walrus</mark> here", "<mark>walrus</mark>.png on the beach"]
    assert await found("has:file") == [number, 1]
    assert await found("has:picture") == [1]
    assert await found("beach has:picture") == [1]
    assert await found("penguin") == [number]
    assert marked[-2:] == ["walrus.png on the <mark>beach</mark>", "read this <mark>penguin</mark>.txt"]
    await at_alice.ws.send_json({"type": "delete", "number": 1})
    await at_alice.hears("changed", number=1, deleted=True)
    assert await found("has:picture") == []
