"""The list of rooms: one's own first, the open ones by pages, and any of them by a part of its
name."""

import asyncio
import re

import pytest

from tests.conftest import Cast, unique
from tests.support.people import Person


async def listed(person: Person, query: str = "") -> list[str]:
    return [room["name"] for room in (await person.gets(f"/rooms?{query}"))["rooms"]]


@pytest.fixture
async def shelf(alice: Person) -> list[str]:
    """More rooms of Alice's than a page shows, by name; and no other test's rooms have this word in
    theirs."""
    word = unique("Shelf")
    names = [f"{word}_{number:03}" for number in range(103)]
    await asyncio.gather(*[alice.creates(name) for name in names])
    return names


async def test_the_open_rooms_come_by_pages(bob: Person, shelf: list[str]) -> None:
    word = shelf[0].partition("_")[0]
    first = await bob.gets(f"/rooms?q={word}_")
    assert first["more"]
    assert [room["name"] for room in first["rooms"]] == shelf[:100]
    rest = await bob.gets(f"/rooms?q={word}_&after={shelf[99]}")
    assert not rest["more"]
    assert [room["name"] for room in rest["rooms"]] == shelf[100:]


async def test_every_open_room_is_on_one_of_the_pages(bob: Person, shelf: list[str]) -> None:
    page, names = await bob.gets("/rooms"), []
    while True:
        names += [room["name"] for room in page["rooms"]]
        if not page["more"]:
            break
        page = await bob.gets(f"/rooms?after={names[-1]}")
    assert len(names) == len(set(names))
    assert set(shelf) <= set(names)


async def test_the_pages_are_links_on_the_page(bob: Person, shelf: list[str]) -> None:
    word = shelf[0].partition("_")[0]
    # The page's address, and what is in it, is repeated by the switch of languages.
    shown = re.compile(r"<bdi>(Shelf\w+)</bdi>")
    async with bob.http.get(f"/rooms?q={word}_") as answer:
        page = await answer.text()
    assert shown.findall(page) == shelf[:100]
    (link,) = re.findall(r'rel="next" href="([^"]+)"', page)
    async with bob.http.get(link.replace("&amp;", "&")) as answer:
        page = await answer.text()
    assert shown.findall(page) == shelf[100:]
    assert 'rel="next"' not in page


async def test_a_room_is_found_by_a_part_of_its_name(
    alice: Person, bob: Person, lobby: str, cellar: str
) -> None:
    for words in (lobby, lobby.upper(), f"%23{lobby.lower()}", lobby[2:], f" {lobby} "):
        assert lobby in await listed(bob, f"q={words}")
        assert lobby in await listed(alice, f"q={words}")
    assert await listed(alice, f"q={cellar}") == [cellar]
    assert await listed(bob, f"q={cellar}") == [], "it is closed to him"


@pytest.mark.parametrize("words", ["%25", "no%00such", "a%20b", "%F0%9F%98%80", "''", "%5C", "x" * 500])
async def test_what_is_in_no_name_finds_nothing(bob: Person, lobby: str, words: str) -> None:
    assert await listed(bob, f"q={words}") == []
    async with bob.http.get(f"/rooms?q={words}") as page:
        assert page.status == 200
        assert "No room that you can see" in await page.text()


async def test_an_underscore_is_no_wildcard(alice: Person, bob: Person) -> None:
    name = unique("Wild")
    await alice.creates(f"{name}_a")
    await alice.creates(f"{name}xa")
    assert await listed(bob, f"q={name}_a") == [f"{name}_a"]


@pytest.mark.parametrize("after", ["%00", "a%20b", "%25", "x" * 33, "1"])
async def test_a_page_begins_after_a_name(bob: Person, after: str) -> None:
    async with bob.http.get(f"/rooms?after={after}", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "bad_request"


async def test_ones_own_come_first_and_those_with_news_before_the_others(cast: Cast, alice: Person) -> None:
    carol = await cast.person("carol")
    names = sorted(unique("Own") for _ in range(3))
    for name in names:
        await alice.creates(name)
        listener = await carol.enters(name)
        await listener.close()
    at_alice = await alice.enters(names[2])
    await at_alice.says("news")
    assert await listed(carol, "only=own") == [names[2], names[0], names[1]]
    rooms = (await carol.gets("/rooms?only=own"))["rooms"]
    assert [(room["role"], room["unread"]) for room in rooms] == [("member", 1), ("member", 0), ("member", 0)]
    everything = await listed(carol)
    assert everything[:3] == [names[2], names[0], names[1]]
    assert not set(names) & set(everything[3:])
    assert not set(names) & set(await listed(carol, "after=A")), "they are on the first page alone"


async def test_of_two_lower_bounds_the_higher_one_holds(alice: Person, lobby: str) -> None:
    """A page begins neither before what was cleared nor before what was asked for."""
    listener = await alice.enters(lobby)
    for text in ("one", "two", "/clear", "three", "four"):
        await listener.says(text)
    cleared = listener.heard("cleared")[0]["seq"]

    async def texts(query: str) -> list[str]:
        return [
            line["text"]
            for line in (await alice.gets(f"/rooms/{lobby}/messages?{query}"))["messages"]
            if line.get("number")
        ]

    for query in (
        "after=0",
        "after=1",
        "after=2",
        "after_seq=0",
        f"after_seq={cleared - 1}",
        f"after_seq={cleared}",
        "before=9",
    ):
        assert await texts(query) == ["three", "four"], query
    assert await texts("after=3") == await texts(f"after_seq={cleared + 1}") == ["four"]
    assert await texts("before=4") == ["three"]
    assert await texts("before=1") == await texts("before=3") == []
