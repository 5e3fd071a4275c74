"""Following: whom somebody reads, and what a person's page says of it."""

import asyncio

from tests.conftest import Cast
from tests.support.feed_reader import asks, fills, page
from tests.support.people import Person


async def test_following_and_no_longer(alice: Person, bob: Person) -> None:
    assert await asks(alice, f"/users/{bob.name}/follow") == (
        200,
        {"name": bob.name, "following": True, "followers": 1},
    )
    assert await asks(alice, f"/users/{bob.name.upper()}/follow") == (
        200,
        {"name": bob.name, "following": True, "followers": 1},
    )
    _, text = await page(alice, f"/users/{bob.name}")
    assert f'action="/users/{bob.name}/unfollow"' in text
    assert "1 follower<" in text
    for _ in range(2):
        assert await asks(alice, f"/users/{bob.name}/unfollow") == (
            200,
            {"name": bob.name, "following": False, "followers": 0},
        )
    _, text = await page(alice, f"/users/{bob.name}")
    assert f'action="/users/{bob.name}/follow"' in text


async def test_by_a_form(alice: Person, bob: Person) -> None:
    answer = await fills(alice, f"/users/{bob.name}/follow", f"/users/{bob.name}")
    assert (answer.status, answer.headers["Location"]) == (303, f"/users/{bob.name}")
    answer = await fills(alice, f"/users/{bob.name}/follow", f"/users/{bob.name}", next="//elsewhere.example")
    assert answer.headers["Location"] == f"/users/{bob.name}"
    _, text = await page(bob, f"/users/{alice.name}")
    assert "follows 1<" in text


async def test_many_at_once_are_counted(cast: Cast, alice: Person) -> None:
    people = [await cast.person("fan") for _ in range(5)]
    for path, followers in (("follow", 5), ("unfollow", 0)):
        await asyncio.gather(*[asks(one, f"/users/{alice.name}/{path}") for one in people for _ in range(2)])
        assert (await asks(alice, f"/users/{people[0].name}/unfollow"))[0] == 200
        _, text = await page(people[0], f"/users/{alice.name}")
        assert f"{followers} followers<" in text


async def test_nobody_follows_themselves_or_nobody(cast: Cast, alice: Person) -> None:
    status, body = await asks(alice, f"/users/{alice.name}/follow")
    assert (status, body["error"]["code"]) == (422, "cannot_follow")
    assert (await asks(alice, f"/users/{alice.name}/unfollow"))[0] == 200
    for name in ("nobody-at-all", "%00", "a%20b", "a" * 200):
        assert (await asks(alice, f"/users/{name}/follow"))[0] == 404
        assert (await asks(alice, f"/users/{name}/unfollow"))[0] == 404
    _, text = await page(alice, f"/users/{alice.name}")
    assert f'action="/users/{alice.name}/follow"' not in text
    assert "0 followers<" in text
