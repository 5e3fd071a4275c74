"""Behind Caddy, with the site of deploy/Caddyfile."""

import shutil
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.conftest import unique
from tests.support.feed_reader import follows, listens, since, writes
from tests.support.files import sends
from tests.support.people import Person
from tests.support.servers import Aiochat
from tests.support.servers.caddy import Caddy
from tests.support.servers.process import free_port

pytestmark = pytest.mark.skipif(not shutil.which("caddy"), reason="there is no caddy")

CONNECTIONS = 3


@pytest.fixture(scope="module")
def site(own_servers: None) -> Iterator[tuple[Caddy, Aiochat]]:
    """A worker, and Caddy before it."""
    port = free_port()
    front = Caddy(port)
    env = {
        "AIOCHAT_PUBLIC_URL": front.url,
        "AIOCHAT_TRUST_PROXY": "true",
        "AIOCHAT_ADDRESS_CONNECTIONS": str(CONNECTIONS),
    }
    with Aiochat(env=env, port=port) as worker, front:
        Aiochat.reached_at[front.url] = worker
        yield front, worker


@pytest.fixture
async def alice(site: tuple[Caddy, Aiochat]) -> AsyncIterator[Person]:
    alice = await Person(site[0].url, unique("alice")).joins()
    yield alice
    await alice.close()


async def test_people_talk_and_whoever_says_to_come_from_elsewhere_is_not_believed(alice: Person) -> None:
    room = unique("lobby")
    await alice.creates(room)
    elsewhere = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(CONNECTIONS + 1)]
    listeners = [await alice.enters(room, headers=headers) for headers in elsewhere[1:]]
    await listeners[0].says("by Caddy")
    for listener in listeners:
        await listener.hears("message", text="by Caddy")
    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
        await alice.enters(room, headers=elsewhere[0])


async def test_the_feed_is_live(site: tuple[Caddy, Aiochat], alice: Person) -> None:
    bob = await Person(site[0].url, unique("bob")).joins()
    await follows(bob, alice)
    stream = await listens(bob, f"?since={await since(bob)}")
    post = await writes(alice, "not kept back by anything")
    await stream.hears("post", change="added", id=post["id"])
    await stream.close()
    await bob.close()


async def test_files_come_through(alice: Person) -> None:
    room = unique("lobby")
    await alice.creates(room)
    listener = await alice.enters(room)
    sent = await sends(alice, room, ("notes.txt", b"of the meeting\n" * 20_000))
    assert sent.status == 201, await sent.text()
    await listener.hears("message", author=alice.name)


async def test_nobody_notices_a_restart_but_by_a_pause(site: tuple[Caddy, Aiochat], alice: Person) -> None:
    _, worker = site
    room = unique("lobby")
    await alice.creates(room)
    worker.restart()
    listener = await alice.enters(room)
    await listener.says("back again")
