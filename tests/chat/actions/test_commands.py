"""Slash commands and order in a room: who may what, what everyone sees, and that a refusal changes
nothing."""

import contextlib

import aiohttp
import pytest

from chat.commands import COMMANDS
from chat.commands.messages import SHRUG
from tests.conftest import Cast, unique
from tests.support.people import Person
from tests.support.presence import are_online


async def test_help_shows_only_what_one_may_run(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    owners, members = (await at_alice.says("/help"))["text"], (await at_bob.says("/help"))["text"]
    assert all(f"{command.usage}: {command.help}" in owners for command in COMMANDS.values())
    for name in ("kick", "ban", "clear", "mod", "unmod"):
        assert f"/{name}" not in members
    assert {command["name"] for command in at_bob.events[0]["commands"]} == {
        "address",
        "away",
        "back",
        "delete",
        "dnd",
        "focus",
        "help",
        "ignore",
        "invite",
        "leave",
        "log",
        "me",
        "msg",
        "notify",
        "report",
        "search",
        "shrug",
        "title",
        "topic",
        "unignore",
        "uninvite",
        "unread",
        "weather",
        "who",
        "why",
    }
    assert (await at_alice.says("/help kick"))["text"].startswith("/kick @user [reason]: ")
    assert (await at_bob.says("/help kill"))["code"] == "unknown_command"


async def test_an_unknown_command_is_never_posted(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    near = {"/topci x": "/topic", "/Hlep": "/help", "/wo": "/who", "/renmae x": "/rename"}
    for line, proposed in near.items():
        answer = await at_alice.says(line)
        assert answer["code"] == "unknown_command"
        assert f"Did you mean {proposed}?" in answer["text"]
    # What is far, and what destroys, is no proposal.
    for line in ("/poll", "/kil @bob", "/kikc @bob", "/clea", "/leav", f"/{'x' * 9_000}"):
        assert "/help lists the commands." in (await at_alice.says(line))["text"], line
    assert "/mod" in (await at_alice.says("/modd @bob"))["text"]
    assert "/help lists" in (await at_bob.says("/modd @alice"))["text"], "nobody is offered what they may not"
    await at_alice.types("/clera")
    assert (await at_alice.hears("error"))["code"] == "unknown_command"
    await at_bob.is_told()
    assert not at_bob.heard("message", kind="post")


@pytest.mark.parametrize(
    "line",
    [
        "/kick",
        "/mod",
        "/mod a b",
        "/me",
        "/leave now",
        "/who else",
        "/unmod",
        "/unlock now",
        "/slow",
        "/slow soon",
        "/back now",
        "/dnd soon",
        "/dnd 2h please",
    ],
)
async def test_wrong_arguments_answer_with_the_usage(alice: Person, lobby: str, line: str) -> None:
    at_alice = await alice.enters(lobby)
    before = await alice.history(lobby)
    answer = await at_alice.says(line if line != "/mod a b" else f"/mod {alice.name} b")
    assert answer["type"] == "error"
    assert answer["code"] == "bad_usage"
    assert COMMANDS[line.split()[0][1:]].usage in answer["text"]
    assert await alice.history(lobby) == before


async def test_kill_ends_the_membership_and_every_connection(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    tabs = [await bob.enters(lobby) for _ in range(3)]
    assert (await at_alice.says(f"/kick @{bob.name} too loud"))["type"] == "receipt"
    for tab in tabs:
        assert await tab.ends() == 4501
        assert tab.heard("message", kind="killed")[0]["target"] == bob.name
    line = (await alice.history(lobby))[-1]
    assert line["text"] == f"{alice.name} removed {bob.name} from the room: too loud"
    assert bob.name not in [
        member["name"] for member in (await alice.gets(f"/rooms/{lobby}/members"))["members"]
    ]


async def test_kill_in_a_closed_room_is_for_good(alice: Person, bob: Person, cellar: str) -> None:
    at_alice = await alice.enters(cellar)
    await at_alice.brings(cellar, bob)
    at_bob = await bob.enters(cellar)
    await at_alice.says(f"/kill {bob.name}")
    assert await at_bob.ends() == 4501
    async with bob.http.get(f"/rooms/{cellar}") as answer:
        assert answer.status == 404


async def test_nobody_acts_on_an_equal_or_higher_role(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, at_carol = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    for someone in (bob, carol):
        assert (await at_alice.says(f"/mod @{someone.name}"))["type"] == "receipt"
    assert (await at_bob.says(f"/kill @{carol.name}"))["code"] == "forbidden"
    assert (await at_bob.says(f"/kill @{alice.name}"))["code"] == "forbidden"
    assert (await at_bob.says(f"/kill @{bob.name}"))["code"] == "forbidden"
    assert (await at_bob.says(f"/mod @{carol.name}"))["code"] == "forbidden", (
        "moderators don't make moderators"
    )
    assert (await at_alice.says(f"/mod @{carol.name}"))["code"] == "refused"
    assert (await at_alice.says(f"/unmod @{carol.name}"))["type"] == "receipt"
    assert (await at_bob.says(f"/kill @{carol.name}"))["type"] == "receipt"
    assert await at_carol.ends() == 4501
    assert (await at_alice.says(f"/kill @{alice.name}"))["code"] == "forbidden"


async def test_a_former_moderator_moderates_no_more(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("/topic Set meanwhile")
    await at_alice.says(f"/mod {bob.name}")
    hello = await at_bob.hears("hello")
    assert hello["room"]["topic"] == "Set meanwhile"
    assert hello["you"]["role"] == "moderator"
    assert "kick" in [command["name"] for command in hello["commands"]], "the menu shows at once what he may"
    assert (await at_bob.says("/topic ours"))["type"] == "receipt"
    await at_alice.says(f"/unmod {bob.name}")
    assert (await at_bob.says("/topic mine"))["code"] == "forbidden"
    assert (await at_bob.says("/clear"))["code"] == "forbidden"


async def test_the_administrator_is_above_an_owner(cast: Cast, alice: Person) -> None:
    boss = cast.boss
    await alice.creates("Throne" + alice.name)
    at_alice, at_boss = await alice.enters("Throne" + alice.name), await boss.enters("Throne" + alice.name)
    assert at_boss.heard("hello")[0]["you"]["role"] == "admin"
    assert (await at_alice.says(f"/kill {boss.name}"))["code"] == "forbidden"
    assert (await at_boss.says(f"/kill {alice.name}"))["type"] == "receipt"
    assert await at_alice.ends() == 4501


async def test_clear_empties_the_history_for_everybody(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("gone")
    seen = (await at_bob.hears("message", number=1))["seq"]
    receipt = await at_alice.says("/clear")
    cleared = await at_bob.hears("cleared")
    assert cleared["seq"] == receipt["seq"] == seen + 1
    assert [line["type"] for line in await bob.history(lobby)] == ["cleared"]
    assert next(room["unread"] for room in (await bob.gets("/rooms"))["rooms"] if room["name"] == lobby) == 0
    await at_alice.says("new")
    assert [
        line.get("number") for line in (await bob.gets(f"/rooms/{lobby}/messages?after=1"))["messages"]
    ] == [None, 2]
    for since in (0, seen - 1, seen):
        again = await bob.enters(lobby, since=since)
        assert [event["type"] for event in again.room_events] == [
            "hello",
            "cleared",
            "message",
            "caught_up",
        ], f"since {since}"
        await again.close()


async def test_a_cleared_message_keeps_its_nonce(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    receipt = await at_alice.says("once", nonce="kept")
    await at_alice.says("/clear")
    assert await at_alice.says("once", nonce="kept") == receipt
    assert [line["type"] for line in await alice.history(lobby)] == ["cleared"]


async def test_me_says_what_one_does(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert (await at_alice.says("/me waves"))["number"] == 1
    assert (await at_bob.hears("message", kind="me"))["text"] == "waves"


@pytest.mark.parametrize(("line", "text"), [("/shrug", SHRUG), ("/shrug no idea", f"no idea {SHRUG}")])
async def test_a_shrug_is_shown_as_it_is_known(alice: Person, lobby: str, line: str, text: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says(line)
    said = (await alice.history(lobby))[-1]
    assert (said["text"], said.get("html")) == (text, None), "no sign of it acts"


async def test_the_topic_is_told_and_set(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert (await at_bob.says("/topic"))["text"] == "There is no topic."
    assert (await at_bob.says("/topic mine"))["code"] == "forbidden"
    await at_alice.says("/topic Tea & biscuits")
    assert (await at_bob.hears("message", kind="topic"))["text"] == "Tea & biscuits"
    assert "Tea & biscuits" in (await at_bob.says("/topic"))["text"]
    assert (await at_alice.says("/topic " + "x" * 201))["code"] == "bad_usage"
    assert (await bob.enters(lobby)).events[0]["room"]["topic"] == "Tea & biscuits"


async def test_who_is_here(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says(f"/invite @{bob.name}")
    await are_online(alice, lobby, alice)
    assert (await at_alice.says("/who"))["text"] == f"Online: {alice.name} (owner)\nInvited: {bob.name}"
    at_bob = await bob.enters(lobby)
    await are_online(alice, lobby, alice, bob)
    assert (await at_alice.says("/WHO"))["text"] == f"Online: {alice.name} (owner), {bob.name}"
    other = unique("Other")
    await bob.creates(other)
    await bob.enters(other)
    await at_bob.close()
    assert (await at_alice.says("/who"))["text"] == f"Online: {alice.name} (owner), {bob.name}"


async def test_answers_tell_names_beside_handles(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    maria = await cast.person("maria")
    await maria.submits("/accounts/profile", display_name="Мария Łukasz O'Neil")
    await bob.submits("/accounts/profile", display_name="مريم")
    called = f"Мария Łukasz O'Neil @{maria.name}"
    isolated = f"\u2068مريم\u2069 @{bob.name}"
    await at_alice.says(f"/invite {maria.name}")
    assert (await at_alice.says(f"/invite {maria.name}"))["text"] == f"{called} is invited already."
    assert f"Invited: {called}" in (await at_alice.says("/who"))["text"]
    assert (await at_alice.says(f"/mod {maria.name}"))["text"] == f"{called} is not a member of this room."
    assert (await at_alice.says(f"/uninvite {maria.name}"))["text"] == f"{called} isn’t invited any more."
    assert (await at_alice.says(f"/msg {bob.name} Hi"))["text"].startswith(f"Sent to {isolated}: ")
    await bob.enters(lobby)
    await at_alice.says(f"/mod {bob.name}")
    assert (await at_alice.says(f"/mod {bob.name}"))["text"] == f"{isolated} is a moderator already."
    assert f"{isolated} (moderator)" in (await at_alice.says("/who"))["text"]


async def test_inviting(
    cast: Cast, alice: Person, bob: Person, mallory: Person, lobby: str, cellar: str
) -> None:
    at_alice = await alice.enters(cellar)
    assert (await at_alice.says("/invite nobody-of-this-name"))["code"] == "no_such_user"
    assert (await at_alice.says(f"/invite {bob.name}"))["type"] == "receipt"
    assert (await at_alice.says(f"/invite {bob.name}"))["code"] == "refused"
    await bob.accepts(cellar)
    at_bob = await bob.enters(cellar)
    assert (await at_bob.says(f"/invite {mallory.name}"))["code"] == "forbidden", (
        "in a closed room that takes a moderator"
    )
    in_lobby = await bob.enters(lobby)
    assert (await in_lobby.says(f"/invite {mallory.name}"))["type"] == "receipt"
    assert [line["kind"] for line in await bob.history(lobby)][-1] == "invited"


async def test_leaving(alice: Person, bob: Person, cellar: str) -> None:
    at_alice = await alice.enters(cellar)
    await at_alice.brings(cellar, bob)
    at_bob = await bob.enters(cellar)
    await at_bob.types("/leave")
    assert await at_bob.ends() == 4502
    assert (await at_alice.hears("message", kind="left"))["author"] == bob.name
    async with bob.http.get(f"/rooms/{cellar}") as answer:
        assert answer.status == 404


async def test_a_room_is_never_without_an_owner(cast: Cast, alice: Person, bob: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, at_carol = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    await at_alice.says(f"/mod {carol.name}")
    asked = await at_alice.says("/leave")
    assert asked["code"] == "leaves_nobody"
    assert f"leave it to {carol.name} by /leave anyway" in asked["text"]
    await at_alice.types("/leave anyway")
    assert await at_alice.ends() == 4502
    assert await at_bob.hears(
        "message", kind="role", target=carol.name, text=f"{carol.name} is the owner now"
    )
    assert (await at_carol.says(f"/mod {bob.name}"))["type"] == "receipt"


async def test_a_command_again_with_its_nonce_is_done_once(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    receipt = await at_alice.says(f"/kill {bob.name}", nonce="k")
    await at_alice.says(f"/invite {bob.name}")
    again = await at_alice.says(f"/kill {bob.name}", nonce="k")
    assert {**again, "act": receipt["act"]} == receipt
    assert len([line for line in await alice.history(lobby) if line["kind"] == "killed"]) == 1
    assert bob.name in (await at_alice.says("/who"))["text"]


async def test_what_is_in_flight_when_one_is_killed_comes_too_late(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    # The last may find the socket closed already.
    with contextlib.suppress(aiohttp.ClientConnectionError):
        for number in range(50):
            await at_bob.ws.send_json({"type": "post", "text": str(number), "nonce": str(number)})
            if number == 25:
                await at_alice.ws.send_json({"type": "post", "text": f"/kill {bob.name}", "nonce": "kill"})
    killed = await at_alice.hears("message", kind="killed")
    await at_bob.ends()
    assert not [
        line
        for line in await alice.history(lobby)
        if line["author"] == bob.name and line["seq"] > killed["seq"]
    ]
    stored = {line["number"] for line in await alice.history(lobby) if line.get("number")}
    assert {receipt["number"] for receipt in at_bob.heard("receipt")} <= stored
