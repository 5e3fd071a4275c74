"""How long messages are kept, as a room's people meet it: its settings, what pages are told live, and
what a page shows that is loaded afterwards."""

import asyncio

import pytest

from tests.conftest import Cast
from tests.support.deleted_accounts import asks, change, rows
from tests.support.people import PATIENCE, Person
from tests.support.room_state import RoomState, differences, embedded
from tests.support.servers import Aiochat

DAY = 86_400_000


async def decides(someone: Person, room: str, **fields: str) -> int:
    answer = await someone.submits(f"/rooms/{room}/settings", act="retention", **fields)
    return answer.status


async def text(someone: Person, path: str) -> str:
    async with someone.http.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_what_pages_are_told_is_what_a_fresh_one_shows(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    here = f"room_id = (SELECT id FROM rooms WHERE slug = '{lobby.lower()}')"
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    carol = await cast.person("carol")
    await (await carol.enters(lobby)).close()
    carols = await carol.connects()
    for number in range(1, 6):
        await at_alice.says(f"text {number} @{carol.name}")
    await at_bob.is_told()
    page = await embedded(bob, lobby)
    listener = await bob.enters(lobby, since=page["last_seq"], epoch=page["epoch"])
    assert await decides(alice, lobby, days="30") == 303
    line = await listener.hears("message", kind="retention")
    assert line["text"] == "30"
    change(chat, f"UPDATE messages SET at = at - {40 * DAY} WHERE {here} AND number <= 3")
    change(chat, f"UPDATE messages SET at = at - {40 * DAY} WHERE {here} AND number IS NULL AND seq < 4")
    change(chat, f"UPDATE rooms SET retention_since = 0 WHERE slug = '{lobby.lower()}'")
    told = await listener.hears("expired")
    assert told["number"] == 3
    unread = await carols.hears("unread")
    while not any(room["name"] == lobby and room.get("mentions") == 2 for room in unread["rooms"]):
        unread = await carols.hears("unread")

    fresh_page = await embedded(bob, lobby)
    state, fresh = RoomState(page), RoomState(fresh_page)
    async with asyncio.timeout(PATIENCE):
        while True:
            await listener.is_told()
            state = RoomState(page)
            for event in listener.events:
                state.take(event)
            fresh = RoomState(await embedded(bob, lobby))
            found = [one for one in differences(state.shown(), fresh.shown())]
            if not found:
                break
            await asyncio.sleep(0.1)
    assert [line["number"] for line in state.lines.values() if "number" in line] == [4, 5]
    # Who comes back from before gets what there is.
    again = await bob.enters(lobby, since=3, epoch=page["epoch"])
    state = RoomState(page)
    for event in again.events:
        state.take(event)
    assert min(state.lines) >= told["before"]
    async with bob.http.get(f"/rooms/{lobby}/2") as answer:
        assert answer.status == 404
    assert not rows(chat, f"SELECT 1 FROM mentions WHERE {here} AND number <= 3")


async def test_the_settings(alice: Person, bob: Person, lobby: str) -> None:
    page = f"/rooms/{lobby}/settings"
    await (await bob.enters(lobby)).close()
    assert "Messages are kept for good." in await text(bob, page)
    await decides(bob, lobby, days="30")
    assert "Messages are kept for good." in await text(bob, page), "that is for its owner"
    for bad in ("0", "-1", "1.5", "x", "40000", "9" * 30, "٣"):
        await decides(alice, lobby, days=bad)
        assert "Messages are kept for good." in await text(bob, page), bad
    await decides(alice, lobby, days="90", keeps_pinned="yes")
    shown = await text(bob, page)
    assert "Messages are kept here for 90 days" in shown
    assert "Pinned ones stay." in shown
    [entry] = (await bob.gets(f"/rooms/{lobby}/log"))["entries"]
    assert (entry["act"], entry["number"]) == ("retention", 1)
    at_alice = await alice.enters(lobby)
    assert (await at_alice.says("/undo A1"))["type"] == "receipt"
    assert "Messages are kept for good." in await text(bob, page)
    assert (await at_alice.says("/log"))["text"].count("keep its messages for 90 days") == 1


@pytest.mark.parametrize("answer", ["json"])
async def test_by_a_program(alice: Person, lobby: str, answer: str) -> None:
    headers = {"Accept": "application/json", "X-CSRF-Token": await alice.token("/rooms")}
    path = f"/rooms/{lobby}/settings"
    async with alice.http.post(path, data={"act": "retention", "days": "x"}, headers=headers) as found:
        assert (found.status, (await found.json())["error"]["code"]) == (400, "bad_usage")
    async with alice.http.post(path, data={"act": "retention", "days": "7"}, headers=headers) as found:
        assert (found.status, (await found.json())["act"]) == (200, 1)


async def test_the_address_of_a_pinned_message_goes_on_leading_to_it(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    here = f"room_id = (SELECT id FROM rooms WHERE slug = '{lobby.lower()}')"
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for number in range(1, 5):
        await at_alice.says(f"text {number} of {lobby}")
    await asks(at_alice, type="pin", number=2, on=True)
    assert await decides(alice, lobby, days="30", keeps_pinned="yes") == 303
    change(chat, f"UPDATE messages SET at = at - {40 * DAY} WHERE {here} AND number <= 3")
    change(chat, f"UPDATE messages SET at = at - {40 * DAY} WHERE {here} AND number IS NULL AND seq < 4")
    change(chat, f"UPDATE rooms SET retention_since = 0 WHERE slug = '{lobby.lower()}'")
    assert (await at_bob.hears("expired"))["pinned"] is True
    shown = await text(bob, f"/rooms/{lobby}/2")
    assert [f"text {number} of {lobby}" in shown for number in range(1, 5)] == [False, True, False, True]
    assert (await bob.gets(f"/rooms/{lobby}/2"))["message"]["text"] == f"text 2 of {lobby}"
    found = await bob.gets(f"/rooms/{lobby}/messages?around=2&limit=2")
    assert found["messages"][0]["number"] == 2
    async with bob.http.get(f"/rooms/{lobby}/3") as answer:
        assert answer.status == 404
