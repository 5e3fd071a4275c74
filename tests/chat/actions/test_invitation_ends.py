"""What ends an invitation without its guest: it is withdrawn, one of the two blocks the other or
leaves, the inviter is removed. And how many somebody can be sent."""

import asyncio

import psycopg
import pytest

from tests.chat.actions.test_invitations import invited, waiting
from tests.conftest import Cast, unique
from tests.support.deleted_accounts import change, leaves, rows, until
from tests.support.feed_reader import asks, blocks
from tests.support.people import Listener, Person
from tests.support.servers import Aiochat


@pytest.fixture
async def at_cellar(alice: Person, cellar: str) -> Listener:
    return await alice.enters(cellar)


async def room_of(someone: Person) -> str:
    """A new room of theirs."""
    name = unique("Own")
    await someone.creates(name)
    return name


async def test_it_is_withdrawn_by_its_inviter_and_by_moderators(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    carol, dave = await cast.person("carol"), await cast.person("dave")
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    at_dave = await dave.enters(await room_of(dave))
    for others in ([at_bob], [at_carol, at_alice]):
        assert (await at_bob.says(f"/invite {dave.name}"))["type"] == "receipt"
        await waiting(at_dave, lobby)
        for other in others:
            answer = await other.says(f"/uninvite {dave.name}")
            if other is at_carol:
                assert answer["code"] == "forbidden"
            else:
                assert answer["text"] == f"{dave.name} isn’t invited any more."
        await waiting(at_dave)
        assert await dave.answers(lobby, "accept") == 404
    assert (await at_alice.says(f"/uninvite {dave.name}"))["text"] == f"{dave.name} isn’t invited."
    assert dave.name not in (await at_alice.says("/who"))["text"]


async def test_a_block_ends_it_both_ways(
    cast: Cast, alice: Person, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    carol = await cast.person("carol")
    at_bob = await bob.enters(await room_of(bob))
    await at_cellar.brings(cellar, carol)
    at_carol = await carol.enters(cellar)
    await at_cellar.says(f"/mod {carol.name}")
    for blocker, blocked in ((alice, bob), (bob, alice)):
        assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"
        await waiting(at_bob, cellar)
        await blocks(blocker, blocked)
        await waiting(at_bob)
        assert await bob.answers(cellar, "accept") == 404
        await asks(blocker, f"/users/{blocked.name}/unblock")
        assert await invited(bob) == [], "it doesn't come back with the end of the block"
    # Of who declined, the others' invitations don't come through either.
    assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"
    assert await bob.answers(cellar, "decline") == 204
    await blocks(bob, alice)
    assert (await at_carol.says(f"/invite {bob.name}"))["type"] == "receipt"
    assert await invited(bob) == []


async def test_a_block_that_came_at_the_same_moment_hides_it(
    chat: Aiochat, alice: Person, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    """The invitation was stored after the block had looked for it."""
    await at_cellar.says(f"/invite {bob.name}")
    bob_id, alice_id = (f"(SELECT id FROM users WHERE name = '{one.name}')" for one in (bob, alice))
    change(chat, f"INSERT INTO blocks (blocker_id, blocked_id, at) VALUES ({bob_id}, {alice_id}, 0)")
    assert await invited(bob) == []
    assert await bob.answers(cellar, "accept") == 404


async def test_a_kick_ends_what_the_kicked_person_began(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    at_carol = await carol.enters(await room_of(carol))
    await at_bob.says(f"/invite {carol.name}")
    await waiting(at_carol, lobby)
    await at_alice.says(f"/kick {bob.name}")
    await waiting(at_carol)
    assert await carol.answers(lobby, "accept") == 404
    assert await bob.answers(lobby, "accept") == 404
    assert (await at_alice.says(f"/invite {bob.name}"))["type"] == "receipt"
    await bob.accepts(lobby)


@pytest.mark.parametrize("who", ["guest", "inviter"])
async def test_a_deleted_account_takes_its_invitations_along(
    chat: Aiochat, cast: Cast, alice: Person, lobby: str, who: str
) -> None:
    carol, dave = await cast.person("carol"), await cast.person("dave")
    await alice.enters(lobby)
    at_carol, at_dave = await carol.enters(lobby), await dave.enters(await room_of(dave))
    await at_carol.says(f"/invite {dave.name}")
    await waiting(at_dave, lobby)
    here = f"SELECT 1 FROM invitations WHERE room_id = (SELECT id FROM rooms WHERE name = '{lobby}')"
    assert len(rows(chat, here)) == 1
    await leaves(dave if who == "guest" else carol)
    if who == "inviter":
        await waiting(at_dave)
        assert await dave.answers(lobby, "accept") == 404
    await until(lambda: not rows(chat, here))


async def test_nobody_fills_anybodys_list(cast: Cast, bob: Person) -> None:
    """By one inviter there are five; what others send comes through."""
    mallory, carol = await cast.person("mallory"), await cast.person("carol")
    rooms = [await room_of(mallory) for _ in range(6)]
    listeners = [await mallory.enters(room) for room in rooms]
    answers = [await listener.says(f"/invite {bob.name}") for listener in listeners]
    assert [answer["type"] for answer in answers] == ["receipt"] * 5 + ["error"]
    assert answers[5]["text"] == f"{bob.name} has 5 invitations of yours, and hasn’t answered them yet."
    assert await bob.answers(rooms[0], "decline") == 204
    assert (await listeners[5].says(f"/invite {bob.name}"))["text"] == answers[5]["text"], (
        "declined ones count: she learns nothing"
    )
    other = await room_of(carol)
    await (await carol.enters(other)).says(f"/invite {bob.name}")
    assert [one["name"] for one in await invited(bob)] == [other, *reversed(rooms[1:5])]


async def test_what_is_sent_at_the_same_moment_counts_too(cast: Cast, bob: Person) -> None:
    mallory = await cast.person("mallory")
    listeners = [await mallory.enters(await room_of(mallory)) for _ in range(12)]
    answers = await asyncio.gather(*[listener.says(f"/invite {bob.name}") for listener in listeners])
    assert sorted(answer["type"] for answer in answers) == ["error"] * 7 + ["receipt"] * 5
    assert len(await invited(bob)) == 5


async def test_another_worker_waits_for_the_guest(postgres_chat: Aiochat) -> None:
    """Somebody else stores an invitation just then."""
    owner, guest = [await Person(postgres_chat.url, unique(name)).joins() for name in ("owner", "guest")]
    at_room = await owner.enters(await room_of(owner))
    waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%users%'"
    url = postgres_chat.env["AIOCHAT_DATABASE_URL"]
    with psycopg.connect(url) as elsewhere, psycopg.connect(url, autocommit=True) as looking:
        elsewhere.execute("SELECT 1 FROM users WHERE name = %s FOR NO KEY UPDATE", [guest.name])
        answer = asyncio.create_task(at_room.says(f"/invite {guest.name}"))
        await until(lambda: bool(looking.execute(f"{waits} AND wait_event_type = 'Lock'").fetchall()))
        assert not answer.done()
        elsewhere.commit()
        assert (await answer)["type"] == "receipt"
    for someone in (owner, guest):
        await someone.close()


async def test_the_list_ends_with_fifty(chat: Aiochat, cast: Cast, alice: Person, bob: Person) -> None:
    room, rooms = await room_of(alice), [unique("Many") for _ in range(50)]
    at_alice = await alice.enters(room)
    columns = "name, slug, topic, kind, last_seq, posts, cleared_seq, cleared_number, created_at"
    values = ", ".join(f"('{name}', '{name.lower()}', '', 'open', 0, 0, 0, 0, 0)" for name in rooms)
    change(chat, f"INSERT INTO rooms ({columns}) VALUES {values}")
    names = ", ".join(f"'{name}'" for name in rooms)
    boss, guest = ((f"(SELECT id FROM users WHERE name = '{name}')") for name in ("boss", bob.name))
    change(
        chat,
        f"""INSERT INTO invitations (room_id, user_id, inviter_id, at, until, declined)
            SELECT id, {guest}, {boss}, 1, 9999999999999, FALSE FROM rooms WHERE name IN ({names})""",
    )
    assert len(await invited(bob)) == 50
    refused = await at_alice.says(f"/invite {bob.name}")
    assert (refused["code"], refused["text"]) == (
        "refused",
        f"{bob.name} has too many invitations to answer just now.",
    )
    assert await bob.answers(rooms[0], "decline") == 204
    assert (await at_alice.says(f"/invite {bob.name}"))["type"] == "receipt"
    assert (await invited(bob))[0]["name"] == room
