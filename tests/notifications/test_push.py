"""Devices subscribe to Web Push and are told of messages: by a push service that decrypts what it gets."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web

from notifications.push.devices import MOST_DEVICES, REFUSALS
from tests.conftest import Cast, unique
from tests.support.deleted_accounts import everything, rows
from tests.support.people import PATIENCE, JsonObject, Person
from tests.support.servers import Aiochat
from tests.support.services.push_service import Device, PushService, push_service
from tests.support.sites.linked import PUBLIC
from tests.support.sites.pushed import (
    devices,
    gets_device,
    message_notice,
    pushed_chat,
    puts_off,
    state_of,
    subscribes,
)


@pytest.fixture(scope="module")
async def pushes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PushService]:
    async with push_service(tmp_path_factory.mktemp("push")) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def chat(request: pytest.FixtureRequest, pushes: PushService) -> Iterator[Aiochat]:
    pushes.key = ""
    yield from pushed_chat(request, pushes)


@pytest.fixture
async def room(cast: Cast) -> str:
    name = unique("Kitchen")
    await cast.boss.creates(name)
    return name


@pytest.fixture
async def vera(cast: Cast, room: str) -> Person:
    someone = await cast.person("vera")
    await someone.enters(room)
    return someone


async def told(chat: Aiochat, cast: Cast, vera: Person, room: str, text: str) -> int:
    """The boss writes something of which Vera is to be told."""
    receipt = await (await cast.boss.enters(room)).says(text)
    return message_notice(chat, vera, cast.boss, room, receipt)


async def test_a_message_arrives_at_all_devices(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    first, second = await gets_device(vera, pushes), await gets_device(vera, pushes)
    text = f"**beans** are up, @{vera.name}"
    notice = await told(chat, cast, vera, room, text)
    message = await first.comes()
    assert await second.comes() == message
    assert message["title"] == f"boss in #{room}"
    assert message["body"] == f"beans are up, @{vera.name}"
    assert message["url"] == f"/rooms/{room}/{message['number']}"
    assert [action for action, _ in message["actions"]] == ["reply", "read"]
    assert first.headers[0]["Topic"] == message["tag"]
    assert await state_of(chat, notice) == ("sent", "devices 2")
    assert pushes.complaints == []
    assert all(device["told_at"] for device in await devices(vera))
    assert pushes.key == (await vera.gets("/accounts/push"))["key"]


def of_message(chat: Aiochat, vera: Person, receipt: JsonObject) -> int:
    """The notice that was decided about a message for Vera, 0 while there is none."""
    found = rows(
        chat,
        "SELECT id FROM notices WHERE user_id = (SELECT id FROM users WHERE name = "
        f"'{vera.name}') AND number = {receipt['number']}",
    )
    return found[0][0] if found else 0


async def test_a_mention_arrives_and_one_that_is_read_first_does_not(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    device = await gets_device(vera, pushes)
    at_boss, at_vera = await cast.boss.enters(room), await vera.enters(room)
    online = "SELECT online FROM presence WHERE user_id = (SELECT id FROM users WHERE name = "
    async with asyncio.timeout(PATIENCE):
        while not rows(chat, f"{online}'{vera.name}') AND online"):
            await asyncio.sleep(0.02)
        # Whoever is there has some seconds to read it.
        read = await at_boss.says(f"@{vera.name} you see this")
        while not (notice := of_message(chat, vera, read)):
            await asyncio.sleep(0.02)
    await at_vera.ws.send_json({"type": "read", "number": read["number"]})
    assert await state_of(chat, notice) == ("cancelled", "read")
    missed = await at_boss.says(f"@{vera.name} and not this")
    message = await device.comes()
    assert (message["body"], message["number"]) == (f"@{vera.name} and not this", missed["number"])
    assert await state_of(chat, of_message(chat, vera, missed)) == ("sent", "devices 1")
    assert device.asked == 1
    # Read elsewhere, it goes from the device.
    await at_vera.ws.send_json({"type": "read", "number": missed["number"]})
    closed = await device.comes(2)
    assert closed == {"close": message["tag"], "number": missed["number"], "badge": 0}
    assert device.headers[1]["Topic"] == device.headers[0]["Topic"]


async def test_what_was_read_deleted_or_left_is_not_told(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    device = await gets_device(vera, pushes)
    at_boss = await cast.boss.enters(room)
    receipt = await at_boss.says("never mind")
    nonce = unique("delete")
    await at_boss.ws.send_json({"type": "delete", "number": receipt["number"], "nonce": nonce})
    await at_boss.hears("receipt", nonce=nonce)
    assert await state_of(chat, message_notice(chat, vera, cast.boss, room, receipt)) == ("failed", "gone")
    receipt = await at_boss.says("for members")
    outsider = await cast.person("oscar")
    await gets_device(outsider, pushes)
    assert await state_of(chat, message_notice(chat, outsider, cast.boss, room, receipt)) == (
        "failed",
        "gone",
    )
    assert device.asked == 0


async def test_a_device_that_is_gone_is_forgotten(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    gone, there = await gets_device(vera, pushes), await gets_device(vera, pushes)
    gone.answers = [web.Response(status=410)]
    assert await state_of(chat, await told(chat, cast, vera, room, "hello")) == ("sent", "devices 1")
    assert len(await devices(vera)) == 1
    there.answers = [web.Response(status=404)]
    assert await state_of(chat, await told(chat, cast, vera, room, "hello")) == ("failed", "no_device")
    assert await devices(vera) == []
    assert await state_of(chat, await told(chat, cast, vera, room, "hello")) == ("failed", "no_device")


async def test_a_service_that_is_away_is_asked_again(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    away, there = await gets_device(vera, pushes), await gets_device(vera, pushes)
    away.answers = [web.Response(status=503), web.Response(status=429, headers={"Retry-After": "900"})]
    notice = await told(chat, cast, vera, room, "patience")
    await there.comes()
    await puts_off(chat, notice)
    await away.is_asked(2)
    # As long as the service wants, and not as long as the second pause.
    query = f"SELECT due_at - at FROM notice_deliveries WHERE notice_id = {notice}"
    async with asyncio.timeout(30):
        while not 890_000 < rows(chat, query)[0][0] < 2_000_000:
            await asyncio.sleep(0.02)
    await puts_off(chat, notice)
    await away.comes()
    assert await state_of(chat, notice) == ("sent", "devices 2")
    assert (away.asked, there.asked) == (3, 1)


async def test_one_that_hangs_holds_up_nobody(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    go = asyncio.Event()

    async def hangs(_: web.Request) -> web.Response:
        await go.wait()
        return web.Response(status=201)

    hanging = await gets_device(vera, pushes)
    hanging.answers = [hangs]
    notice = await told(chat, cast, vera, room, "hello")
    await hanging.is_asked(1)
    other = await cast.person("olga")
    await other.enters(room)
    device = await gets_device(other, pushes)
    assert await state_of(chat, await told(chat, cast, other, room, "meanwhile")) == ("sent", "devices 1")
    assert [message["body"] for message in device.messages] == ["meanwhile"]
    go.set()
    assert await state_of(chat, notice) == ("sent", "devices 1")


async def test_one_that_refuses_everything_ends(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    device = await gets_device(vera, pushes)
    device.answers = [web.Response(status=403) for _ in range(REFUSALS)]
    for count in range(REFUSALS):
        assert len(await devices(vera)) == 1, count
        state, why = await state_of(chat, await told(chat, cast, vera, room, "hello"))
        assert (state, why) == ("failed", "refused: the push service answered 403")
    assert await devices(vera) == []


async def test_who_signs_out_hears_nothing_more(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    here, elsewhere = await gets_device(vera, pushes), Person(cast.url, vera.name)
    cast.people.append(elsewhere)
    await elsewhere.returns()
    there = await gets_device(elsewhere, pushes)
    await vera.logs_out()
    assert await state_of(chat, await told(chat, cast, elsewhere, room, "for one")) == ("sent", "devices 1")
    assert [message["body"] for message in there.messages] == ["for one"]
    assert here.asked == 0
    assert len(await devices(elsewhere)) == 1


async def test_a_new_password_keeps_this_device_and_ends_the_others(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    here, elsewhere = await gets_device(vera, pushes), Person(cast.url, vera.name)
    cast.people.append(elsewhere)
    await elsewhere.returns()
    there = await gets_device(elsewhere, pushes)
    fields = {"password": "correct horse battery", "new_password": "another fine sentence"}
    answer = await vera.submits("/accounts/password", page="/settings/account", **fields)
    assert answer.status == 303
    assert await state_of(chat, await told(chat, cast, vera, room, "still here")) == ("sent", "devices 1")
    assert (here.asked, there.asked) == (1, 0)


async def test_the_same_device_again_and_with_somebody_else(
    chat: Aiochat, cast: Cast, vera: Person, room: str, pushes: PushService
) -> None:
    device = await gets_device(vera, pushes)
    [first] = await devices(vera)
    assert first["name"] == "Chrome, Linux"
    assert (await subscribes(vera, device.subscription))[0] == 200
    assert [one["id"] for one in await devices(vera)] == [first["id"]]
    mallory = await cast.person("mallory")
    forged = {**device.subscription, "keys": Device("").subscription["keys"]}
    status, found = await subscribes(mallory, forged)
    assert (status, found["error"]["code"]) == (409, "other_device")
    assert len(await devices(vera)) == 1
    # The browser itself, in which somebody else is signed in now.
    assert (await subscribes(mallory, device.subscription))[0] == 201
    assert await devices(vera) == []
    await told(chat, cast, vera, room, "secret")
    assert device.asked == 0


async def test_devices_are_removed_by_whose_they_are(cast: Cast, vera: Person, pushes: PushService) -> None:
    device, other = await gets_device(vera, pushes), await gets_device(vera, pushes)
    latest = (await devices(vera))[0]["id"]
    mallory = await cast.person("mallory")
    for someone, left in ((mallory, 2), (vera, 1), (vera, 1)):
        answer = await someone.submits("/accounts/push/remove", page="/rooms", device=str(latest))
        assert answer.status == 303
        assert len(await devices(vera)) == left
    for endpoint in (other.endpoint, device.endpoint):
        await vera.submits("/accounts/push/remove", page="/rooms", endpoint=endpoint)
    assert await devices(vera) == []
    for fields in ({}, {"device": "x"}, {"device": "-1"}, {"device": "9" * 20}, {"device": "\u0661"}):
        answer = await vera.submits("/accounts/push/remove", page="/rooms", **fields)
        assert answer.status == 400


async def test_the_one_not_used_for_longest_goes(vera: Person, pushes: PushService) -> None:
    for _ in range(MOST_DEVICES):
        await gets_device(vera, pushes)
    before = await devices(vera)
    await gets_device(vera, pushes)
    after = await devices(vera)
    assert len(after) == MOST_DEVICES
    assert before[-1]["id"] not in [one["id"] for one in after]


def _keys(**keys: object) -> JsonObject:
    device = Device("")
    return {"endpoint": f"https://{PUBLIC}/x", "keys": {**device.subscription["keys"], **keys}}


GOOD = _keys()["keys"]
BAD = [
    *("", "null", "[]", "{", "{}", '"x"', "\u0430", b"\xff", '{"endpoint":"\\ud800","keys":{}}'),
    json.dumps({"endpoint": f"https://{PUBLIC}/", "keys": None}),
    '{"endpoint":"https://a.example/","endpoint":"https://b.example/","keys":' + json.dumps(GOOD) + "}",
    *(
        {"endpoint": endpoint, "keys": GOOD}
        for endpoint in (
            *("", "x", "http://push.example/x", "https://", "https://127.0.0.1/x", "https://localhost/x"),
            *(
                "https://[::1]/x",
                "https://10.0.0.1/x",
                "https://user:word@push.example/x",
                "ftp://a.example/",
            ),
            *("https://push.example:22/x", "https://push.example/" + "x" * 2000, "https://push.example/\n"),
            *("https://p\u0430sh.example/x", "javascript:alert(1)", 5, None, ["https://a.example"]),
        )
    ),
    *(
        _keys(**{name: value})
        for name in ("p256dh", "auth")
        for value in ("", "AAAA", "*", 5, None, "A" * 500)
    ),
    _keys(p256dh=base64.urlsafe_b64encode(bytes(65)).decode().rstrip("=")),
    _keys(auth=base64.urlsafe_b64encode(bytes(17)).decode().rstrip("=")),
]


async def test_what_is_no_subscription(vera: Person) -> None:
    for given in BAD:
        status, found = await subscribes(vera, given)
        assert status == 400, (given, found)
    assert await devices(vera) == []
    assert (await subscribes(vera, " " * 5000 + "{}"))[0] == 413
    assert (await subscribes(vera, _keys(), **{"Content-Type": "text/plain"}))[0] == 415
    assert (await subscribes(vera, _keys(), **{"X-CSRF-Token": "x"}))[0] == 403


async def test_the_sites_secret_is_nowhere_but_in_its_table(chat: Aiochat, vera: Person) -> None:
    [(seed,)] = rows(chat, "SELECT value FROM site WHERE name = 'push_seed'")
    assert len(seed) == 43
    assert everything(chat).count(seed) == 1
    assert seed not in chat.log.read_text()
    async with vera.http.get("/accounts/push") as answer:
        assert seed not in await answer.text()
