"""Whom a post calls: live, on coming back, in the history and in the list of rooms alike, on both
databases."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.history.mentions import MAX_MENTIONS
from chat.history.room_lists import own_rooms
from chat.history.unread_counts import UnreadCounts
from chat.models import Member, Mention, Room
from chat.roles import Role
from helpers.db.database import open_database
from tests.conftest import Cast, unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.people import PATIENCE, JsonObject, Listener, Person
from tests.support.servers import Postgres


async def asks(listener: Listener, type: str, **fields: Any) -> JsonObject:
    """Sends a request and returns what answers it."""
    nonce = secrets.token_hex(8)
    await listener.ws.send_json({"type": type, "nonce": nonce, **fields})
    while True:
        event = await listener.hears(nonce=nonce)
        if event["type"] in ("receipt", "error"):
            return event


async def post_in(someone: Person, room: str, number: int) -> JsonObject:
    """A post as the history has it."""
    found: JsonObject = next(line for line in await someone.history(room) if line.get("number") == number)
    return found


async def calls(someone: Person, room: str) -> int:
    """How often somebody is called in a room by what they haven't read, as the list of rooms says
    it."""
    found = next(item for item in (await someone.gets("/rooms?only=own"))["rooms"] if item["name"] == room)
    return int(found["mentions"])


async def calls_until(someone: Person, room: str, expected: int) -> None:
    """Waits for it: read marks are stored once a second."""
    async with asyncio.timeout(PATIENCE):
        while await calls(someone, room) != expected:
            await asyncio.sleep(0.05)


async def test_a_name_calls_its_member(alice: Person, bob: Person, mallory: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    started = at_bob.heard("caught_up")[0]["seq"]
    text = f"@{bob.name.upper()} and @{mallory.name}, @{alice.name}, @nobody see #{lobby.lower()} :tada:"
    receipt = await at_alice.says(text)
    live = await at_bob.hears("message", number=1)
    assert live["mentions"] == [bob.name], "not one who is no member, nor its author"
    assert live["text"] == text, "what was typed stays"
    link = 'rel="noopener noreferrer nofollow"'
    assert live["html"] == (
        f'<p><a class="mention" href="/users/{bob.name}" {link}>@{bob.name}</a> and '
        f'<a class="mention" href="/users/{mallory.name}" {link}>@{mallory.name}</a>, '
        f'<a class="mention" href="/users/{alice.name}" {link}>@{alice.name}</a>, @nobody see '
        f'<a class="room-ref" href="/rooms/{lobby}" {link}>#{lobby}</a> 🎉</p>'
    )
    stored = await post_in(bob, lobby, 1)
    again = await bob.enters(lobby, since=started)
    for other in (stored, again.heard("message", number=1)[0]):
        assert {**other, "nonce": None} == {**live, "nonce": None}
    assert (await calls(bob, lobby), await calls(alice, lobby)) == (1, 0)
    await at_bob.ws.send_json({"type": "read", "number": receipt["number"]})
    await calls_until(bob, lobby, 0)


async def test_a_closed_room_is_not_named(alice: Person, cellar: str, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says(f"see #{cellar}")
    assert "html" not in await post_in(alice, lobby, 1)


async def test_most_messages_call_nobody(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for text in (
        "hello",
        "mail a@b.example",
        f"`@{bob.name}`",
        f"https://a.example/@{bob.name}",
        "# heading",
        "#1",
        f"@{alice.name}",
    ):
        await at_alice.says(text)
    await at_bob.hears("message", number=7)
    assert not [event for event in at_bob.heard("message") if "mentions" in event]
    assert await calls(bob, lobby) == 0


async def test_all_stays_in_order(alice: Person, bob: Person, lobby: str) -> None:
    """A text with names waits for them, and what was sent after it waits too."""
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    texts = [
        f"@{bob.name} {n}" if n % 3 == 0 else "x" * 1500 + str(n) if n % 7 == 0 else str(n) for n in range(90)
    ]
    await asyncio.gather(*[at_alice.ws.send_json({"type": "post", "text": text}) for text in texts])
    await at_bob.hears("message", number=90)
    assert [event["text"] for event in at_bob.heard("message", author=alice.name, kind="post")] == texts
    assert [event.get("mentions") for event in at_bob.heard("message", kind="post")] == [
        [bob.name] if n % 3 == 0 else None for n in range(90)
    ]
    assert await calls(bob, lobby) == 30


async def test_who_is_answered_is_called(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("question")
    await asks(at_alice, "post", text="answer", reply_to=1)
    assert (await at_bob.hears("message", number=2))["mentions"] == [bob.name]
    assert "html" not in await post_in(bob, lobby, 2)
    await asks(at_alice, "post", text=f"@{bob.name} once more", reply_to=1)
    assert (await at_bob.hears("message", number=3))["mentions"] == [bob.name], "once"
    await asks(at_alice, "post", text="to myself", reply_to=2)
    assert "mentions" not in await at_bob.hears("message", number=4)
    await calls_until(bob, lobby, 2)
    await asks(at_alice, "edit", number=2, text="the answer")
    assert (await at_bob.hears("changed", number=2))["mentions"] == [bob.name], (
        "whatever it says, it answers him"
    )


async def test_an_edit_calls_others(
    cast: Cast, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, _ = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    await at_alice.says(f"@{bob.name} hello")
    assert (await calls(bob, lobby), await calls(carol, lobby)) == (1, 0)
    await asks(at_alice, "edit", number=1, text=f"@{carol.name} @{mallory.name} hello")
    changed = await at_bob.hears("changed")
    assert changed["mentions"] == [carol.name]
    assert (await post_in(bob, lobby, 1))["mentions"] == [carol.name]
    assert (await calls(bob, lobby), await calls(carol, lobby)) == (0, 1)
    await asks(at_alice, "edit", number=1, text=f"@{carol.name} @{bob.name} hello")
    assert (await at_bob.hears("changed"))["mentions"] == [carol.name, bob.name]
    await asks(at_alice, "edit", number=1, text="hello")
    assert "mentions" not in await at_bob.hears("changed")
    assert "mentions" not in await post_in(bob, lobby, 1)
    assert (await calls(bob, lobby), await calls(carol, lobby)) == (0, 0)
    await asks(at_alice, "edit", number=1, text="```python\npass\n```")
    assert '<span class="k">pass</span>' in (await at_bob.hears("changed"))["html"]


async def test_what_is_deleted_calls_nobody_until_it_is_back(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(f"@{bob.name} hello")
    await asks(at_alice, "delete", number=1)
    assert "mentions" not in await at_bob.hears("changed", deleted=True)
    assert "mentions" not in await post_in(bob, lobby, 1)
    assert await calls(bob, lobby) == 0
    await asks(at_alice, "undelete", number=1)
    assert (await at_bob.hears("changed"))["mentions"] == [bob.name]
    assert await calls(bob, lobby) == 1
    # All of it in one commit, as well as it may be.
    for asked in (
        {"type": "post", "text": f"@{bob.name}"},
        {"type": "delete", "number": 2},
        {"type": "undelete", "number": 2},
    ):
        await at_alice.ws.send_json(asked)
    await at_bob.hears("changed", number=2, deleted=None)
    assert await calls(bob, lobby) == 2


async def test_who_was_removed_is_not_called(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(f"@{bob.name} one")
    assert await calls(bob, lobby) == 1
    await asyncio.gather(
        *[
            at_alice.ws.send_json({"type": "post", "text": text})
            for text in (f"@{bob.name} two", f"/kill @{bob.name}", f"@{bob.name} three")
        ]
    )
    assert await at_bob.ends() == 4501
    await at_alice.hears("message", number=3)
    heard = [event.get("mentions") for event in at_alice.heard("message", kind="post")]
    assert heard == [[bob.name], [bob.name], None]
    assert lobby not in [item["name"] for item in (await bob.gets("/rooms?only=own"))["rooms"]]
    await asks(at_alice, "edit", number=2, text=f"@{bob.name} two and more")
    assert (await post_in(alice, lobby, 2))["mentions"] == [bob.name], "he was called, and still is"
    await asks(at_alice, "edit", number=3, text=f"@{bob.name} three and more")
    assert "mentions" not in await post_in(alice, lobby, 3)
    await at_alice.brings(lobby, bob)
    assert await calls(bob, lobby) == 0, "what was before he came back is none of his"


async def test_a_clearing_ends_what_was_called(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, _ = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(f"@{bob.name} one")
    await at_alice.says("/clear")
    assert await calls(bob, lobby) == 0
    await at_alice.says(f"/me waves to @{bob.name}")
    assert await calls(bob, lobby) == 1
    assert (await post_in(bob, lobby, 2))["mentions"] == [bob.name]


async def test_the_same_sending_calls_once(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    receipts = [await at_alice.says(f"@{bob.name}", nonce="the-same") for _ in range(3)]
    assert receipts[0] == receipts[1] == receipts[2]
    await at_alice.says("end")
    await at_bob.hears("message", number=2)
    assert len(at_bob.heard("message", number=1)) == 1
    assert await calls(bob, lobby) == 1


async def test_at_most_two_hundred(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, _ = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(" ".join(f"@{secrets.token_hex(3)}" for _ in range(200)) + f" @{bob.name}")
    stored = await post_in(alice, lobby, 1)
    assert "html" not in stored
    assert "mentions" not in stored


# What a page asks for while somebody writes


# How often somebody is called, counted for many at once


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AioDatabase]:
    """Two rooms, of which the second was cleared up to post 5; Alice is in both, and has read up to
    post 3; Bob in none."""
    if request.param == "sqlite":
        url = new_sqlite(tmp_path / "test.db")
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = new_postgres(postgres, unique("mentions"))
    found = open_database(url)
    for number, name in ((1, "alice"), (2, "bob")):
        await User.insert(
            id=number, name=name, name_key=name, skeleton=name, password_hash="", is_admin=False, created_at=0
        ).aio_execute()
    for number in (1, 2):
        await Room.insert(
            **{
                "id": number,
                "name": f"r{number}",
                "slug": f"r{number}",
                "topic": "",
                "kind": "open",
                "last_seq": 9,
                "posts": 9,
            },
            **{"cleared_seq": 0, "cleared_number": 5 * (number - 1), "created_at": 0},
        ).aio_execute()
        await Member.insert(
            room=number, user=1, role=Role.MEMBER, present=True, read_number=3, joined_at=0
        ).aio_execute()
        for post in range(1, 10):
            for user_id in (1, 2):
                await Mention.insert(room_id=number, number=post, user_id=user_id).aio_execute()
    yield found
    await found.aio_close()


async def test_counting(database: AioDatabase) -> None:
    counts = UnreadCounts(database)
    assert await counts.of([(1, 1), (2, 1), (1, 2), (3, 1), (1, 3)]) == {
        (1, 1): (6, 0),
        (2, 1): (4, 0),
        (1, 2): (0, 0),
        (3, 1): (0, 0),
        (1, 3): (0, 0),
    }
    assert await counts.of([]) == {}
    many = await counts.of([(room, user) for room in range(1, 50) for user in range(1, 20)])
    assert sum(count.mentions for count in many.values()) == 10
    for post in range(100, 300):
        await Mention.insert(room_id=1, number=post, user_id=1).aio_execute()
    assert await counts.of([(1, 1)]) == {(1, 1): (MAX_MENTIONS, 0)}
    assert [room.mentions for room in await own_rooms(await User.aio_get(User.id == 1))] == [MAX_MENTIONS, 4]
