"""What the server fetches for people: only from public addresses, whole or not at all, in time, and
nothing else goes along."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from helpers import fetching
from helpers.fetching import Fetcher, FetchError, Response, is_public
from tests.support.servers import free_port
from tests.support.services.fake_upstream import Elsewhere, NameServer, elsewhere, name_server

PUBLIC = [
    "1.1.1.1",
    "100.63.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
]
PRIVATE = [
    *(
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
    ),
    *(
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
    ),
    *(
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
    ),
    *(
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::",
    ),
    *(
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "",
        "localhost",
        "127.1",
        "2130706433",
    ),
]


class Names(AbstractResolver):
    """Answers what it is told, and counts how often it is asked."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        if host.partition(".")[0] not in self.addresses:
            raise OSError("no such name")
        found = self.addresses[host.partition(".")[0]]
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
            for address, kind in zip(found, kinds, strict=True)
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def there() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as found:
        found.lines["fine"] = "fine"
        yield found


@pytest.fixture
async def served() -> AsyncIterator[tuple[NameServer, Fetcher]]:
    async with name_server() as (server, resolver):
        fetcher = Fetcher(resolver)
        yield server, fetcher
        await fetcher.close()


@pytest.fixture
def fetcher(served: tuple[NameServer, Fetcher]) -> Fetcher:
    return served[1]


async def get(
    fetcher: Fetcher, url: str, *, most: int = 1000, seconds: float = 5, configured: bool = True
) -> Response:
    return await fetcher.get(url, most=most, seconds=seconds, configured=configured)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_all_others(address: str) -> None:
    assert not is_public(address)


async def test_what_a_setting_says_is_fetched(fetcher: Fetcher, there: Elsewhere) -> None:
    for host in ("127.0.0.1", "localhost", "LocalHost"):
        answer = await get(fetcher, f"http://{host}:{there.port}/fine")
        assert answer == Response(200, "text/plain", b"fine", "utf-8")
    assert there.headers[0]["User-Agent"].startswith("aiochat")
    assert not {"Cookie", "Referer", "Authorization"} & set(there.headers[0])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"],
)
async def test_what_anybody_else_says_is_not(fetcher: Fetcher, there: Elsewhere, host: str) -> None:
    with pytest.raises(FetchError):
        await get(fetcher, f"http://{host}:{there.port}/fine", configured=False)
    assert not there.asked


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
@pytest.mark.parametrize("configured", [True, False])
async def test_a_name_that_leads_inside_is_refused(there: Elsewhere, address: str, configured: bool) -> None:
    fetcher = Fetcher(Names(innocent=[address]))
    with pytest.raises(FetchError, match="no public address"):
        await get(fetcher, f"http://innocent.example:{there.port}/fine", configured=configured)
    assert not there.asked
    await fetcher.close()


async def test_the_address_that_is_checked_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The tests have no public address; one of loopback's plays it.
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.2")
    names = Names(changing=["127.0.0.2"])
    fetcher = Fetcher(names)
    async with elsewhere("127.0.0.1", "127.0.0.2") as there:
        there.lines["fine"] = "fine"
        url = f"http://changing.example:{there.port}/fine"
        assert (await get(fetcher, url, configured=False)).body == b"fine"
        names.addresses["changing"] = ["127.0.0.1", "127.0.0.2"]
        assert (await get(fetcher, url, configured=False)).body == b"fine"
        assert set(there.peers) == {"127.0.0.2"}
        await fetcher.close()
        # And without a connection that is still open:
        fetcher = Fetcher(names)
        assert (await get(fetcher, url, configured=False)).body == b"fine"
        names.addresses["changing"] = ["127.0.0.1"]
        await fetcher.close()
        fetcher = Fetcher(names)
        with pytest.raises(FetchError):
            await get(fetcher, url, configured=False)
        assert set(there.peers) == {"127.0.0.2"}
    await fetcher.close()


async def test_nothing_is_followed(fetcher: Fetcher, there: Elsewhere) -> None:
    answer = await get(fetcher, f"{there.url}/redirect")
    assert (answer.status, answer.location) == (302, "/fine")
    assert there.asked == ["/redirect"]


async def test_a_status_is_asked_of_public_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is followed, and a body without an end isn't read."""
    async with elsewhere("127.0.0.1", "127.0.0.2") as there:
        monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.2")
        fetcher = Fetcher()
        base = f"http://127.0.0.2:{there.port}"
        asked = {name: await fetcher.status(f"{base}/{name}", seconds=5) for name in ("redirect", "endless")}
        assert asked == {"redirect": 302, "endless": 200}
        assert there.asked == ["/redirect", "/endless"]
        for url, seconds in ((f"{there.url}/fine", 5), (f"{base}/slowly", 0.2)):
            with pytest.raises(FetchError):
                await fetcher.status(url, seconds=seconds)
        assert set(there.peers) == {"127.0.0.2"}
        await fetcher.close()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("huge", "more than 1000 bytes"),
        ("endless", "more than 1000 bytes"),
        ("bomb", "more than 1000 bytes"),
        ("slowly", "more than 0.2 s"),
        ("drip", "more than 0.2 s"),
        ("cut", "127.0.0.1: "),
        ("garbage", "127.0.0.1: "),
    ],
)
async def test_what_is_too_much_too_slow_or_broken_is_left(
    fetcher: Fetcher, there: Elsewhere, name: str, text: str
) -> None:
    with pytest.raises(FetchError, match=text):
        await get(fetcher, f"{there.url}/{name}", seconds=0.2 if text.startswith("more than 0") else 5)
    # And it is as good as before.
    assert (await get(fetcher, f"{there.url}/fine")).body == b"fine"


async def test_as_much_as_may_be_and_one_byte_more(fetcher: Fetcher, there: Elsewhere) -> None:
    there.lines |= {"enough": "x" * 1000, "more": "x" * 1001}
    assert len((await get(fetcher, f"{there.url}/enough")).body) == 1000
    with pytest.raises(FetchError, match="more than 1000 bytes"):
        await get(fetcher, f"{there.url}/more")
    answer = await fetcher.get(f"{there.url}/more", most=1000, seconds=5, configured=True, cut=True)
    assert answer.body == b"x" * 1000


def _gzip(data: bytes) -> bytes:
    """Without the time in it: all processes of a run name a test alike."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", _gzip(b"x" * 1000)),
        ("X-GZIP", _gzip(b"x" * 1000)),
        ("deflate", zlib.compress(b"x" * 1000)),
        ("deflate", zlib.compress(b"x" * 1000, wbits=-15)),
    ],
)
async def test_what_is_compressed_unasked(
    fetcher: Fetcher, there: Elsewhere, coding: str, packed: bytes
) -> None:
    there.packed = (coding, packed)
    assert (await get(fetcher, f"{there.url}/packed")).body == b"x" * 1000
    assert there.headers[-1]["Accept-Encoding"] == "identity"
    with pytest.raises(FetchError, match="more than 999 bytes"):
        await get(fetcher, f"{there.url}/packed", most=999)
    # Cut off it is what came.
    there.packed = (coding, packed[: len(packed) // 2])
    assert set((await get(fetcher, f"{there.url}/packed")).body) <= {ord("x")}


@pytest.mark.parametrize(
    ("coding", "packed", "text"),
    [
        ("br", b"x", "compresses"),
        ("gzip, gzip", _gzip(_gzip(b"x")), "compresses"),
        ("gzip", b"plain after all", "unpacked"),
        ("deflate", b"\xff" * 20, "unpacked"),
        ("gzip", bytes(5000), "unpacked"),
        ("gzip", _gzip(b"x") + bytes(5000), "more than 1000 bytes"),
    ],
)
async def test_what_can_not_be_unpacked(
    fetcher: Fetcher, there: Elsewhere, coding: str, packed: bytes, text: str
) -> None:
    there.packed = (coding, packed)
    with pytest.raises(FetchError, match=text):
        await get(fetcher, f"{there.url}/packed")


async def test_nobody_there_and_no_such_name(fetcher: Fetcher) -> None:
    with pytest.raises(FetchError):
        await get(fetcher, f"http://127.0.0.1:{free_port()}/fine")
    nameless = Fetcher(Names())
    with pytest.raises(FetchError, match=r"nowhere\.example"):
        await get(nameless, "http://nowhere.example/")
    await nameless.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fine",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http://:80/",
        "http://[::1/",
    ],
)
async def test_what_is_no_address(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(FetchError):
        await get(fetcher, url)


async def test_names_that_are_not_answered_hold_up_nobody_else(
    there: Elsewhere, served: tuple[NameServer, Fetcher]
) -> None:
    names, fetcher = served
    hosts = {f"{number}.example" for number in range(10)}
    names.silent |= hosts
    names.addresses["later.example"] = "10.0.0.1"
    waiting = [asyncio.create_task(get(fetcher, f"http://{host}/", seconds=60)) for host in hosts]
    while not hosts <= names.asked:
        await asyncio.sleep(0.01)
    assert (await get(fetcher, f"http://127.0.0.1:{there.port}/fine")).body == b"fine"
    with pytest.raises(FetchError, match=r"10\.0\.0\.1 is no public address"):
        await get(fetcher, "http://later.example/")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    with pytest.raises(FetchError, match=r"1\.example took more than 0\.2 s"):
        await get(fetcher, "http://1.example/", seconds=0.2)


async def test_a_name_that_there_is_not(fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match=r"nowhere\.example"):
        await get(fetcher, "http://nowhere.example/")


async def test_the_machines_own_names_are_known() -> None:
    """Without a name server that would answer: from the hosts file."""
    for resolver in (
        aiohttp.AsyncResolver(),
        aiohttp.AsyncResolver(nameservers=[f"127.0.0.1:{free_port()}"]),
    ):
        found = await resolver.resolve("localhost", 80, socket.AF_UNSPEC)
        assert "127.0.0.1" in {each["host"] for each in found}
        await resolver.close()


async def test_a_hanging_service_leaves_room_for_others(fetcher: Fetcher, there: Elsewhere) -> None:
    async with elsewhere("127.0.0.3") as other:
        other.lines["fine"] = "fine"
        hanging = [asyncio.create_task(get(fetcher, f"{there.url}/slowly")) for _ in range(30)]
        answer = await get(fetcher, f"http://127.0.0.3:{other.port}/fine", seconds=3)
        assert answer.body == b"fine"
        assert len(there.asked) <= fetching.AT_ONCE_PER_HOST
        there.go.set()
        assert {answer.body for answer in await asyncio.gather(*hanging)} == {b"slowly: at last"}


async def test_no_cookies_are_kept_and_no_proxy_is_asked(
    there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    fetcher = Fetcher()
    for _ in range(2):
        await get(fetcher, f"{there.url}/cookie")
    assert "Cookie" not in there.headers[-1]
    await fetcher.close()
