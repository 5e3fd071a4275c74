"""A removal from a room holds for ten minutes, in every process and after a restart: it is stored."""

import json

import pytest

from tests.conftest import Cast
from tests.support.deleted_accounts import change, leaves, rows, until
from tests.support.people import Person
from tests.support.servers import Aiochat

pytestmark = pytest.mark.usefixtures("door")


async def status_of(someone: Person, path: str) -> int:
    async with someone.http.get(path, headers={"Accept": "application/json"}) as answer:
        return answer.status


async def is_refused(someone: Person, room: str) -> bool:
    """Whether the person can't come into the room, and is told so by its socket."""
    ws = await someone.http.ws_connect(f"/rooms/{room}/ws", origin=someone.url)
    try:
        first = json.loads((await ws.receive_str()).split("\n")[0])
        if first["type"] != "error":
            return False
        assert first["code"] == "kicked"
        assert first["text"] == "You were removed from this room and can come back in 10 min."
        assert "retry_after" not in first
        await ws.receive()
        assert ws.close_code == 4501
        return True
    finally:
        await ws.close()


def is_over(chat: Aiochat, someone: Person) -> None:
    """As if the ten minutes were over."""
    own = f"user_id = (SELECT id FROM users WHERE name = '{someone.name}')"
    change(chat, f"UPDATE kicks SET until = until - 600000 WHERE {own}")


@pytest.fixture
async def kicked(alice: Person, bob: Person, lobby: str) -> Person:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert (await at_alice.says(f"/kick {bob.name}"))["type"] == "receipt"
    assert await at_bob.ends() == 4501
    return bob


async def test_who_is_kicked_stays_out_for_ten_minutes(
    chat: Aiochat, alice: Person, kicked: Person, lobby: str
) -> None:
    before = await alice.history(lobby)
    assert await is_refused(kicked, lobby)
    await (await alice.enters(lobby)).says("unread")
    for below in ("", "/messages", "/members", "/pins", "/1", "/1/versions"):
        assert await status_of(kicked, f"/rooms/{lobby}{below}") == 403, below
    async with kicked.http.get(f"/rooms/{lobby}") as answer:
        assert answer.status == 403
        assert "You were removed from this room and can come back in 10 min." in await answer.text()
    assert await alice.history(lobby) == [*before, (await alice.history(lobby))[-1]]
    is_over(chat, kicked)
    assert await status_of(kicked, f"/rooms/{lobby}") == 200
    assert (await kicked.enters(lobby)).heard("hello")[0]["you"]["role"] == "member"


async def test_only_moderators_invite_them_back(
    cast: Cast, alice: Person, kicked: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_carol = await alice.enters(lobby), await carol.enters(lobby)
    answer = await at_carol.says(f"/invite {kicked.name}")
    assert (answer["code"], answer["text"]) == (
        "kicked",
        f"{kicked.name} was removed from this room. Only moderators invite them back now.",
    )
    assert await is_refused(kicked, lobby)
    await at_alice.says(f"/mod {carol.name}")
    assert (await at_carol.says(f"/invite {kicked.name}"))["type"] == "receipt"
    at_bob = await kicked.enters(lobby)
    await at_bob.types("/leave")
    assert await at_bob.ends() == 4502
    assert not await is_refused(kicked, lobby), "it is lifted, and comes to no new life"
    assert (await at_alice.says(f"/kick {kicked.name}"))["type"] == "receipt"
    assert await is_refused(kicked, lobby)


async def test_it_ends_with_its_time_for_members_too(
    chat: Aiochat, cast: Cast, alice: Person, kicked: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    is_over(chat, kicked)
    assert (await (await carol.enters(lobby)).says(f"/invite {kicked.name}"))["type"] == "receipt"


async def test_other_rooms_are_open(alice: Person, kicked: Person, lobby: str) -> None:
    await alice.creates(f"{lobby}-two")
    await kicked.enters(f"{lobby}-two")
    at_alice = await alice.enters(f"{lobby}-two")
    assert (await at_alice.says(f"/kick {kicked.name}"))["type"] == "receipt"
    assert await is_refused(kicked, f"{lobby}-two")


async def test_old_rows_and_those_of_deleted_accounts_go(
    chat: Aiochat, cast: Cast, alice: Person, kicked: Person, lobby: str
) -> None:
    here = f"SELECT user_id FROM kicks WHERE room_id = (SELECT id FROM rooms WHERE name = '{lobby}')"
    assert len(rows(chat, here)) == 1
    is_over(chat, kicked)
    carol = await cast.person("carol")
    at_carol = await carol.enters(lobby)
    await (await alice.enters(lobby)).says(f"/kick {carol.name}")
    assert await at_carol.ends() == 4501
    [(user_id,)] = rows(chat, here)
    assert rows(chat, f"SELECT name FROM users WHERE id = {user_id}") == [(carol.name,)]
    await leaves(carol)
    await until(lambda: not rows(chat, here))


async def test_an_owner_removed_by_the_administrator_is_succeeded(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    at_boss = await cast.boss.enters(lobby)
    await at_alice.says(f"/mod {carol.name}")
    assert (await at_boss.says(f"/kick {alice.name}"))["type"] == "receipt"
    assert await at_alice.ends() == 4501
    line = await at_bob.hears("message", kind="role", role="owner")
    assert (line["target"], line["text"]) == (carol.name, f"{carol.name} is the owner now")
    assert (await at_carol.says(f"/mod {bob.name}"))["type"] == "receipt"
    assert await is_refused(alice, lobby)
    assert (await at_boss.says(f"/kick {carol.name}"))["type"] == "receipt"
    assert (await at_bob.hears("message", kind="role", role="owner"))["target"] == bob.name
    assert (await at_boss.says(f"/kick {bob.name}"))["type"] == "receipt"
    await at_boss.is_told()
    assert [line["role"] for line in at_boss.heard("message", kind="role", target="boss")] == ["owner"]
