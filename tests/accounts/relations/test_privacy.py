"""Private profiles, and what an administrator removes: who sees and does what, and that a refusal
changes nothing."""

import asyncio

from tests.conftest import Cast
from tests.feed.test_post_pictures import sends
from tests.support.database_snapshot import Stored
from tests.support.feed_reader import (
    asked_of,
    asks,
    blocks,
    comments,
    fills,
    follows,
    goes_private,
    listens,
    page,
    since,
    status_of,
    texts,
    writes,
)
from tests.support.people import Person
from tests.support.pictures import drawn


async def test_to_follow_somebody_private_is_asked_for(
    alice: Person, bob: Person, mallory: Person, stored: Stored
) -> None:
    await goes_private(alice)
    for one in (bob, mallory):
        asked = {"name": alice.name, "following": False, "requested": True, "followers": 0}
        for _ in range(2):
            assert await asks(one, f"/users/{alice.name}/follow") == (200, asked)
    found = await alice.gets("/accounts/requests")
    assert ([one["name"] for one in found["requests"]], found["count"]) == ([bob.name, mallory.name], 2)
    _, text = await page(alice, "/accounts/email")
    assert 'class="own-count">2<' in text
    assert "2 people ask to follow you" in (await page(alice, f"/users/{alice.name}"))[1]
    counts = {"followers": 0, "follows": 0}
    told = {
        "name": alice.name,
        "display_name": "",
        "private": True,
        **counts,
        "following": False,
        "requested": True,
        "blocked": False,
    }
    assert await bob.gets(f"/users/{alice.name}") == told
    _, text = await page(bob, f"/users/{alice.name}")
    assert "You have asked to follow" in text
    assert f'action="/users/{alice.name}/unfollow"' in text
    answer = await fills(alice, f"/users/{bob.name}/accept", "/accounts/requests", next="/accounts/requests")
    assert (answer.status, answer.headers["Location"]) == (303, "/accounts/requests")
    assert await asks(alice, f"/users/{bob.name}/accept") == (200, {"name": bob.name, "follower": True}), (
        "a state"
    )
    for _ in range(2):
        assert await asks(alice, f"/users/{mallory.name}/decline") == (
            200,
            {"name": mallory.name, "follower": False},
        )
    before = stored(alice, bob, mallory)
    status, body = await asks(alice, f"/users/{mallory.name}/accept")
    assert (status, body["error"]["code"]) == (404, "not_asked")
    assert (await asks(mallory, f"/users/{bob.name}/accept"))[0] == 404, "somebody else's request"
    assert stored(alice, bob, mallory) == before
    assert (await alice.gets("/accounts/requests")) == {"requests": [], "count": 0}
    assert (await asks(bob, f"/users/{alice.name}/follow"))[1] == {
        "name": alice.name,
        "following": True,
        "followers": 1,
    }
    assert [one["name"] for one in (await alice.gets("/accounts/followers"))["followers"]] == [bob.name]
    # Asked again, and taken back.
    await asks(mallory, f"/users/{alice.name}/follow")
    assert (await asks(mallory, f"/users/{alice.name}/unfollow"))[1] == {
        "name": alice.name,
        "following": False,
        "followers": 1,
    }
    assert (await asks(alice, f"/users/{mallory.name}/accept"))[0] == 404
    # And a follower is removed.
    answer = await fills(
        alice, f"/users/{bob.name}/remove-follower", "/accounts/followers", next="/accounts/followers"
    )
    assert answer.status == 303
    for _ in range(2):
        assert await asks(alice, f"/users/{bob.name}/remove-follower") == (
            200,
            {"name": bob.name, "follower": False},
        )
    assert (await alice.gets("/accounts/followers"))["followers"] == []
    assert "0 followers" in (await page(bob, f"/users/{alice.name}"))[1]


async def test_posts_of_somebody_private(
    cast: Cast, alice: Person, bob: Person, mallory: Person, stored: Stored
) -> None:
    post = await writes(alice, "among friends")
    comment = await comments(bob, post, "of Bob")
    await goes_private(alice)
    await alice.submits("/accounts/profile", bio="Paints", display_name="Alice P.")
    await asks(bob, f"/users/{alice.name}/follow")
    await asks(alice, f"/users/{bob.name}/accept")
    here = f"/feed/{post['id']}"
    before = stored(alice, bob, mallory)
    for path in (here, f"/users/{alice.name}/posts", f"/feed/events?post={post['id']}"):
        assert await status_of(mallory, path) == 404, path
    for path in (
        *asked_of(post),
        f"{here}/comments/{comment['id']}/edit",
        f"{here}/comments/{comment['id']}/delete",
    ):
        assert (await asks(mallory, path, text="from outside"))[0] == 404, path
    assert stored(alice, bob, mallory) == before
    _, text = await page(mallory, f"/users/{alice.name}")
    for shown in ("Alice P.", "This profile is private.", "Ask to follow", "1 follower<"):
        assert shown in text
    for hidden in ("Paints", "/posts"):
        assert hidden not in text.partition("<main")[2]
    for one in (alice, bob, cast.boss):
        assert await status_of(one, here) == 200
        assert await texts(one, f"/users/{alice.name}/posts") == ["among friends"]
        assert (await asks(one, f"{here}/like"))[0] == 200
    assert await texts(bob) == ["among friends"]
    assert (await asks(bob, f"{here}/comments", text="more"))[0] == 201
    await asks(alice, f"/users/{bob.name}/remove-follower")
    assert await status_of(bob, here) == 404
    assert await texts(bob) == []


async def test_pictures_of_somebody_private(cast: Cast, alice: Person, bob: Person, mallory: Person) -> None:
    await follows(bob, alice)
    await goes_private(alice)
    status, post = await sends(alice, [drawn()], ["The harbour"], text="among friends")
    assert status == 201
    address = post["pictures"][0]["url"]
    assert [await status_of(one, address) for one in (alice, bob, cast.boss, mallory)] == [200, 200, 200, 404]
    await blocks(alice, bob)
    assert await status_of(bob, address) == 404
    await asks(cast.boss, f"/feed/{post['id']}/delete")
    for one in (alice, cast.boss):
        assert await status_of(one, address) == (410 if one is alice else 404)
    (removed,) = (await alice.gets(f"/users/{alice.name}/posts"))["posts"]
    assert (removed["removed"], removed["pictures"]) == (True, [])


async def test_streams_of_somebody_private(alice: Person, bob: Person) -> None:
    await follows(bob, alice)
    await goes_private(alice)
    post = await writes(alice, "among friends")
    start = await since(bob)
    feed, one = await listens(bob, f"?since={start}"), await listens(bob, f"?post={post['id']}&since={start}")
    await comments(alice, post, "heard")
    for stream in (feed, one):
        await stream.hears("comment")
    await asks(alice, f"/users/{bob.name}/remove-follower")
    for text in ("unheard", "unheard too"):
        await comments(alice, post, text)
    await writes(bob, "own")
    assert (await feed.hears("post"))["post"]["text"] == "own"
    assert await one.hears("post") == {"change": "removed", "id": post["id"]}
    again = await listens(bob, f"?since={start}")
    assert (await again.hears("post"))["post"]["text"] == "own"
    for stream in (feed, one, again):
        assert "unheard" not in str(stream.heard)
        await stream.close()


async def test_going_public_lets_in_who_asked(cast: Cast, alice: Person) -> None:
    asking = [await cast.person("asks") for _ in range(3)]
    await goes_private(alice)
    for one in asking:
        await asks(one, f"/users/{alice.name}/follow")
    await blocks(alice, asking[0])
    assert [one["name"] for one in (await alice.gets("/accounts/requests"))["requests"]] == [
        one.name for one in asking[1:]
    ]
    await alice.submits("/accounts/profile", bio="A form without the field changes nothing of it")
    assert len((await alice.gets("/accounts/requests"))["requests"]) == 2
    await goes_private(alice, "")
    assert (await alice.gets("/accounts/requests"))["requests"] == []
    assert len((await alice.gets("/accounts/followers"))["followers"]) == 2
    assert "2 followers" in (await page(alice, f"/users/{alice.name}"))[1]
    await writes(alice, "hello")
    assert await texts(asking[2]) == ["hello"]
    answer = await alice.submits("/accounts/profile", private="perhaps")
    assert answer.status == 422
    assert "There is no such choice." in await answer.text()


async def test_asking_while_somebody_goes_public(cast: Cast, alice: Person) -> None:
    """Nobody waits for ever: of each who asks it is decided before or after."""
    asking = [await cast.person("asks") for _ in range(4)]
    for _ in range(2):
        await goes_private(alice)
        await asyncio.gather(
            goes_private(alice, ""), *[asks(one, f"/users/{alice.name}/follow") for one in asking]
        )
        assert (await alice.gets("/accounts/requests"))["requests"] == []
        assert "4 followers" in (await page(alice, f"/users/{alice.name}"))[1]
        for one in asking:
            assert (await asks(one, f"/users/{alice.name}/unfollow"))[1]["following"] is False


async def test_lists_by_pages(cast: Cast, alice: Person) -> None:
    for path in ("/accounts/followers", "/accounts/blocked"):
        async with alice.http.get(
            f"{path}?after=nobody-at-all", headers={"Accept": "application/json"}
        ) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_request")
        assert (await alice.gets(f"{path}?after={cast.boss.name}"))["next"] is None
    visitor = cast.stranger()
    for path in ("/accounts/requests", "/accounts/followers", "/accounts/blocked"):
        async with visitor.http.get(path, allow_redirects=False) as answer:
            assert answer.status == 303


# What an administrator removes


async def test_an_administrator_removes_a_post(
    cast: Cast, alice: Person, bob: Person, stored: Stored
) -> None:
    boss = cast.boss
    await follows(bob, alice)
    stays, post = await writes(alice, "stays"), await writes(alice, "rude words")
    here = f"/feed/{post['id']}"
    comment = await comments(bob, stays, "rude comment")
    before = stored(alice, bob)
    assert (await asks(bob, f"{here}/delete"))[0] == 403
    assert (await asks(boss, f"{here}/edit", text="nicer"))[0] == 403, "nobody speaks for others"
    assert stored(alice, bob) == before
    assert 'data-part="moderation"' not in (await page(bob, here))[1]
    _, text = await page(boss, here)
    assert 'data-part="moderation"' in text.partition("<template")[0]
    assert "Remove" in text
    stream = await listens(bob, f"?since={await since(bob)}")
    answer = await fills(boss, f"{here}/delete", here)
    assert answer.status == 303
    await stream.hears("post", change="removed", id=post["id"])
    assert await asks(boss, f"/feed/{stays['id']}/comments/{comment['id']}/delete") == (204, None)
    await stream.hears("comment", change="removed", id=comment["id"], comments=0)
    await stream.close()
    # Its author is told, the text is gone, and for all others there is no such post.
    status, text = await page(alice, here)
    assert (status, "An administrator removed this post." in text) == (410, True)
    async with alice.http.get(here, headers={"Accept": "application/json"}) as answered:
        assert (await answered.json())["error"]["code"] == "removed"
    mine = (await alice.gets(f"/users/{alice.name}/posts"))["posts"]
    assert [(one["text"], one.get("removed")) for one in mine] == [("", True), ("stays", None)]
    _, text = await page(alice, f"/users/{alice.name}/posts")
    assert "An administrator removed this post." in text
    # A minute later it is gone from the database too: tests/feed/test_undo.py.
    assert "rude words" not in text
    for one in (bob, boss):
        assert await status_of(one, here) == 404
        assert await texts(one, f"/users/{alice.name}/posts") == ["stays"]
    assert await texts(alice) == ["stays"]
    for path in asked_of(post):
        assert (await asks(alice, path, text="again"))[0] == 404, path
    # One's own deletion is no such thing.
    await asks(alice, f"/feed/{stays['id']}/delete")
    assert [one["id"] for one in (await alice.gets(f"/users/{alice.name}/posts"))["posts"]] == [post["id"]]
    assert await status_of(alice, f"/feed/{stays['id']}") == 404


async def test_nobody_hides_from_the_administrator(cast: Cast, alice: Person) -> None:
    boss = cast.boss
    post = await writes(alice, "rude words")
    await goes_private(alice)
    await blocks(alice, boss)
    try:
        assert await status_of(boss, f"/feed/{post['id']}") == 200
        assert (await asks(boss, f"/users/{alice.name}/follow"))[0] == 422
        await blocks(boss, alice)
        assert await status_of(boss, f"/feed/{post['id']}") == 404, "whom one blocks oneself one doesn't see"
        assert (await asks(boss, f"/feed/{post['id']}/delete"))[0] == 204
    finally:
        await asks(boss, f"/users/{alice.name}/unblock")
    assert (await alice.gets(f"/users/{alice.name}/posts"))["posts"][0]["removed"] is True
