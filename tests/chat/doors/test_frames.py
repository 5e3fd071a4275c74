"""Whatever comes in on the socket: a clear error, nothing stored, nothing sent to others, and the
connection goes on."""

import json
import struct

import aiohttp
import pytest

from tests.support.people import Listener, Person

BAD = [
    ('{"type":"post","text":""}', "empty"),
    ('{"type":"post","text":"  \\n "}', "empty"),
    ('{"type":"post","text":"' + "x" * 10_001 + '"}', "too_long"),
    ('{"type":"post","text":"\\u0000"}', "empty"),
    ('{"type":"post","text":"\\u200b\\ufe0f"}', "empty"),
    ('{"type":"post","text":"\\ud800"}', "bad_json"),
    ('{"type":"post","text":"\\udc00\\ud800"}', "bad_json"),
    ('{"type":"post","text":5}', "bad_request"),
    ('{"type":"post","text":null}', "bad_request"),
    ('{"type":"post","text":["x"]}', "bad_request"),
    ('{"type":"post"}', "empty"),
    ('{"text":"x"}', "bad_request"),
    ("{}", "bad_request"),
    ('{"type":"dance"}', "bad_request"),
    ('{"type":5}', "bad_request"),
    ('{"type":"post","text":"x","nonce":""}', "bad_nonce"),
    ('{"type":"post","text":"x","nonce":"' + "n" * 65 + '"}', "bad_nonce"),
    ('{"type":"post","text":"x","nonce":"a b"}', "bad_nonce"),
    ('{"type":"post","text":"x","nonce":"é"}', "bad_nonce"),
    ('{"type":"post","text":"x","nonce":5}', "bad_request"),
    ('{"type":"post","text":"x","text":"y"}', "bad_json"),
    ('{"type":"post","t\\u0065xt":"x","text":"y"}', "bad_json"),
    ('{"type":"post","text":"x"', "bad_json"),
    ('{"type":"post","text":"x"}}', "bad_json"),
    ('{"type":"post","text":"x","deep":' + "[" * 17 + "]" * 17 + "}", "bad_json"),
    ('{"a":' * 5000 + "1" + "}" * 5000, "bad_json"),
    ('{"type":"post","text":"x","more":' + "[" * 30_000, "bad_json"),
    ('{"type":"read","number":' + "9" * 60_000 + "}", "bad_request"),
    ('{"type":"read","number":-1}', "bad_request"),
    ('{"type":"read","number":1.5}', "bad_request"),
    ('{"type":"read","number":"1"}', "bad_request"),
    ('{"type":"read"}', "bad_request"),
    ('{"type":"post","text":NaN}', "bad_json"),
    ("", "empty"),
    ("   ", "empty"),
    ("x" * 10_001, "too_long"),
    ("\x1b[31m\x1b[0m", "empty"),
    ("/", "unknown_command"),
    ("/me \x00", "bad_usage"),
    ("/topic two\nlines", "bad_usage"),
    ("/kill " + "x" * 9000, "no_such_user"),
]


@pytest.mark.parametrize(
    ("frame", "code"), BAD, ids=lambda value: value[:40] if isinstance(value, str) else None
)
async def test_bad_frames_change_nothing(
    alice: Person, bob: Person, lobby: str, frame: str, code: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    before = await alice.history(lobby)
    await at_alice.types(frame)
    error = await at_alice.hears("error")
    assert error["code"] == code, error
    assert "Traceback" not in error["text"]
    await at_alice.is_told()
    await at_bob.is_told()
    assert await alice.history(lobby) == before
    assert [event["type"] for event in at_bob.room_events] == [
        "hello",
        "caught_up",
        "pong",
    ]


async def test_an_error_carries_the_nonce_of_what_it_is_about(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.types('{"type":"post","text":5,"nonce":"mine"}')
    assert (await at_alice.hears("error"))["nonce"] == "mine"
    await at_alice.types('{"type":"post","text":"","nonce":"mine too"}')
    assert (await at_alice.hears("error"))["code"] == "bad_nonce"


async def test_unknown_fields_are_ignored(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.types('{"type":"post","text":"x","nonce":"n","color":{"deep":[1,[2]]}}')
    assert (await at_alice.hears("receipt"))["nonce"] == "n"


async def test_binary_frames_are_refused(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.ws.send_bytes(b"hello")
    assert (await at_alice.hears("error"))["code"] == "bad_frame"
    await at_alice.is_told()


NAUGHTY = [
    "undefined", "NULL", "ÅÍÎÏ˝ÓÔÒÚÆ☃", "田中さんにあげて下さい", "🐵 🙈 🙉 🙊", "👨‍👩‍👧‍👦", 
    "\u202etest\u202e", "\u200b", "ﷺ", "Ω≈ç√∫˜µ≤≥÷",
    "<script>alert(0)</script>",
    "'; DROP TABLE users; --", "%s %d %(x)s {0} ${x}", "\\", '"', "a\tb\r\nc", "１２３", 
    "مُنَاقَشَةُ", "\ufeff", "𝐓𝐡𝐞", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G", "x\u2066y\u2069", "1/0", "&lt;b&gt;",
]  # fmt: skip


@pytest.mark.parametrize("text", NAUGHTY)
async def test_naughty_strings_come_back_as_they_were(
    alice: Person, bob: Person, lobby: str, text: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    answer = await at_alice.says(text)
    if text in ("\u200b", "\ufeff"):
        assert answer["code"] == "empty"
        return
    assert answer["type"] == "receipt"
    assert (await at_bob.hears("message", kind="post"))["text"] == text
    assert (await bob.history(lobby))[-1]["text"] == text


async def test_ten_thousand_characters_are_taken(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("é" * 10_000)
    assert (await alice.history(lobby))[-1]["text"] == "é" * 10_000


def _masked(opcode: int, payload: bytes) -> bytes:
    length = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, len(payload))
    return length + b"\0\0\0\0" + payload


@pytest.mark.parametrize(
    ("raw", "code"),
    [(_masked(1, b"\xff\xfe"), 1007), (_masked(0x70 | 1, b"x"), 1002), (_masked(1, b"\xed\xa0\x80"), 1007)],
    ids=["not UTF-8", "reserved bits", "a surrogate in UTF-8"],
)
async def test_a_broken_frame_ends_the_connection(
    alice: Person, bob: Person, lobby: str, raw: bytes, code: int
) -> None:
    at_bob = await bob.enters(lobby)
    at_alice = await alice.enters(lobby)
    transport = at_alice.ws.get_extra_info("socket")
    assert transport is not None
    _write_raw(at_alice, raw)
    assert await at_alice.ends() == code
    await at_bob.is_told()
    assert not at_bob.heard("message", kind="post")


async def test_a_frame_that_is_too_big_ends_the_connection(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.types("x" * (64 * 1024 + 1))
    assert await at_alice.ends() == 1009


def _write_raw(listener: Listener, raw: bytes) -> None:
    """Past the client's writer, which would write no such thing."""
    listener.ws._writer.transport.write(raw)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
    ],
)
async def test_only_pages_of_the_site_may_connect(alice: Person, lobby: str, origin: str | None) -> None:
    port = alice.url.rpartition(":")[2]
    headers = {"Origin": origin.format(port=port)} if origin else {}
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await alice.http.ws_connect(f"/rooms/{lobby}/ws", headers=headers)
    assert error.value.status == 403


@pytest.mark.parametrize(
    "query",
    ["since=x", "since=-1", "since=1.5", "since=", "since=" + "9" * 40, "since=%00", "since=%ff", "since=１"],
)
async def test_a_bad_since_is_refused(alice: Person, lobby: str, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await alice.http.ws_connect(f"/rooms/{lobby}/ws?{query}", origin=alice.url)
    assert error.value.status == 400


async def test_a_socket_asked_for_as_a_page_says_so(alice: Person, lobby: str) -> None:
    async with alice.http.get(f"/rooms/{lobby}/ws", headers={"Origin": alice.url}) as answer:
        assert answer.status == 400
        assert json.loads(await answer.text())["error"]["code"] == "bad_request"
