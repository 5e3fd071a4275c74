"""A block stands at every new way of two people to each other, with an answer that doesn't say whose
it is. What they share already stays."""

from tests.chat.actions.test_conversations import opens, posts
from tests.chat.actions.test_mentions import asks as says_by
from tests.chat.actions.test_mentions import calls
from tests.conftest import Cast
from tests.support.database_snapshot import Stored
from tests.support.feed_reader import asks, blocks
from tests.support.people import Person


async def test_no_group_is_made_of_two_who_block(
    cast: Cast, alice: Person, bob: Person, stored: Stored
) -> None:
    carol = await cast.person("carol")
    await blocks(alice, bob)
    before = stored(alice, bob, carol)
    for maker, others in ((bob, (alice, carol)), (alice, (bob, carol)), (carol, (alice, bob))):
        status, body = await posts(maker, *(other.name for other in others))
        assert (status, body["errors"]["with"]) == (422, "These people can’t be in one conversation.")
    assert stored(alice, bob, carol) == before
    assert (await carol.gets("/rooms?only=own"))["rooms"] == []
    await asks(alice, f"/users/{bob.name}/unblock")
    assert (await posts(bob, alice.name, carol.name))[0] == 201


async def test_a_group_of_before_stays_and_is_not_come_back_to(
    cast: Cast, alice: Person, bob: Person
) -> None:
    carol = await cast.person("carol")
    name = await opens(alice, bob, carol)
    await blocks(alice, bob)
    assert await opens(bob, alice, carol) == name
    at_bob = await bob.enters(name)
    assert (await at_bob.says("for all"))["type"] == "receipt"
    await at_bob.types("/leave")
    assert await at_bob.ends() == 4502
    assert (await posts(bob, alice.name, carol.name))[0] == 422
    at_carol = await carol.enters(name)
    await at_carol.types("/leave")
    assert await at_carol.ends() == 4502
    assert await opens(carol, alice, bob) == name, "no block of hers"
    await asks(alice, f"/users/{bob.name}/unblock")
    assert await opens(bob, alice, carol) == name


async def test_nobody_is_invited_past_a_block(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    at_lobby, at_cellar = await alice.enters(lobby), await alice.enters(cellar)
    for blocker, blocked in ((alice, bob), (bob, alice)):
        await blocks(blocker, blocked)
        for room in (at_lobby, at_cellar):
            answer = await room.says(f"/invite {bob.name}")
            assert (answer["code"], answer["text"]) == ("blocked", "You can’t invite this person.")
        await asks(blocker, f"/users/{blocked.name}/unblock")
    own = await bob.gets("/rooms?only=own")
    assert own["rooms"] == own["invitations"] == []
    assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"


async def test_to_name_somebody_past_a_block_mentions_nobody(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    await at_alice.says("a")
    await at_bob.says("b")
    await blocks(alice, bob)
    number = 2
    for listener, other, own in ((at_bob, alice, 1), (at_alice, bob, 2)):
        await listener.says(f"@{other.name} and @{carol.name}")
        await listener.says(f"/me waves at @{other.name}")
        await says_by(listener, "post", text="an answer", reply_to=own)
        await says_by(listener, "edit", number=number + 3, text=f"an answer @{other.name}")
        told = [(await at_carol.hears("message", number=number + step)).get("mentions") for step in (1, 2, 3)]
        assert told == [[carol.name], None, None]
        assert "mentions" not in await at_carol.hears("changed", number=number + 3)
        number += 3
    assert [await calls(one, lobby) for one in (alice, bob, carol)] == [0, 0, 2]
    await asks(alice, f"/users/{bob.name}/unblock")
    await at_bob.says(f"@{alice.name}")
    assert (await at_carol.hears("message", number=number + 1))["mentions"] == [alice.name]


async def test_typing_ends_with_the_block_in_an_open_conversation(alice: Person, bob: Person) -> None:
    name = await opens(alice, bob)
    at_alice, at_bob = await alice.enters(name), await bob.enters(name)
    await blocks(alice, bob)
    for listener, other in ((at_bob, at_alice), (at_alice, at_bob)):
        await listener.ws.send_json({"type": "typing", "nonce": "t"})
        assert (await listener.hears(nonce="t"))["code"] == "blocked"
        await other.is_told()
        assert not other.heard("typing")
    blocked = await bob.enters(name)
    await asks(alice, f"/users/{bob.name}/unblock")
    for listener in (at_bob, blocked):
        await listener.ws.send_json({"type": "typing", "nonce": "u"})
        assert (await listener.hears(nonce="u"))["type"] == "receipt"
    assert (await at_alice.hears("typing"))["name"] == bob.name
