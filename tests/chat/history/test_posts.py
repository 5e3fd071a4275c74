"""A post by its number: its own address, what is around it, what it said before; and what is
pinned. On both databases."""

import asyncio
import json
import re
from typing import Any

from tests.chat.actions.test_editing import asks
from tests.support.people import PATIENCE, JsonObject, Listener, Person


async def says_many(listener: Listener, count: int) -> None:
    for number in range(1, count + 1):
        await listener.ws.send_json({"type": "post", "text": f"line {number}", "nonce": f"many-{number}"})
    await listener.hears("message", number=count)


async def state_of(someone: Person, path: str) -> JsonObject:
    """What a page begins with."""
    async with someone.http.get(path) as answer:
        assert answer.status == 200
        found = re.search(r'<script[^>]*id="room-state"[^>]*>(.*?)</script>', await answer.text(), re.DOTALL)
    assert found
    state: JsonObject = json.loads(found[1])
    return state


async def refusal(someone: Person, path: str) -> tuple[int, str]:
    async with someone.http.get(path, headers={"Accept": "application/json"}) as answer:
        return answer.status, (await answer.json())["error"]["code"]


def numbers(lines: list[JsonObject]) -> list[int]:
    return [line["number"] for line in lines if "number" in line]


async def test_the_page_opens_around_a_post(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await says_many(at_alice, 120)
    state = await state_of(bob, f"/rooms/{lobby}/60")
    assert (state["around"], state["more"], state["newer"]) == (60, True, True)
    assert numbers(state["messages"]) == list(range(35, 85))
    assert state["last_number"] == 120
    near_end, near_start = (
        await state_of(bob, f"/rooms/{lobby}/119"),
        await state_of(bob, f"/rooms/{lobby}/2"),
    )
    assert (near_end["more"], near_end["newer"], numbers(near_end["messages"])[-1]) == (True, False, 120)
    assert (near_start["more"], near_start["newer"], numbers(near_start["messages"])[0]) == (False, True, 1)
    plain = await state_of(bob, f"/rooms/{lobby}")
    assert (plain["around"], plain["newer"], numbers(plain["messages"])[-1]) == (None, False, 120)


async def test_the_page_opens_around_the_first_unread_post(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    await says_many(at_alice, 49)
    latest = await state_of(bob, f"/rooms/{lobby}")
    assert (latest["read_number"], numbers(latest["messages"])[-1], latest["newer"]) == (0, 49, False)
    for number in range(50, 121):
        await at_alice.says(f"line {number}")
    state = await state_of(bob, f"/rooms/{lobby}")
    assert (state["around"], state["newer"], numbers(state["messages"])[0], state["last_number"]) == (
        None,
        True,
        1,
        120,
    )
    at_bob = await bob.enters(lobby)
    await at_bob.ws.send_json({"type": "read", "number": 30})
    async with asyncio.timeout(PATIENCE):
        while state["read_number"] != 30:
            state = await state_of(bob, f"/rooms/{lobby}")
    assert (state["around"], state["more"], state["newer"]) == (None, True, True)
    assert 31 in numbers(state["messages"])
    assert numbers(state["messages"])[0] < 30


async def test_what_comes_by_the_socket_goes_on_after_the_page(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await says_many(at_alice, 10)
    state = await state_of(bob, f"/rooms/{lobby}/5")
    await at_alice.says("meanwhile")
    at_bob = await bob.enters(lobby, since=state["last_seq"], epoch=state["epoch"])
    assert numbers(at_bob.events) == [11]


async def test_a_post_as_json(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("*hello*")
    await asks(at_alice, "react", number=1, emoji="👍", on=True)
    message = (await bob.gets(f"/rooms/{lobby}/1"))["message"]
    assert message == (await bob.gets(f"/rooms/{lobby}/messages"))["messages"][-1]
    assert (message["type"], message["reactions"]) == ("message", [{"emoji": "👍", "names": [alice.name]}])


async def test_a_deleted_post_is_found_and_says_nothing(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await says_many(at_alice, 3)
    await asks(at_alice, "edit", number=2, text="edited")
    await asks(at_alice, "delete", number=2)
    state = await state_of(bob, f"/rooms/{lobby}/2")
    tombstone = next(line for line in state["messages"] if line.get("number") == 2)
    assert (state["around"], tombstone["deleted"], tombstone["text"]) == (2, True, "")
    assert (await bob.gets(f"/rooms/{lobby}/2"))["message"]["deleted"]
    assert await refusal(bob, f"/rooms/{lobby}/2/versions") == (410, "deleted")


async def test_what_was_cleared_away_has_no_address(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await says_many(at_alice, 3)
    await asks(at_alice, "pin", number=2, on=True)
    await at_alice.says("/clear")
    await at_alice.says("after")
    for path in ("2", "2/versions", "messages?around=2"):
        assert await refusal(bob, f"/rooms/{lobby}/{path}") == (404, "no_such_message")
    assert (await bob.gets(f"/rooms/{lobby}/pins"))["messages"] == []
    state = await state_of(bob, f"/rooms/{lobby}/4")
    assert (numbers(state["messages"]), state["more"], state["newer"]) == ([4], False, False)
    async with bob.http.get(f"/rooms/{lobby}/2") as answer:
        page = await answer.text()
        assert answer.status == 404
    assert f'href="/rooms/{lobby}"' in page
    assert f"To #{lobby}" in page
    assert "There is no such message here" in page


async def test_around_takes_a_limit(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await says_many(at_alice, 20)

    async def around(number: int, limit: int) -> dict[str, Any]:
        found: dict[str, Any] = await alice.gets(f"/rooms/{lobby}/messages?around={number}&limit={limit}")
        return found

    one = await around(10, 1)
    assert (numbers(one["messages"]), one["more"], one["newer"]) == ([10], True, True)
    assert numbers((await around(10, 5))["messages"]) == [8, 9, 10, 11, 12]
    whole = await around(10, 100)
    assert whole["messages"] == await alice.history(lobby)
    assert (whole["more"], whole["newer"]) == (False, False)


async def test_what_a_post_said_before(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("one")
    assert await bob.gets(f"/rooms/{lobby}/1/versions") == {"versions": []}
    first = (await bob.gets(f"/rooms/{lobby}/1"))["message"]
    await asks(at_alice, "edit", number=1, text="two")
    second = (await bob.gets(f"/rooms/{lobby}/1"))["message"]
    await asks(at_alice, "edit", number=1, text="three")
    assert (await bob.gets(f"/rooms/{lobby}/1/versions"))["versions"] == [
        {"text": "one", "at": first["at"]},
        {"text": "two", "at": second["edited_at"]},
    ]
    for number in range(105):
        await asks(at_alice, "edit", number=1, text=f"edit {number}")
    texts = [one["text"] for one in (await bob.gets(f"/rooms/{lobby}/1/versions"))["versions"]]
    assert texts == [f"edit {number}" for number in range(4, 104)]


async def test_the_pinned_posts(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await says_many(at_alice, 6)
    assert await bob.gets(f"/rooms/{lobby}/pins") == {"messages": []}
    for number in (5, 1, 3, 4):
        await asks(at_alice, "pin", number=number, on=True)
    await asks(at_alice, "pin", number=4, on=False)
    await asks(at_alice, "delete", number=3)
    found = (await bob.gets(f"/rooms/{lobby}/pins"))["messages"]
    assert numbers(found) == [5, 1]
    assert all(line["pinned"] for line in found)
    await asks(at_alice, "undelete", number=3)
    assert numbers((await bob.gets(f"/rooms/{lobby}/pins"))["messages"]) == [5, 3, 1]


async def test_a_closed_room_shows_none_of_it(alice: Person, mallory: Person, cellar: str) -> None:
    at_alice = await alice.enters(cellar)
    await at_alice.says("a secret")
    for path in ("1", "1/versions", "pins", "messages?around=1"):
        assert await refusal(mallory, f"/rooms/{cellar}/{path}") == (404, "not_found")
