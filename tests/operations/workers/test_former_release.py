"""While a site is updated, workers of the former release serve beside those of this one, on one PostgreSQL
and one Redis: nobody notices at which of them they are, or somebody else is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from yarl import URL

from helpers.redis.bus import make_bus
from tests.chat.actions.test_conversations import opens
from tests.chat.delivery.test_unread import news, reads
from tests.conftest import LIMITS_OFF, unique
from tests.operations.faults.test_crash import _in_thread, _through_trouble
from tests.support.accounts import accounts_of
from tests.support.deleted_accounts import asks, rows
from tests.support.files import posts, uploads
from tests.support.people import Listener, Person, person
from tests.support.presence import are_online
from tests.support.programs.former_release import unpack_former_release
from tests.support.programs.shell import beside
from tests.support.servers import Aiochat, Nginx, Postgres, Redis

NO_WAITING = "-c%20synchronous_commit%3Doff"
"""Of a commit for the disk."""

NUMBER = 18
"""Of the site's database in Redis."""


@dataclass
class Update:
    """In the middle of it. `url` is nginx's, as people type it."""

    former: Aiochat
    new: Aiochat
    url: str


@pytest.fixture(scope="module")
def update(postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Update]:
    """The former release serves; this one migrates beside it, and takes the place of the second worker."""
    program = unpack_former_release(tmp_path_factory.mktemp("former")) / "app.py"
    with contextlib.ExitStack() as stack:
        former = Aiochat(program=program, forked=False)
        # It makes all tables, for which there is no copy.
        former.start_seconds = 300.0
        new = Aiochat(data_dir=former.data_dir, arguments=["serve"])
        sockets = [worker.folder / "nginx.sock" for worker in (former, new)]
        nginx = Nginx(sockets)
        env = {
            **LIMITS_OFF,
            "AIOCHAT_DATABASE_URL": f"{postgres.create_database('rolling')}?options={NO_WAITING}",
            "AIOCHAT_REDIS_URL": redis.numbered(NUMBER),
            "AIOCHAT_PUBLIC_URL": nginx.url,
            "AIOCHAT_TRUST_PROXY": "1",
            "AIOCHAT_PREVIEWS": "off",
        }
        for worker, path in zip((former, new), sockets, strict=True):
            worker.env |= {**env, "AIOCHAT_SOCKET": str(path)}
        stack.enter_context(former)
        beside(new, "migrate")
        stack.enter_context(new)
        stack.enter_context(nginx)
        Aiochat.reached_at[nginx.url] = new
        yield Update(former, new, nginx.url)


@dataclass
class Guests:
    """Alice is at the former release, Bob at this one. Both are members of the room."""

    alice: Person
    bob: Person
    room: str
    at_former: Listener
    at_new: Listener

    @property
    def both_ways(self) -> Iterator[tuple[Listener, Listener, Person]]:
        """Who does something, who hears of it, and the person of the latter."""
        yield self.at_former, self.at_new, self.bob
        yield self.at_new, self.at_former, self.alice


@contextlib.asynccontextmanager
async def _moved(someone: Person, url: str) -> AsyncIterator[Person]:
    """The same session, at another address."""
    async with person(url, someone.name) as other:
        other.http.cookie_jar.update_cookies({"session": someone._cookie}, URL(url))
        yield other


@pytest.fixture
async def guests(update: Update) -> AsyncIterator[Guests]:
    alice, bob = (
        await Person(update.url, unique("alice")).joins(),
        await Person(update.url, unique("bob")).joins(),
    )
    room = unique("Hall")
    await alice.creates(room)
    at_former = await alice.enters(room, url=update.former.url)
    at_new = await bob.enters(room, url=update.new.url)
    await at_former.hears("message", kind="joined")
    yield Guests(alice, bob, room, at_former, at_new)
    await alice.close()
    await bob.close()


async def test_what_is_said_and_changed_is_heard_at_both(guests: Guests) -> None:
    for speaker, other, friend in guests.both_ways:
        number = (await speaker.says(f"**hello** @{friend.name}"))["number"]
        heard = await other.hears("message", number=number)
        assert "<strong>hello</strong>" in heard["html"]
        await asks(other, type="react", number=number, emoji="👍", on=True)
        assert (await speaker.hears("changed", number=number))["reactions"] == [
            {"emoji": "👍", "names": [friend.name]}
        ]
        await asks(speaker, type="edit", number=number, text="good-bye")
        assert (await other.hears("changed", number=number, text="good-bye"))["edited_at"]
        answer = await posts(other, text="an answer", reply_to=number)
        assert (await speaker.hears("message", number=answer["number"]))["quote"]["text"] == "good-bye"
        await asks(other, type="delete", number=answer["number"])
        assert (await speaker.hears("changed", number=answer["number"]))["deleted"]
        await speaker.ws.send_json({"type": "typing"})
        assert (await other.hears("typing"))["on"]
        await speaker.says("/away for tea")
        await other.hears("presence", status="away", text="for tea")
    await are_online(guests.alice, guests.room, guests.alice, guests.bob)


async def test_what_is_unread_and_who_is_called_is_told_at_both(update: Update, guests: Guests) -> None:
    alice, bob = guests.alice, guests.bob
    phone, desk = await alice.connects(url=update.former.url), await alice.connects(url=update.new.url)
    number = (await guests.at_new.says(f"@{alice.name}, look"))["number"]
    for device in (phone, desk):
        await news(device, guests.room, last_number=number, mentions=1)
    await reads(guests.at_former, number)
    for device in (phone, desk):
        await news(device, guests.room, read_number=number, mentions=0)
    for opener, friend, near, far in (
        (alice, bob, update.former.url, update.new.url),
        (bob, alice, update.new.url, update.former.url),
    ):
        told = await friend.connects(url=far)
        conversation = await opens(opener, friend)
        said = await (await opener.enters(conversation, url=near)).says("psst")
        await news(told, conversation, last_number=said["number"])
        there = await friend.enters(conversation, since=0, url=far)
        assert [event["text"] for event in there.heard("message")][-1] == "psst"


async def test_a_session_of_the_one_is_good_at_the_other(update: Update) -> None:
    """So is a room that was made, a file that was sent, and the end of all of them."""
    for here, there in ((update.former, update.new), (update.new, update.former)):
        newcomer = await Person(here.url, unique("newcomer")).registers()
        again = await Person(there.url, newcomer.name).logs_in()
        room = unique("Made")
        await newcomer.creates(room)
        sent = await uploads(newcomer, "notes.txt", b"what we said\n")
        async with _moved(newcomer, there.url) as elsewhere, _moved(newcomer, update.url) as at_nginx:
            at_room = await at_nginx.enters(room, url=there.url)
            assert (await posts(at_room, {"id": sent["id"], "description": ""}))["type"] == "receipt"
            [line] = [line for line in await elsewhere.history(room) if line["kind"] == "post"]
            async with again.http.get(line["files"][0]["url"]) as answer:
                assert (answer.status, await answer.read()) == (200, b"what we said\n")
            # It is ended where it was made, and heard of where it is used.
            await newcomer.logs_out()
            assert await at_room.ends() == 4503
            async with elsewhere.http.get(f"/rooms/{room}", allow_redirects=False) as answer:
                assert answer.status == 303
        await newcomer.close()
        await again.close()


async def test_who_is_removed_is_removed_at_both(update: Update, guests: Guests) -> None:
    tabs = [await guests.bob.enters(guests.room, url=worker.url) for worker in (update.former, update.new)]
    await guests.at_former.says(f"/kick {guests.bob.name}")
    assert [await tab.ends() for tab in (*tabs, guests.at_new)] == [4501] * 3
    members = (await guests.alice.gets(f"/rooms/{guests.room}/members"))["members"]
    assert [member["name"] for member in members] == [guests.alice.name]


async def test_what_a_later_version_says_is_passed_over(update: Update, redis: Redis, guests: Guests) -> None:
    """As this one will be the former one some day. It is logged once, however often it comes."""
    [(room_id,)] = rows(update.new, f"SELECT id FROM rooms WHERE name = '{guests.room}'")
    channels = ("control", "activity", "presence", "viewers", "notices", "feed", f"room:{room_id}")
    later = make_bus(redis.numbered(NUMBER))
    await later.open(accounts_of(update.url).site)
    for channel in channels:
        for payload in (b'{"later": true}', b"\x95\x01\x02\x03\x04\x05", b"\xa5later", b"~later"):
            later.publish(channel.encode(), payload)
    for speaker, other, _ in guests.both_ways:
        number = (await speaker.says("nobody minds"))["number"]
        await other.hears("message", number=number)
    await later.close()
    await are_online(guests.alice, guests.room, guests.alice, guests.bob)
    log = update.new.log.read_text()
    for channel in ("activity", "presence", "viewers", f"room:{room_id}"):
        assert log.count(f"what another version says on {channel} is passed over") == 1, log


async def test_the_update_loses_nothing(update: Update) -> None:
    """Twenty send while the last worker of the former release ends, and one of this one takes its place."""
    successor = Aiochat(port=update.former.port, data_dir=update.former.data_dir, arguments=["serve"])
    successor.env = dict(update.former.env)
    with contextlib.ExitStack() as stack:
        await _through_trouble(
            update.url, lambda: _in_thread(update.former.stop, lambda: stack.enter_context(successor))
        )
        assert (
            await asyncio.to_thread(beside, update.new, "verify", "--contents")
            == "Everything is as it must be.\n"
        )
        assert "can't be used" not in update.new.log.read_text() + successor.log.read_text()
