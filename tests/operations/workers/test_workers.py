"""Two workers on one PostgreSQL and one Redis behave as one, directly and behind nginx, with Redis
there and away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from tests.chat.delivery.test_unread import news, reads
from tests.conftest import server_env, unique
from tests.operations.faults.test_crash import _in_thread, _through_trouble
from tests.support.accounts import accounts_of
from tests.support.people import PATIENCE, Person
from tests.support.presence import are_online
from tests.support.servers import Aiochat, Nginx, Postgres, Redis
from timings import Timings

QUICK = Timings(
    grace=1.5,
    presence_tick=0.1,
    compare_after=1.5,
    renew_leases=1.0,
    store_marks=60.0,
    unread_round=0.1,
    unread_check=5.0,
)


@dataclass
class Site:
    """Two workers, and nginx before them. `one` and `two` are their own addresses."""

    workers: list[Aiochat]
    nginx: Nginx
    redis: Redis

    @property
    def url(self) -> str:
        return self.nginx.url

    @property
    def one(self) -> str:
        return self.workers[0].url

    @property
    def two(self) -> str:
        return self.workers[1].url


@contextlib.contextmanager
def _site(postgres: Postgres, database: str) -> Iterator[Site]:
    """A site with a Redis of its own, since its stories end it."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis())
        workers = [Aiochat(timings=QUICK) for _ in range(2)]
        sockets = [worker.folder / "nginx.sock" for worker in workers]
        nginx = Nginx(sockets)
        env = {
            **server_env(postgres, redis, database),
            "AIOCHAT_PUBLIC_URL": nginx.url,
            "AIOCHAT_TRUST_PROXY": "1",
        }
        for worker, path in zip(workers, sockets, strict=True):
            worker.env |= {**env, "AIOCHAT_SOCKET": str(path)}
            stack.enter_context(worker)
        stack.enter_context(nginx)
        Aiochat.reached_at[nginx.url] = workers[0]
        yield Site(workers, nginx, redis)


@pytest.fixture(scope="module")
def site(postgres: Postgres) -> Iterator[Site]:
    with _site(postgres, "workers") as found:
        yield found


@pytest.fixture
async def people(site: Site) -> AsyncIterator[tuple[Person, Person, str]]:
    """Alice, who owns a room, Bob, and the room's name. Both signed in through nginx."""
    alice, bob = (
        await Person(site.url, unique("alice")).joins(),
        await Person(site.url, unique("bob")).joins(),
    )
    room = unique("Hall")
    await alice.creates(room)
    yield alice, bob, room
    await alice.close()
    await bob.close()


async def _is_ready(someone: Person) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await someone.http.get("/readyz")).status != 200:
            await asyncio.sleep(0.1)


async def test_a_message_crosses_from_worker_to_worker(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    at_one, at_two = await alice.enters(room, url=site.one), await bob.enters(room, url=site.two)
    for turn in range(10):
        receipt = await at_one.says(f"from one {turn}")
        assert (await at_two.hears("message", number=receipt["number"]))["text"] == f"from one {turn}"
        receipt = await at_two.says(f"from two {turn}")
        assert (await at_one.hears("message", number=receipt["number"]))["text"] == f"from two {turn}"
    for listener in (at_one, at_two):
        seqs = [event["seq"] for event in listener.heard("message")]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_typing_crosses_from_worker_to_worker(site: Site, people: tuple[Person, Person, str]) -> None:
    alice, bob, room = people
    at_one, at_two, bobs_other = (
        await alice.enters(room, url=site.one),
        await bob.enters(room, url=site.two),
        await bob.enters(room, url=site.one),
    )
    await at_two.ws.send_json({"type": "typing"})
    assert await at_one.hears("typing") == {"type": "typing", "name": bob.name, "on": True}
    await at_two.ws.send_json({"type": "typing", "on": False})
    assert await at_one.hears("typing") == {"type": "typing", "name": bob.name, "on": False}
    await at_two.says("written")
    await bobs_other.hears("message", number=1)
    assert not bobs_other.heard("typing") + at_two.heard("typing")


async def test_a_status_is_told_on_every_worker(site: Site, people: tuple[Person, Person, str]) -> None:
    """Bob says it at the first worker; of his other rooms he is connected to one at the second
    alone, and to one not at all."""
    alice, bob, room = people
    other, left_open = unique("Kitchen"), unique("Attic")
    for name in (other, left_open):
        await alice.creates(name)
    await (await bob.enters(left_open, url=site.one)).close()
    in_left, in_room, in_other, near = (
        await alice.enters(left_open, url=site.two),
        await alice.enters(room, url=site.two),
        await alice.enters(other, url=site.two),
        await alice.enters(other, url=site.one),
    )
    at_bob, bob_elsewhere = await bob.enters(room, url=site.one), await bob.enters(other, url=site.two)
    assert (await at_bob.says("/away for tea"))["type"] == "notice"
    for listener in (in_left, in_room, in_other, near, bob_elsewhere):
        await listener.hears("presence", name=bob.name, status="away", text="for tea")
    members = (await alice.gets(f"/rooms/{other}/members"))["members"]
    assert next(member for member in members if member["name"] == bob.name)["status"] == "away"
    # The second worker was told, so it knows who is back.
    await bob_elsewhere.says("I have it with me")
    for listener in (in_left, in_room, in_other, near, at_bob):
        await listener.hears("presence", name=bob.name, status="")
    # Who comes anew is told of as well, at either worker.
    third = unique("Cellar")
    await alice.creates(third)
    at_both = [await alice.enters(third, url=url) for url in (site.one, site.two)]
    await at_bob.says("/dnd")
    await bob.enters(third, url=site.one)
    for listener in at_both:
        await listener.hears("presence", name=bob.name, status="dnd")


async def test_both_workers_write_one_order(site: Site, people: tuple[Person, Person, str]) -> None:
    alice, bob, room = people
    listeners = [
        await someone.enters(room, url=url) for someone in (alice, bob) for url in (site.one, site.two)
    ]
    total = 100
    for number in range(total):
        for place, listener in enumerate(listeners):
            await listener.ws.send_json(
                {"type": "post", "text": f"{place} {number}", "nonce": f"{room}-{place}-{number}"}
            )
    for listener in listeners:
        await listener.hears("message", number=total * 4)
    orders = [
        [(event["seq"], event["text"]) for event in listener.heard("message") if event["kind"] == "post"]
        for listener in listeners
    ]
    assert all(order == orders[0] for order in orders)
    assert [seq for seq, _ in orders[0]] == list(range(orders[0][0][0], orders[0][0][0] + total * 4))


async def test_a_killed_persons_connections_close_on_every_worker(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    at_alice = await alice.enters(room, url=site.one)
    tabs = [await bob.enters(room, url=url) for url in (site.one, site.two)]
    await at_alice.says(f"/kill {bob.name}")
    assert [await tab.ends() for tab in tabs] == [4501, 4501]


async def test_signing_out_closes_the_sockets_on_every_worker(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    tabs = [await bob.enters(room, url=url) for url in (site.one, site.two)]
    at_alice = await alice.enters(room, url=site.two)
    await bob.logs_out()
    assert [await tab.ends() for tab in tabs] == [4503, 4503]
    await at_alice.is_told()


async def test_one_person_on_two_workers_is_one_person(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    at_alice = await alice.enters(room, url=site.one)
    first = await bob.enters(room, url=site.one)
    await are_online(bob, room, alice, bob)
    at_bob = await bob.enters(room, url=site.two)
    await first.close()
    # Alice goes later from the same worker, so his grace ends before hers. The other holds him.
    await at_alice.close()
    while alice.name not in (await at_bob.hears("online")).get("offline", []):
        pass
    assert not [event for event in at_bob.heard("online") if bob.name in event.get("offline", [])]
    assert [line["kind"] for line in await bob.history(room)] == ["created", "joined"]


async def test_who_is_online_crosses_from_worker_to_worker(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    """Also to who has another room open, or none."""
    alice, bob, room = people
    await (await bob.enters(room, url=site.one)).close()
    await alice.connects(url=site.two)
    other = unique("Other")
    await alice.creates(other)
    in_other, personal = await alice.enters(other, url=site.two), await alice.connects(url=site.one)
    accounts_of(site.one).gone(bob.name)
    for listener in (in_other, personal):
        while bob.name not in (await listener.hears("online")).get("offline", []):
            pass
    await bob.connects(url=site.one)
    for listener in (in_other, personal):
        while bob.name not in (await listener.hears("online")).get("names", []):
            pass
    await are_online(alice, room, alice, bob)


async def test_what_is_unread_crosses_from_worker_to_worker(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    other = unique("Other")
    await alice.creates(other)
    at_two, at_one = await alice.enters(other, url=site.two), await bob.enters(room, url=site.one)
    for listener in (at_one, at_two):
        await listener.hears("unread", whole=True)
    await at_one.says("news")
    await news(at_two, room, last_number=1)
    at_other = await alice.enters(other, url=site.two)
    assert (await at_other.says(f"/invite {bob.name}"))["type"] == "receipt"
    while not (told := await at_one.hears("unread", whole=True)).get("invitations"):
        pass
    assert [(one["name"], one["inviter"]) for one in told["invitations"]] == [(other, alice.name)]
    await bob.accepts(other)
    told = await at_one.hears("unread", whole=True)
    while {found["name"] for found in told["rooms"]} != {room, other}:
        told = await at_one.hears("unread", whole=True)


async def test_marks_cross_from_device_to_device(site: Site, people: tuple[Person, Person, str]) -> None:
    alice, bob, room = people
    phone, desk = await alice.enters(room, url=site.one), await alice.enters(room, url=site.two)
    at_bob = await bob.enters(room, url=site.one)
    for number in range(5):
        await at_bob.says(str(number))
    for listener in (phone, desk):
        await listener.hears("unread", whole=True)
    await reads(phone, 4)
    await news(desk, room, read_number=4)
    await phone.ws.send_json({"type": "read", "number": 5})
    await phone.is_told()
    await desk.ws.send_json({"type": "read", "number": 1, "back": True, "nonce": "back"})
    await desk.hears("receipt", nonce="back")
    for listener in (phone, desk):
        assert (await news(listener, room, read_number=1))["mentions"] == 0
    # With this one what the phone had noted before is stored.
    assert (await reads(phone, 0))["type"] == "receipt"
    found = await alice.gets("/rooms?only=own")
    assert {item["name"]: item["unread"] for item in found["rooms"]}[room] == 4


async def test_what_one_writes_at_one_worker_is_read_at_the_other(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, _, room = people
    phone, desk = await alice.enters(room, url=site.one), await alice.enters(room, url=site.two)
    await desk.hears("unread", whole=True)
    await phone.says("from the phone")
    await news(desk, room, read_number=1)


async def test_a_mark_set_while_redis_is_away_is_told(site: Site, people: tuple[Person, Person, str]) -> None:
    alice, bob, room = people
    phone, desk = await alice.enters(room, url=site.one), await alice.enters(room, url=site.two)
    await desk.hears("unread", whole=True)
    await (await bob.enters(room, url=site.one)).says("to be read")
    await asyncio.to_thread(site.redis.kill)
    await reads(phone, 1)
    await phone.close()
    await asyncio.to_thread(site.redis.restart)
    await news(desk, room, read_number=1)
    await _is_ready(alice)


async def test_who_is_removed_while_redis_is_away_hears_nothing(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    """Though the history no longer tells of the removal."""
    alice, bob, room = people
    at_alice, at_bob = await alice.enters(room, url=site.one), await bob.enters(room, url=site.two)
    await asyncio.to_thread(site.redis.kill)
    await at_alice.says(f"/kill {bob.name}")
    await at_alice.says("/clear")
    assert await at_bob.ends() == 4501
    await asyncio.to_thread(site.redis.restart)
    await _is_ready(alice)


async def test_what_is_unread_heals_when_redis_is_back(
    site: Site, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    other = unique("Other")
    await alice.creates(other)
    at_two, at_one = await alice.enters(other, url=site.two), await bob.enters(room, url=site.one)
    await at_two.hears("unread", whole=True)
    await asyncio.to_thread(site.redis.kill)
    await at_one.says("without Redis")
    await asyncio.to_thread(site.redis.restart)

    # Soon when the loss was noticed, and with the check of everybody's rooms at the latest.
    await news(at_two, room, last_number=1)
    await _is_ready(alice)


async def test_through_nginx_a_room_works(site: Site, people: tuple[Person, Person, str]) -> None:
    alice, bob, room = people
    at_alice, at_bob = await alice.enters(room), await bob.enters(room)
    await at_alice.says("through the proxy")
    assert (await at_bob.hears("message", number=1))["text"] == "through the proxy"
    async with alice.http.get("/static/js/state/store.js") as answer:
        assert answer.status == 200
    async with alice.http.get(f"/rooms/{room}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_worker_is_killed_behind_nginx(site: Site) -> None:
    await _through_trouble(site.url, lambda: _in_thread(site.workers[0].kill, site.workers[0].restart))


async def test_a_rolling_restart_loses_nothing(site: Site) -> None:
    await _through_trouble(site.url, lambda: _in_thread(site.workers[0].restart, site.workers[1].restart))


async def test_without_redis_the_rooms_go_on(site: Site, people: tuple[Person, Person, str]) -> None:
    """Sends are received, delivered locally and elsewhere, by looking into the database; and with
    Redis back, all is as before."""
    alice, bob, room = people
    at_one, at_two, near = (
        await alice.enters(room, url=site.one),
        await bob.enters(room, url=site.two),
        await bob.enters(room, url=site.one),
    )
    await asyncio.to_thread(site.redis.kill)
    assert (await at_one.says("without Redis"))["type"] == "receipt"
    assert (await near.hears("message", number=1))["text"] == "without Redis"
    assert (await at_two.hears("message", number=1))["text"] == "without Redis"
    async with alice.http.get("/readyz") as answer:
        assert answer.status == 503
    async with alice.http.get("/rooms") as answer:
        assert answer.status == 503, "sessions are away, and it says so"
    await asyncio.to_thread(site.redis.restart)
    await _is_ready(alice)
    receipt = await at_two.says("with Redis again")
    assert (await at_one.hears("message", number=receipt["number"]))["text"] == "with Redis again"
    seqs = [event["seq"] for event in at_two.heard("message")]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
