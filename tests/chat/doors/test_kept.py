"""What has become of the lines that a browser keeps."""

from typing import Any

import pytest

from tests.conftest import Cast, unique
from tests.support.people import JsonObject, Listener, Person
from tests.support.wire.raw_http import cookie_of, request


async def id_of(someone: Person, room: str) -> int:
    """As the room's page tells it."""
    answer = await request(someone.url, "GET", f"/rooms/{room}", cookie=cookie_of(someone))
    return int(answer.text.split('"kept": {')[1].split('"room": ')[1].split("}")[0])


async def last_seq(someone: Person, room: str) -> int:
    return int((await someone.gets(f"/rooms/{room}/messages"))["messages"][-1]["seq"])


async def kept(someone: Person, *asked: tuple[int, int, int]) -> list[JsonObject]:
    query = "&".join(f"kept={room}-{last}-{since}" for room, last, since in asked)
    answer = await someone.gets(f"/kept?{query}")
    assert answer["epoch"]
    rooms: list[JsonObject] = answer["rooms"]
    return rooms


@pytest.fixture
async def at_alice(alice: Person, lobby: str) -> Listener:
    found = await alice.enters(lobby)
    for text in ("one", "two", "three"):
        await found.says(text)
    return found


async def changes(listener: Listener, number: int, **change: Any) -> None:
    nonce = unique("change")
    await listener.ws.send_json({"number": number, "nonce": nonce, **change})
    await listener.hears("receipt", nonce=nonce)


async def test_what_was_changed_is_told_once(alice: Person, lobby: str, at_alice: Listener) -> None:
    room, last = await id_of(alice, lobby), await last_seq(alice, lobby)
    assert await kept(alice, (room, last, last)) == [
        {"room": room, "last_seq": last, "cleared_seq": 0, "changed": []}
    ]
    await changes(at_alice, 1, type="delete")
    await changes(at_alice, 2, type="edit", text="TWO")
    await at_alice.says("four")
    [found] = await kept(alice, (room, last, last))
    assert [(line["number"], line["text"]) for line in found["changed"]] == [(1, ""), (2, "TWO")]
    assert found["changed"][0]["deleted"]
    assert found["last_seq"] == last + 3
    # The one that came later isn't kept there, and what was told needn't be told again.
    assert (await kept(alice, (room, last, last + 1)))[0]["changed"][0]["number"] == 2
    assert (await kept(alice, (room, last, found["last_seq"])))[0]["changed"] == []


async def test_what_was_cleared(alice: Person, lobby: str, at_alice: Listener) -> None:
    room, last = await id_of(alice, lobby), await last_seq(alice, lobby)
    await changes(at_alice, 1, type="edit", text="ONE")
    await at_alice.says("/clear")
    [found] = await kept(alice, (room, last, last))
    assert found["changed"] == []
    assert found["cleared_seq"] == found["last_seq"] == last + 2


async def test_only_of_ones_own_rooms(
    alice: Person, bob: Person, mallory: Person, lobby: str, cellar: str, at_alice: Listener
) -> None:
    rooms = [await id_of(alice, lobby), await id_of(alice, cellar)]
    assert {found["room"] for found in await kept(alice, *((room, 0, 0) for room in rooms))} == set(rooms)
    assert await kept(mallory, *((room, 0, 0) for room in rooms)) == [], "an open one isn't hers either"
    at_bob = await bob.enters(lobby)
    assert len(await kept(bob, (rooms[0], 0, 0))) == 1
    await at_bob.types("/leave")
    await at_bob.ends()
    assert await kept(bob, (rooms[0], 0, 0)) == []


async def test_what_is_too_much_or_of_another_history_is_left_out(
    alice: Person, lobby: str, at_alice: Listener
) -> None:
    room, last = await id_of(alice, lobby), await last_seq(alice, lobby)
    assert await kept(alice, (room, last + 9, last + 9)) == []
    assert await kept(alice, (room, last, last - 1)) == [], "lines that it can't have"
    assert await kept(alice, (10**15, 1, 1)) == []
    assert await kept(alice) == []


BAD = ("1", "1-2", "1-2-3-4", "a-1-1", "1--1", "-1-1-1", "1-2-\u0663", f"1-1-{10**16}", "")


@pytest.mark.parametrize("text", BAD)
async def test_bad_questions(alice: Person, text: str) -> None:
    async with alice.http.get("/kept", params={"kept": text}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_request")


async def test_at_most_twenty(alice: Person, cast: Cast) -> None:
    for count, status in ((20, 200), (21, 400)):
        answer = await request(
            cast.url, "GET", "/kept?" + "&".join(["kept=1-1-1"] * count), cookie=cookie_of(alice)
        )
        assert answer.status == status


async def test_pages_say_for_whom_they_are(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    async def told(cookie: str, path: str) -> str | None:
        return (await request(cast.url, "GET", path, cookie=cookie)).headers.get("Signed-In-As")

    own = await told(cookie_of(alice), "/rooms")
    assert own
    assert alice.name not in own
    assert await told(cookie_of(alice), f"/rooms/{lobby}") == own
    assert await told(cookie_of(bob), "/rooms") not in (own, "nobody", None)
    assert await told("", "/accounts/login") == "nobody"
    assert await told(cookie_of(alice), f"/rooms/{lobby}/messages") is None
    await alice.returns()
    assert await told(cookie_of(alice), "/rooms") == own, "the same in another session"


async def test_the_service_worker_is_asked_for_each_time(cast: Cast) -> None:
    answer = await request(cast.url, "GET", "/service-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; connect-src 'self'"
    again = await request(
        cast.url, "GET", "/service-worker.js", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status == 304
    assert "import " not in answer.text
