"""A room, from talking to coming back: the same on SQLite and on PostgreSQL with Redis, by its own
socket and by personal ones."""

import asyncio
import secrets

import aiohttp
import pytest

from tests.conftest import Cast, unique
from tests.support.people import Person

pytestmark = pytest.mark.usefixtures("door")


async def test_what_one_says_everyone_hears(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    receipt = await at_alice.says("hello")
    assert receipt["type"] == "receipt"
    assert receipt["number"] == 1
    message = await at_bob.hears("message", number=1)
    assert message == {
        "type": "message", "seq": receipt["seq"], "number": 1, "kind": "post",
        "author": alice.name, "text": "hello", "at": message["at"],
    }  # fmt: skip
    own = (
        await at_alice.hears("message", number=1)
        if not at_alice.heard("message", number=1)
        else at_alice.heard("message", number=1)[0]
    )
    assert own["nonce"] == receipt["nonce"]


async def test_hello_says_where_one_is(alice: Person, lobby: str) -> None:
    hello = (await alice.enters(lobby)).events[0]
    assert hello["type"] == "hello"
    hello["room"].pop("id", None)
    assert hello["room"] == {"name": lobby, "topic": "", "kind": "open", "title": lobby}
    assert hello["you"] == {"name": alice.name, "role": "owner"}
    assert hello["last_seq"] == 1, "created: who connects writes no line"
    assert {"name": "kick", "usage": "/kick @user [reason]", "aliases": ["kill"]}.items() <= next(
        c for c in hello["commands"] if c["name"] == "kick"
    ).items()
    assert [c["name"] for c in hello["commands"] if c["says"]] == ["me", "msg", "shrug"]


async def test_a_plain_line_is_a_message(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for line in ("just a line", "{not json}", "[1, 2]", "42", "  spaces kept  "):
        await at_alice.types(line)
        assert (await at_bob.hears("message", kind="post"))["text"] == line


async def test_a_double_slash_says_a_slash(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("//help is a command")
    assert (await alice.history(lobby))[-1]["text"] == "/help is a command"


async def test_markdown_comes_as_html_only_where_it_says_more(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("*so* <b>")
    assert (await at_bob.hears("message", kind="post"))["html"] == "<p><em>so</em> &lt;b&gt;</p>"
    await at_alice.says("so <b> & so")
    assert "html" not in await at_bob.hears("message", number=2)


async def test_the_same_nonce_is_one_message(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    first = await at_alice.says("once", nonce="n-1")
    assert await at_alice.says("once", nonce="n-1") == first
    again = await alice.enters(lobby)
    assert await again.says("once", nonce="n-1") == first
    assert (await at_alice.says("twice", nonce="n-1"))["code"] == "nonce_reused"
    elsewhere = await alice.enters(cellar)
    assert (await elsewhere.says("once", nonce="n-1"))["code"] == "nonce_reused"
    assert (await at_bob.says("once", nonce="n-1"))["type"] == "receipt", "nonces are each author's own"
    assert [line["text"] for line in await alice.history(lobby) if line.get("number")] == ["once", "once"]


async def test_two_in_one_moment_with_one_nonce_are_one_message(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    for _ in range(5):
        await at_alice.ws.send_json({"type": "post", "text": "same", "nonce": "n"})
    receipts = [await at_alice.hears("receipt", nonce="n") for _ in range(5)]
    assert all(receipt == receipts[0] for receipt in receipts)
    assert (await alice.gets("/rooms"))["rooms"][0]["name"]
    assert sum(line["text"] == "same" for line in await alice.history(lobby)) == 1


async def test_order_is_the_same_for_all_and_without_holes(cast: Cast, alice: Person, lobby: str) -> None:
    people = [await cast.person("talker") for _ in range(5)]
    listeners = [await someone.enters(lobby) for someone in [alice, *people]]

    async def talk(listener_number: int) -> None:
        for turn in range(20):
            await listeners[listener_number].ws.send_json(
                {"type": "post", "text": f"{listener_number} {turn}", "nonce": secrets.token_hex(8)}
            )

    await asyncio.gather(*(talk(number) for number in range(6)))
    for listener in listeners:
        await listener.hears("message", number=120)
        seqs = [event["seq"] for event in listener.events if event["type"] == "message"]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    orders = [
        [(e["number"], e["text"]) for e in listener.heard("message") if e.get("number")]
        for listener in listeners
    ]
    assert all(order == orders[0] for order in orders)
    for talker in range(6):
        assert [text for _, text in orders[0] if text.startswith(f"{talker} ")] == [
            f"{talker} {turn}" for turn in range(20)
        ]


async def test_who_comes_back_gets_all_they_missed(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("one")
    seen = (await at_bob.hears("message", number=1))["seq"]
    epoch = at_bob.events[0]["epoch"]
    await at_bob.close()
    for text in ("two", "three"):
        await at_alice.says(text)
    again = await bob.enters(lobby, since=seen, epoch=epoch)
    assert [event["type"] for event in again.room_events] == ["hello", "message", "message", "caught_up"]
    assert [event["seq"] for event in again.heard("message")] == [seen + 1, seen + 2]
    assert again.heard("caught_up")[0]["seq"] == seen + 2
    await at_alice.says("four")
    assert (await again.hears("message", number=4))["seq"] == seen + 3


async def test_from_the_beginning_is_since_zero(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("one")
    again = await alice.enters(lobby, since=0)
    assert [event["seq"] for event in again.heard("message")] == [1, 2]


@pytest.mark.parametrize(("since", "epoch"), [(999_999, None), (1, "another")])
async def test_who_has_another_history_begins_anew(
    alice: Person, lobby: str, since: int, epoch: str | None
) -> None:
    listener = await alice.enters(lobby, since=since, epoch=epoch)
    assert [event["type"] for event in listener.room_events] == ["hello", "reset", "caught_up"]
    assert listener.room_events[1]["seq"] == 1


async def test_who_is_too_far_behind_begins_anew(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    for number in range(1001):
        await at_alice.ws.send_json({"type": "post", "text": str(number), "nonce": f"{number}"})
    await at_alice.hears("receipt", number=1001)
    at_bob = await bob.enters(lobby, since=1)
    assert [event["type"] for event in at_bob.room_events][:2] == ["hello", "reset"]
    page = await bob.gets(f"/rooms/{lobby}/messages")
    assert len(page["messages"]) == 50
    assert page["more"]


async def test_several_tabs_of_one_person_all_work(alice: Person, lobby: str) -> None:
    tabs = [await alice.enters(lobby) for _ in range(3)]
    receipt = await tabs[0].says("to myself")
    for tab in tabs[1:]:
        assert (await tab.hears("message", number=1))["nonce"] == receipt["nonce"]
    assert [line["kind"] for line in await alice.history(lobby)] == ["created", "post"], (
        "three tabs are one person"
    )


async def test_the_fifty_first_tab_is_one_too_many(alice: Person, lobby: str) -> None:
    tabs = [await alice.enters(lobby) for _ in range(50)]
    ws = await alice.http.ws_connect(f"/rooms/{lobby}/ws", origin=alice.url)
    assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
    assert ws.close_code == 4504
    await tabs[0].says("the others go on")
    assert all(not tab.ws.closed for tab in tabs)


async def test_who_joins_and_leaves_is_in_the_history_and_who_connects_is_not(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    at_bob = await bob.enters(lobby)
    assert (await at_alice.hears("message", kind="joined"))["author"] == bob.name
    await at_bob.close()
    again = await bob.enters(lobby)
    await again.types("/leave")
    assert await again.ends() == 4502
    assert [line["kind"] for line in await alice.history(lobby)] == ["created", "joined", "left"]


async def test_a_closed_room_is_not_there_for_others(alice: Person, mallory: Person, cellar: str) -> None:
    for path in (f"/rooms/{cellar}", f"/rooms/{cellar}/messages", f"/rooms/{cellar}/members"):
        async with mallory.http.get(path) as answer:
            assert answer.status == 404
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await mallory.http.ws_connect(f"/rooms/{cellar}/ws", origin=mallory.url)
    assert error.value.status == 404
    assert cellar not in [room["name"] for room in (await mallory.gets("/rooms"))["rooms"]]
    await (await alice.enters(cellar)).brings(cellar, mallory)
    assert (await (await mallory.enters(cellar)).says("thank you"))["type"] == "receipt"


async def test_unread_is_what_came_since(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    at_alice = await alice.enters(lobby)
    for text in ("one", "two", "three"):
        await at_alice.says(text)
    assert await _unread(bob, lobby) == 3
    await at_bob.ws.send_json({"type": "read", "number": 2})
    await at_bob.close()
    await _until(lambda: _unread(bob, lobby), 1)
    again = await bob.enters(lobby)
    await again.ws.send_json({"type": "read", "number": 1})
    await again.close()
    await again.ws.close()
    assert await _unread(bob, lobby) == 1, "a read mark never moves back"
    await at_alice.close()
    await _until(lambda: _unread(alice, lobby), 0)


async def _unread(someone: Person, room: str) -> int:
    return next(found["unread"] for found in (await someone.gets("/rooms"))["rooms"] if found["name"] == room)  # type: ignore[no-any-return]


async def _until(ask: object, wanted: object) -> None:
    """Asks until the answer is right; what is stored a moment later is still stored."""
    for _ in range(100):
        if await ask() == wanted:  # type: ignore[operator]
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{await ask()} never became {wanted}")  # type: ignore[operator]


async def test_history_comes_in_pages(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    for number in range(1, 8):
        await at_alice.says(str(number))

    async def page(query: str) -> tuple[list[int | None], bool]:
        found = await alice.gets(f"/rooms/{lobby}/messages?{query}")
        return [line.get("number") for line in found["messages"]], found["more"]

    assert await page("limit=3") == ([5, 6, 7], True)
    assert await page("before=5&limit=3") == ([2, 3, 4], True)
    assert await page("before=2&limit=3") == ([None, 1], False), "created, 1"
    assert await page("after=5&limit=1") == ([6], True)
    assert await page("after=5") == ([6, 7], False)
    assert await page("after=7") == ([], False)
    assert await page("before=1000&limit=2") == ([6, 7], True)
    assert await page("after_seq=1&limit=2") == ([1, 2], True)
    assert await page("before_seq=2") == ([None], False)


async def test_a_page_by_number_moves_on_past_service_lines(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("first")
    for turn in range(5):
        await at_alice.says(f"/topic {turn}")
    await at_alice.says("second")
    before = await alice.gets(f"/rooms/{lobby}/messages?before=2&limit=3")
    assert [line.get("number") for line in before["messages"]] == [1, None, None]
    after = await alice.gets(f"/rooms/{lobby}/messages?after=1&limit=3")
    assert [line.get("number") for line in after["messages"]] == [None, None, 2]


async def test_rooms_are_found_in_any_capitals_and_named_once(alice: Person, bob: Person) -> None:
    name = unique("Kitchen")
    await alice.creates(name)
    answer = await bob.submits("/rooms", name=name.upper(), topic="", kind="open")
    assert answer.status == 422
    assert "There is an open room with a name like this" in await answer.text()
    async with bob.http.get(f"/rooms/{name.lower()}") as page:
        assert page.status == 200


async def test_creating_answers_303_to_the_page(alice: Person) -> None:
    name = unique("Garden")
    answer = await alice.submits("/rooms", title=name, topic="roses", kind="open")
    assert answer.status == 303
    assert answer.headers["Location"] == f"/rooms/{name.lower()}"
