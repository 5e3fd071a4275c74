"""Blocks: two people who see nothing of each other and don't write to each other, and all others
whom it doesn't concern."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from tests.chat.actions.test_conversations import opens, posts
from tests.conftest import Cast, server_env, unique
from tests.support.database_snapshot import Stored
from tests.support.feed_reader import (
    asked_of,
    asks,
    blocks,
    comments,
    fills,
    follows,
    listens,
    page,
    since,
    status_of,
    writes,
)
from tests.support.people import PATIENCE, JsonObject, Person, person
from tests.support.servers import Aiochat, Postgres, Redis, free_port


async def test_a_block_ends_following_both_ways_and_keeps_it_ended(
    alice: Person, bob: Person, stored: Stored
) -> None:
    await follows(alice, bob)
    await follows(bob, alice)
    for _ in range(2):
        await blocks(alice, bob)
    assert "0 followers" in (await page(alice, f"/users/{alice.name}"))[1]
    before = stored(alice, bob)
    for one, other in ((alice, bob), (bob, alice)):
        status, body = await asks(one, f"/users/{other.name}/follow")
        assert (status, body["error"]["code"]) == (422, "cannot_follow")
        assert body["error"]["text"] == "You can’t follow this person."
        answer = await fills(one, f"/users/{other.name}/follow", "/rooms")
        assert answer.status == 422
        assert (await asks(one, f"/users/{other.name}/unfollow"))[1]["following"] is False
    assert stored(alice, bob) == before
    for _ in range(2):
        assert await asks(alice, f"/users/{bob.name}/unblock") == (200, {"name": bob.name, "blocked": False})
    # What it ended stays ended, until somebody follows again.
    assert "0 followers" in (await page(alice, f"/users/{bob.name}"))[1]
    await follows(bob, alice)


async def test_blocks_that_cannot_be(alice: Person, bob: Person, stored: Stored) -> None:
    before = stored(alice, bob)
    status, body = await asks(alice, f"/users/{alice.name}/block")
    assert (status, body["error"]["code"]) == (422, "cannot_block")
    assert (await fills(alice, f"/users/{alice.name}/block", "/rooms")).status == 422
    for name in ("nobody-at-all", "%00", "a%20b", "a" * 200):
        for what in ("block", "unblock", "accept", "decline", "remove-follower"):
            assert (await asks(alice, f"/users/{name}/{what}"))[0] == 404
    assert (await asks(alice, f"/users/{bob.name}/unblock"))[1] == {"name": bob.name, "blocked": False}
    assert stored(alice, bob) == before


async def test_who_blocks_whom_is_the_blockers_own_matter(alice: Person, bob: Person) -> None:
    await blocks(alice, bob)
    assert await asks(bob, f"/users/{alice.name}/unblock") == (200, {"name": alice.name, "blocked": False})
    assert (await asks(bob, f"/users/{alice.name}/follow"))[0] == 422, "another's block isn't ended"
    await blocks(bob, alice)
    await asks(alice, f"/users/{bob.name}/unblock")
    assert (await asks(alice, f"/users/{bob.name}/follow"))[0] == 422, "each has their own"
    await asks(bob, f"/users/{alice.name}/unblock")
    await follows(alice, bob)


async def test_the_page_of_somebody_blocked(alice: Person, bob: Person) -> None:
    await bob.submits("/accounts/profile", bio="Grows beans", place="Kyoto")
    await alice.submits("/accounts/profile", bio="Paints", place="Oslo")
    answer = await fills(alice, f"/users/{bob.name}/block", f"/users/{bob.name}")
    assert (answer.status, answer.headers["Location"]) == (303, f"/users/{bob.name}")
    _, text = await page(alice, f"/users/{bob.name}")
    assert f"You have blocked {bob.name}" in text
    assert f'action="/users/{bob.name}/unblock"' in text
    assert "Grows beans" not in text
    assert 'action="/conversations"' not in text
    status, text = await page(bob, f"/users/{alice.name}")
    assert (status, f"@{alice.name}" in text) == (200, True)
    for hidden in ("Paints", "Oslo", "follower", "/follow", "/posts", 'action="/conversations"', "locked"):
        assert hidden not in text.partition("<main")[2], hidden
    assert await alice.gets(f"/users/{bob.name}") == {"name": bob.name, "display_name": "", "blocked": True}
    assert await bob.gets(f"/users/{alice.name}") == {
        "name": alice.name,
        "display_name": "",
        "blocked": False,
    }
    listed = await alice.gets("/accounts/blocked")
    assert [one["name"] for one in listed["blocked"]] == [bob.name]
    _, text = await page(alice, "/accounts/blocked")
    assert f'action="/users/{bob.name}/unblock"' in text
    answer = await fills(alice, f"/users/{bob.name}/unblock", "/accounts/blocked", next="/accounts/blocked")
    assert answer.headers["Location"] == "/accounts/blocked"
    assert (await alice.gets("/accounts/blocked"))["blocked"] == []
    assert "Grows beans" in (await page(alice, f"/users/{bob.name}"))[1]


async def test_what_they_wrote_is_not_there_for_each_other(
    alice: Person, bob: Person, mallory: Person, stored: Stored
) -> None:
    by_alice, by_bob, by_mallory = [await writes(one, one.name) for one in (alice, bob, mallory)]
    own = await comments(bob, by_alice, "before the block")
    for one in (alice, bob):
        await comments(one, by_mallory, f"comment of {one.name}")
        await asks(one, f"/feed/{by_mallory['id']}/like")
    await blocks(alice, bob)
    before = stored(alice, bob, mallory)
    assert [len(before[table]) for table in ("blocks", "feed_posts", "feed_comments", "feed_likes")] == [
        1,
        3,
        3,
        2,
    ]
    for one, other, post in ((alice, bob, by_bob), (bob, alice, by_alice)):
        here = f"/feed/{post['id']}"
        for path in (here, f"/users/{other.name}/posts", f"/feed/events?post={post['id']}"):
            assert await status_of(one, path) == 404, path
        assert (await page(one, here))[0] == 404
        for path in (
            *asked_of(post),
            f"{here}/comments/{own['id']}/edit",
            f"{here}/comments/{own['id']}/delete",
        ):
            assert (await asks(one, path, text="after it"))[0] == (
                404 if post is by_bob or one is bob else 200
            ), path
        # Elsewhere: the other's comment isn't shown, and the counts are the database's.
        found = await one.gets(f"/feed/{by_mallory['id']}")
        assert [comment["author"] for comment in found["comments"]] == [one.name]
        assert (found["post"]["comments"], found["post"]["likes"]) == (2, 2)
        _, text = await page(one, f"/feed/{by_mallory['id']}")
        assert f"comment of {other.name}" not in text
    assert stored(alice, bob, mallory) == before
    assert len((await mallory.gets(f"/feed/{by_mallory['id']}"))["comments"]) == 2
    assert (await mallory.gets(f"/feed/{by_alice['id']}"))["comments"][0]["text"] == "before the block"
    assert (await alice.gets(f"/feed/{by_alice['id']}"))["comments"] == []


async def test_open_streams_tell_nothing_of_the_other_from_the_block_on(
    alice: Person, bob: Person, mallory: Person
) -> None:
    await follows(alice, bob)
    await follows(alice, mallory)
    post, by_bob = await writes(mallory, "common"), await writes(bob, "of Bob")
    start = await since(alice)
    feed, one = (
        await listens(alice, f"?since={start}"),
        await listens(alice, f"?post={post['id']}&since={start}"),
    )
    on_bob = await listens(alice, f"?post={by_bob['id']}&since={start}")
    await asks(bob, f"/feed/{post['id']}/like")
    await feed.hears("like", by=bob.name)
    await one.hears("like", by=bob.name)
    await blocks(bob, alice)
    await asks(bob, f"/feed/{post['id']}/unlike")
    written = await comments(bob, post, "unseen words")
    await asks(bob, f"/feed/{post['id']}/comments/{written['id']}/edit", text="other unseen words")
    await writes(bob, "unheard")
    for _ in range(2):
        await comments(bob, by_bob, "unheard as well")
    mine = await comments(alice, post, "seen")
    for stream in (feed, one):
        await stream.hears("like", change="removed", by=None, likes=0)
        for _ in range(2):
            told = await stream.hears("comment", change="removed", id=written["id"])
            assert "comment" not in told
        await stream.hears("comment", change="added", id=mine["id"], comments=2)
    assert await on_bob.hears("post") == {"change": "removed", "id": by_bob["id"]}
    assert len(on_bob.heard) == 1, "told once"
    # And so is what one comes back for.
    again = await listens(alice, f"?since={start}")
    await again.hears("like", by=None)
    await again.hears("like", by=None)
    for stream in (feed, one, on_bob, again):
        assert "unseen words" not in str(stream.heard)
        assert "unheard" not in str(stream.heard)
        await stream.close()


async def test_they_write_no_direct_messages(alice: Person, bob: Person, lobby: str, stored: Stored) -> None:
    name = await opens(alice, bob)
    at_alice, at_bob = await alice.enters(name), await bob.enters(name)
    for number in range(3):  # then the journal remembers that they may
        await at_alice.says(f"a{number}")
        await at_bob.says(f"b{number}")
    in_lobby = [await one.enters(lobby) for one in (alice, bob)]
    await blocks(alice, bob)
    before = stored(alice, bob)["messages"]
    assert len(before) >= 6, "what they wrote to each other"
    for one, other, listener in ((alice, bob, at_alice), (bob, alice, at_bob)):
        for text in ("psst", f"psst @{other.name}", "/me waves"):
            answer = await listener.says(text)
            assert (answer["type"], answer["code"]) == ("error", "blocked"), text
        number = 1 if one is alice else 2
        requests: list[JsonObject] = [
            {"type": "edit", "number": number, "text": "psst"},
            {"type": "react", "number": number, "emoji": "👍", "on": True},
            {"type": "pin", "number": number, "on": True},
            {"type": "post", "text": "psst", "reply_to": number},
        ]
        for request in requests:
            await listener.ws.send_json({**request, "nonce": "n"})
            assert (await listener.hears(nonce="n"))["code"] == "blocked", request
        status, body = await posts(one, other.name)
        assert (status, body["errors"]["with"]) == (422, "You can’t write to this person.")
        assert (await one.submits("/conversations", page="/rooms", **{"with": other.name})).status == 422
    for other, listener in ((bob, in_lobby[0]), (alice, in_lobby[1])):
        assert (await listener.says(f"/msg {other.name} psst"))["code"] == "blocked"
    assert stored(alice, bob)["messages"] == before
    # One's own words can still be taken away, what was said is still there, and others are none of
    # it.
    await at_bob.ws.send_json({"type": "delete", "number": 2, "nonce": "d"})
    assert (await at_bob.hears(nonce="d"))["type"] == "receipt"
    again = await alice.enters(name)
    assert (await again.says("psst"))["code"] == "blocked"
    await again.ws.send_json({"type": "typing", "nonce": "t"})
    assert (await again.hears(nonce="t"))["code"] == "blocked"
    assert len(await bob.history(name)) == 6
    for listener, text in zip(in_lobby, ("for all", "for all too"), strict=True):
        assert (await listener.says(text))["type"] == "receipt"
    await asks(alice, f"/users/{bob.name}/unblock")
    for listener in (at_alice, at_bob):
        assert (await listener.says("again"))["type"] == "receipt"
    assert await opens(bob, alice) == name


async def test_a_block_before_any_conversation(
    cast: Cast, alice: Person, bob: Person, mallory: Person, stored: Stored
) -> None:
    await blocks(bob, alice)
    before = stored(alice, bob, mallory)["messages"]
    for one, other in ((alice, bob), (bob, alice)):
        assert (await posts(one, other.name))[0] == 422
    assert stored(alice, bob, mallory)["messages"] == before
    assert (await alice.gets("/rooms?only=own"))["rooms"] == []
    assert (await posts(alice, bob.name, mallory.name))[0] == 422


class TestInOneMoment:
    """On PostgreSQL, where two transactions may run at once: the test holds one of them up in its
    middle."""

    @pytest.fixture
    def chat(self, postgres_chat: Aiochat) -> Aiochat:
        return postgres_chat

    async def waiting(self, database: psycopg.AsyncConnection, many: int) -> None:
        """Until so many of the site's statements wait for a lock."""
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type "
            "= 'Lock'"
        )
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await (await database.execute(asked)).fetchone()
                if found and found[0] >= many:
                    return

    @pytest.mark.parametrize("comes_first", ["follow", "block"])
    async def test_a_follow_and_a_block(
        self, chat: Aiochat, alice: Person, bob: Person, mallory: Person, comes_first: str
    ) -> None:
        await follows(mallory, alice)
        await follows(bob, alice)
        if comes_first == "follow":
            await asks(bob, f"/users/{alice.name}/unfollow")
        for someone in (alice, bob):
            await someone.token("/rooms")
        url = chat.env["AIOCHAT_DATABASE_URL"]
        async with (
            await psycopg.AsyncConnection.connect(url) as holding,
            await psycopg.AsyncConnection.connect(url, autocommit=True) as looking,
        ):
            held = (
                "SELECT followers FROM follow_counts WHERE user_id = (SELECT id FROM users WHERE name = "
                "%s) FOR UPDATE"
            )
            await holding.execute(held, [alice.name])
            choices = {
                "follow": (bob, f"/users/{alice.name}/follow"),
                "block": (alice, f"/users/{bob.name}/block"),
            }
            first = asyncio.create_task(asks(*choices.pop(comes_first)))
            await self.waiting(looking, 1)
            second = asyncio.create_task(asks(*choices.popitem()[1]))
            await self.waiting(looking, 2)
            await holding.rollback()
        statuses = [(await first)[0], (await second)[0]]
        assert statuses == ([200, 200] if comes_first == "follow" else [200, 422])
        assert [one["name"] for one in (await alice.gets("/accounts/followers"))["followers"]] == [
            mallory.name
        ]
        assert (await asks(mallory, f"/users/{alice.name}/follow"))[1]["followers"] == 1


class TestTwoWorkers:
    """On PostgreSQL and Redis: what one process is asked to do holds in the other at once."""

    @pytest.fixture
    def workers(self, postgres: Postgres, redis: Redis) -> Iterator[tuple[Aiochat, Aiochat]]:
        port = free_port()
        env = {
            **server_env(postgres, redis, unique("privacy")),
            "AIOCHAT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        with Aiochat(port=port, env=env) as one, Aiochat(env=env) as other:
            yield one, other

    async def test_a_block_holds_in_both(self, workers: tuple[Aiochat, Aiochat]) -> None:
        one, other = workers
        async with person(one.url, unique("alice")) as alice, person(one.url, unique("bob")) as bob:
            for someone in (alice, bob):
                await someone.joins()
            await follows(bob, alice)
            post = await writes(alice, "of Alice")
            name = await opens(alice, bob)
            # Bob is served by the other worker, which remembers that he may write.
            at_bob = await bob.enters(name, url=other.url)
            for number in range(3):
                assert (await at_bob.says(f"n{number}"))["type"] == "receipt"
            start = await since(bob)
            feed = await listens(bob, f"?since={start}", url=other.url)
            on_post = await listens(bob, f"?post={post['id']}&since={start}", url=other.url)
            await comments(alice, post, "heard")
            for stream in (feed, on_post):
                await stream.hears("comment")
            await blocks(alice, bob)
            assert (await at_bob.says("psst"))["code"] == "blocked"
            for text in ("unheard", "unheard too"):
                await comments(alice, post, text)
            await writes(bob, "own")
            assert (await feed.hears("post"))["post"]["text"] == "own"
            assert await on_post.hears("post") == {"change": "removed", "id": post["id"]}
            await asks(alice, f"/users/{bob.name}/unblock")
            assert (await at_bob.says("again"))["type"] == "receipt"
            for stream in (feed, on_post):
                await stream.close()
