"""Push behind nginx, by two workers on PostgreSQL and Redis: each message is told once, whoever decides and
sends, and what is read at one worker isn't sent by the other."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import QUICK, server_env, unique
from tests.support.deleted_accounts import rows
from tests.support.notices import id_of, until
from tests.support.people import JsonObject, Person, person
from tests.support.servers import Aiochat, Nginx, Postgres, Redis, free_port
from tests.support.services.push_service import PushService, push_service
from tests.support.sites.pushed import gets_device, state_of

Site = tuple[list[Aiochat], str]


@pytest.fixture
async def pushes(tmp_path: Path) -> AsyncIterator[PushService]:
    async with push_service(tmp_path) as found:
        yield found


@pytest.fixture
async def site(postgres: Postgres, redis: Redis, pushes: PushService) -> AsyncIterator[Site]:
    """The workers, and the address of nginx."""
    ports = [free_port(), free_port()]
    nginx = Nginx(ports)
    env = {
        **server_env(postgres, redis, unique("push")),
        **{"AIOCHAT_PUBLIC_URL": nginx.url, "AIOCHAT_TRUST_PROXY": "true"},
        "SSL_CERT_FILE": str(pushes.certificate),
    }
    timings = replace(QUICK, push=0.05)
    with (
        Aiochat(port=ports[0], env=env, timings=timings, forked=False) as one,
        Aiochat(port=ports[1], env=env, timings=timings, forked=False) as other,
        nginx,
    ):
        yield [one, other], nginx.url


async def reads(someone: Person, worker: Aiochat, room: str, number: int) -> None:
    """As by a notification's button, at this worker."""
    headers = {
        **{"X-CSRF-Token": await someone.token("/rooms"), "Origin": someone.url},
        **{"Host": someone.url.partition("//")[2], "Accept": "application/json"},
    }
    data = {"number": str(number)}
    async with someone.http.post(f"{worker.url}/rooms/{room}/read", data=data, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


async def test_told_once_and_cancelled_at_the_other_worker(site: Site, pushes: PushService) -> None:
    workers, url = site
    server = workers[0]
    async with AsyncExitStack() as stack:
        alice, bob, vera = [
            await stack.enter_async_context(person(url, unique(name))) for name in ("alice", "bob", "vera")
        ]
        for someone in (alice, bob, vera):
            await someone.registers()
        room = unique("Kitchen")
        await alice.creates(room)
        await (await bob.enters(room)).close()
        await (await vera.enters(room)).close()
        online = f"SELECT 1 FROM presence WHERE user_id = {id_of(vera)} AND online"
        await until(lambda: not rows(server, online))
        device = await gets_device(vera, pushes)
        at_alice, at_bob = await alice.enters(room), await bob.enters(room)
        sent = await asyncio.gather(
            at_alice.says(f"@{vera.name} from one"), at_bob.says(f"@{vera.name} from the other")
        )
        assert {(await device.comes(count))["number"] for count in (1, 2)} == {one["number"] for one in sent}

        def notice_of(receipt: JsonObject) -> int:
            number = receipt["number"]
            sql = f"SELECT id FROM notices WHERE user_id = {id_of(vera)} AND number = {number}"
            found = rows(server, sql)
            return int(found[0][0]) if found else 0

        for receipt in sent:
            assert await state_of(server, notice_of(receipt)) == ("sent", "devices 1")
        # Whoever is there has some seconds to read, wherever the page is served.
        told = await vera.connects()
        await until(lambda: bool(rows(server, online)))
        for worker, sender in zip(workers, (at_alice, at_bob), strict=True):
            receipt = await sender.says(f"@{vera.name} reads it")
            await until(functools.partial(lambda found: bool(notice_of(found)), receipt))
            await reads(vera, worker, room, receipt["number"])
            assert await state_of(server, notice_of(receipt)) == ("cancelled", "read"), worker.url
        await told.hears("notices", count=0)
        # What was told before goes from the device.
        closed = await device.comes(3)
        assert closed["close"] == (await device.comes())["tag"]
        titled = [one["number"] for one in device.messages if "title" in one]
        assert sorted(titled) == sorted(one["number"] for one in sent), "each once, and nothing else"
        assert rows(server, f"SELECT COUNT(*) FROM notices WHERE user_id = {id_of(vera)}") == [(4,)]
        assert pushes.complaints == []
        for worker in workers:
            assert "Traceback" not in worker.tail(1000)
