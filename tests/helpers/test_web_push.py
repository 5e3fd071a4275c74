"""Web Push as the standards have it: RFC 8291's own example, tokens of RFC 8292, and services as they are
and as they can be."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import aiohttp
import pytest
from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from helpers import fetching
from helpers.fetching import Fetcher
from helpers.web_push import service
from helpers.web_push.encryption import CURVE, MAX_PLAIN, encrypt, from_text, to_text
from helpers.web_push.service import Browser, Fate, Push, PushSender, outcome_of, pause_of
from helpers.web_push.vapid import TOKEN_SECONDS, USED_SECONDS, VapidKey
from tests.support.services.push_service import Device, PushService, claims_of, decrypt, push_service
from tests.support.sites.linked import PUBLIC

PLAIN = "V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"
SERVER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
BROWSER_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
"""RFC 8291, 5 and appendix A."""

SEED = to_text(bytes(range(32)))


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_text(text)), CURVE)


def test_the_example_of_the_standard() -> None:
    sealed = encrypt(
        from_text(PLAIN),
        from_text(BROWSER_PUBLIC),
        from_text(AUTH),
        own=private(SERVER_PRIVATE),
        salt=from_text(SALT),
        padded=1,
    )
    assert to_text(sealed) == SEALED
    assert decrypt(from_text(SEALED), private(BROWSER_PRIVATE), from_text(AUTH)) == from_text(PLAIN)


@pytest.mark.parametrize("length", [0, 1, 1022, 1023, 1024, MAX_PLAIN - 1, MAX_PLAIN])
def test_any_length_arrives_and_few_lengths_are_seen(length: int) -> None:
    device = Device("")
    keys = device.subscription["keys"]
    sealed = encrypt(b"x" * length, from_text(keys["p256dh"]), device.auth)
    assert len(sealed) in (1024 + 102, 2048 + 102, 3072 + 102, 4096)
    assert decrypt(sealed, device.key, device.auth) == b"x" * length
    with pytest.raises(InvalidTag):
        decrypt(sealed, device.key, bytes(16))


def test_what_cant_be_encrypted() -> None:
    point = from_text(BROWSER_PUBLIC)
    for plain, key in ((b"x" * (MAX_PLAIN + 1), point), (b"", bytes(65)), (b"", point[:64]), (b"", b"")):
        with pytest.raises(ValueError, match=r"."):
            encrypt(plain, key, bytes(16))


@pytest.mark.parametrize("text", ["a", "ab=c", "a b", "\u0430\u0431", "a+/b", "abc\0"])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)


def test_a_token_is_signed_for_a_service_and_a_time() -> None:
    key = VapidKey(SEED, "mailto:chat@example.org")
    now = time.time()
    claims, signer = claims_of(key.authorization("https://push.example", now))
    assert claims == {
        "aud": "https://push.example",
        "exp": int(now) + TOKEN_SECONDS,
        "sub": "mailto:chat@example.org",
    }
    assert signer == key.public == VapidKey(SEED, "https://chat.example").public
    assert SEED not in repr(vars(key))
    first = key.authorization("https://push.example", now)
    assert key.authorization("https://push.example", now + USED_SECONDS - 1) == first
    assert key.authorization("https://push.example", now + USED_SECONDS) != first
    assert key.authorization("https://other.example", now) != first


def test_any_seed_is_a_key() -> None:
    for seed in (bytes(32), b"\xff" * 32):
        claims_of(VapidKey(to_text(seed), "mailto:a@b.example").authorization("https://push.example"))


def test_when_a_service_wants_to_be_asked_again() -> None:
    assert pause_of("120") == 120
    assert 50 < pause_of(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert pause_of(formatdate(time.time() - 60, usegmt=True)) == 0
    assert pause_of("9" * 400) == pause_of("86400") == 3600
    for header in ("", "-5", "soon", "1e9", "\u0661", "Mon, 99 Foo 2026 99:99:99 GMT"):
        assert pause_of(header) in (0, 1), header


def test_what_answers_mean() -> None:
    fates = {
        Fate.TAKEN: (200, 201, 202, 204),
        Fate.GONE: (404, 410),
        Fate.LATER: (429, 500, 502, 503, 504),
        Fate.REFUSED: (301, 307, 400, 401, 403, 413),
    }
    for fate, statuses in fates.items():
        assert {outcome_of(status).fate for status in statuses} == {fate}
    assert outcome_of(429, "30").pause == 30


@pytest.fixture(scope="module")
async def pushes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PushService]:
    async with push_service(tmp_path_factory.mktemp("push")) as found:
        yield found


@pytest.fixture
async def sender(pushes: PushService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PushSender]:
    trusting = ssl.create_default_context(cafile=str(pushes.certificate))
    monkeypatch.setattr(fetching, "is_public", lambda address: address == PUBLIC)
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    monkeypatch.setattr(service, "SECONDS", 1.0)
    fetcher = Fetcher()
    yield PushSender(fetcher, VapidKey(SEED, "mailto:chat@example.org"))
    await fetcher.close()


def browser_of(device: Device, endpoint: str = "") -> Browser:
    key = from_text(device.subscription["keys"]["p256dh"])
    return Browser(endpoint or device.endpoint, key, device.auth)


MESSAGE = Push(b'{"title": "Fish"}', "room-1", 600)


async def test_a_message_arrives_at_the_browser(pushes: PushService, sender: PushSender) -> None:
    device = pushes.device()
    assert (await sender.send(browser_of(device), MESSAGE)).fate is Fate.TAKEN
    assert device.messages == [{"title": "Fish"}]
    [headers] = device.headers
    assert (headers["TTL"], headers["Urgency"], headers["Topic"]) == ("600", "high", "room-1")
    assert pushes.complaints == []
    gone = browser_of(device, f"{pushes.origin}/push/nobody")
    assert (await sender.send(gone, MESSAGE)).fate is Fate.GONE


async def test_services_that_hang_lie_and_lead_away(pushes: PushService, sender: PushSender) -> None:
    async def hangs(_: web.Request) -> web.Response:
        await pushes.go.wait()
        return web.Response(status=201)

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=201)
        await answer.prepare(request)
        while not pushes.go.is_set():
            await answer.write(bytes(65536))
        return answer

    async def lies(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=201, headers={"Content-Length": str(10**15)})
        await answer.prepare(request)
        await pushes.go.wait()
        return answer

    async def garbage(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.write(b"\x00\xff\r\n\r\nHTTP\r\n\r\n")
        request.transport.close()
        return web.Response()

    other = pushes.device()
    stories = {
        hangs: Fate.LATER,
        endless: Fate.TAKEN,
        lies: Fate.TAKEN,
        garbage: Fate.LATER,
        web.Response(status=307, headers={"Location": other.endpoint}): Fate.REFUSED,
        web.Response(status=503, headers={"Retry-After": "7"}): Fate.LATER,
    }
    for answer, fate in stories.items():
        device = pushes.device()
        device.answers = [answer]
        began = asyncio.get_running_loop().time()
        assert (await sender.send(browser_of(device), MESSAGE)).fate is fate, answer
        assert asyncio.get_running_loop().time() - began < 5
    assert other.messages == []
    assert other.asked == 0


async def test_no_private_address_is_asked(pushes: PushService, sender: PushSender) -> None:
    device = pushes.device()
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]"):
        endpoint = device.endpoint.replace(PUBLIC, host)
        assert (await sender.send(browser_of(device, endpoint), MESSAGE)).fate is Fate.LATER
    assert device.asked == 0
