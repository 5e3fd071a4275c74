"""Reactions to messages: named in their order, bounded, and taken back."""

import pytest

from chat.requests import BadRequest, React, read_frame
from tests.chat.actions.test_editing import asks, post_in
from tests.support.deleted_accounts import change
from tests.support.people import Person
from tests.support.servers import Aiochat


def test_a_reaction_that_is_no_emoji_any_more_can_be_taken_back() -> None:
    frame = '{"type": "react", "number": 1, "emoji": "★", "on": %s}'
    assert isinstance(read_frame(frame % "false"), React)
    with pytest.raises(BadRequest, match="one emoji"):
        read_frame(frame % "true")


async def test_reactions_are_named_in_their_order(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("good news")
    for listener, emoji in ((at_bob, "👍"), (at_alice, "❤️"), (at_alice, "👍")):
        assert (await asks(listener, "react", number=1, emoji=emoji, on=True))["type"] == "receipt"
    expected = [{"emoji": "👍", "names": [bob.name, alice.name]}, {"emoji": "❤️", "names": [alice.name]}]
    for listener in (at_alice, at_bob):
        await listener.is_told()
        assert [event.get("reactions") for event in listener.heard("changed")][-1] == expected
    assert (await post_in(bob, lobby, 1))["reactions"] == expected
    await asks(at_bob, "react", number=1, emoji="👍", on=False)
    assert (await post_in(bob, lobby, 1))["reactions"] == [
        expected[1],
        {"emoji": "👍", "names": [alice.name]},
    ]
    await asks(at_alice, "react", number=1, emoji="👍", on=False)
    await asks(at_alice, "react", number=1, emoji="❤️", on=False)
    assert "reactions" not in await post_in(bob, lobby, 1)


async def test_an_emoji_is_one_however_it_is_written(
    alice: Person, bob: Person, lobby: str, chat: Aiochat
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("good news")
    await asks(at_alice, "react", number=1, emoji="❤", on=True)
    again = await asks(at_alice, "react", number=1, emoji="❤️", on=True)
    assert again["type"] == "receipt"
    await asks(at_bob, "react", number=1, emoji="❤️", on=True)
    of_bob = f"user_id = (SELECT id FROM users WHERE name = '{bob.name}')"
    both = [{"emoji": "❤️", "names": [alice.name, bob.name]}]
    assert (await post_in(bob, lobby, 1))["reactions"] == both
    # Earlier versions stored what was sent.
    change(chat, f"UPDATE reactions SET emoji = '❤' WHERE {of_bob}")
    assert (await post_in(bob, lobby, 1))["reactions"] == both
    await asks(at_bob, "react", number=1, emoji="❤️", on=False)
    assert (await post_in(bob, lobby, 1))["reactions"] == [{"emoji": "❤️", "names": [alice.name]}]


@pytest.mark.parametrize("is_distinct", [True, False])
async def test_a_message_holds_some_reactions_and_no_more(
    alice: Person, bob: Person, lobby: str, is_distinct: bool
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("one")
    emojis = [chr(0x1F600 + place) for place in range(25)]
    if is_distinct:
        answers = [await asks(at_alice, "react", number=1, emoji=emoji, on=True) for emoji in emojis]
        assert [answer.get("code", "receipt") for answer in answers] == ["receipt"] * 20 + [
            "too_many_reactions"
        ] * 5
        assert (await asks(at_bob, "react", number=1, emoji=emojis[0], on=True))["type"] == "receipt", (
            "one that is there is joined"
        )
    for _ in range(100):
        await at_bob.ws.send_json({"type": "react", "number": 1, "emoji": emojis[1], "on": True})
    await at_bob.is_told()
    stored = {found["emoji"]: found["names"] for found in (await post_in(bob, lobby, 1))["reactions"]}
    assert stored[emojis[1]].count(bob.name) == 1
    assert len(stored) == (20 if is_distinct else 1)
