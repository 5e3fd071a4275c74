"""The directory of people: everybody by pages, who is found, and who is hidden by a block."""

import pytest
from yarl import URL

from tests.conftest import Cast, unique
from tests.support.feed_reader import blocks
from tests.support.people import Person


async def all_names(someone: Person) -> list[str]:
    """Page by page."""
    names: list[str] = []
    after = ""
    while True:
        found = await someone.gets(str(URL("/users").with_query({"after": after} if after else {})))
        names += [one["name"] for one in found["people"]]
        if not found["next"]:
            return names
        assert found["next"] > after.lower()
        after = found["next"]


async def test_everybody_is_listed_once_in_order_by_pages(cast: Cast, alice: Person) -> None:
    stem = unique("listed")
    made = [await cast.person(f"{stem}x") for _ in range(53)]
    names = await all_names(alice)
    assert [name.lower() for name in names] == sorted({name.lower() for name in names})
    assert {one.name for one in (alice, *made)} <= set(names)
    page = await alice.gets("/users")
    assert len(page["people"]) <= 50
    async with alice.http.get("/users") as answer:
        assert 'rel="next"' in await answer.text()


async def test_somebody_is_found_by_either_name(cast: Cast, alice: Person) -> None:
    # Of a name that no other story has: of many who are called alike a page shows the first.
    okapi = await cast.person("okapi")
    await okapi.submits("/accounts/profile", display_name="Ольга O'Neil")
    for asked in (okapi.name, f"@{okapi.name[:4].upper()}", "ольга", "o'ne"):
        async with alice.http.get("/users", params={"q": asked}) as answer:
            text = (await answer.text()).partition("<main")[2]
        assert f'href="/users/{okapi.name}"' in text, asked
        assert "Ольга O&#39;Neil" in text
    found = await alice.gets(f"/users?q={okapi.name}")
    assert {"name": okapi.name, "display_name": "Ольга O'Neil"} in found["people"]
    assert (await alice.gets("/users?q=nobody-is-called-so"))["people"] == []


async def test_who_is_hidden_by_a_block_is_not_in_it(alice: Person, bob: Person, mallory: Person) -> None:
    await blocks(alice, bob)
    for one, other in ((alice, bob), (bob, alice)):
        assert other.name not in await all_names(one)
        found = await one.gets(f"/users?q={other.name}")
        assert other.name not in [person["name"] for person in found["people"]]
        assert mallory.name in await all_names(one)
    assert {alice.name, bob.name} <= set(await all_names(mallory))


async def test_who_has_left_is_not_in_it(cast: Cast, alice: Person) -> None:
    gone = await cast.person("goner")
    await gone.submits("/accounts/delete", password="correct horse battery", messages="keep")
    assert gone.name not in await all_names(alice)


@pytest.mark.parametrize("query", [{"q": "x" * 201}, {"after": "x" * 201}])
async def test_what_is_far_too_long_is_refused(alice: Person, query: dict[str, str]) -> None:
    async with alice.http.get("/users", params=query) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("text", ["\0", "%", "_", "\\", "' OR 1=1 --", "@", "\ud83d\ude00", "‮abc", "x" * 200])
async def test_any_text_may_be_asked_for(alice: Person, text: str) -> None:
    for name in ("q", "after"):
        async with alice.http.get("/users", params={name: text}) as answer:
            assert answer.status == 200
