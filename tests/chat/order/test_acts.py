"""Acts of order by their commands: what each changes, how long it holds, and what its undo brings
back or what stands in its way."""

import asyncio
from typing import Any

import pytest

from tests.conftest import Cast, unique
from tests.support.deleted_accounts import change, rows
from tests.support.feed_reader import asks as posts_form
from tests.support.people import JsonObject, Listener, Person
from tests.support.servers import Aiochat

pytestmark = pytest.mark.usefixtures("door")


async def log_of(someone: Person, room: str, query: str = "") -> JsonObject:
    found: JsonObject = await someone.gets(f"/rooms/{room}/log{query}")
    return found


async def does(at_someone: Listener, line: str) -> int:
    """Gives the command, and returns the number of its act."""
    answer = await at_someone.says(line)
    assert answer["type"] == "receipt", answer
    return int(answer["act"])


async def refused(at_someone: Listener, line: str) -> str:
    answer = await at_someone.says(line)
    assert answer["type"] == "error", answer
    return str(answer["code"])


def texts(history: list[JsonObject]) -> list[tuple[int, str]]:
    return [(line["number"], line["text"]) for line in history if "number" in line]


async def test_a_ban_holds_for_its_time_and_no_longer(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("spam")
    assert await does(at_alice, f"/ban {bob.name} 2d spam") == 1
    assert await at_bob.ends() == 4501
    async with bob.http.get(f"/rooms/{lobby}") as answer:
        assert answer.status == 403
        assert "can come back in 48 h" in await answer.text()
    assert await refused(at_alice, f"/unban {alice.name}") == "refused"
    # Its end is a time of the database: nothing has to run for it.
    change(chat, f"UPDATE kicks SET until = until - {2 * 86_400_000 + 1000}")
    await bob.enters(lobby)
    [entry] = (await log_of(bob, lobby))["entries"]
    assert entry["until"] > entry["at"]
    assert {name: entry[name] for name in ("number", "act", "by", "whom", "reason", "undone_by")} == {
        **{"number": 1, "act": "ban", "by": alice.name, "whom": bob.name},
        **{"reason": "spam", "undone_by": None},
    }
    assert texts(await alice.history(lobby)) == [(1, "spam")], "what they wrote stays"


async def test_a_ban_for_good_and_of_who_never_came(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await does(at_alice, f"/ban {bob.name}")
    async with bob.http.get(f"/rooms/{lobby}/messages") as answer:
        assert answer.status == 403
        assert "for good" in (await answer.json())["error"]["text"]
    assert await refused(at_alice, f"/ban @{bob.name}") == "refused"
    await does(at_alice, f"/unban {bob.name}")
    await bob.enters(lobby)


async def test_a_timeout_outlasts_leaving_and_coming_back(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("hello")
    await does(at_alice, f"/timeout {bob.name} 10m")
    hello = await at_bob.hears("hello", you={**at_bob.events[0]["you"], "timeout_until": ANY})
    assert "post" in hello["may"], "what their role may is as before"
    for request in (
        {"type": "post", "text": "hm"},
        {"type": "edit", "number": 1, "text": "hm"},
        {"type": "react", "number": 1, "emoji": "👍", "on": True},
        {"type": "typing"},
    ):
        await at_bob.ws.send_json({**request, "nonce": str(request["type"])})
        assert (await at_bob.hears("error", nonce=str(request["type"])))["code"] == "timed_out"
    await at_bob.types("/leave")
    await at_bob.ends()
    at_bob = await bob.enters(lobby)
    assert at_bob.events[0]["you"]["timeout_until"]
    assert await refused(at_bob, "back again") == "timed_out"
    assert await refused(at_bob, "/me too") == "timed_out"
    # They may take back what is theirs.
    assert (await at_bob.says("/delete 1"))["type"] == "receipt"
    change(chat, "UPDATE timeouts SET until = until - 600000")
    assert (await at_bob.says("at last"))["type"] == "receipt"


async def test_slow_mode_counts_from_the_last_post(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("before")
    await does(at_alice, "/slow 30s")
    assert (await at_bob.says("one"))["type"] == "receipt"
    answer = await at_bob.says("two")
    assert answer["code"] == "slow_mode"
    assert 25 < answer["retry_after"] <= 30
    for _ in range(3):
        assert (await at_alice.says("moderators don't wait"))["type"] == "receipt"
    change(chat, "UPDATE last_posts SET at = at - 30000")
    assert (await at_bob.says("two"))["type"] == "receipt"
    assert await refused(at_alice, "/slow 7h") == "bad_usage"
    assert await refused(at_alice, "/slow 30s") == "refused"
    await does(at_alice, "/slow off")
    assert (await at_bob.says("three"))["type"] == "receipt"
    assert (await at_bob.says("four"))["type"] == "receipt"
    is_here = f"room_id = (SELECT id FROM rooms WHERE name = '{lobby}')"
    assert not rows(chat, f"SELECT * FROM last_posts WHERE {is_here}")


async def test_an_archived_room_is_read_only_for_all_and_off_the_list(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("the last word")
    await does(at_alice, "/archive done")
    for listener in (at_alice, at_bob):
        assert await refused(listener, "hm") == "archived"
    for line in ("/topic hm", "/title Another name", f"/invite {bob.name}", "/lock"):
        assert await refused(at_alice, line) == "archived", line
    carol = await cast.person("carol")
    assert lobby not in [room["name"] for room in (await carol.gets(f"/rooms?q={lobby}"))["rooms"]]
    assert texts(await carol.history(lobby)) == [(1, "the last word")]
    await does(at_alice, "/unarchive")
    assert lobby in [room["name"] for room in (await carol.gets(f"/rooms?q={lobby}"))["rooms"]]


async def test_what_was_deleted_comes_back_in_its_places(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for text in ("one", "two", "three"):
        await at_bob.says(f"{text} @{alice.name}")
    await at_alice.says("four")
    await at_alice.ws.send_json({"type": "pin", "number": 2, "on": True, "nonce": "pin"})
    assert (await at_alice.hears("receipt", nonce="pin"))["act"] == 1
    before = await alice.history(lobby)
    act = await does(at_alice, "/delete 1-3 too much")
    assert texts(await alice.history(lobby)) == [(1, ""), (2, ""), (3, ""), (4, "four")]
    [entry, _] = (await log_of(bob, lobby))["entries"]
    assert (entry["messages"], entry["whom"], entry["reason"]) == ([1, 2, 3], bob.name, "too much")
    assert await refused(at_bob, f"/undo A{act}") == "forbidden"
    undo = await does(at_alice, f"/undo A{act} my mistake")
    assert await alice.history(lobby) == before
    # Asked again by the same person it is the same; by another it is over.
    assert await does(at_alice, f"/undo {act}") == undo
    await does(at_alice, f"/mod {bob.name}")
    assert await refused(at_bob, f"/undo A{act}") == "refused"
    assert await refused(at_alice, f"/undo A{undo}") == "refused"
    first, second, *_ = [one for one in (await log_of(bob, lobby))["entries"] if one["act"] != "role"]
    assert (first["act"], first["undoes"], second["undone_by"]) == ("undo", act, undo)


async def test_several_are_deleted_by_one_act(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for text in ("one", "two", "three", "four", "five"):
        await at_bob.says(text)
    before = await alice.history(lobby)
    assert await refused(at_bob, "/delete 1,x") == "bad_usage"
    act = await does(at_alice, "/delete 5,1,#3-4 raid")
    assert texts(await alice.history(lobby)) == [(1, ""), (2, "two"), (3, ""), (4, ""), (5, "")]
    [entry] = (await log_of(bob, lobby))["entries"]
    assert (entry["messages"], entry["reason"]) == ([1, 3, 4, 5], "raid")
    await does(at_alice, f"/undo A{act}")
    assert await alice.history(lobby) == before
    # Of others' among one's own nothing goes.
    await at_alice.says("mine")
    assert await refused(at_bob, "/delete 2,6") == "forbidden"
    assert texts(await alice.history(lobby))[1] == (2, "two")


async def test_a_purge_takes_the_latest_of_one_person(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("long ago")
    change(chat, "UPDATE messages SET at = at - 7200000 WHERE text = 'long ago'")
    await at_alice.says("mine")
    await at_bob.says("spam")
    await at_bob.says("more spam")
    act = await does(at_alice, f"/purge {bob.name} 1h")
    assert [text for _, text in texts(await alice.history(lobby))] == ["long ago", "mine", "", ""]
    assert await refused(at_alice, f"/purge {bob.name} 1h") == "refused"
    await does(at_alice, f"/undo A{act}")
    assert [text for _, text in texts(await alice.history(lobby))][2:] == ["spam", "more spam"]


async def test_an_undone_ban_gives_the_role_and_the_mark_back(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("one")
    await at_bob.ws.send_json({"type": "read", "number": 1, "nonce": "read"})
    await at_bob.hears("receipt", nonce="read")
    await does(at_alice, f"/mod {bob.name}")
    act = await does(at_alice, f"/ban {bob.name} 1d")
    await at_alice.says("two")
    await does(at_alice, f"/undo A{act}")
    kinds = [line["kind"] for line in (await alice.history(lobby))[-2:]]
    assert kinds == ["readmitted", "role"]
    own = {room["name"]: room for room in (await bob.gets("/rooms?only=own"))["rooms"]}
    assert (own[lobby]["read_number"], own[lobby]["role"]) == (1, "moderator")


async def test_what_has_changed_since_stands_in_the_way(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    stories: tuple[tuple[str, str], ...] = (
        ("/topic one", "/topic two"),
        (f"/title {unique('First')}", f"/title {unique('Second')}"),
        (f"/ban {bob.name} 1d", f"/ban {bob.name} 2d"),
        (f"/ban {bob.name} 3d", f"/unban {bob.name}"),
        ("/slow 10s", "/slow 20s"),
        ("/lock", "/unlock"),
    )
    for first, then in stories:
        act = await does(at_alice, first)
        await does(at_alice, then)
        history = await alice.history(lobby)
        assert await refused(at_alice, f"/undo A{act}") == "in_the_way", first
        assert await alice.history(lobby) == history
    await bob.enters(lobby)
    act = await does(at_alice, f"/timeout {bob.name} 1h")
    await does(at_alice, f"/untimeout {bob.name}")
    assert await refused(at_alice, f"/undo A{act}") == "in_the_way"
    act = await does(at_alice, f"/mod {bob.name}")
    await does(at_alice, f"/owner {bob.name}")
    at_bob = await bob.enters(lobby)
    assert await refused(at_bob, f"/undo A{act}") == "in_the_way"


async def test_a_history_that_was_cleared_again_stays_cleared(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    for text in ("one", "two"):
        await at_alice.says(text)
        await at_alice.types("/clear")
        await at_alice.hears("receipt", act=ANY)
    assert await refused(at_alice, "/undo A1") == "in_the_way"
    await does(at_alice, "/undo A2")
    assert texts(await alice.history(lobby)) == [(2, "two")]
    await does(at_alice, "/undo A1")
    assert texts(await alice.history(lobby)) == [(1, "one"), (2, "two")]


async def test_nobody_undoes_what_a_higher_role_did(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    act = await does(at_alice, "/topic the owner's")
    await does(at_alice, f"/mod {bob.name}")
    assert await refused(at_bob, f"/undo A{act}") == "forbidden"
    own = await does(at_bob, "/topic the moderator's")
    await does(at_alice, f"/undo A{own}")
    assert (await bob.gets("/rooms?only=own"))["rooms"][0]["topic"] == "the owner's"


@pytest.mark.parametrize("act", ["A0", "A999", "A1-2", "B1", "1" * 40, "A"])
async def test_a_bad_number_undoes_nothing(alice: Person, lobby: str, act: str) -> None:
    at_alice = await alice.enters(lobby)
    await does(at_alice, "/topic one")
    history = await alice.history(lobby)
    assert await refused(at_alice, f"/undo {act}") in ("no_such_act", "bad_usage")
    assert await alice.history(lobby) == history


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/delete 0", "bad_usage"),
        ("/delete 3-1", "bad_usage"),
        ("/delete 1-501", "bad_usage"),
        ("/delete 1-250,251-501", "bad_usage"),
        ("/delete 1,,2", "bad_usage"),
        ("/delete 1,2-", "bad_usage"),
        ("/delete 77,99", "no_such_message"),
        ("/delete ٣", "bad_usage"),
        ("/delete 77", "no_such_message"),
        ("/ban nobody-at-all", "no_such_user"),
        ("/timeout {bob} 367d", "bad_usage"),
        ("/timeout {bob} 2hours", "bad_usage"),
        ("/ban {bob} 2hours", "bad_usage"),
        ("/ban {bob} " + "x" * 201, "bad_usage"),
        ("/ban {alice}", "forbidden"),
        ("/kick {alice}", "forbidden"),
        ("/timeout {alice} 1h", "forbidden"),
        ("/owner {alice}", "refused"),
        ("/unban {bob}", "refused"),
        ("/untimeout {bob}", "refused"),
        ("/unlock", "refused"),
        ("/unarchive", "refused"),
        ("/log 51", "bad_usage"),
        ("/log ٣", "bad_usage"),
    ],
)
async def test_bad_arguments_change_nothing(
    alice: Person, bob: Person, lobby: str, line: str, code: str
) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await at_alice.hears("message", kind="joined", author=bob.name)
    history = await alice.history(lobby)
    assert await refused(at_alice, line.format(alice=alice.name, bob=bob.name)) == code
    assert await alice.history(lobby) == history
    assert (await log_of(alice, lobby))["entries"] == []


async def test_of_two_who_undo_at_once_one_does(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await does(at_alice, f"/mod {bob.name}")
    for command in ("/topic {}", "/title Name {}", "/slow {}0s", "/lock"):
        act = await does(at_bob, command.format(len(command)))
        answers = await asyncio.gather(*(one.says(f"/undo A{act}") for one in (at_alice, at_bob)))
        assert sorted(answer["type"] for answer in answers) == ["error", "receipt"]


async def test_the_log_is_read_by_pages_and_undone_there(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    for number in range(53):
        await does(at_alice, f"/topic {number}")
    page = await log_of(bob, lobby)
    assert [entry["number"] for entry in page["entries"]] == list(range(53, 3, -1))
    assert page["more"]
    rest = await log_of(bob, lobby, "?before=4")
    assert [entry["number"] for entry in rest["entries"]] == [3, 2, 1]
    assert not rest["more"]
    for query in ("?before=0", "?before=x", "?before=-1", f"?before={'9' * 30}"):
        async with bob.http.get(
            f"/rooms/{lobby}/log{query}", headers={"Accept": "application/json"}
        ) as answer:
            assert answer.status == 400, query
    assert await posts_form(alice, f"/rooms/{lobby}/log", undo="53") == (200, {"number": 54})
    assert (await posts_form(bob, f"/rooms/{lobby}/log", undo="52"))[0] == 403
    assert (await alice.gets("/rooms?only=own"))["rooms"][0]["topic"] == "51"


async def test_settings_are_acts(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    path = f"/rooms/{lobby}/settings"
    for fields in ({"act": "topic", "text": "Tea"}, {"act": "slow", "pause": "30s"}, {"act": "lock"}):
        status, body = await posts_form(alice, path, **fields)
        assert (status, body["act"] > 0) == (200, True)
    assert [one["act"] for one in (await log_of(bob, lobby))["entries"]] == ["lock", "slow", "topic"]
    for fields, status in (
        ({"act": "nothing"}, 400),
        ({}, 400),
        ({"act": "slow", "pause": "soon"}, 400),
        ({"act": "topic", "text": "x" * 201}, 400),
        ({"act": "unban", "user": "nobody-at-all"}, 404),
        ({"act": "lock"}, 409),
    ):
        assert (await posts_form(alice, path, **fields))[0] == status, fields
    assert (await posts_form(bob, path, act="unlock"))[0] == 403
    await does(at_alice, f"/ban {bob.name} 1d")
    async with alice.http.get(path) as answer:
        assert bob.name in await answer.text()
    assert (await posts_form(alice, path, act="unban", user=bob.name))[0] == 200


class _Any:
    def __eq__(self, other: object) -> bool:
        return True


ANY: Any = _Any()
