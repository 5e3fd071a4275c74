"""Titles and addresses of rooms: made, changed, taken and given up, at the same moment too; what they
lead to, and that they tell nothing of closed rooms."""

import asyncio
import re

import pytest

from tests.conftest import Cast, unique
from tests.support.people import Listener, Person

WAYS = ("", "/messages", "/members", "/pins")
"""What follows the address of a room, by GET."""


async def status_of(person: Person, path: str) -> int:
    async with person.http.get(path, headers={"Accept": "application/json"}, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


async def address_of(listener: Listener) -> str:
    told = str((await listener.says("/address"))["text"])
    return told.rpartition("/")[2]


async def moved(owner: Listener, name: str) -> None:
    assert (await owner.says(f"/address {name}"))["type"] == "receipt"


async def refusal(listener: Listener, line: str) -> str:
    told = await listener.says(line)
    assert told["type"] == "error", told
    return f"{told['code']}: {told['text']}"


@pytest.mark.parametrize("field", ["title", "name"])
async def test_a_title_in_any_script_makes_an_address(alice: Person, field: str) -> None:
    word = unique("q")
    status, room = await alice.tries_to_create(**{field: f"Кухня {word}"}, kind="open")
    assert (status, room["title"], room["name"]) == (201, f"Кухня {word}", f"kukhnya-{word.lower()}")
    status, room = await alice.tries_to_create(**{field: f"日本語 {word}"}, kind="open")
    assert (status, room["title"]) == (201, f"日本語 {word}")
    assert re.fullmatch(r"room-[a-z2-7]{4}", room["name"])
    assert await status_of(alice, f"/rooms/{room['name']}") == 200


async def test_a_name_alone_is_the_title_too(alice: Person) -> None:
    name = unique("Garden_")
    status, room = await alice.tries_to_create(name=name, title=" ", kind="open")
    assert (status, room["title"], room["name"]) == (201, name, name)


async def test_a_name_beside_a_title_has_to_be_an_address(alice: Person) -> None:
    for name in ("комната", "my room", "1st", "direct.0123456789abcdef", "a" * 33, "a/b", "a\0b"):
        status, answer = await alice.tries_to_create(title=unique("Beside "), name=name, kind="open")
        assert (status, list(answer["errors"])) == (422, ["name"]), name


async def test_titles_of_one_address_get_numbers(alice: Person) -> None:
    word = unique("w").lower()
    names = [(await alice.creates("", title=title))["name"] for title in (f"ш {word}", f"sh {word}")]
    assert names == [f"sh-{word}", f"sh-{word}-2"]


async def test_a_title_is_changed_for_everybody(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    title = unique("Кухня & <b> ")
    await at_alice.says(f"/rename  \u202e{title}\u2066 ")
    line = await at_bob.hears("message", kind="title")
    assert (line["author"], line["text"]) == (alice.name, title)
    assert (await bob.gets("/rooms?q=" + title.split()[-1]))["rooms"][0]["title"] == title
    assert (await bob.enters(lobby)).events[0]["room"]["title"] == title
    assert title in (await at_bob.says("/title"))["text"]


@pytest.mark.parametrize("text", ["я" * 65, "x" * 5000, "\u200b", "\u202e\u2066", "\ue000"])
async def test_no_title(alice: Person, lobby: str, text: str) -> None:
    at_alice = await alice.enters(lobby)
    assert (await refusal(at_alice, f"/title {text}")).startswith("bad_usage")
    assert (await alice.enters(lobby)).events[0]["room"]["title"] == lobby


@pytest.mark.parametrize(
    "name",
    ["1st", "комната", "a" * 33, "a.b", "direct.0123456789abcdef", "../x", "a\u202eb", "\u0430bc", "/x"],
)
async def test_no_address(alice: Person, lobby: str, name: str) -> None:
    at_alice = await alice.enters(lobby)
    assert (await refusal(at_alice, f"/address {name}")).startswith("bad_usage")
    assert await address_of(at_alice) == lobby


@pytest.mark.parametrize("line", ["/address {new}", "/title {new}"])
async def test_nobody_else_changes_them(
    cast: Cast, alice: Person, bob: Person, lobby: str, line: str
) -> None:
    at_bob = await bob.enters(lobby)
    new = unique("new")
    assert (await refusal(at_bob, line.format(new=new))).startswith("forbidden")
    assert await status_of(bob, f"/rooms/{new}") == 404
    opened = await (await alice.enters(lobby)).says(f"/mod {bob.name}")
    assert opened["type"] == "receipt"
    if line.startswith("/address"):
        assert (await refusal(at_bob, line.format(new=new))).startswith("forbidden"), "for owners alone"


async def test_former_addresses_lead_on(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says(f"before: #{lobby}")
    assert f'href="/rooms/{lobby}"' in (await bob.history(lobby))[-1]["html"]
    second, third = unique("Second"), unique("Third")
    await moved(at_alice, second)
    await moved(at_alice, third)
    assert (await at_bob.hears("message", kind="name", text=third))["author"] == alice.name
    for former in (lobby, second.upper()):
        async with bob.http.get(f"/rooms/{former}?around=1", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, f"/rooms/{third}?around=1")
        async with bob.http.get(f"/rooms/{former}/1", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, f"/rooms/{third}/1")
        for way in WAYS[1:]:
            assert await status_of(bob, f"/rooms/{former}{way}") == 200
        again = await bob.enters(former)
        assert again.events[0]["room"]["name"] == third
        await again.says(f"through {former}")
    # Links in texts, too.
    await at_bob.says(f"come to #{lobby}")
    assert f'href="/rooms/{third}"' in (await bob.history(third))[-1]["html"]
    async with bob.http.get("/accounts/data/download") as answer:
        sent = [one for one in (await answer.json())["messages"] if one["text"].startswith("through")]
    assert [one["room"] for one in sent] == [third, third]


async def test_a_former_address_is_had_again_and_goes_to_nobody_else(
    alice: Person, mallory: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    new = unique("New")
    await moved(at_alice, new)
    status, answer = await mallory.tries_to_create(title=unique("Mine "), name=lobby.upper(), kind="open")
    assert (status, list(answer["errors"])) == (422, ["name"])
    own = str((await mallory.creates("", title=unique("Mallory's ")))["name"])
    at_mallory = await mallory.enters(own)
    assert (await refusal(at_mallory, f"/address {lobby}")).startswith("refused")
    assert (await refusal(at_mallory, f"/address {new}")).startswith("refused")
    # A title that would make it makes another one.
    status, room = await mallory.tries_to_create(title=f"{lobby}!", kind="open")
    assert status == 422 or room["name"].lower() != lobby.lower()
    assert (await refusal(at_alice, f"/address {new}")).startswith("refused"), "it has it already"
    await moved(at_alice, lobby)
    assert await status_of(alice, f"/rooms/{lobby}") == 200
    assert await status_of(alice, f"/rooms/{new}") == 302


async def test_a_room_has_twenty_addresses_at_most(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    names = [unique(f"n{number}-") for number in range(21)]
    answers = [await at_alice.says(f"/address {name}") for name in names]
    had = [name for name, told in zip(names, answers, strict=True) if told["type"] == "receipt"]
    assert len(had) == 19, "and its first one"
    refused = [told["text"] for told in answers if told["type"] == "error"]
    assert refused == ["A room has at most 20 addresses."] * 2
    [left, other] = [name for name in names if name not in had]
    assert [await status_of(alice, f"/rooms/{name}") for name in (left, other)] == [404, 404]
    await moved(at_alice, had[0])


@pytest.mark.parametrize("line", ["/address {new}", "/title {new}"])
async def test_of_many_at_one_moment_one_gets_it(alice: Person, bob: Person, line: str) -> None:
    rooms = [str((await who.creates("", title=unique("Race ")))["name"]) for who in (alice, bob, alice, bob)]
    people = (alice, bob, alice, bob)
    listeners = [await who.enters(room) for who, room in zip(people, rooms, strict=True)]
    new = unique("prize")
    answers = await asyncio.gather(*[listener.says(line.format(new=new)) for listener in listeners])
    won = [place for place, told in enumerate(answers) if told["type"] == "receipt"]
    assert len(won) == 1
    assert {told["code"] for place, told in enumerate(answers) if place != won[0]} == {"refused"}
    shown = [
        one for one in (await alice.gets(f"/rooms?q={new}"))["rooms"] if new in (one["name"], one["title"])
    ]
    assert len(shown) == 1
    for listener in listeners:
        assert (await listener.says("on it goes"))["type"] == "receipt"


async def test_of_many_rooms_made_at_one_moment_one_has_the_title(alice: Person, bob: Person) -> None:
    title = unique("Приз ")
    made = await asyncio.gather(
        *[who.tries_to_create(title=title, kind="open") for who in (alice, bob, alice, bob)]
    )
    assert sorted(status for status, _ in made) == [201, 422, 422, 422]
    name = unique("prize")
    made = await asyncio.gather(
        *[
            who.tries_to_create(title=unique("Race "), name=name, kind="open")
            for who in (alice, bob, alice, bob)
        ]
    )
    assert sorted(status for status, _ in made) == [201, 422, 422, 422]


async def test_making_a_room_tells_nothing_of_a_closed_one(
    cast: Cast, alice: Person, mallory: Person
) -> None:
    title = unique("Board ")
    closed = await alice.closes_off(title)
    words = title.lower().replace(" ", "-")
    assert closed.startswith(f"{words}-")
    status, room = await mallory.tries_to_create(title=title, name=words, kind="closed")
    assert status == 201
    assert room["name"] != closed
    status, room = await mallory.tries_to_create(title=title, kind="open")
    assert (status, room["title"], room["name"]) == (201, title, words), "as if there were no other"
    status, answer = await mallory.tries_to_create(title=title, kind="open")
    assert (status, list(answer["errors"])) == (422, ["title"])


async def test_a_closed_room_tells_nothing_at_its_addresses(
    alice: Person, mallory: Person, cellar: str
) -> None:
    at_alice = await alice.enters(cellar)
    title = unique("Secret ")
    await at_alice.says(f"/title {title}")
    await moved(at_alice, "den")
    name = await address_of(at_alice)
    assert re.fullmatch(r"den-[a-z2-7]{10}", name)
    assert await status_of(alice, f"/rooms/{cellar}") == 302
    nowhere = unique("nowhere")
    for way in WAYS:
        for kind in ("text/html", "application/json"):
            answers = []
            for address in (name, cellar, nowhere):
                headers = {"Accept": kind}
                url = f"/rooms/{address}{way}"
                async with mallory.http.get(url, headers=headers, allow_redirects=False) as answer:
                    text = re.sub("|".join((name, cellar, nowhere)), "NAME", await answer.text())
                    answers.append((answer.status, answer.headers.get("Location"), len(text)))
                    assert title not in text
            assert answers[0] == answers[1] == answers[2]
            assert answers[0][0] == 404
    for words in (title, title.split()[-1], name, cellar, "den-"):
        found = (await mallory.gets(f"/rooms?q={words}"))["rooms"]
        assert not [one for one in found if one["name"] in (name, cellar) or one["title"] == title]
    # As a title, in a text and as a wish they are like any other words.
    status, room = await mallory.tries_to_create(title=title, kind="open")
    assert status == 201
    at_mallory = await mallory.enters(room["name"])
    await at_mallory.says(f"#{name} #{cellar} #{nowhere}")
    assert "html" not in (await mallory.history(room["name"]))[-1]
    assert await mallory.answers(name, "accept") == await mallory.answers(nowhere, "accept") == 404
    assert await mallory.answers(cellar, "accept") == 404


async def test_a_guest_is_led_to_the_answer_by_a_former_address(
    alice: Person, bob: Person, cellar: str
) -> None:
    at_alice = await alice.enters(cellar)
    await at_alice.says(f"/invite {bob.name}")
    await moved(at_alice, "attic")
    name = await address_of(at_alice)
    [invitation] = (await bob.gets("/rooms"))["invitations"]
    assert invitation["name"] == name
    async with bob.http.get(f"/rooms/{cellar}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/rooms")
    assert await bob.answers(cellar, "accept") == 200
    assert await status_of(bob, f"/rooms/{name}") == 200


async def test_a_conversation_has_no_address_to_change(alice: Person, bob: Person) -> None:
    headers = {"Accept": "application/json", "X-CSRF-Token": await alice.token("/rooms")}
    async with alice.http.post("/conversations", data={"with": bob.name}, headers=headers) as answer:
        name = (await answer.json())["name"]
    at_alice = await alice.enters(name)
    for line in (f"/address {unique('x')}", f"/title {unique('x')}"):
        assert (await refusal(at_alice, line)).startswith("forbidden")
