"""Posts that are held: their author's view of them, who answers them, and the log of the rules."""

import asyncio
from typing import Any

import pytest

from tests.administration.conftest import acts
from tests.chat.order.test_acts import does, log_of, refused
from tests.chat.order.test_filters import adds, answers, held, workers
from tests.conftest import Cast, unique
from tests.support.deleted_accounts import change, rows
from tests.support.feed_reader import asks as sends
from tests.support.files import uploads
from tests.support.people import PATIENCE, JsonObject, Listener, Person, person
from tests.support.servers import Aiochat

pytestmark = pytest.mark.usefixtures("door")

__all__ = ["workers"]


async def told(listener: Listener, room: str, **expected: Any) -> list[JsonObject]:
    """What the author is told of their posts that wait in the room, once it is as expected."""
    async with asyncio.timeout(PATIENCE):
        while True:
            event = await listener.hears("unread", whole=True)
            found = [one for one in event.get("held", []) if one["name"] == room]
            if [(one["text"], one.get("refused", False)) for one in found] == expected["are"]:
                return found


async def withdraws(someone: Person, one: JsonObject) -> int:
    status, _ = await sends(someone, f"/held/{one['held']}/withdraw")
    return status


async def test_its_author_sees_what_waits_and_what_became_of_it(
    alice: Person, bob: Person, cast: Cast, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_bob, at_carol = await bob.enters(lobby), await carol.enters(lobby)
    await adds(alice, lobby, "word", "viagra")
    for text in ("viagra one", "viagra two", "viagra three"):
        assert (await at_bob.says(text))["type"] == "notice"
    three = [("viagra one", False), ("viagra two", False), ("viagra three", False)]
    first, second, third = await told(at_bob, lobby, are=three)
    listed = (await bob.gets("/rooms"))["held"]
    assert [one["text"] for one in listed if one["name"] == lobby] == [text for text, _ in three]
    # Nobody else can take it back, and it isn't theirs to see.
    assert await withdraws(carol, first) == 404
    assert not (await carol.gets("/rooms"))["held"]
    assert await withdraws(bob, first) == 204
    assert await withdraws(bob, first) == 204, "again it changes nothing"
    await told(at_bob, lobby, are=three[1:])
    assert [one["held"] for one in await held(alice, lobby)] == [second["held"], third["held"]]
    assert (await answers(alice, lobby, first, "approve"))[0] == 409
    await answers(alice, lobby, second, "reject")
    await told(at_bob, lobby, are=[("viagra two", True), three[2]])
    await answers(alice, lobby, third, "approve")
    await told(at_bob, lobby, are=[("viagra two", True)])
    assert await withdraws(bob, second) == 204, "it was read"
    await told(at_bob, lobby, are=[])
    assert [line["text"] for line in await alice.history(lobby) if "number" in line] == ["viagra three"]
    assert not at_carol.heard("message", text="viagra one")


async def test_of_the_author_and_a_moderator_one_is_first(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    await adds(alice, lobby, "word", "viagra")
    for place in range(4):
        await at_bob.says(f"viagra {place}")
        [one] = await held(alice, lobby)
        (status, _), withdrawn = await asyncio.gather(
            answers(alice, lobby, one, "approve"), withdraws(bob, one)
        )
        assert (status, withdrawn) in ((200, 204), (409, 204))
        posted = [line["text"] for line in await alice.history(lobby) if "number" in line]
        assert (f"viagra {place}" in posted) is (status == 200)


async def test_where_nobody_keeps_order_the_site_does(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    at_bob = await bob.enters(lobby)
    await adds(alice, lobby, "word", "viagra")
    await at_bob.says("viagra one")
    await at_bob.says("viagra two")

    async def queue() -> list[JsonObject]:
        found: list[JsonObject] = (await cast.boss.gets("/admin/reports"))["held"]
        return [one for one in found if one["room"].get("name") == lobby]

    assert not await queue()
    change(chat, f"UPDATE members SET role = 1 WHERE room_id = (SELECT id FROM rooms WHERE name = '{lobby}')")
    first, second = await queue()
    assert (first["text"], first["author"], first["why"]) == ("viagra one", bob.name, "viagra")
    for one, answer in ((first, "approve"), (second, "reject")):
        form = {"held": str(one["held"]), "answer": answer}
        assert (await acts(bob, "/admin/reports", **form))[0] == 403
        assert (await sends(cast.boss, "/admin/reports", **form))[0] == 200
    assert not await queue()
    assert (await sends(cast.boss, "/admin/reports", held="9" * 15, answer="approve"))[0] == 404
    assert [line["text"] for line in await bob.history(lobby) if "number" in line] == ["viagra one"]


async def test_the_log_has_the_filters_and_undoes_them(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await adds(alice, lobby, "word", "viagra", "refuse")
    await adds(alice, lobby, "word", "viagra", "refuse")  # changes nothing, and so is no act
    [entry] = (await log_of(bob, lobby))["entries"]
    assert (entry["act"], entry["by"]) == ("add_filter", alice.name)
    assert "viagra" not in str(entry), "all members read the log"
    assert (await at_bob.says("viagra"))["code"] == "filtered"
    await does(at_alice, "/undo A1")
    assert (await at_bob.says("viagra"))["type"] == "receipt"
    await adds(alice, lobby, "new", "3")
    await adds(alice, lobby, "new", "5")
    assert await refused(at_bob, "/undo A4") == "forbidden"
    await does(at_alice, "/undo A4")
    of_room = f"room_id = (SELECT id FROM rooms WHERE name = '{lobby}')"
    assert rows(chat, f"SELECT kind, pattern FROM filters WHERE {of_room}") == [("new", "3")]
    await adds(alice, lobby, "new", "0")
    assert (await log_of(bob, lobby))["entries"][0]["act"] == "add_filter"
    assert await refused(at_alice, "/undo A3") == "in_the_way"
    await does(at_alice, "/undo A6")
    assert rows(chat, f"SELECT kind, pattern FROM filters WHERE {of_room}") == [("new", "3")]


async def test_what_is_held_goes_with_its_author(
    chat: Aiochat, cast: Cast, alice: Person, lobby: str
) -> None:
    dave = await cast.person("dave")
    await adds(alice, lobby, "word", "viagra")
    await (await dave.enters(lobby)).says("viagra one")
    [one] = await held(alice, lobby)
    await dave.submits("/accounts/delete", password="correct horse battery", messages="keep")
    async with asyncio.timeout(PATIENCE):
        while await held(alice, lobby):
            await asyncio.sleep(0.05)
    # What is left of it is removed when the purge comes by, maybe by now.
    assert rows(chat, f"SELECT text FROM held_posts WHERE id = {one['held']} AND text <> ''") == []


async def test_a_flood_over_several_workers_is_reported(workers: list[Aiochat]) -> None:
    one, two = workers
    async with person(one.url, unique("alice")) as alice, person(one.url, unique("bob")) as bob:
        await alice.joins()
        await bob.joins()
        found = [unique("Flood") for _ in range(3)]
        for place, room in enumerate(found):
            await alice.creates(room)
            at_room = await bob.enters(room, url=(two if place == 1 else one).url)
            assert (await at_room.says("visit my wonderful shop"))["type"] == "receipt"
        async with asyncio.timeout(PATIENCE):
            while not (await alice.gets(f"/rooms/{found[2]}/reports"))["reports"]:
                await asyncio.sleep(0.05)


async def test_moderators_read_how_its_files_are_called_and_they_go_with_it(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_bob = await bob.enters(lobby)
    await adds(alice, lobby, "word", "viagra")
    state = await uploads(bob, "prices.txt", b"much\n")
    await at_bob.ws.send_json(
        {"type": "post", "text": "viagra", "nonce": unique("n"), "files": [{"id": state["id"]}]}
    )
    [one] = await told(at_bob, lobby, are=[("viagra", False)])
    assert [found["files"] for found in await held(alice, lobby)] == [["prices.txt"]]
    async with alice.http.get(f"/rooms/{lobby}/reports", headers={"Accept": "text/html"}) as page:
        assert "prices.txt" in await page.text()
    assert await withdraws(bob, one) == 204
    assert (await bob.http.get(state["file"]["url"])).status == 404
