"""Conversations: two people, or a few, who always find each other in the same place, and nobody
else does."""

import asyncio
import re
from typing import Any

import pytest

from tests.chat.delivery.test_unread import news, whole
from tests.conftest import Cast, unique
from tests.support.people import JsonObject, Person
from tests.support.presence import are_online, online_in


async def posts(person: Person, *others: str) -> tuple[int, JsonObject]:
    """Asks for a conversation with these, and returns the status and what is answered."""
    headers = {"Accept": "application/json", "X-CSRF-Token": await person.token("/rooms")}
    async with person.http.post(
        "/conversations", data=[("with", name) for name in others], headers=headers
    ) as answer:
        return answer.status, await answer.json()


async def opens(person: Person, *others: Person) -> str:
    """The name of the conversation with these."""
    status, found = await posts(person, *(other.name for other in others))
    assert status == 201, found
    name: str = found["name"]
    return name


async def room_of(person: Person, name: str) -> JsonObject:
    rooms: list[JsonObject] = (await person.gets("/rooms?only=own"))["rooms"]
    return next(room for room in rooms if room["name"] == name)


async def test_two_people_have_one_conversation(alice: Person, bob: Person, mallory: Person) -> None:
    status, found = await posts(alice, bob.name)
    assert status == 201
    assert found == {"name": found["name"], "title": bob.name, "kind": "direct"}
    assert re.fullmatch(r"direct\.[0-9a-f]{16}", found["name"])
    for others in ([bob.name], [f"@{bob.name.upper()}"], [alice.name, bob.name, bob.name], [f" {bob.name} "]):
        assert (await posts(alice, *others))[1] == found
    assert (await posts(bob, alice.name))[1] == {**found, "title": alice.name}
    assert (await posts(alice, mallory.name))[1]["name"] != found["name"]
    assert await alice.history(found["name"]) == [], "nothing is said of its making"


async def test_asked_for_by_all_in_one_moment_it_is_one(alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        await person.token("/rooms")
    names = await asyncio.gather(*[opens(*pair) for pair in ((alice, bob), (bob, alice)) for _ in range(5)])
    assert len(set(names)) == 1
    found = await alice.gets("/rooms?only=own")
    assert [room["name"] for room in found["rooms"]] == [names[0]]


async def test_they_talk_in_it_and_nobody_comes_or_goes(alice: Person, bob: Person) -> None:
    name = await opens(alice, bob)
    at_alice, at_bob = await alice.enters(name), await bob.enters(name)
    for listener, person, other in ((at_alice, alice, bob), (at_bob, bob, alice)):
        hello = listener.events[0]
        assert hello["room"] == {"name": name, "topic": "", "kind": "direct", "title": other.name}
        assert hello["you"] == {"name": person.name, "role": "member"}
    await at_alice.says("psst")
    await at_bob.hears("message", number=1)
    await at_bob.says("yes?")
    assert [line["text"] for line in await alice.history(name)] == ["psst", "yes?"]
    await at_alice.close()
    again = await alice.enters(name)
    assert (await again.says("again"))["seq"] == 3, "not even a line that isn't shown"
    await are_online(bob, name, alice, bob)
    members = (await bob.gets(f"/rooms/{name}/members"))["members"]
    assert members == [{"name": person.name, "role": "member", "present": True} for person in (alice, bob)]
    for listener in (again, at_bob):
        assert "Online: " in (await listener.says("/who"))["text"]


async def test_who_is_present_is_who_is_connected_anywhere(alice: Person, bob: Person, lobby: str) -> None:
    name = await opens(alice, bob)
    assert await online_in(alice, name) == set()
    await bob.enters(lobby)
    await are_online(alice, name, bob)
    await alice.enters(name)
    await are_online(alice, name, alice, bob)


async def test_who_was_written_to_finds_it_at_once(alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    assert set(await whole(at_bob)) == {lobby}
    at_alice = await alice.enters(await opens(alice, bob))
    found = await whole(at_bob)
    (name,) = found.keys() - {lobby}
    assert found[name] == {
        "name": name,
        "kind": "direct",
        "title": alice.name,
        "last_number": 0,
        "read_number": 0,
        "mentions": 0,
    }
    await at_alice.says("hello")
    assert await news(at_bob, name) == {"name": name, "last_number": 1}
    assert await room_of(bob, name) == {
        "name": name, "title": alice.name, "topic": "", "kind": "direct", "role": "member", "unread": 1,
        "last_number": 1, "read_number": 0, "mentions": 0,
    }  # fmt: skip


async def test_the_page_shows_its_title_and_ones_own_rooms(alice: Person, bob: Person, lobby: str) -> None:
    name = await opens(alice, bob)
    await bob.enters(lobby)
    async with alice.http.get(f"/rooms/{name}") as answer:
        page = await answer.text()
    assert f"<title>{bob.name} " in page
    assert f">{bob.name}</bdi>" in page
    assert f'placeholder="Write to {bob.name}"' in page
    async with alice.http.get(f"/rooms/{name}", headers={"Accept-Language": "ru"}) as answer:
        assert f'placeholder="Написать: {bob.name}"' in await answer.text()
    assert '"title": "' + bob.name in page
    state = re.search(r'id="room-state">(.*?)</script>', page, re.S)
    assert state
    assert f'"name": "{name}"' in state[1].partition('"rooms": [')[2]
    assert f'"name": "{lobby}"' in state[1].partition('"rooms": [')[2]
    async with alice.http.get("/rooms") as answer:
        assert f"<bdi>{bob.name}</bdi>" in await answer.text()


async def test_it_is_nobody_elses(cast: Cast, alice: Person, bob: Person, mallory: Person) -> None:
    name = await opens(alice, bob)
    for outsider in (mallory, cast.boss):
        for path in ("", "/messages", "/members", "/ws"):
            async with outsider.http.get(f"/rooms/{name}{path}", headers={"Origin": cast.url}) as answer:
                assert answer.status == 404
        rooms = (await outsider.gets(f"/rooms?q={name.partition('.')[2]}"))["rooms"] + (
            await outsider.gets("/rooms?q=direct")
        )["rooms"]
        assert name not in [room["name"] for room in rooms]
    for missing in (
        "direct.0123456789abcdef",
        "direct.",
        "direct.xyz",
        "group.0123456789ABCDEF",
        "direct.0123456789abcdef0",
        "a.b",
    ):
        async with alice.http.get(f"/rooms/{missing}") as answer:
            assert answer.status == 404


async def test_nobody_moderates_it(cast: Cast, alice: Person) -> None:
    name = await opens(cast.boss, alice)
    at_boss = await cast.boss.enters(name)
    assert at_boss.events[0]["you"]["role"] == "member", "not even the site's administrator"
    offered = {command["name"] for command in at_boss.events[0]["commands"]}
    assert offered.isdisjoint({"kick", "ban", "log", "undo", "clear", "mod", "unmod", "invite", "leave"})
    for line in (
        f"/kill {alice.name}",
        "/clear",
        f"/mod {alice.name}",
        f"/invite {alice.name}",
        "/leave",
        "/topic ours",
    ):
        assert (await at_boss.says(line))["code"] == "forbidden", line
    at_alice = await alice.enters(name)
    await at_alice.says("mine")
    await at_boss.ws.send_json({"type": "delete", "number": 1, "nonce": "d"})
    assert (await at_boss.hears(nonce="d"))["code"] == "forbidden"
    await at_boss.ws.send_json({"type": "pin", "number": 1, "on": True, "nonce": "p"})
    assert (await at_boss.hears(nonce="p"))["type"] == "receipt"
    async with alice.http.get(f"/rooms/{name}/members") as answer:
        assert {member["role"] for member in (await answer.json())["members"]} == {"member"}


async def test_a_group_can_be_left_and_opened_again(cast: Cast, alice: Person, bob: Person) -> None:
    carol = await cast.person("carol")
    status, found = await posts(alice, bob.name, carol.name)
    name = found["name"]
    assert (status, found["kind"], found["title"]) == (201, "group", f"{bob.name}, {carol.name}")
    assert re.fullmatch(r"group\.[0-9a-f]{16}", name)
    assert await opens(carol, alice, bob) == name
    at_alice, at_bob, at_carol = await alice.enters(name), await bob.enters(name), await carol.enters(name)
    await whole(at_alice)
    assert (await at_bob.says(f"/invite {cast.boss.name}"))["code"] == "forbidden"
    await at_carol.types("/leave")
    assert await at_carol.ends() == 4502
    assert (await whole(at_alice))[name]["title"] == bob.name
    async with carol.http.get(f"/rooms/{name}") as answer:
        assert answer.status == 404
    assert await opens(bob, alice, carol) == name
    async with carol.http.get(f"/rooms/{name}") as answer:
        assert answer.status == 404, "others don't bring her back"
    assert await opens(carol, alice, bob) == name
    assert (await whole(at_alice))[name]["title"] == f"{bob.name}, {carol.name}"
    assert [line["kind"] for line in await carol.history(name)] == ["left", "joined"]


async def test_conversations_with_whom_there_are_none(cast: Cast, alice: Person, bob: Person) -> None:
    crowd = [await cast.person("crowd") for _ in range(20)]
    for others in (
        [],
        [""],
        [alice.name],
        ["nobody-of-this-name"],
        [bob.name, "nobody"],
        ["no\x00one"],
        ["x" * 500],
        ["a b"],
        ["<b>"],
    ):
        status, found = await posts(alice, *others)
        assert (status, set(found["errors"])) == (422, {"with"}), others
    status, found = await posts(alice, *(person.name for person in crowd))
    assert status == 422
    assert "20" in found["errors"]["with"]
    assert (await posts(alice, *(person.name for person in crowd[:19])))[0] == 201
    assert (await posts(alice, *[f"n{number}" for number in range(50)]))[0] == 400
    assert [room["kind"] for room in (await alice.gets("/rooms?only=own"))["rooms"]] == ["group"]


async def test_the_form_leads_to_it(cast: Cast, alice: Person, bob: Person) -> None:
    answer = await alice.submits("/conversations", page=f"/users/{bob.name}", **{"with": bob.name})
    assert answer.status == 303
    assert answer.headers["Location"] == f"/rooms/{await opens(alice, bob)}"
    answer = await alice.submits("/conversations", page=f"/users/{bob.name}", **{"with": "nobody"})
    assert answer.status == 422
    text = await answer.text()
    assert 'id="with-error" role="alert">There is nobody called nobody.' in text
    assert re.search('<input id="with"[^>]* value="nobody"[^>]* autofocus', text), "what was entered stays"
    async with alice.http.post("/conversations", data={"with": bob.name}) as error:
        assert error.status == 403, "without the token"
    async with alice.http.get("/conversations") as none:
        assert none.status == 405
    async with cast.stranger().http.post(
        "/conversations", data={"with": bob.name}, allow_redirects=False
    ) as stranger:
        assert stranger.status == 401


async def test_msg_writes_to_someone_and_says_where(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await whole(at_bob)
    answer = await at_alice.says(f"/msg @{bob.name} *psst*, over here", nonce="once")
    name = await opens(bob, alice)
    assert answer == {"type": "notice", "text": f"Sent to {bob.name}: /rooms/{name}", "nonce": "once"}
    assert (await whole(at_bob))[name]["title"] == alice.name
    assert await at_alice.says(f"/msg @{bob.name} *psst*, over here", nonce="once") == answer
    (line,) = await bob.history(name)
    assert (line["author"], line["text"], line["html"]) == (
        alice.name,
        "*psst*, over here",
        "<p><em>psst</em>, over here</p>",
    )
    assert [line for line in await alice.history(lobby) if line.get("number")] == [], (
        "nothing of it is seen in the room"
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/msg", "bad_usage"), ("/msg {bob}", "bad_usage"), ("/msg {bob}   ", "bad_usage"),
        ("/msg nobody hi", "no_such_user"),
        ("/msg {alice} hi", "refused"), ("/unread x", "bad_usage"),
        ("/unread 0", "no_such_message"), ("/unread 3", "no_such_message"),
        ("/unread -1", "bad_usage"), ("/unread 99999999999999999", "bad_usage"), 
        ("/unread 1 2", "bad_usage"), ("/unread ²", "bad_usage"),
    ],
)  # fmt: skip
async def test_commands_used_wrongly(alice: Person, bob: Person, lobby: str, line: str, code: str) -> None:
    at_alice = await alice.enters(lobby)
    for text in ("one", "two"):
        await at_alice.says(text)
    assert (await at_alice.says(line.format(alice=alice.name, bob=bob.name)))["code"] == code
    assert [room["name"] for room in (await alice.gets("/rooms?only=own"))["rooms"]] == [lobby]


async def test_unread_sets_ones_own_mark_back(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    assert (await at_alice.says("/unread"))["code"] == "no_such_message"
    for number in range(1, 5):
        await at_alice.says(str(number))
    assert (await at_alice.says("/unread 2"))["text"] == "Unread from 2 on."
    assert (await room_of(alice, lobby))["unread"] == 3
    assert (await news(at_alice, lobby, read_number=1))["mentions"] == 0
    assert (await at_alice.says("/unread"))["text"] == "Unread from 4 on."
    assert (await room_of(alice, lobby))["unread"] == 1
    at_bob = await bob.enters(lobby)
    await at_bob.says("/unread 1")
    assert ((await room_of(alice, lobby))["unread"], (await room_of(bob, lobby))["unread"]) == (1, 4), (
        "it is each person's own"
    )


async def test_people_are_found_by_their_names(cast: Cast, alice: Person) -> None:
    word = unique("zo")
    made = [
        await Person(cast.url, f"{beginning}{word}{end}").joins()
        for beginning, end in (("", "e"), ("", "E2"), ("x", ""))
    ]
    cast.people.extend(made)

    async def named(text: str) -> Any:
        return [person["name"] for person in (await alice.gets(f"/people?q={text}"))["people"]]

    assert await named(word) == [f"{word}e", f"{word}E2", f"x{word}"], "who begins with it comes first"
    assert await named(f"@{word.upper()}E") == [f"{word}e", f"{word}E2"]
    assert await named(f"%20{word}e2%20") == [f"{word}E2"]
    for text in ("%00", "%25", "_%25", "'", "no such", "x" * 500, "%F0%9F%98%80", "%ED%A0%80"):
        assert await named(text) == [], text
    for text in ("", "a"):
        assert 1 <= len(await named(text)) <= 20
    async with cast.stranger().http.get("/people?q=a", allow_redirects=False) as answer:
        assert answer.status == 401


async def test_a_person_has_a_page(cast: Cast, alice: Person, bob: Person) -> None:
    async with alice.http.get(f"/users/{bob.name.upper()}") as answer:
        page = await answer.text()
    assert f"<bdi>{bob.name}</bdi></h1>" in page
    assert "<dt>Here since</dt>" in page
    assert f'name="with" value="{bob.name}"' in page
    async with alice.http.get(f"/users/{alice.name}") as answer:
        assert 'name="with"' not in await answer.text(), "nobody writes to themselves"
    for missing in ("nobody", "%00", "a%20b", "%25", "x" * 300):
        async with alice.http.get(f"/users/{missing}") as answer:
            assert answer.status == 404
    async with cast.stranger().http.get(f"/users/{bob.name}", allow_redirects=False) as answer:
        assert answer.status == 303
