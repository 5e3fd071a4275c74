"""What people say of themselves: away, not to be disturbed, back; told in every room, kept for each
user, in no history."""

import datetime
import itertools
from pathlib import Path

import pytest

from helpers.text.durations import MAX_SECONDS, parse_duration, show_duration
from tests.conftest import LIMITS_OFF, unique
from tests.support.people import JsonObject, Listener, Person, person
from tests.support.servers import Aiochat


async def listed(someone: Person, room: str, name: str) -> JsonObject:
    """What the list of members says of somebody's status."""
    members = (await someone.gets(f"/rooms/{room}/members"))["members"]
    found = next(member for member in members if member["name"] == name)
    return {field: value for field, value in found.items() if field.startswith("status")}


def statuses(listener: Listener) -> list[JsonObject]:
    """What was told of statuses. Of somebody who has just joined the same may be told again."""
    return [event for event, _ in itertools.groupby(listener.heard("presence"))]


async def says(listener: Listener, line: str) -> str:
    """The text of the private answer to a command."""
    answer = await listener.says(line)
    assert answer["type"] == "notice", answer
    return str(answer["text"])


async def test_everyone_sees_that_one_is_away_and_back(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    before = await alice.history(lobby)
    await says(at_bob, "/away at lunch")
    assert await at_alice.hears("presence") == {
        "type": "presence",
        "name": bob.name,
        "status": "away",
        "text": "at lunch",
    }
    await at_bob.is_told()
    assert at_bob.heard("presence"), "one's own pages show it too"
    assert await listed(alice, lobby, bob.name) == {"status": "away", "status_text": "at lunch"}
    assert await says(at_bob, "/back") == "You are back."
    assert await at_alice.hears("presence") == {"type": "presence", "name": bob.name, "status": ""}
    assert await listed(alice, lobby, bob.name) == {}
    assert await says(at_bob, "/back") == "You weren't away."
    assert await alice.history(lobby) == before


async def test_it_is_told_in_every_room_that_one_is_in(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    other = unique("Kitchen")
    await bob.creates(other)
    in_lobby, in_other, in_cellar = (
        await alice.enters(lobby),
        await alice.enters(other),
        await alice.enters(cellar),
    )
    bob_in_lobby, _ = await bob.enters(lobby), await bob.enters(other)
    await says(bob_in_lobby, "/dnd")
    for place in (in_lobby, in_other):
        await place.hears("presence", name=bob.name, status="dnd")
    await in_cellar.is_told()
    assert not in_cellar.heard("presence")


async def test_who_writes_is_not_away(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for line in ("here I am", "/me is back", "~" * 2000):
        await says(at_bob, "/away")
        await at_alice.hears("presence", status="away")
        await at_bob.says(line)
        await at_alice.hears("presence", status="")
        assert await listed(alice, lobby, bob.name) == {}
    await says(at_bob, "/away")
    await says(at_bob, "/help")
    assert (await at_bob.says(""))["type"] == "error"
    assert await listed(alice, lobby, bob.name) == {"status": "away"}, (
        "what isn't said to others ends nothing"
    )


async def test_who_writes_may_still_not_be_disturbed(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await says(at_bob, "/away")
    await says(at_bob, "/dnd")
    await at_bob.says("just a moment")
    await at_alice.hears("message", number=1)
    await at_alice.is_told()
    assert [event["status"] for event in statuses(at_alice)] == ["away", "dnd"]
    assert await listed(alice, lobby, bob.name) == {"status": "dnd"}


async def test_not_to_be_disturbed_for_a_while(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    began = datetime.datetime.now(datetime.UTC)
    assert await says(at_bob, "/dnd 1h30m") == "You are not to be disturbed for 1h30m. /dnd off ends it."
    event = await at_alice.hears("presence", status="dnd")
    until = datetime.datetime.fromisoformat(event["until"])
    assert (
        datetime.timedelta(minutes=90)
        <= until - began + datetime.timedelta(seconds=1)
        < datetime.timedelta(minutes=91)
    )
    assert await listed(alice, lobby, bob.name) == {"status": "dnd", "status_until": event["until"]}
    assert await says(at_bob, "/dnd OFF") == "You may be disturbed again."
    await at_alice.hears("presence", status="")
    assert await says(at_bob, "/dnd off") == "You could be disturbed already."
    await says(at_bob, "/away")
    await says(at_bob, "/dnd off")
    assert await listed(alice, lobby, bob.name) == {"status": "away"}


async def test_it_runs_out_by_itself(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    await says(at_bob, "/dnd 1s")
    while await listed(alice, lobby, bob.name):
        await at_bob.is_told()
    until = datetime.datetime.fromisoformat(at_bob.heard("presence")[0]["until"])
    assert datetime.datetime.now(datetime.UTC) >= until
    assert len(statuses(at_bob)) == 1, "pages know when it ends"


async def test_the_page_says_it(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    await says(at_bob, "/away </script><b>")
    async with alice.http.get(f"/rooms/{lobby}") as answer:
        page = await answer.text()
    assert '"status": "away", "status_text": "\\u003c/script\\u003e\\u003cb\\u003e"' in page


BAD = [
    *(
        f"/dnd {word}"
        for word in (
            "soon",
            "10",
            "m",
            "-1m",
            "1.5h",
            "0m",
            "1y",
            "٣m",
            "367d",
            "9999w",
            "99999m",
            "1h 30m",
            "10m off",
            "1" * 500 + "m",
        )
    ),
    *("/away " + "x" * 101, "/away two\nlines", "/away tab\there", "/back soon"),
]


@pytest.mark.parametrize("line", BAD, ids=lambda line: line[:20])
async def test_what_is_no_status_changes_nothing(alice: Person, bob: Person, lobby: str, line: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await says(at_bob, "/dnd 1w")
    await at_alice.hears("presence")
    before = await listed(alice, lobby, bob.name)
    answer = await at_bob.says(line)
    assert (answer["type"], answer["code"]) == ("error", "bad_usage")
    assert await listed(alice, lobby, bob.name) == before
    await at_alice.is_told()
    assert len(statuses(at_alice)) == 1


async def test_a_duration_is_explained(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    assert (await at_alice.says("/dnd soon"))[
        "text"
    ] == "Usage: /dnd [duration|off]. A duration is written like 10m, 2h, 3d or 1w."
    assert {"name": "dnd", "usage": "/dnd [duration|off]"}.items() <= next(
        command for command in at_alice.heard("hello")[0]["commands"] if command["name"] == "dnd"
    ).items()


async def test_a_restart_forgets_nothing(own_servers: None, tmp_path: Path) -> None:
    with Aiochat(env=LIMITS_OFF, data_dir=tmp_path) as server:
        async with person(server.url, "alice") as alice:
            await alice.joins()
            await alice.creates("Garden")
            await says(await alice.enters("Garden"), "/away for long")
            server.restart()
            at_alice = await alice.enters("Garden")
            assert await listed(alice, "Garden", "alice") == {"status": "away", "status_text": "for long"}
            await at_alice.says("back already")
            await at_alice.hears("presence", status="")


def test_durations() -> None:
    for text, seconds in {
        "30s": 30,
        "10m": 600,
        "2h": 7200,
        "3d": 259_200,
        "1w": 604_800,
        "1H30M": 5400,
        "366d": MAX_SECONDS,
    }.items():
        assert parse_duration(text) == seconds
    for seconds in (1, 59, 60, 3661, 86_400, 604_800, 694_861, MAX_SECONDS):
        assert parse_duration(show_duration(seconds)) == seconds
    assert show_duration(5400) == "1h30m"
