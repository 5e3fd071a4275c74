"""`@all` and `@here`: who may use them, whom they mention, and where they are only text, on both
databases."""

import asyncio
import secrets
from typing import Any

from chat.history.members import SMALL_ROOM
from tests.chat.actions.test_mentions import asks, calls, calls_until, post_in
from tests.conftest import Cast, unique
from tests.support.accounts import accounts_of
from tests.support.people import JsonObject, Listener, Person
from tests.support.presence import are_online

FORBIDDEN = "This called nobody: in a room of more than 20 members @all and @here are for moderators."


async def leave_the_site(*people: Person) -> None:
    """None of them is online any more."""
    for person in people:
        for listener in person.listeners:
            await listener.close()
        accounts_of(person.url).gone(person.name)


async def ends(listener: Listener) -> list[JsonObject]:
    """The notices so far."""
    await listener.is_told()
    return listener.heard("notice")


async def test_all_mentions_every_member_but_the_author(
    cast: Cast, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, _ = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    await are_online(alice, lobby, alice, bob, carol)
    await leave_the_site(carol)
    receipt = await at_alice.says("@ALL hello, and @all once more")
    assert "unheard" not in receipt
    live = await at_bob.hears("message", number=1)
    assert live["mentions"] == ["@all"]
    assert live["html"] == (
        '<p><span class="mention">@all</span> hello, and <span class="mention">@all</span> once more</p>'
    )
    assert (await post_in(bob, lobby, 1))["mentions"] == ["@all"]
    assert [await calls(one, lobby) for one in (alice, bob, carol)] == [0, 1, 1]
    # Who comes later wasn't meant.
    await mallory.enters(lobby)
    assert await calls(mallory, lobby) == 0
    # A name beside it doesn't count twice.
    await at_alice.says(f"@all and @{bob.name}, @here")
    assert sorted((await at_bob.hears("message", number=2))["mentions"]) == sorted(
        ["@all", "@here", bob.name]
    )
    assert [await calls(one, lobby) for one in (alice, bob, carol)] == [0, 2, 2]
    await at_bob.ws.send_json({"type": "read", "number": 2})
    await calls_until(bob, lobby, 0)
    # The author marks their own post as unread.
    await asks(at_alice, "read", number=0, back=True)
    assert await calls(alice, lobby) == 0
    assert not at_alice.heard("notice")


async def test_here_mentions_who_is_online_anywhere(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    """Also who has only another room open, or none."""
    carol = await cast.person("carol")
    at_alice, _, _ = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    other = unique("Other")
    await carol.creates(other)
    await bob.connects()
    await carol.enters(other)
    for person in (bob, carol):
        await person.listeners[0].close()
    await are_online(alice, lobby, alice, bob, carol)
    await at_alice.says("@here hello")
    assert [await calls(one, lobby) for one in (bob, carol)] == [1, 1]


async def test_here_mentions_who_is_online(cast: Cast, alice: Person, bob: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, _ = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    await are_online(alice, lobby, alice, bob, carol)
    await leave_the_site(carol)
    await at_alice.says("@here hello")
    assert (await at_bob.hears("message", number=1))["mentions"] == ["@here"]
    assert [await calls(one, lobby) for one in (alice, bob, carol)] == [0, 1, 0]
    await at_alice.says(f"@here and @{carol.name}, @{bob.name}")
    assert [await calls(one, lobby) for one in (alice, bob, carol)] == [0, 2, 1]
    # Who was there stays mentioned after they went, and until the post is gone.
    await leave_the_site(bob)
    assert await calls(bob, lobby) == 2
    await asks(at_alice, "delete", number=1)
    assert await calls(bob, lobby) == 1
    await asks(at_alice, "edit", number=2, text=f"only @{bob.name}")
    assert [await calls(one, lobby) for one in (alice, bob, carol)] == [0, 1, 0]


async def test_it_is_told_in_other_rooms_at_once(alice: Person, bob: Person, lobby: str, cellar: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await are_online(alice, lobby, alice, bob)
    await (await alice.enters(cellar)).brings(cellar, bob)
    elsewhere = await bob.enters(cellar)
    await elsewhere.hears("unread", whole=True)
    for number, sign in ((1, "@all"), (2, "@here")):
        await at_alice.says(sign)
        while True:
            told = await elsewhere.hears("unread")
            if any(room.get("mentions") == number for room in told["rooms"] if room["name"] == lobby):
                break
    await asks(at_alice, "delete", number=1)
    while True:
        told = await elsewhere.hears("unread")
        if any(room.get("mentions") == 1 for room in told["rooms"] if room["name"] == lobby):
            break


async def test_a_member_of_a_large_room_calls_nobody(alice: Person, bob: Person, lobby: str) -> None:
    """By a raw socket, by an edit, and by the command that posts."""
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    accounts_of(bob.url).crowd(lobby, SMALL_ROOM - 2)
    assert "unheard" not in await at_bob.says("@all twenty are few")
    accounts_of(bob.url).crowd(lobby, 1)
    nonce = secrets.token_hex(8)
    receipt = await at_bob.says("@all *hello*", nonce=nonce)
    assert receipt["unheard"] == "forbidden"
    assert [notice["text"] for notice in await ends(at_bob)] == [FORBIDDEN]
    stored = await post_in(alice, lobby, 2)
    assert stored["text"] == "@all *hello*", "it is posted, and nothing of it is lost"
    assert stored["html"] == "<p>@all <em>hello</em></p>"
    assert "mentions" not in stored
    again = await at_bob.says("@all *hello*", nonce=nonce)
    assert (again["seq"], again["number"]) == (receipt["seq"], receipt["number"])
    assert (await at_bob.says("/me calls @here"))["unheard"] == "forbidden"
    assert (await asks(at_bob, "edit", number=2, text="@here hello"))["unheard"] == "forbidden"
    assert (await asks(at_bob, "post", text="@HERE", reply_to=1))["unheard"] == "forbidden"
    assert len(await ends(at_bob)) == 4
    assert [line.get("mentions") for line in await alice.history(lobby) if line.get("number")] == [
        ["@all"],
        None,
        None,
        None,
    ]
    assert await calls(alice, lobby) == 1
    # What was allowed stays when the room has grown, and is no reason for more.
    assert "unheard" not in await asks(at_bob, "edit", number=1, text="@all twenty were few")
    assert (await post_in(alice, lobby, 1))["mentions"] == ["@all"]
    assert (await asks(at_bob, "edit", number=1, text="@all and @here"))["unheard"] == "forbidden"
    assert (await post_in(alice, lobby, 1))["mentions"] == ["@all"]
    # The owner may.
    assert "unheard" not in await at_alice.says("@here @all")
    assert await calls(bob, lobby) == 1
    assert "mention_groups" in at_alice.heard("hello")[0]["may"]
    assert "mention_groups" not in at_bob.heard("hello")[0]["may"]


async def test_an_edit_follows_the_same_rule(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await are_online(alice, lobby, alice, bob)
    await at_alice.says("hello")
    for text, mentions, count in (
        ("@all hello", ["@all"], 1),
        (f"@{bob.name} hello", [bob.name], 1),
        (f"@here @{bob.name} hello", [bob.name, "@here"], 1),
        ("@here hello", ["@here"], 1),
        ("@here @all hello", ["@here", "@all"], 1),
        (f"@{bob.name} @here", [bob.name, "@here"], 1),
        (f"@{bob.name}", [bob.name], 1),
        ("hello again", None, 0),
    ):
        await asks(at_alice, "edit", number=1, text=text)
        assert (await at_bob.hears("changed")).get("mentions") == mentions, text
        assert await calls(bob, lobby) == count, text
    assert await calls(alice, lobby) == 0


async def test_what_is_deleted_calls_nobody_until_it_is_back(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, _ = await alice.enters(lobby), await bob.enters(lobby)
    await are_online(alice, lobby, alice, bob)
    for number, sign in enumerate(("@all", "@here"), 1):
        await at_alice.says(sign)
        await asks(at_alice, "delete", number=number)
        assert await calls(bob, lobby) == number - 1
        await asks(at_alice, "undelete", number=number)
        assert await calls(bob, lobby) == number
    await at_alice.says("/clear")
    assert await calls(bob, lobby) == 0


async def test_a_block_holds(cast: Cast, alice: Person, bob: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, _, _ = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    await are_online(alice, lobby, alice, bob, carol)
    await bob.submits(f"/users/{alice.name}/block", page="/rooms")
    await alice.submits(f"/users/{carol.name}/block", page="/rooms")
    await at_alice.says("@all")
    await at_alice.says("@here")
    assert [await calls(one, lobby) for one in (bob, carol)] == [0, 0]


TEXTS = (
    "`@all`",
    "```\n@here\n```",
    "https://a.example/@all",
    "[@all](https://a.example)",
    "a@all",
    "@allison and @here.after",
    r"\@all",
    "x/@all",
)


async def test_elsewhere_it_is_text(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for text in TEXTS:
        await at_alice.says(text)
    await at_bob.hears("message", number=len(TEXTS))
    assert [event["text"] for event in at_bob.heard("message") if "mentions" in event] == []
    assert await calls(bob, lobby) == 0


async def test_who_has_such_a_name_stays_who_they_are(cast: Cast, alice: Person, lobby: str) -> None:
    """From before the names were reserved, or by the shell."""
    accounts = accounts_of(alice.url)
    everybody = Person(alice.url, "all")
    cast.people.append(everybody)
    if not accounts.has("all"):
        accounts.add("all")
    await everybody.returns()
    at_alice, theirs = await alice.enters(lobby), await everybody.enters(lobby)
    receipt = await theirs.says("hello")
    assert receipt["type"] == "receipt"
    assert (await at_alice.hears("message", kind="post"))["author"] == "all"
    await asks(at_alice, "post", text="an answer", reply_to=receipt["number"])
    assert (await theirs.hears("message", text="an answer"))["mentions"] == ["all"], "one person"
    await at_alice.says("@all")
    assert (await theirs.hears("message", text="@all"))["mentions"] == ["@all"]


async def preview(someone: Person, room: str, text: str) -> Any:
    headers = {"X-CSRF-Token": await someone.token("/rooms"), "Accept": "application/json"}
    async with someone.http.post(f"/rooms/{room}/preview", data={"text": text}, headers=headers) as answer:
        return (await answer.json())["html"]


async def test_the_preview_says_what_it_will_be(alice: Person, bob: Person, lobby: str) -> None:
    await asyncio.gather(alice.enters(lobby), bob.enters(lobby))
    accounts_of(bob.url).crowd(lobby, SMALL_ROOM)
    assert await preview(alice, lobby, "@all") == '<p><span class="mention">@all</span></p>'
    assert await preview(bob, lobby, "@all") == "<p>@all</p>"
