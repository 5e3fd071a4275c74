"""Filters of rooms and of the site: what is refused, reported or held, and what becomes of that."""

import asyncio
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from chat.delivery.filters import Rule, Rules
from chat.delivery.floods import Floods
from tests.administration.conftest import acts
from tests.chat.actions.test_conversations import opens
from tests.chat.order.test_reports import queue, reports_told, stored
from tests.conftest import Cast, server_env, unique
from tests.support.deleted_accounts import change
from tests.support.feed_reader import asks as sends
from tests.support.people import PATIENCE, JsonObject, Person, person
from tests.support.servers import Aiochat, Postgres, Redis

pytestmark = pytest.mark.usefixtures("door")


async def adds(someone: Person, room: str, kind: str, pattern: str, action: str = "hold") -> int:
    form = {"act": "add_filter", "kind": kind, "pattern": pattern, "action": action}
    status, _ = await sends(someone, f"/rooms/{room}/settings", **form)
    return status


async def held(someone: Person, room: str) -> list[JsonObject]:
    found: list[JsonObject] = (await someone.gets(f"/rooms/{room}/reports"))["held"]
    return found


async def answers(someone: Person, room: str, one: JsonObject, answer: str) -> tuple[int, Any]:
    return await sends(someone, f"/rooms/{room}/reports", held=str(one["held"]), answer=answer)


def old(chat: Aiochat, *people: Person) -> None:
    """Their accounts are two days old."""
    names = ", ".join(f"'{one.name}'" for one in people)
    change(chat, f"UPDATE users SET created_at = created_at - {2 * 86_400_000} WHERE name IN ({names})")


@pytest.mark.parametrize(
    ("pattern", "text", "is_met"),
    [
        ("viagra", "cheap VIAGRA here", True),
        ("viagra", "cheap Viágra!", True),
        ("viagra", "cheap vіаgrа", True),  # Cyrillic letters
        ("viagra", "ｖｉａｇｒａ", True),
        ("viagra", "viagras", False),
        ("viagra", "a viaduct, graded", False),
        ("free money", "FREE, money!", True),
        ("free money", "money is free", False),
        ("спам", "это СПАМ", True),
        ("modern", "rnodern", True),
    ],
)
def test_words_are_whole_and_looked_at(pattern: str, text: str, is_met: bool) -> None:
    assert (Rules([Rule(1, "word", pattern, "refuse")]).met(text) is not None) is is_met


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("see https://spam.example/x", True),
        ("see HTTP://SPAM.EXAMPLE.", True),
        ("[here](https://a.b.spam.example:8080/)", True),
        ("https://user:pass@spam.example/", True),
        ("www.spam.example", True),
        ("https://notspam.example/", False),
        ("https://spam.example.org/", False),
        ("spam.example", False),
    ],
)
def test_links_to_a_host_and_all_below_it(text: str, is_met: bool) -> None:
    assert (Rules([Rule(1, "host", "spam.example", "refuse")]).met(text) is not None) is is_met


def test_of_several_the_strongest_holds() -> None:
    rules = Rules([Rule(1, "word", "one", "report"), Rule(2, "word", "two", "refuse")])
    assert [getattr(rules.met(text), "id", None) for text in ("one", "two one", "three")] == [1, 2, None]


def test_a_flood_is_the_same_text_in_many_rooms() -> None:
    floods = Floods()
    said = "the very same words"
    assert [floods.note(1, room, text) for room in (1, 2) for text in (said, "something in between")] == [
        False
    ] * 4
    assert not floods.note(2, 3, said)
    assert floods.note(1, 3, said.upper())
    assert not any(floods.note(1, room, "hello") for room in range(5))


async def test_what_is_refused_changes_nothing(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert (await at_bob.says("fine"))["number"] == 1
    assert await adds(alice, lobby, "word", "viagra", "refuse") == 200
    assert await adds(alice, lobby, "host", "https://spam.example/page", "refuse") == 200
    for line in ("Vіagra!", "/me sells viagra", "https://www.spam.example/", "/shrug viagra"):
        answer = await at_bob.says(line)
        assert answer.get("code") == "filtered", line
    await at_bob.ws.send_json({"type": "edit", "number": 1, "text": "viagra", "nonce": "e"})
    assert (await at_bob.hears("error", nonce="e"))["code"] == "filtered"
    assert [line["text"] for line in await alice.history(lobby) if "number" in line] == ["fine"]
    assert (await at_alice.says("moderators may say viagra"))["type"] == "receipt"
    assert not await held(alice, lobby)


async def test_what_is_reported_is_in_the_queue(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await adds(alice, lobby, "word", "viagra", "report")
    assert (await at_bob.says("viagra!"))["type"] == "receipt"
    await reports_told(at_alice, lobby, 1)
    [found] = await queue(alice, lobby)
    assert (found["number"], found["reasons"][0]["reporter"], found["reasons"][0]["reason"]) == (
        *(1, None, "viagra"),
    )
    status, _ = await sends(alice, f"/rooms/{lobby}/reports", report=str(found["report"]), answer="delete")
    assert status == 200


async def test_what_is_held_waits_for_a_moderator(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await adds(alice, lobby, "word", "viagra")
    nonces = [secrets.token_hex(8) for _ in range(2)]
    for nonce, text in zip(nonces, ("*viagra* one", "viagra two"), strict=True):
        for _ in range(2):
            assert "waits" in (await at_bob.says(text, nonce))["text"]
    assert (await at_bob.says("another text", nonces[0]))["code"] == "nonce_reused"
    await reports_told(at_alice, lobby, 2)
    assert not at_alice.heard("message", author=bob.name, kind="post")
    assert (await at_bob.says("something else"))["number"] == 1
    first, second = await held(alice, lobby)
    assert (first["author"], first["text"], first["why"]) == (bob.name, "*viagra* one", "viagra")
    status, answer = await answers(alice, lobby, first, "approve")
    assert (status, answer["number"]) == (200, 2)
    told = await at_alice.hears("message", number=2)
    assert (told["author"], told["text"]) == (bob.name, "*viagra* one")
    assert "<em>" in told["html"]
    again = await at_bob.says("*viagra* one", nonces[0])
    assert (again["type"], again["number"]) == ("receipt", 2)
    assert (await answers(alice, lobby, second, "reject"))[0] == 200
    assert (await at_bob.says("viagra two", nonces[1]))["code"] == "filtered"
    assert not await held(alice, lobby)
    await reports_told(at_alice, lobby, 0)
    assert len([line for line in await alice.history(lobby) if "number" in line]) == 2


async def test_of_two_who_let_it_through_one_does(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    dave = await cast.person("dave")
    await dave.enters(lobby)
    await at_alice.says(f"/mod {dave.name}")
    await adds(alice, lobby, "word", "viagra")
    for place in range(3):
        await at_bob.says(f"viagra {place}")
        [one] = await held(alice, lobby)
        done = await asyncio.gather(*[answers(who, lobby, one, "approve") for who in (alice, dave)])
        assert sorted(status for status, _ in done) == [200, 409]
        [refused] = [answer for status, answer in done if status == 409]
        assert refused["error"]["code"] == "answered"
        assert len([line for line in await alice.history(lobby) if "number" in line]) == place + 1
    for form in ({"held": "x"}, {"held": "1", "answer": "maybe"}, {"held": "9" * 16, "answer": "approve"}):
        assert (await sends(alice, f"/rooms/{lobby}/reports", **form))[0] == 400
    assert (await answers(bob, lobby, one, "approve"))[0] == 403
    assert (await answers(alice, lobby, {"held": "9" * 15}, "approve"))[0] == 404


async def test_first_messages_of_new_accounts_wait(
    chat: Aiochat, alice: Person, bob: Person, cast: Cast, lobby: str
) -> None:
    carol = await cast.person("carol")
    old(chat, carol)
    at_bob, at_carol = await bob.enters(lobby), await carol.enters(lobby)
    assert await adds(alice, lobby, "new", "1") == 200
    assert (await at_carol.says("I am here for long"))["type"] == "receipt"
    assert (await at_bob.says("hello"))["type"] == "notice"
    [one] = await held(alice, lobby)
    assert (one["text"], one["why"]) == ("hello", "")
    await answers(alice, lobby, one, "approve")
    assert (await at_bob.says("and again"))["type"] == "receipt"
    assert await adds(alice, lobby, "new", "0") == 200
    dave = await cast.person("dave")
    assert (await (await dave.enters(lobby)).says("hello"))["type"] == "receipt"


async def test_who_may_set_which_filters(alice: Person, bob: Person, lobby: str) -> None:
    await bob.enters(lobby)
    assert await adds(bob, lobby, "word", "viagra") == 403
    for kind, pattern, action in (
        ("word", "", "hold"),
        ("word", "!!!", "hold"),
        ("word", "x" * 101, "hold"),
        ("word", "x", "explode"),
        ("nothing", "x", "hold"),
        ("host", "no host", "hold"),
        ("host", "localhost", "hold"),
        ("new", "21", "hold"),
        ("new", "-1", "hold"),
        ("new", "2", "refuse"),
    ):
        assert await adds(alice, lobby, kind, pattern, action) == 400, (kind, pattern)
    for place in range(100):
        assert await adds(alice, lobby, "word", f"word{place}", "refuse") == 200
    assert await adds(alice, lobby, "word", "one too many", "refuse") == 409
    assert await adds(alice, lobby, "word", "word7", "report") == 200, "another action of the same"


async def test_the_same_text_in_three_rooms_is_reported(chat: Aiochat, alice: Person, bob: Person) -> None:
    rooms = [unique("Flood") for _ in range(3)]
    for room in rooms:
        await alice.creates(room)
        assert (await (await bob.enters(room)).says("visit my wonderful shop"))["type"] == "receipt"
    async with asyncio.timeout(PATIENCE):
        while not await queue(alice, rooms[2]):
            await asyncio.sleep(0.05)
    assert [stored(chat, room) for room in rooms] == [0, 0, 1]


async def test_the_filters_of_the_site(cast: Cast, alice: Person, bob: Person, lobby: str) -> None:
    word = unique("badword")
    form = {"act": "add_filter", "kind": "word", "pattern": word, "action": "hold"}
    assert (await sends(cast.boss, "/admin/filters", **form))[1]["act"][0] == "S"
    try:
        at_bob, room = await bob.enters(lobby), await opens(alice, bob)
        at_room = await bob.enters(room)
        assert (await at_bob.says(word))["type"] == "notice"
        assert (await at_room.says(word))["type"] == "receipt", "nobody else reads a conversation"
        assert (await sends(cast.boss, "/admin/filters", **{**form, "action": "refuse"}))[0] == 200
        assert (await at_room.says(f"{word}!"))["code"] == "filtered"
        assert (await acts(bob, "/admin/filters", **form))[0] == 403
        assert (await sends(cast.boss, "/admin/filters", act="explode"))[0] == 400
    finally:
        for one in (await cast.boss.gets("/admin/filters"))["filters"]:
            await sends(cast.boss, "/admin/filters", act="remove_filter", filter=str(one["filter"]))
    assert (await at_bob.says(f"{word} again"))["type"] == "receipt"


@pytest.fixture(scope="module")
def workers(postgres: Postgres, redis: Redis) -> Iterator[list[Aiochat]]:
    env = server_env(postgres, redis, unique("filters"))
    with Aiochat(env=env) as one, Aiochat(env={**env, "AIOCHAT_PUBLIC_URL": one.url}) as two:
        yield [one, two]


async def test_other_workers_know_of_a_new_filter_at_once(workers: list[Aiochat]) -> None:
    one, two = workers
    async with person(one.url, unique("alice")) as alice, person(one.url, unique("bob")) as bob:
        await alice.joins()
        await bob.joins()
        room = unique("Room")
        await alice.creates(room)
        at_bob = await bob.enters(room, url=two.url)
        for place in range(5):
            word = unique("word")
            assert (await at_bob.says(f"{word} before"))["type"] == "receipt"
            assert await adds(alice, room, "word", word, "refuse") == 200
            async with asyncio.timeout(PATIENCE):
                while (answer := await at_bob.says(f"{word} {place}"))["type"] == "receipt":
                    await asyncio.sleep(0.02)
            assert answer["code"] == "filtered"
