"""What is said about messages that told nothing, or tell nothing any more, on both databases."""

from tests.notifications.test_doors import sends
from tests.support.notices import decided
from tests.support.people import Listener, Person
from tests.support.servers import Aiochat


async def changes(listener: Listener, type: str, number: int, **fields: str) -> None:
    nonce = f"{type}-{number}"
    await listener.ws.send_json({"type": type, "number": number, "nonce": nonce, **fields})
    await listener.hears("receipt", nonce=nonce)


async def why(person: Person, room: str, number: int) -> tuple[str, str, list[str]]:
    """The rule, whether one was called, and what else is said."""
    found = await person.gets(f"/rooms/{room}/{number}/why")
    return found["rule"], found["text"]["verdict"], found["text"]["notes"]


async def test_what_reads_otherwise_now(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says(f"@{bob.name} who isn't here yet")
    await (await bob.enters(lobby)).close()
    await at_alice.says(f"@{bob.name} come")
    await at_alice.says(f"@{bob.name} go")
    await at_alice.says(f"type `@{bob.name}`")
    await at_alice.says(f"not@{bob.name} nor @{bob.name}-2")
    await decided(chat, lobby)
    assert (await why(bob, lobby, 2))[:2] == ("mention", "Message 2 called you.")
    await changes(at_alice, "edit", 2, text="come")
    await changes(at_alice, "delete", 3)
    await decided(chat, lobby)
    assert (await why(bob, lobby, 1))[:2] == ("before", "Message 1 didn’t call you.")
    rule, verdict, notes = await why(bob, lobby, 2)
    assert (rule, verdict) == ("nothing", "Message 2 doesn’t call you as it reads now.")
    assert [note.split(" at ")[0] for note in notes] == ["It was edited"]
    assert (await why(bob, lobby, 3))[:2] == ("deleted", "Message 3 calls nobody any more.")
    assert await why(bob, lobby, 4) == ("unheard", "Message 4 didn’t call you.", [])
    assert await why(bob, lobby, 5) == ("nothing", "Message 5 didn’t call you.", [])


async def test_what_is_no_more_known(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    await at_alice.says(f"@{bob.name} come")
    await decided(chat, lobby)
    assert (await sends(bob, f"/users/{alice.name}/block", {}))[0] == 200
    # It did, before the block.
    assert await why(bob, lobby, 1) == ("blocked", "Message 1 doesn’t call you.", [])
    assert (await sends(bob, f"/users/{alice.name}/unblock", {}))[0] == 200
    rule, verdict, notes = await why(bob, lobby, 1)
    assert (rule, verdict) == (
        "mention",
        "Whether message 1 called you isn’t recorded. By the rules of now it would:",
    )
    assert notes[0].startswith("Of then nothing is recorded:")


async def test_without_any_way_it_is_not_under_the_bell(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    assert (await sends(bob, "/settings/notifications", {"form": "ways"}))[0] == 200
    await at_alice.says(f"@{bob.name} come")
    await decided(chat, lobby)
    assert await why(bob, lobby, 1) == ("mention", "Message 1 called you on no way.", [])
    assert (await bob.gets("/notifications"))["notices"] == []
    # What has nothing to do with settings doesn't tell of them.
    assert await why(alice, lobby, 1) == ("own", "Message 1 didn’t call you.", [])
