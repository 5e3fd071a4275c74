"""The feed's stream of events: what happens comes once and in order, to whom it concerns, also to
who comes back."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from tests.conftest import Cast, server_env, unique
from tests.support.feed_reader import Stream, asks, comments, follows, listens, writes
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Nginx, Postgres, Redis, free_port
from tests.support.wire.raw_http import cookie_of


async def since(someone: Person) -> int:
    found: int = (await someone.gets("/feed"))["since"]
    return found


async def test_everything_that_happens(alice: Person, bob: Person, mallory: Person) -> None:
    await follows(bob, alice)
    stream, other = (
        await listens(bob, f"?since={await since(bob)}"),
        await listens(mallory, f"?since={await since(mallory)}"),
    )
    post = await writes(alice, "a *post*")
    told = await stream.hears("post", change="added", id=post["id"])
    assert told["post"] == {name: value for name, value in post.items() if name != "liked"}
    here = f"/feed/{post['id']}"
    await asks(mallory, f"{here}/like")
    await stream.hears("like", change="added", post=post["id"], likes=1, by=mallory.name)
    comment = await comments(mallory, post, "so so")
    told = await stream.hears("comment", change="added", id=comment["id"], post=post["id"], comments=1)
    assert told["comment"] == comment
    await asks(mallory, f"{here}/comments/{comment['id']}/edit", text="quite good")
    assert (await stream.hears("comment", change="edited"))["comment"]["text"] == "quite good"
    await asks(mallory, f"{here}/comments/{comment['id']}/delete")
    await stream.hears("comment", change="removed", id=comment["id"], post=post["id"], comments=0)
    await asks(mallory, f"{here}/unlike")
    await stream.hears("like", change="removed", likes=0, by=mallory.name)
    await asks(alice, f"{here}/edit", text="a better post")
    assert (await stream.hears("post", change="edited"))["post"]["text"] == "a better post"
    await asks(alice, f"{here}/delete")
    assert await stream.hears("post") == {"change": "removed", "id": post["id"]}
    # Mallory follows nobody: their own post is all that comes.
    own = await writes(mallory, "own")
    await other.hears("post", id=own["id"])
    assert stream.ids == sorted(set(stream.ids))
    for one in (stream, other):
        await one.close()


async def test_a_new_name_is_told_to_followers_and_readers_of_posts(
    alice: Person, bob: Person, mallory: Person
) -> None:
    await follows(bob, alice)
    post = await writes(alice, "a post")
    streams = [
        await listens(bob, ""),
        await listens(alice, ""),
        await listens(mallory, f"?post={post['id']}"),
    ]
    other = await listens(mallory, "")
    name = unique("Алиса ")
    assert (await alice.submits("/accounts/profile", display_name=name)).status == 303
    for stream in streams:
        assert await stream.hears("person") == {"name": alice.name, "display_name": name}
    assert (await alice.submits("/accounts/profile", display_name="")).status == 303
    for stream in streams:
        assert await stream.hears("person") == {"name": alice.name, "display_name": ""}
    # Whom one doesn't follow one isn't told of. It has no id, so nobody's place is moved.
    own = await writes(mallory, "own")
    await other.hears("post", id=own["id"])
    assert other.ids == sorted(set(other.ids))
    for stream in (*streams, other):
        await stream.close()


async def test_what_changes_nothing_is_no_event(alice: Person) -> None:
    stream = await listens(alice, f"?since={await since(alice)}")
    post = await writes(alice, "one")
    here = f"/feed/{post['id']}"
    await stream.hears("post")
    for path in ("like", "like", "unlike", "unlike"):
        await asks(alice, f"{here}/{path}")
    await asks(alice, f"{here}/edit", text="one")
    await asks(alice, f"{here}/edit", text="two")
    assert [(await stream.hears(kind))["change"] for kind in ("like", "like", "post")] == [
        "added",
        "removed",
        "edited",
    ]
    await stream.close()


async def test_coming_back(alice: Person, bob: Person) -> None:
    await follows(bob, alice)
    stream = await listens(bob, f"?since={await since(bob)}")
    await writes(alice, "n0")
    await stream.hears("post")
    await stream.close()
    posts = [await writes(alice, f"n{number}") for number in range(1, 6)]
    await asks(alice, f"/feed/{posts[0]['id']}/delete")
    # The header goes before the address, which a browser keeps.
    again = await listens(bob, "?since=0", stream.last_id)
    await again.hears("post", change="removed", id=posts[0]["id"])
    for post in posts[1:]:
        await again.hears("post", change="added", id=post["id"])
    await again.hears("post", change="removed", id=posts[0]["id"])
    await writes(alice, "live again")
    await again.hears("post", change="added")
    assert again.ids == sorted(set(again.ids))
    assert not set(again.ids) & set(stream.ids)
    await again.close()


async def test_following_works_at_once(alice: Person, bob: Person) -> None:
    stream = await listens(bob, f"?since={await since(bob)}")
    await writes(alice, "unheard")
    await writes(bob, "own")
    assert (await stream.hears("post"))["post"]["text"] == "own"
    await follows(bob, alice)
    await writes(alice, "heard")
    assert (await stream.hears("post"))["post"]["text"] == "heard"
    await asks(bob, f"/users/{alice.name}/unfollow")
    await writes(alice, "unheard again")
    await writes(bob, "own again")
    assert (await stream.hears("post"))["post"]["text"] == "own again"
    await stream.close()


async def test_one_post_alone(alice: Person, bob: Person) -> None:
    post, other = await writes(alice, "this"), await writes(alice, "other")
    stream = await listens(bob, f"?post={post['id']}&since={await since(bob)}")
    await comments(alice, other, "there")
    await comments(alice, post, "here")
    assert (await stream.hears("comment"))["comment"]["text"] == "here"
    await stream.close()
    async with bob.http.get(f"/feed/events?post={'9' * 16}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("given", ["", "x", "-1", "1.5", "9" * 17, "1, 2", "0x1"])
async def test_ids_of_another_shape(alice: Person, given: str) -> None:
    async with alice.http.get("/feed/events", headers={"Last-Event-ID": given}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_request")
    async with alice.http.get("/feed/events", params={"since": given}) as answer:
        assert answer.status == 400


async def test_an_id_from_the_future(alice: Person) -> None:
    stream = await listens(alice, "", str(2**52))
    reset = await stream.hears("reset")
    assert stream.last_id == str(reset["last"])
    post = await writes(alice, "after it")
    await stream.hears("post", id=post["id"])
    await stream.close()


async def test_many_at_once_come_in_order(cast: Cast, alice: Person) -> None:
    people = [await cast.person("busy") for _ in range(4)]
    for someone in people:
        await follows(alice, someone)
    stream = await listens(alice, f"?since={await since(alice)}")

    async def write(someone: Person) -> None:
        for number in range(8):
            await writes(someone, f"{someone.name} {number}")

    await asyncio.gather(*map(write, people))
    heard = [(await stream.hears("post"))["post"]["text"] for _ in range(32)]
    assert len(set(heard)) == 32
    for someone in people:
        assert [text for text in heard if text.startswith(someone.name + " ")] == [
            f"{someone.name} {number}" for number in range(8)
        ]
    again = await listens(alice, "", str(stream.ids[0] - 1))
    assert [(await again.hears("post"))["post"]["text"] for _ in range(32)] == heard
    assert again.ids == stream.ids == sorted(set(stream.ids))
    for one in (stream, again):
        await one.close()


async def test_signing_out_ends_it(alice: Person) -> None:
    stream = await listens(alice)
    await alice.logs_out()
    await stream.ends()
    async with alice.http.get("/feed/events") as answer:
        assert answer.status == 401


async def test_ten_at_once(alice: Person) -> None:
    streams = [await listens(alice) for _ in range(10)]
    async with alice.http.get("/feed/events") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (429, "too_many_streams")
        assert answer.headers["Retry-After"] == "5"
    await streams[0].close()
    async with asyncio.timeout(PATIENCE):
        while True:  # the server hears of it in its own time
            async with alice.http.get("/feed/events") as answer:
                if answer.status == 200:
                    break
    for stream in streams[1:]:
        await stream.close()


def _some(reader: socket.socket, size: int) -> bytes:
    """What is there, and not the end."""
    reader.settimeout(0.1)
    try:
        data = reader.recv(size)
    except TimeoutError:
        return b""
    assert data
    return data


async def test_who_reads_slower_than_others_write_gets_the_rest_then(alice: Person) -> None:
    """The server holds no more for them than some hundred KB; who reads nothing at all for long is
    disconnected (tests/helpers/web/test_http_protocol.py)."""
    host, port = alice.url.removeprefix("http://").split(":")
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect((host, int(port)))
        lazy.sendall(
            f"GET /feed/events HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie_of(alice)}\r\n\r\n".encode()
        )
        assert b"200 OK" in lazy.recv(200)
        came = b""
        post = await writes(alice, "x")
        headers = {"Accept": "application/json", "X-CSRF-Token": await alice.token("/rooms")}
        text = "x" * 9990
        for number in range(200):
            async with alice.http.post(
                f"/feed/{post['id']}/edit", data={"text": f"{text}{number}"}, headers=headers
            ) as answer:
                assert answer.status == 200
            # A little now and then, however long all this takes.
            came += await asyncio.to_thread(_some, lazy, 4096)
        last = f"{text}{number}".encode()
        async with asyncio.timeout(PATIENCE):
            while last not in came[-40_000:]:
                came += await asyncio.to_thread(_some, lazy, 1 << 20)
    # Others go on.
    stream = await listens(alice, f"?since={await since(alice)}")
    await writes(alice, "still here")
    await stream.hears("post")
    await stream.close()


class TestTwoWorkers:
    """Behind nginx, on PostgreSQL and Redis."""

    @pytest.fixture
    async def bus(self, own_servers: None) -> AsyncIterator[Redis]:
        """Of its own, since the sessions are in the other."""
        with Redis() as server:
            yield server

    @pytest.fixture
    async def site(
        self, postgres: Postgres, redis: Redis, bus: Redis
    ) -> AsyncIterator[tuple[list[Aiochat], str]]:
        ports = [free_port(), free_port()]
        nginx = Nginx(ports)
        env = {
            **server_env(postgres, redis, unique("feed")),
            "AIOCHAT_PUBLIC_URL": nginx.url,
            "AIOCHAT_TRUST_PROXY": "true",
        }
        env["AIOCHAT_BUS_URL"] = bus.url
        with Aiochat(port=ports[0], env=env) as one, Aiochat(port=ports[1], env=env) as other, nginx:
            yield [one, other], nginx.url

    async def test_each_hears_of_the_other(self, site: tuple[list[Aiochat], str], bus: Redis) -> None:
        workers, url = site
        alice, bob = Person(url, unique("alice")), Person(url, unique("bob"))
        streams: list[Stream] = []
        try:
            for someone in (alice, bob):
                await someone.registers()
            await follows(bob, alice)
            start = await since(bob)
            streams = [await listens(bob, f"?since={start}", url=worker.url) for worker in workers]
            streams.append(
                await listens(bob, f"?since={start}")
            )  # through nginx, which must not hold it back
            for number in range(3):
                post = await writes(alice, f"n{number}")
                for stream in streams:
                    await stream.hears("post", id=post["id"])
            await alice.submits("/accounts/profile", display_name="Alice")
            for stream in streams:
                await stream.hears("person", name=alice.name, display_name="Alice")
            bus.kill()
            try:
                post = await writes(alice, "without the bus")
                for stream in streams:
                    await stream.hears("post", id=post["id"])
            finally:
                bus.start()
            workers[0].stop()
            await streams[0].ends()
            post = await writes(alice, "meanwhile")
            again = await listens(bob, "", streams[0].last_id, url=workers[1].url)
            streams.append(again)
            await again.hears("post", id=post["id"])
        finally:
            for stream in streams:
                await stream.close()
            for someone in (alice, bob):
                await someone.close()
