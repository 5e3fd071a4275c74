"""Accounts that are deleted while others do something: at once, in several processes, and by one
that is killed."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import psycopg
import redis.asyncio as aioredis

from accounts.keys import DeletedAccount, Eraser
from accounts.models import PendingErasure
from accounts.people import accounts
from accounts.personal_data.deletion import AccountDeletion, end_account
from helpers.db.database import open_database
from tests.conftest import LIMITS_OFF, Cast, server_env, unique
from tests.support.accounts import accounts_of
from tests.support.databases import new_sqlite
from tests.support.deleted_accounts import JSON, everything, leaves, rows, status, until
from tests.support.people import PASSWORD, PATIENCE, JsonObject, Listener, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.wire.raw_http import cookie_of, request


async def test_of_two_administrators_one_stays(postgres: Postgres, redis: Redis) -> None:
    """The first is just leaving as the second wants to; on a site where nobody else is the last may
    leave as well."""
    with Aiochat(env=server_env(postgres, redis, unique("admins"))) as server:
        wilma, second, other = [
            await Person(server.url, name).joins() for name in ("wilma", "second", "other")
        ]
        url = server.env["AIOCHAT_DATABASE_URL"]
        waits = (
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with psycopg.connect(url) as leaving, psycopg.connect(url, autocommit=True) as looking:
            looking.execute("UPDATE users SET is_admin = TRUE WHERE name = 'second'")
            leaving.execute("UPDATE users SET is_admin = FALSE WHERE name = 'wilma'")
            wants = asyncio.create_task(
                second.submits("/accounts/delete", password=PASSWORD, messages="keep")
            )
            await until(lambda: bool(looking.execute(waits).fetchall()))
            leaving.commit()
            assert (await wants).status == 409
        for someone in (wilma, other, second):
            await leaves(someone, "remove")
        assert "wilma" not in everything(server)
        for someone in (wilma, second, other):
            await someone.close()


async def test_every_session_ends_in_every_process(postgres_chat: Aiochat) -> None:
    shared = {name: postgres_chat.env[name] for name in ("AIOCHAT_DATABASE_URL", "AIOCHAT_REDIS_URL")}
    owner = await Person(postgres_chat.url, unique("owner")).joins()
    # A session that was begun by the page isn't noted as used again within five minutes.
    someone = await Person(postgres_chat.url, unique("leaver")).registers()
    elsewhere = await Person(postgres_chat.url, someone.name).logs_in()
    room = unique("Twoworkers")
    await owner.creates(room)
    with Aiochat(env={**shared, **LIMITS_OFF, "AIOCHAT_PUBLIC_URL": postgres_chat.url}) as other:
        listeners = []
        for who in (elsewhere, owner):
            listener = Listener(
                await who.http.ws_connect(f"{other.url}/rooms/{room}/ws", origin=postgres_chat.url)
            )
            who.listeners.append(listener)
            await listener.hears("caught_up")
            listeners.append(listener)
        at_elsewhere, at_owner = listeners
        await at_elsewhere.says("said elsewhere")
        stream = await elsewhere.http.get(f"{other.url}/feed/events")
        ((user_id,),) = rows(postgres_chat, f"SELECT id FROM users WHERE name = '{someone.name}'")
        await leaves(someone, "remove")
        assert await at_elsewhere.ends() in (4502, 4503)
        async with asyncio.timeout(PATIENCE):
            await stream.read()
        site = accounts_of(postgres_chat.url).site
        client = aioredis.Redis.from_url(shared["AIOCHAT_REDIS_URL"])
        assert await client.hgetall(f"aiochat:{site}:sessions-of:{user_id}") == {}
        await client.aclose()
        await at_owner.hears("changed", deleted=True)
        answer = await request(other.url, "GET", "/rooms", cookie=cookie_of(elsewhere))
        assert answer.status == 303
        for who in (someone, elsewhere, owner):
            await who.close()


async def test_whoever_leaves_does_not_come_back_by_what_is_under_way(
    cast: Cast, chat: Aiochat, bob: Person
) -> None:
    """Others invite them and open conversations, and they themselves open rooms, while they
    leave."""
    rooms = [unique("Race") for _ in range(6)]
    for room in rooms:
        await bob.creates(room)
    listeners = [await bob.enters(room) for room in rooms]
    for turn in range(3):
        carol = await cast.person("carol")
        token = await bob.token("/rooms")
        ((user_id,),) = rows(chat, f"SELECT id FROM users WHERE name = '{carol.name}'")

        async def comes(room: str, carol: Person = carol) -> None:
            ws = await carol.http.ws_connect(f"/rooms/{room}/ws", origin=carol.url)
            await Listener(ws).ends()

        async def invites(listener: Listener, name: str = carol.name) -> None:
            await listener.ws.send_str(f"/invite @{name}")

        async def begins(name: str = carol.name, token: str = token) -> None:
            async with bob.http.post(
                "/conversations", data={"with": name}, headers={**JSON, "X-CSRF-Token": token}
            ):
                pass

        leaving = asyncio.create_task(leaves(carol))
        await asyncio.sleep(0.02 * turn)
        work = [
            *(comes(room) for room in rooms[:3]),
            *(invites(listener) for listener in listeners[3:]),
            begins(),
        ]
        await asyncio.gather(*work, return_exceptions=True)
        await leaving
        assert await status(carol, "/rooms") == 303
        due = f"SELECT 1 FROM leavings WHERE user_id = {user_id} AND due_at <= at"
        await until(lambda: not rows(chat, due))  # noqa: B023
        assert rows(chat, f"SELECT room_id FROM members WHERE user_id = {user_id}") == []


async def test_an_invitation_waits_for_who_is_leaving(postgres_chat: Aiochat) -> None:
    """Carol's account is just being deleted as Bob's invitation is stored: then it isn't."""
    bob, carol = [await Person(postgres_chat.url, unique(name)).joins() for name in ("bob", "carol")]
    room = unique("Race")
    await bob.creates(room)
    at_bob = await bob.enters(room)
    with psycopg.connect(postgres_chat.env["AIOCHAT_DATABASE_URL"]) as leaving:
        leaving.execute("UPDATE users SET name_key = '~ ' || id, left_at = 1 WHERE name = %s", [carol.name])
        await at_bob.ws.send_json({"type": "post", "text": f"/invite @{carol.name}", "nonce": "invites"})
        with psycopg.connect(postgres_chat.env["AIOCHAT_DATABASE_URL"], autocommit=True) as looking:
            waits = """SELECT 1 FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                    AND query LIKE '%NO KEY UPDATE%'"""
            await until(lambda: bool(looking.execute(waits).fetchall()))
        leaving.commit()
    assert (await at_bob.hears("error", nonce="invites"))["code"] == "no_such_user"
    assert [one["name"] for one in (await bob.gets(f"/rooms/{room}/members"))["members"]] == [bob.name]
    for someone in (bob, carol):
        await someone.close()


async def test_one_process_at_a_time_sees_somebody_off(tmp_path: Path) -> None:
    """Two are asked to at once, and then one that stops saying that it is at work."""
    database = open_database(new_sqlite(tmp_path / "leavings.db"))
    wilma = await accounts.register(database, "wilma", "", PASSWORD)
    await end_account(database, wilma, removes=True)
    begun: list[str] = []
    go_on = asyncio.Event()

    def part_of(process: str) -> Eraser:
        async def part(account: DeletedAccount) -> AsyncGenerator[None, None]:
            begun.append(f"{process} {account.name} {account.removes}")
            yield
            await go_on.wait()
            yield

        return part

    first, second = [AccountDeletion(database, [part_of(name)]) for name in ("first", "second")]
    slow = first.run_now(wilma.id)
    while not begun:
        await asyncio.sleep(0.01)
    await second.run_now(wilma.id)
    assert begun == ["first wilma True"]
    await PendingErasure.update(taken_until=0).aio_execute()
    other = second.run_now(wilma.id)
    while len(begun) < 2:
        await asyncio.sleep(0.01)
    go_on.set()
    await asyncio.gather(slow, other)
    assert begun == ["first wilma True", "second wilma True"]
    (row,) = await PendingErasure.select().aio_execute()
    assert (row.due_at - row.at, row.taken_until) == (30_000, 0), "to be looked through once more"
    await PendingErasure.update(at=0, due_at=0).aio_execute()
    await first.run_now(wilma.id)
    assert not await PendingErasure.select().aio_exists()
    await database.aio_close()


async def kill_in_the_middle(server: Aiochat) -> None:
    """A thousand messages are being removed when the server is killed: after its restart the rest
    goes too."""
    directory = [await Person(server.url, name).joins() for name in ("boss", "alice", "carol")]
    alice, carol = directory[1:]
    await alice.creates("Lobby")
    at_carol = await carol.enters("Lobby")
    for number in range(1000):
        await at_carol.ws.send_json({"type": "post", "text": f"secret {number}", "nonce": f"n{number}"})
    await at_carol.hears("receipt", nonce="n999")
    left = "SELECT COUNT(*) FROM messages WHERE text LIKE 'secret%'"
    leaving = asyncio.create_task(carol.submits("/accounts/delete", password=PASSWORD, messages="remove"))
    # It is looked at while the server stands still, which runs for moments between.
    while rows(server, left)[0][0] == 1000:
        server.resume()
        await asyncio.sleep(0.005)
        server.pause()
    server.kill()
    await asyncio.gather(leaving, return_exceptions=True)
    remaining = rows(server, left)[0][0]
    assert 0 < remaining < 1000, "killed in the middle"
    assert rows(server, "SELECT removes FROM leavings")
    server.restart()
    await until(lambda: rows(server, left) == [(0,)])
    history: list[JsonObject] = await alice.history("Lobby")
    assert [line.get("deleted") for line in history if "number" in line] == [True] * 1000
    seqs = sorted(seq for (seq,) in rows(server, "SELECT changed_seq FROM messages"))
    assert len(seqs) == len(set(seqs))
    assert rows(server, "SELECT last_seq FROM rooms") == [(seqs[-1],)]
    for someone in directory:
        await someone.close()


async def test_a_removal_survives_a_crash_on_sqlite(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        await kill_in_the_middle(server)


async def test_a_removal_survives_a_crash_on_postgres(postgres: Postgres, redis: Redis) -> None:
    with Aiochat(env=server_env(postgres, redis, unique("leaving"))) as server:
        await kill_in_the_middle(server)
