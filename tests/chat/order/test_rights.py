"""Who may post, invite, pin, mention all and set the topic, as a room's owners choose: through every
door, live for whoever is there, and undone."""

import asyncio
from typing import Any

import pytest

from tests.chat.actions.test_editing import asks
from tests.chat.order.test_acts import does, refused
from tests.conftest import Cast
from tests.support.feed_reader import asks as posts_form
from tests.support.people import PATIENCE, Listener, Person

pytestmark = pytest.mark.usefixtures("door")


async def pins(at_someone: Listener, number: int, *, on: bool = True) -> str:
    """Asks to pin it, and returns the type of the answer, or the code of the error."""
    answer = await asks(at_someone, "pin", number=number, on=on)
    return str(answer.get("code", answer["type"]))


async def may(at_someone: Listener, permission: str, *, is_so: bool) -> None:
    """Waits until a hello says so."""
    async with asyncio.timeout(PATIENCE):
        while (permission in at_someone.heard("hello")[-1]["may"]) != is_so:
            await at_someone.is_told()


async def test_members_pin_where_they_may(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("hello")
    assert await pins(at_bob, 1) == "forbidden"
    assert await does(at_alice, "/allow pin members") == 1
    line = await at_bob.hears("message", kind="rights")
    assert line["text"] == "pin members"
    await may(at_bob, "pin", is_so=True)
    assert await pins(at_bob, 1) == "receipt"
    assert await does(at_alice, "/undo A1") == 3, "the pin is an act as well"
    await may(at_bob, "pin", is_so=False)
    assert await pins(at_bob, 1, on=False) == "forbidden"


async def test_only_owners_post_where_they_have_chosen_so(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("before")
    await does(at_alice, f"/mod {bob.name}")
    assert (await at_bob.says("a moderator’s"))["type"] == "receipt"
    await does(at_alice, "/allow post owners")
    assert await refused(at_bob, "hello") == "locked"
    for line in ("/lock", "/unlock"):
        assert await refused(at_bob, line) == "forbidden", "moderators don't change what owners chose"
    assert (await at_alice.says("an owner’s"))["type"] == "receipt"
    await does(at_alice, "/unlock")
    assert (await at_bob.says("now"))["type"] == "receipt"


async def test_who_invites(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await does(at_alice, "/allow invite moderators")
    assert await refused(at_bob, f"/invite {carol.name}") == "forbidden"
    await does(at_alice, "/allow invite owners")
    await does(at_alice, f"/mod {bob.name}")
    assert await refused(at_bob, f"/invite {carol.name}") == "forbidden"
    await does(at_alice, "/allow invite usual")
    assert (await at_bob.says(f"/invite {carol.name}"))["type"] == "receipt"


async def test_who_calls_all_in_a_small_room(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert "unheard" not in await at_bob.says("@all")
    await does(at_alice, "/allow mention moderators")
    answer = await at_bob.says("@all look")
    assert (answer["type"], answer["unheard"]) == ("receipt", "restricted")
    await at_bob.hears("notice")
    assert "unheard" not in await at_alice.says("@all")
    await does(at_alice, "/allow mention members")
    assert "unheard" not in await at_bob.says("@all again")


async def test_members_set_the_topic_unless_they_only_read(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert await refused(at_bob, "/topic beans") == "forbidden"
    await does(at_alice, "/allow topic members")
    assert await does(at_bob, "/topic beans") == 2
    await does(at_alice, f"/timeout {bob.name} 10m")
    assert await refused(at_bob, "/topic peas") == "timed_out"
    await does(at_alice, "/allow topic owners")
    assert await refused(at_bob, "/topic peas") == "forbidden"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/allow pin nobody", "bad_usage"),
        ("/allow pin usual", "bad_usage"),
        ("/allow fly members", "bad_usage"),
        ("/allow pin", "bad_usage"),
        ("/allow pin members and more", "bad_usage"),
        ("/allow pin moderators", "refused"),
        ("/allow post members", "refused"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(line: str, code: str, alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    before = await alice.history(lobby)
    assert await refused(at_alice, line) == code
    assert await alice.history(lobby) == before


async def test_by_the_form_of_the_settings(alice: Person, bob: Person, lobby: str) -> None:
    await alice.enters(lobby)
    await bob.enters(lobby)
    address = f"/rooms/{lobby}/settings"
    form: dict[str, Any] = {"act": "rights", "what": "pin", "who": "members"}
    status, _ = await posts_form(bob, address, **form)
    assert status == 403
    status, answer = await posts_form(alice, address, **form)
    assert (status, answer["act"]) == (200, 1)
    status, _ = await posts_form(alice, address, **{**form, "who": "robots"})
    assert status == 400
    async with bob.http.get(address) as page:
        text = await page.text()
    assert "Owners choose this." in text
    assert 'name="what"' not in text
