"""A room that hides its past: whoever comes reads from their joining on, through every door, whatever
they try."""

from typing import Any

import pytest

from tests.chat.actions.test_editing import asks
from tests.chat.order.test_acts import does, refused
from tests.support.feed_reader import asks as posts_form
from tests.support.people import JsonObject, Listener, Person
from tests.support.room_state import embedded

pytestmark = pytest.mark.usefixtures("door")

SECRET = "the secret word is"


async def secrets_told(alice: Person, lobby: str) -> Listener:
    """A room with three posts, the first of which is pinned, that hides its past."""
    at_alice = await alice.enters(lobby)
    for number in (1, 2, 3):
        await at_alice.says(f"{SECRET} w{number}")
    await asks(at_alice, "pin", number=1, on=True)
    assert "act" in await at_alice.says("/history joining")
    return at_alice


def told(at_someone: Listener) -> str:
    return str(at_someone.events)


async def leaves(at_someone: Listener) -> None:
    await at_someone.ws.send_json({"type": "post", "text": "/leave", "nonce": "leave"})
    assert await at_someone.ends() == 4502


async def read_everywhere(someone: Person, room: str) -> str:
    """All that somebody gets who looks for what was before."""
    found: list[Any] = []
    queries = ("", "?before=3", "?after=0", "?around=2", "?before_seq=9", "?after_seq=0", "?around=1")
    room_id = (await embedded(someone, room))["kept"]["room"]
    for path in (
        *(f"/rooms/{room}", f"/rooms/{room}/2", f"/rooms/{room}/pins"),
        *(f"/rooms/{room}/1/versions", f"/rooms/{room}/log"),
        *(f"/rooms/{room}/messages{query}" for query in queries),
        *(f"/kept?kept={room_id}-{last}-{since}" for last in (3, 9) for since in (3, 5)),
        *("/rooms", "/accounts/data/download"),
    ):
        for accept in ("application/json", "text/html"):
            async with someone.http.get(path, headers={"Accept": accept}) as answer:
                found.append(await answer.text())
    return "\n".join(found)


@pytest.mark.parametrize("kind", ["open", "closed"])
async def test_nothing_of_before_is_read(kind: str, alice: Person, bob: Person, lobby: str) -> None:
    room = lobby
    if kind == "closed":
        room = await alice.closes_off("den")
    at_alice = await secrets_told(alice, room)
    if kind == "closed":
        await at_alice.brings(room, bob)
    at_bob = await bob.enters(room)
    await at_alice.says("after")
    await at_bob.hears("message", text="after")
    assert SECRET not in await read_everywhere(bob, room)
    lines = await bob.history(room)
    assert [line["kind"] for line in lines] == ["joined", "post"]
    for since in (0, 1, 3, 5):
        again = await bob.enters(room, since=since)
        assert SECRET not in told(again), since
    assert SECRET not in told(at_bob)


async def test_what_becomes_of_before_is_not_told(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await secrets_told(alice, lobby)
    at_bob = await bob.enters(lobby)
    await asks(at_alice, "edit", number=2, text=f"{SECRET} edited")
    await asks(at_alice, "react", number=2, emoji="👍", on=True)
    await at_alice.ws.send_json({"type": "post", "text": "an answer", "reply_to": 2, "nonce": "r"})
    await at_alice.hears("receipt", nonce="r")
    heard = await at_bob.hears("message", text="an answer")
    assert "quote" not in heard
    assert "reply_to" not in heard
    await asks(at_alice, "edit", number=4, text="an answer, edited")
    changed = await at_bob.hears("changed", number=4)
    assert "quote" not in changed
    assert SECRET not in told(at_bob)
    assert not at_bob.heard("changed", number=2)
    [whole] = at_alice.heard("changed", number=4)
    assert whole["quote"]["text"] == f"{SECRET} edited"
    [post] = [line for line in await bob.history(lobby) if line.get("number")]
    assert "quote" not in post
    again = await bob.enters(lobby, since=6)
    assert SECRET not in told(again)
    assert SECRET not in await read_everywhere(bob, lobby)


async def test_what_was_before_is_not_touched(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    await at_bob.says("of an earlier stay")
    await leaves(at_bob)
    at_alice = await alice.enters(lobby)
    for line in ("/history joining", "/allow pin members"):
        await does(at_alice, line)
    at_bob = await bob.enters(lobby)
    before = await alice.history(lobby)
    tries: tuple[JsonObject, ...] = (
        {"type": "post", "text": "an answer", "reply_to": 1},
        {"type": "edit", "number": 1, "text": "now"},
        {"type": "delete", "number": 1},
        {"type": "undelete", "number": 1},
        {"type": "react", "number": 1, "emoji": "👍", "on": True},
        {"type": "pin", "number": 1, "on": True},
    )
    for tried in tries:
        assert (await asks(at_bob, **tried))["code"] == "no_such_message", tried
    assert await refused(at_bob, "/delete 1") == "no_such_message"
    assert await refused(at_bob, "/unread 1") == "no_such_message"
    assert await alice.history(lobby) == before
    # Once more with a standing that the journal remembers.
    assert (await at_bob.says("hello"))["number"] == 2
    assert (await asks(at_bob, "post", text="an answer", reply_to=1))["code"] == "no_such_message"
    assert (await asks(at_bob, "post", text="an answer", reply_to=2))["type"] == "receipt"
    await asks(at_bob, "read", number=0, back=True)
    assert (await bob.gets("/rooms?only=own"))["rooms"][0]["unread"] == 2


async def test_who_leaves_and_comes_back_is_a_newcomer(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    await secrets_told(alice, lobby)
    assert SECRET in str(await bob.history(lobby)), "who was there goes on reading"
    await leaves(at_bob)
    async with bob.http.get(f"/rooms/{lobby}/messages") as answer:
        assert (await answer.json())["messages"] == [], "an outsider of an open room"
    await bob.enters(lobby)
    assert SECRET not in await read_everywhere(bob, lobby)


async def test_who_is_taken_back_by_an_undo_is_no_newcomer(alice: Person, bob: Person, lobby: str) -> None:
    await bob.enters(lobby)
    at_alice = await secrets_told(alice, lobby)
    number = await does(at_alice, f"/kick {bob.name}")
    await does(at_alice, f"/undo A{number}")
    assert SECRET in str(await bob.history(lobby))


async def test_a_room_that_is_restored_hides_the_same(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await secrets_told(alice, lobby)
    await bob.enters(lobby)
    await at_alice.ws.send_json({"type": "post", "text": f"/delete-room {lobby}", "nonce": "delete"})
    await at_alice.ends()
    status, _ = await posts_form(alice, f"/rooms/{lobby}/restore")
    assert status == 200
    assert SECRET not in str(await bob.history(lobby))
    assert SECRET in str(await alice.history(lobby))


async def test_who_keeps_order_reads_all(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await secrets_told(alice, lobby)
    at_bob = await bob.enters(lobby)
    await does(at_alice, f"/mod {bob.name}")
    assert SECRET in str(await bob.history(lobby))
    await at_bob.hears("hello", you={"name": bob.name, "role": "moderator"})
    await asks(at_alice, "edit", number=2, text="edited")
    await at_bob.hears("changed", number=2)
    await does(at_alice, f"/unmod {bob.name}")
    assert SECRET not in str(await bob.history(lobby))


async def test_all_is_there_again_and_hidden_again(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await secrets_told(alice, lobby)
    await bob.enters(lobby)
    await does(at_alice, "/undo A2")
    assert SECRET in str(await bob.history(lobby))
    await does(at_alice, "/history joining")
    assert SECRET not in str(await bob.history(lobby))


@pytest.mark.parametrize(
    ("line", "code"),
    [("/history", "bad_usage"), ("/history some", "bad_usage"), ("/history all", "refused")],
)
async def test_what_makes_no_sense_changes_nothing(line: str, code: str, alice: Person, lobby: str) -> None:
    assert await refused(await alice.enters(lobby), line) == code
