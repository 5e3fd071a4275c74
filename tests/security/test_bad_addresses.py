"""Bad addresses, query parameters and headers: a clear 4xx, or none of our business; never an error
of ours."""

import pytest

from tests.conftest import unique
from tests.security.conftest import Lasting
from tests.support.people import Person
from tests.support.wire.raw_http import Answer, cookie_of, request

pytestmark = pytest.mark.usefixtures("nothing_logged")


@pytest.fixture
async def alice(lasting: Lasting) -> Person:
    return await lasting("alice")


_lobbies: dict[str, str] = {}
"""By the names of their owners."""


@pytest.fixture
async def lobby(alice: Person) -> str:
    """A room of Alice's in which there is one post."""
    if alice.name not in _lobbies:
        name = _lobbies[alice.name] = unique("Lobby")
        await alice.creates(name)
        await (await alice.enters(name)).says("the first")
    return _lobbies[alice.name]


async def gets(someone: Person, path: str | bytes, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await request(someone.url, "GET", path, cookie=cookie_of(someone), headers=named)


NOT_NUMBERS = [
    *(
        "",
        "x",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x10",
        "%201",
        "1_0",
        "%00",
        "%FF",
        "%ED%A0%80",
        "%C2%B2",
        "%D9%A3",
        "%EF%BC%91",
        "%0A1",
    ),
    *("9" * 17, "9" * 5000, "9007199254740993", "true", "null", "[]", "1%27--"),
]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda value: value[:20] or "empty")
async def test_what_is_no_number_is_no_place_in_the_history(alice: Person, lobby: str, value: str) -> None:
    for name in ("limit", "around", "before", "after", "before_seq", "after_seq"):
        answer = await gets(alice, f"/rooms/{lobby}/messages?{name}={value}")
        assert answer.status == 400, name
        assert f"`{name}` is a whole number" in answer.text
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    if value != "9007199254740993":  # ahead of the room like any other
        assert (
            await gets(alice, f"/rooms/{lobby}/ws?since={value}", Origin=alice.url, **upgrade)
        ).status == 400


@pytest.mark.parametrize(
    "value",
    [*NOT_NUMBERS, "0", "01", "0012", "1/", "1//versions", "1/Versions", "1.json"],
    ids=lambda value: value[:20] or "empty",
)
async def test_a_post_has_one_address(alice: Person, lobby: str, value: str) -> None:
    for rest in ("", "/versions"):
        path = f"/rooms/{lobby}/{value}{rest}"
        # A slash at the end is no address of its own.
        expected = 308 if path in (f"/rooms/{lobby}/", f"/rooms/{lobby}/1/") else 404
        assert (await gets(alice, path)).status == expected


@pytest.mark.parametrize("number", ["2", "4294967296", "9007199254740992", "9999999999999999"])
async def test_there_is_no_such_post(alice: Person, lobby: str, number: str) -> None:
    for path in (f"/{number}", f"/{number}/versions", f"/messages?around={number}"):
        if path == "/messages?around=9999999999999999":
            continue  # no number of a post at all
        answer = await gets(alice, f"/rooms/{lobby}{path}", Accept="application/json")
        assert answer.status == 404
        assert '"no_such_message"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "before=1&after=1",
        "around=1&before=1",
        "before=1&before_seq=1",
        "after=0&before=0&after_seq=0",
    ],
)
async def test_what_makes_no_page_is_refused(alice: Person, lobby: str, query: str) -> None:
    answer = await gets(alice, f"/rooms/{lobby}/messages?{query}")
    assert answer.status == 400
    assert '"bad_request"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "before=9007199254740992",
        "after=9007199254740992",
        "before_seq=9007199254740992",
        "after_seq=9007199254740992",
        "before=0",
        "after_seq=0",
    ],
)
async def test_the_ends_of_the_numbers_are_no_trouble(alice: Person, lobby: str, query: str) -> None:
    assert (await gets(alice, f"/rooms/{lobby}/messages?{query}")).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "%FF=%FF",
        "a&b&&=&c==",
        "limit",
        "&".join(f"a{n}=1" for n in range(900)),
        "x=" + "y" * 7000,
        "?" * 100,
        "%",
    ],
)
async def test_unknown_parameters_are_ignored(alice: Person, lobby: str, query: str) -> None:
    answer = await gets(alice, f"/rooms/{lobby}/messages?{query}")
    assert answer.status == (400 if query == "limit" else 200)
    assert (await gets(alice, f"/rooms/{lobby}?{query}")).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "%FF",
        "%00",
        "%0A",
        "%ED%A0%80",
        "..%2F..",
        "%2e%2e",
        ".",
        "..",
        "Lobby%00",
        "Lobby%20",
        "Lobby%0A",
        "%C3%A9",
        "x" * 33,
        "x" * 7000,
        "1",
        "-",
        "'",
        "*",
        "%25",
        "{name}",
    ],
)
async def test_there_is_no_such_room(alice: Person, name: str) -> None:
    for page in ("", "/messages", "/members", "/pins", "/1", "/1/versions", "/ws"):
        answer = await gets(alice, f"/rooms/{name}{page}", Origin=alice.url)
        assert answer.status == 404, page


@pytest.mark.parametrize(
    "path",
    [
        *(
            "//",
            "///etc/passwd",
            "/%",
            "/%zz",
            "/%00",
            "/%FF",
            "/\\",
            "/rooms//",
            "/rooms/Lobby//",
            "/rooms/Lobby/messages//",
            "/..",
            "/../app.py",
        ),
        *(
            "/static/../app.py",
            "/static/%2e%2e/app.py",
            "/static/..%2fapp.py",
            "/static//etc/passwd",
            "/static/%2Fetc%2Fpasswd",
            "/static/%00",
        ),
        *(
            "/static/%FF",
            "/static/css%00.css",
            "/static/" + "a" * 300,
            "/static/" + "a/" * 2000,
            "/accounts/",
            "/accounts/login//",
            "http://evil.example/x",
        ),
    ],
    ids=lambda path: path[:30],
)
async def test_there_is_no_such_page(alice: Person, path: str) -> None:
    answer = await gets(alice, path)
    assert answer.status in (403, 404)
    assert "root:" not in answer.text
    assert "import " not in answer.text


async def test_a_slash_at_the_end_leads_to_the_page(alice: Person, lobby: str) -> None:
    for path, place in (
        ("/rooms/", "/rooms"),
        (f"/rooms/{lobby}/", f"/rooms/{lobby}"),
        (f"/users/{alice.name}/", f"/users/{alice.name}"),
        ("/search/?q=a%2Fb&before=", "/search?q=a/b&before="),
    ):
        answer = await gets(alice, path)
        assert (answer.status, answer.headers["Location"]) == (308, place)


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example/rooms/", "/\\evil.example/", "/nothing/", "//"]
)
async def test_a_slash_leads_to_no_other_host_and_to_no_page_that_is_not_there(
    alice: Person, path: str
) -> None:
    answer = await gets(alice, path)
    assert answer.status in (400, 404)
    assert "Location" not in answer.headers


HEADERS = [
    {"Accept": "\xff"},
    {"Accept": "a" * 7000},
    {"Accept_Encoding": "\xff"},
    {"Accept_Language": "*;q=x"},
    {"Authorization": "Basic \xff"},
    {"If_Modified_Since": "yesterday"},
    {"If_None_Match": ',,"'},
    {"Range": "bytes=x"},
    {"Range": "bytes=999999-"},
    {"Origin": "\xff"},
    {"Sec_Fetch_Site": "\xff"},
    {"X_CSRF_Token": "\xff"},
    {"X_Forwarded_For": "\xff, ,,"},
    {"X_Forwarded_Proto": "gopher"},
    {"Upgrade": "h2c", "Connection": "Upgrade"},
    {"Upgrade": "websocket", "Connection": "Upgrade"},
    {"Host": "[::1"},
    {"Host": "evil.example"},
    {"Cookie": ";;;=;session"},
    {"Cookie": "session=\xff; session=\xfe"},
    {"Cookie": "=" * 7000},
    {"Content_Type": "\xff"},
    {"Content_Type": "multipart/form-data"},
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: str(header)[:50])
async def test_broken_headers_break_nothing(lasting: Lasting, header: dict[str, str]) -> None:
    for someone in (await lasting("visitor"), await lasting("alice")):
        for path in ("/", "/rooms", "/accounts/login", "/static/robots.txt", "/livez", "/nowhere"):
            answer = await gets(someone, path, **header)
            assert answer.status in (200, 303, 304, 400, 401, 404, 416), path
            assert not answer.location.startswith("http"), "never to where the Host header says"


SOCKETS = ["/rooms/{lobby}/ws", "/ws"]


@pytest.mark.parametrize("path", SOCKETS)
async def test_a_sockets_handshake_without_its_parts_is_refused(alice: Person, lobby: str, path: str) -> None:
    whole = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    for changed in (
        {"Upgrade": ""},
        {"Connection": "close"},
        {"Sec_WebSocket_Version": "12"},
        {"Sec_WebSocket_Version": ""},
        {"Sec_WebSocket_Key": ""},
        {"Sec_WebSocket_Key": "short"},
    ):
        answer = await gets(alice, path.format(lobby=lobby), Origin=alice.url, **{**whole, **changed})
        assert answer.status in (400, 426), changed


@pytest.mark.parametrize("path", SOCKETS)
async def test_a_socket_is_opened_from_our_own_pages_only(alice: Person, lobby: str, path: str) -> None:
    path = path.format(lobby=lobby)
    whole = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    host = alice.url.removeprefix("http://")
    for origin in (
        "",
        "null",
        "https://evil.example",
        f"http://{host}.evil.example",
        f"https://{host}",
        f"http://{host}0",
        f"{alice.url}/",
        "\xff",
    ):
        assert (await gets(alice, path, Origin=origin, **whole)).status == 403, origin
    assert (await gets(alice, path, Origin=alice.url, **whole)).status == 101
