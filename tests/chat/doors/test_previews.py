"""Previews of what is written, and the emojis that there are."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from tests.chat.actions.test_mentions import post_in
from tests.conftest import Cast
from tests.support.people import JsonObject, Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import cookie_of, request


async def previews(someone: Person, room: str, text: str, **headers: str) -> tuple[int, JsonObject]:
    token = {"X-CSRF-Token": await someone.token("/rooms"), "Accept": "application/json", **headers}
    async with someone.http.post(f"/rooms/{room}/preview", data={"text": text}, headers=token) as answer:
        return answer.status, await answer.json()


async def test_a_preview_is_what_the_message_will_be(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    for text in (f"**@{bob.name}** :tada:", "```js\nlet a\n```", "*so* " * 300):
        receipt = await at_alice.says(text)
        assert (await previews(alice, lobby, text)) == (
            200,
            {"html": (await post_in(alice, lobby, receipt["number"]))["html"]},
        )
    assert (await previews(alice, lobby, "a < b\n& c")) == (200, {"html": "<p>a &lt; b<br>\n&amp; c</p>"})
    spaced = (200, {"html": '<p class="spaced">a:<br>\n  b</p>'})
    assert (await previews(alice, lobby, "a:\n  b")) == spaced, "no space is lost"
    await at_alice.is_told()
    assert len(at_alice.heard("message", kind="post")) == 3, "nothing is stored by it"


BAD_TEXTS = {
    "": "empty",
    " \n": "empty",
    "x" * 10_001: "too_long",
    "\x00\u200b": "empty",
}


@pytest.mark.parametrize(("text", "code"), BAD_TEXTS.items(), ids=BAD_TEXTS.values())
async def test_no_preview(alice: Person, lobby: str, text: str, code: str) -> None:
    status, body = await previews(alice, lobby, text)
    assert (status, body["error"]["code"]) == (400, code)
    _, russian = await previews(alice, lobby, text, **{"Accept-Language": "ru"})
    assert russian["error"]["code"] == code
    assert russian["error"]["text"] != body["error"]["text"], "said in the language of who asks"


async def test_previews_are_for_members(
    alice: Person, mallory: Person, cast: Cast, lobby: str, cellar: str
) -> None:
    assert (await previews(mallory, lobby, "x"))[0] == 403
    assert (await previews(mallory, cellar, "x"))[0] == 404
    assert (await previews(alice, "nowhere", "x"))[0] == 404
    assert (await previews(alice, "no%20where", "x"))[0] == 404
    assert (await previews(alice, cellar, "x"))[0] == 200
    assert (await previews(alice, lobby, "x", **{"X-CSRF-Token": "wrong"}))[0] == 403
    stranger = cast.stranger()
    assert (await previews(stranger, lobby, "x", **{"X-CSRF-Token": await stranger.token()}))[0] == 401


async def test_bad_previews(alice: Person, lobby: str) -> None:
    token = {"X-CSRF-Token": await alice.token("/rooms")}
    path = f"/rooms/{lobby}/preview"
    for body, kind, status in (
        (b"", "", 400),
        (b"text=%FF", "", 400),
        (b"text=%ED%A0%80", "", 400),
        (b"text=%00", "", 400),
        (b"other=x", "", 400),
        (b"text=x&" * 100, "", 400),
        (b'{"text":"x"}', "application/json", 415),
        (b"text=" + b"x" * 70_000, "", 413),
    ):
        headers = token | ({"Content-Type": kind} if kind else {})
        answer = await request(alice.url, "POST", path, cookie=cookie_of(alice), body=body, headers=headers)
        assert answer.status == status, (body[:20], answer.text)
        assert "error" in json.loads(answer.text)
    assert (await request(alice.url, "GET", path, cookie=cookie_of(alice), headers=token)).status == 405


async def test_previews_are_limited_with_messages(own_servers: None, tmp_path: Path) -> None:
    with Aiochat(env={}, data_dir=tmp_path) as chat:
        someone = Person(chat.url, "alice")
        await someone.joins()
        await someone.creates("Lobby")
        headers = {"X-CSRF-Token": await someone.token("/rooms"), "Accept": "application/json"}
        statuses: list[int] = []
        try:
            while 429 not in statuses and len(statuses) < 1000:
                answers = [
                    someone.http.post("/rooms/Lobby/preview", data={"text": "x"}, headers=headers)
                    for _ in range(50)
                ]
                for answer in await asyncio.gather(*answers):
                    statuses.append(answer.status)
                    if answer.status == 429:
                        assert (await answer.json())["error"]["code"] == "rate_limited"
                        assert answer.headers["Retry-After"] == "1"
                    answer.release()
        finally:
            await someone.close()
        assert {200, 429} == set(statuses)


async def test_the_emojis(cast: Cast) -> None:
    stranger = cast.stranger()
    async with stranger.http.get("/emoji", headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"].startswith("public, max-age=")
        assert "Set-Cookie" not in answer.headers
        tag, body = answer.headers["ETag"], await answer.read()
    emojis = json.loads(body)["emoji"]
    assert ["🎉", "party popper", "tada"] in emojis
    assert all(len(one) == 3 and all(one) for one in emojis)
    async with stranger.http.get("/emoji", headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with stranger.http.get("/emoji", headers={"If-None-Match": '"other"'}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert await answer.read() == body
    assert len(gzip.compress(body)) < 40_000
    async with stranger.http.post("/emoji") as answer:
        assert answer.status == 405
