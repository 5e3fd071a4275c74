"""A raid is ended by one act, and that is undone."""

import asyncio

import pytest

from tests.chat.order.test_acts import does, log_of, refused, texts
from tests.chat.order.test_filters import held, old
from tests.conftest import Cast
from tests.support.deleted_accounts import rows
from tests.support.feed_reader import asks as sends
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat

pytestmark = pytest.mark.usefixtures("door")


async def test_what_new_accounts_wrote_goes_and_what_they_write_is_held(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    carol, dave = await cast.person("carol"), await cast.person("dave")
    old(chat, carol)
    at_alice, at_bob, at_carol = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    at_dave = await dave.enters(lobby)
    await does(at_alice, f"/mod {dave.name}")
    for at_one, text in (
        (at_carol, "here for long"),
        (at_bob, "raid 1"),
        (at_dave, "mod"),
        (at_bob, "raid 2"),
    ):
        assert (await at_one.says(text))["type"] == "receipt"
    before = await alice.history(lobby)
    assert await refused(at_bob, "/raid") == "forbidden"
    act = await does(at_dave, "/raid enough")
    assert texts(await alice.history(lobby)) == [(1, "here for long"), (2, ""), (3, "mod"), (4, "")]
    assert (await at_bob.says("raid 3"))["type"] == "notice"
    assert (await at_carol.says("still talking"))["type"] == "receipt"
    [entry, *_] = (await log_of(bob, lobby))["entries"]
    assert (entry["act"], entry["messages"], entry["reason"]) == ("raid", [2, 4], "enough")
    assert await refused(at_alice, "/raid") == "refused"
    await does(at_alice, f"/undo A{act}")
    after = await alice.history(lobby)
    assert texts(after)[:4] == texts(before)
    assert (await at_bob.says("welcome again"))["type"] == "receipt"
    # By the form, without scripts as well; and what waited is kept out at once.
    await at_alice.says("/raid")
    for text in ("raid 4", "raid 5"):
        await at_bob.says(text)
    assert len(await held(alice, lobby)) == 3
    form = {"held": "all", "answer": "reject"}
    assert (await sends(bob, f"/rooms/{lobby}/reports", **form))[0] == 403
    status, answer = await sends(alice, f"/rooms/{lobby}/reports", **form)
    assert (status, answer["count"]) == (200, 3)
    assert not await held(alice, lobby)
    assert (await sends(bob, f"/rooms/{lobby}/settings", act="raid"))[0] == 403
    assert (await sends(alice, f"/rooms/{lobby}/settings", act="raid"))[0] == 409


async def test_an_undo_stops_at_what_was_changed_since(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("raid 1")
    act = await does(at_alice, "/raid")
    await sends(alice, f"/rooms/{lobby}/settings", act="add_filter", kind="new", pattern="3", action="hold")
    history = texts(await alice.history(lobby))
    assert await refused(at_alice, f"/undo A{act}") == "in_the_way"
    assert texts(await alice.history(lobby)) == history
    of_room = f"room_id = (SELECT id FROM rooms WHERE name = '{lobby}')"
    assert rows(chat, f"SELECT kind, pattern FROM filters WHERE {of_room}") == [("new", "3")]


async def test_what_was_under_way_goes_with_it(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    writing = asyncio.gather(*(at_bob.says(f"raid {place}") for place in range(20)))
    act = await does(at_alice, "/raid")
    stored = [answer for answer in await writing if answer["type"] == "receipt"]
    async with asyncio.timeout(PATIENCE):
        while any(text for _, text in texts(await alice.history(lobby))):
            await asyncio.sleep(0.05)
    await does(at_alice, f"/undo A{act}")
    assert len([text for _, text in texts(await alice.history(lobby)) if text]) == len(stored)
