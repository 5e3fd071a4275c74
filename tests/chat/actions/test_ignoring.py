"""Ignoring somebody: a matter of one's own, on all devices, of which they don't learn."""

import asyncio
from typing import Any

import pytest

from tests.chat.actions.test_conversations import opens
from tests.chat.delivery.test_unread import news
from tests.conftest import Cast
from tests.support.deleted_accounts import leaves, rows, until
from tests.support.feed_reader import asks
from tests.support.people import JsonObject, Listener, Person
from tests.support.servers import Aiochat


async def ignored(at_someone: Listener, *names: str) -> JsonObject:
    """The next whole `unread` with just these people."""
    while True:
        told = await at_someone.hears("unread", whole=True)
        if told.get("ignored", []) == sorted(names):
            return told


def own(told: JsonObject, room: str) -> JsonObject:
    found: JsonObject = next(one for one in told["rooms"] if one["name"] == room)
    return found


async def test_it_is_told_on_all_devices_and_to_nobody_else(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    at_lobby, at_cellar = await alice.enters(lobby), await alice.enters(cellar)
    at_bob = await bob.enters(lobby)
    answer = await at_lobby.says(f"/ignore @{bob.name}")
    assert answer["type"] == "notice"
    for device in (at_lobby, at_cellar):
        await ignored(device, bob.name)
    assert "already" in (await at_lobby.says(f"/ignore {bob.name}"))["text"]
    assert (await alice.gets("/rooms?only=own"))["ignored"] == [bob.name]
    await at_bob.says("hello")
    await at_lobby.hears("message", text="hello")
    assert (await bob.gets("/rooms?only=own"))["ignored"] == []
    assert not any("ignored" in event for event in at_bob.events)
    assert (await asks(alice, f"/users/{bob.name}/unignore")) == (200, {"name": bob.name, "ignored": False})
    for device in (at_lobby, at_cellar):
        await ignored(device)
    assert "don’t ignore" in (await at_lobby.says(f"/unignore {bob.name}"))["text"]


async def test_who_is_ignored_calls_nobody(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    room = await opens(alice, bob)
    at_other = await alice.enters(room)
    await at_alice.close()
    for line in (f"@{alice.name}, look", "@all, look"):
        await at_bob.says(line)
    await at_carol.says(f"@{alice.name}, too")

    async def counts() -> tuple[int, int]:
        [found] = [one for one in (await alice.gets("/rooms?only=own"))["rooms"] if one["name"] == lobby]
        return found["mentions"], found["unread"]

    assert await counts() == (3, 3)
    await at_other.says(f"/ignore {bob.name}")
    # What was being counted meanwhile may be told first.
    while own(await ignored(at_other, bob.name), lobby)["mentions"] != 1:
        pass
    assert await counts() == (1, 3), "it isn't hidden that something was written"
    await at_bob.says(f"@{alice.name}, look again")
    await at_carol.says(f"@{alice.name}, you too")
    await news(at_other, lobby, mentions=2)
    assert await counts() == (2, 5)
    await at_other.says(f"/unignore {bob.name}")
    while own(await ignored(at_other), lobby)["mentions"] != 5:
        pass
    assert await counts() == (5, 5)


@pytest.mark.parametrize(
    ("line", "code"),
    [("/ignore", "bad_usage"), ("/ignore nobody-at-all", "no_such_user"), ("/unignore", "bad_usage")],
)
async def test_whom_nobody_can_ignore(alice: Person, lobby: str, line: str, code: str) -> None:
    at_alice = await alice.enters(lobby)
    assert (await at_alice.says(line))["code"] == code
    assert (await at_alice.says(f"/ignore {alice.name}"))["code"] == "refused"
    status, answer = await asks(alice, f"/users/{alice.name}/ignore")
    assert (status, answer["error"]["code"]) == (409, "refused")
    assert (await asks(alice, "/users/nobody-at-all/ignore"))[0] == 404


async def test_twice_at_once_it_is_one(chat: Aiochat, alice: Person, bob: Person) -> None:
    done = await asyncio.gather(*[asks(alice, f"/users/{bob.name}/ignore") for _ in range(6)])
    assert [status for status, _ in done] == [200] * 6
    is_hers = f"user_id = (SELECT id FROM users WHERE name = '{alice.name}')"
    assert len(rows(chat, f"SELECT * FROM ignored WHERE {is_hers}")) == 1


async def test_ones_own_data_has_it_and_the_end_of_an_account_ends_it(
    chat: Aiochat, alice: Person, bob: Person, cast: Cast
) -> None:
    carol = await cast.person("carol")
    await asks(alice, f"/users/{bob.name}/ignore")
    await asks(bob, f"/users/{carol.name}/ignore")
    async with alice.http.get("/accounts/data/download") as answer:
        data: Any = await answer.json(content_type=None)
    assert [one["name"] for one in data["ignored"]] == [bob.name]
    [(bobs,)] = rows(chat, f"SELECT id FROM users WHERE name = '{bob.name}'")
    await leaves(bob)
    await until(
        lambda: not rows(chat, f"SELECT 1 FROM ignored WHERE user_id = {bobs} OR ignored_id = {bobs}")
    )
