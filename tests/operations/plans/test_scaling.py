"""What docs/scaling.md tells people to type does what it says."""

import re

import psycopg

from tests.conftest import server_env, unique
from tests.helpers.redis.test_pubsub import processes
from tests.support.people import Person, person
from tests.support.servers import ROOT, Aiochat, Postgres, Redis, RedisCluster


async def test_the_messages_are_split_into_partitions_and_all_goes_on(
    postgres: Postgres, redis: Redis
) -> None:
    (sql,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "scaling.md").read_text(), re.DOTALL)
    with Aiochat(env=server_env(postgres, redis, unique("partitions"))) as server:
        async with person(server.url, unique("alice")) as alice, person(server.url, unique("bob")) as bob:
            await alice.registers()
            await bob.registers()
            await _before_and_after(server, sql, alice, bob)
        assert "Traceback" not in server.tail(1000)


async def _before_and_after(server: Aiochat, sql: str, alice: Person, bob: Person) -> None:
    rooms = [unique("Hall") for _ in range(3)]
    first = {}
    for room in rooms:
        await alice.creates(room)
        at_alice = await alice.enters(room)
        first[room] = await at_alice.says("before", nonce=f"first-{room}")
        await at_alice.close()
    server.stop()
    with psycopg.connect(server.env["AIOCHAT_DATABASE_URL"], autocommit=True) as database:
        database.execute(sql.encode())
        ((kind,),) = database.execute(
            "SELECT relkind::text FROM pg_class WHERE relname = 'messages'"
        ).fetchall()
        assert kind == "p"
    server.start()
    for room in rooms:
        at_bob = await bob.enters(room)
        at_alice = await alice.enters(room, since=first[room]["seq"])
        assert await at_alice.says("before", nonce=f"first-{room}") == first[room], (
            "sent again, and stored once"
        )
        receipt = await at_alice.says("after", nonce=f"second-{room}")
        assert await at_alice.says("after", nonce=f"second-{room}") == receipt
        assert (await at_bob.hears("message", seq=receipt["seq"]))["text"] == "after"
        lines = await alice.history(room)
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
        assert [line["text"] for line in lines if line["kind"] == "post"] == ["before", "after"]


async def test_the_bus_needs_no_more_rights_than_it_is_given(own_servers: None) -> None:
    (command,) = re.findall(
        r"^ {4}(ACL SETUSER .*)$", (ROOT / "docs" / "scaling.md").read_text(), re.MULTILINE
    )
    with RedisCluster() as cluster:
        for node in cluster.nodes:
            cluster.ask(node, *command.replace("…", "word").split())
        async with processes(cluster.url.replace("://", "://aiochat:word@")) as (one, two):
            await two.pubsub.follow(b"aiochat:room:5")
            one.pubsub.publish(b"aiochat:room:5", b"hello")
            await two.hears(b"aiochat:room:5", b"hello")
            two.pubsub.unfollow(b"aiochat:room:5")
            await two.pubsub.follow(b"aiochat:control")
