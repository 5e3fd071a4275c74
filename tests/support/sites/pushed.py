"""A site whose people have devices, which hear by the push service of the tests."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from helpers.clock import now_ms
from tests.conftest import LIMITS_OFF, QUICK, patient_env, unique
from tests.support.accounts import accounts_of
from tests.support.deleted_accounts import change, rows
from tests.support.people import PATIENCE, JsonObject, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.services.push_service import Device, PushService

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


def pushed_chat(
    request: pytest.FixtureRequest, pushes: PushService, env: Mapping[str, str] | None = None
) -> Iterator[Aiochat]:
    """For a fixture with the parameter `sqlite` or `postgres`."""
    found = dict(LIMITS_OFF)
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        found = patient_env(postgres, redis, unique("push"))
    found |= {"SSL_CERT_FILE": str(pushes.certificate), **(env or {})}
    # Not forked: what is trusted is read where the program is imported.
    with Aiochat(env=found, timings=replace(QUICK, push=0.05, missed_mail=0.05), forked=False) as server:
        accounts_of(server.url).add("boss")
        yield server


async def subscribes(someone: Person, given: object, **headers: str) -> tuple[int, JsonObject]:
    """What is answered to a subscription."""
    body = given if isinstance(given, str | bytes) else json.dumps(given)
    token = await someone.token("/rooms")
    sent = {"X-CSRF-Token": token, "Content-Type": "application/json", "User-Agent": CHROME, **headers}
    async with someone.http.post("/accounts/push", data=body, headers=sent) as answer:
        return answer.status, await answer.json()


async def gets_device(someone: Person, pushes: PushService) -> Device:
    device = pushes.device()
    status, found = await subscribes(someone, device.subscription)
    assert status == 201, found
    return device


async def devices(someone: Person) -> list[JsonObject]:
    return list((await someone.gets("/accounts/push"))["devices"])


async def state_of(chat: Aiochat, notice: int, way: str = "push") -> tuple[str, str]:
    """Of a delivery, once it waits no more: its state, and what became of it."""
    sql = f"SELECT state, detail FROM notice_deliveries WHERE notice_id = {notice} AND way = '{way}'"
    async with asyncio.timeout(PATIENCE):
        while (found := rows(chat, sql)[0])[0] == "waiting":
            await asyncio.sleep(0.02)
    return found[0], found[1]


async def puts_off(chat: Aiochat, notice: int) -> None:
    """Waits until a delivery is put off, and has it be due."""
    where = f"notice_id = {notice} AND way = 'push'"
    async with asyncio.timeout(PATIENCE):
        while rows(chat, f"SELECT detail FROM notice_deliveries WHERE {where}") == [(None,)]:
            await asyncio.sleep(0.02)
    change(chat, f"UPDATE notice_deliveries SET due_at = 0 WHERE {where}")


def message_notice(
    chat: Aiochat,
    person: Person,
    by: Person,
    room: str,
    receipt: Mapping[str, Any],
    way: str = "push",
    due: int = 0,
) -> int:
    """Notes that somebody is to be told of a message, as is decided of a mention. Returns its number."""
    accounts = accounts_of(chat.url)
    subject = unique("subject")
    [(room_id,)] = rows(chat, f"SELECT id FROM rooms WHERE name = '{room}'")
    columns = "user_id, kind, subject, room_id, seq, number, by_id, at, rule"
    values = f"{accounts.id_of(person.name)}, 'mention', '{subject}', {room_id}, {receipt['seq']}, "
    values += f"{receipt['number']}, {accounts.id_of(by.name)}, {now_ms()}, 'mention'"
    change(chat, f"INSERT INTO notices ({columns}) VALUES ({values})")
    [(notice,)] = rows(chat, f"SELECT id FROM notices WHERE subject = '{subject}'")
    columns = "notice_id, user_id, way, due_at, at"
    values = f"{notice}, {accounts.id_of(person.name)}, '{way}', {due}, {now_ms()}"
    change(chat, f"INSERT INTO notice_deliveries ({columns}) VALUES ({values})")
    return int(notice)
