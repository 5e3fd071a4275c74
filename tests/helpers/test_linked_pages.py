"""What a link's card says, of pages as they are and as somebody hostile makes them: from a real server
on loopback, of which one address plays a public one."""

import asyncio
import gzip
import io
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from helpers import fetching
from helpers.fetching import Fetcher
from helpers.images import PictureMaker
from helpers.linked_pages import reading
from helpers.linked_pages.charsets import decoded
from helpers.linked_pages.parsing import parse, parse_oembed
from helpers.linked_pages.reading import NoPage, PageReader, checked_address
from tests.support.services.fake_upstream import drawn
from tests.support.sites.linked import PUBLIC, Site, linked_site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with linked_site() as found:
        yield found


@pytest.fixture(scope="module")
async def reader() -> AsyncIterator[PageReader]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "is_public", lambda address: address == PUBLIC)
        fetcher, pictures = Fetcher(), PictureMaker()
        found = PageReader(fetcher, pictures)
        yield found
        await found.close()
        await pictures.close()
        await fetcher.close()


def page(**tags: str) -> str:
    found = "".join(f'<meta property="og:{name}" content="{content}">' for name, content in tags.items())
    return f"<!doctype html><html><head><title>Plain title</title>{found}</head><body><p>Text</p></body>"


async def test_open_graph_with_a_picture_drawn_anew(site: Site, reader: PageReader) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=drawn("green", (1200, 630)), content_type="image/png")

    site.pages["a"] = page(
        title="Fish &amp; chips", site_name="The Shop", description="Two\nlines", image="/p.png"
    )
    site.pages["p.png"] = picture
    found = await reader.read(1, site.url("a"))
    assert (found.title, found.site, found.description) == ("Fish & chips", "The Shop", "Two lines")
    assert found.picture is not None
    assert (found.picture.width, found.picture.height) == (480, 252)
    with Image.open(io.BytesIO(found.picture.data)) as image:
        assert image.format == "WEBP"


async def test_a_title_alone_and_a_page_without_one(site: Site, reader: PageReader) -> None:
    site.pages |= {"a": page(), "b": "<p>Nothing of itself</p>", "c": "<title> \u200b </title>"}
    found = await reader.read(1, site.url("a#part"))
    assert (found.title, found.site, found.picture) == ("Plain title", PUBLIC, None)
    assert site.asked == [(PUBLIC, "/a")]
    for name in ("b", "c"):
        with pytest.raises(NoPage, match="no title"):
            await reader.read(1, site.url(name))


async def test_oembed_fills_in_what_the_page_leaves_out(site: Site, reader: PageReader) -> None:
    async def oembed(_: web.Request) -> web.Response:
        return web.json_response(
            {"type": "video", "title": "A film", "provider_name": "Films", "thumbnail_url": site.url("p.png")}
        )

    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=drawn(), content_type="image/png")

    site.pages |= {
        "film": '<link rel="alternate" type="application/json+oembed" href="/oembed?url=film">',
        "oembed": oembed,
        "p.png": picture,
    }
    found = await reader.read(1, site.url("film"))
    assert (found.title, found.site, found.picture is not None) == ("A film", "Films", True)


async def test_a_picture_itself(site: Site, reader: PageReader) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=drawn(), content_type="image/png")

    site.pages["folder/red%20one.png"] = site.pages["folder/red one.png"] = picture
    found = await reader.read(1, site.url("folder/red%20one.png"))
    assert (found.title, found.picture is not None) == ("red one.png", True)


async def test_redirects_are_checked_each(site: Site, reader: PageReader) -> None:
    def to(address: str) -> Any:
        async def redirect(_: web.Request) -> web.Response:
            raise web.HTTPFound(address)

        return redirect

    site.pages |= {
        "fine": page(),
        "once": to("/fine"),
        "inside": to(f"http://127.0.0.1:{site.port}/fine"),
        "name": to(f"http://localhost:{site.port}/fine"),
        "file": to("file:///etc/passwd"),
        "mail": to(f"http://{PUBLIC}:25/"),
        "round": to("/round"),
    }
    assert (await reader.read(1, site.url("once"))).title == "Plain title"
    site.asked.clear()
    for name in ("inside", "name", "file", "mail"):
        with pytest.raises(NoPage):
            await reader.read(1, site.url(name))
    assert {peer for peer, _ in site.asked} == {PUBLIC}
    assert len(site.asked) == 4
    with pytest.raises(NoPage, match="too often"):
        await reader.read(1, site.url("round"))


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/p.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///p.png",
    ],
)
async def test_pictures_that_lead_elsewhere_are_left(site: Site, reader: PageReader, address: str) -> None:
    site.pages["a"] = page(title="Fine", image=address.format(port=site.port))
    assert (await reader.read(1, site.url("a"))).picture is None
    assert site.asked == [(PUBLIC, "/a")]


async def test_what_is_no_picture_and_one_too_small(site: Site, reader: PageReader) -> None:
    async def small(_: web.Request) -> web.Response:
        return web.Response(body=drawn(size=(1, 1)), content_type="image/png")

    async def script(_: web.Request) -> web.Response:
        return web.Response(body=b"GIF89a<script>alert(1)</script>", content_type="image/gif")

    site.pages |= {"small.png": small, "script": script}
    for name in ("small.png", "script", "missing"):
        site.pages["a"] = page(title="Fine", image=f"/{name}")
        assert (await reader.read(1, site.url("a"))).picture is None


HOSTILE = {
    "ten megabytes": page() + "x" * 10_000_000,
    "deep": "<title>Plain title</title>" + "<div>" * 200_000,
    "long title": f"<title>{'long ' * 20_000}</title>",
    "many tags": "<title>Plain title</title>" + "<meta name=a content=b>" * 30_000,
    "open comment": "<title>Plain title</title>" + "<!--" * 200_000,
    "open title": "<title>Plain title" + "<title" * 100_000,
    "open attribute": '<title>Plain title</title><meta name="' + 'a="' * 200_000,
    "entities": "<title>Plain title</title><p>" + "&lt" * 200_000,
    "declarations": "<title>Plain title</title>" + "<![CDATA[" * 100_000,
}


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_hostile_html_costs_a_bounded_time(site: Site, reader: PageReader, name: str) -> None:
    site.pages["a"] = HOSTILE[name]
    began = time.monotonic()
    try:
        found = await reader.read(1, site.url("a"))
        assert found.title
        assert len(found.title) <= 200
    except NoPage:
        # It took more than it may.
        pass
    assert time.monotonic() - began < 15
    # And the next page is read.
    site.pages["b"] = page()
    assert (await reader.read(1, site.url("b"))).title == "Plain title"


async def test_bodies_that_never_end_or_hardly_come(
    site: Site, reader: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE_SECONDS", 0.4)
    is_over = asyncio.Event()
    packed = gzip.compress(bytes(10_000_000))

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/html"})
        await answer.prepare(request)
        await answer.write(page().encode())
        try:
            while True:
                await answer.write(b"<p>more</p>" * 5000)
        finally:
            is_over.set()

    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/html"})
        await answer.prepare(request)
        while True:
            await answer.write(b"<")
            await asyncio.sleep(0.05)

    async def bomb(_: web.Request) -> web.Response:
        return web.Response(
            body=packed,
            content_type="text/html",
            headers={"Content-Encoding": "gzip"},
        )

    site.pages |= {"endless": endless, "drip": drip, "bomb": bomb}
    assert (await reader.read(1, site.url("endless"))).title == "Plain title"
    await asyncio.wait_for(is_over.wait(), 5)
    with pytest.raises(NoPage, match="more than"):
        await reader.read(1, site.url("drip"))
    with pytest.raises(NoPage, match="no title"):
        await reader.read(1, site.url("bomb"))


async def test_sites_that_always_compress(site: Site, reader: PageReader) -> None:
    async def packed(_: web.Request) -> web.Response:
        return web.Response(
            body=gzip.compress(page(title="Packed").encode() + b"<p>text</p>" * 300_000),
            content_type="text/html",
            headers={"Content-Encoding": "gzip"},
        )

    site.pages["a"] = packed
    assert (await reader.read(1, site.url("a"))).title == "Packed"


async def test_headers_without_an_end(reader: PageReader) -> None:
    """Ten megabytes, in one field or in many."""
    sent = 0

    async def answer(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        nonlocal sent
        out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
        for place in range(1000):
            out.write(form(place))
            try:
                await out.drain()
            except ConnectionError:
                break
            sent += 10_000
        out.close()

    forms: list[Callable[[int], bytes]] = [
        lambda place: b"x" * 10_000 if place else b"X-One: ",
        lambda place: b"X-%d: %s\r\n" % (place, b"y" * 9_980),
        lambda place: b"".join(b"X-%d-%d: %s\r\n" % (place, part, b"y" * 80) for part in range(100)),
    ]
    server = await asyncio.start_server(answer, PUBLIC, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for form in forms:  # noqa: B007 - the server uses it
            sent = 0
            with pytest.raises(NoPage):
                await reader.read(1, f"http://{PUBLIC}:{port}/")
            assert sent < 10_000_000, "it isn't read to its end"


async def test_a_redirect_loop_with_new_addresses_each_time(site: Site, reader: PageReader) -> None:
    async def onward(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/onward?{len(request.query_string) * 'x'}x")

    site.pages["onward"] = onward
    with pytest.raises(NoPage, match="too often"):
        await reader.read(1, site.url("onward"))
    assert len(site.asked) == 5


async def test_a_charset_that_is_not_that_of_the_page(site: Site, reader: PageReader) -> None:
    def says(charset: str, body: bytes) -> Any:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=body, headers={"Content-Type": f"text/html; charset={charset}"})

        return answer

    title = "<title>Привет</title>"
    site.pages |= {
        "ascii": says("us-ascii", title.encode()),
        "none": says("no-such-charset", title.encode()),
        "quoted": says('"windows-1251"', title.encode("cp1251")),
        "long": says("x" * 5000, title.encode()),
        "partly": says("utf-8", "<title>Grüße aus Ulm</title>".encode("cp1252")),
    }
    found = {name: (await reader.read(1, site.url(name))).title for name in site.pages}
    assert found["none"] == found["quoted"] == found["long"] == "Привет"
    assert found["partly"] == "Gr\ufffd\ufffde aus Ulm", "as browsers show it"
    assert found["ascii"]
    # What can't be read is no title; another of its texts may be.
    for charset, meta in (("utf-8", b""), ("x", b'<meta charset="utf-8">')):
        site.pages["utf"] = says(charset, meta + title.encode("cp1251"))
        with pytest.raises(NoPage, match="no title"):
            await reader.read(1, site.url("utf"))
    other = '<meta property="og:title" content="Привет"><title>Hello</title>'
    site.pages["other"] = says("utf-8", other.encode("cp1251"))
    assert (await reader.read(1, site.url("other"))).title == "Hello"


async def test_what_is_no_page(site: Site, reader: PageReader) -> None:
    async def pdf(_: web.Request) -> web.Response:
        return web.Response(body=b"%PDF-1.7", content_type="application/pdf")

    site.pages["a.pdf"] = pdf
    with pytest.raises(NoPage, match="application/pdf"):
        await reader.read(1, site.url("a.pdf"))
    with pytest.raises(NoPage, match="404"):
        await reader.read(1, site.url("missing"))
    for address in (
        f"http://127.0.0.1:{site.port}/a.pdf",
        f"http://localhost:{site.port}/",
        "http://10.0.0.1/",
    ):
        with pytest.raises(NoPage):
            await reader.read(1, address)
    assert {peer for peer, _ in site.asked} == {PUBLIC}


@pytest.mark.parametrize(
    "address",
    [
        *("", "ftp://example.org/", "javascript:alert(1)", "//example.org", "http://", "http://a b/"),
        *("http://me:secret@example.org/", "http://example.org:22/", "http://example.org:99999/"),
        "https://example.org/" + "x" * 3000,
    ],
)
def test_addresses_that_are_not_fetched(address: str) -> None:
    with pytest.raises(NoPage):
        checked_address(address)


@pytest.mark.parametrize(
    ("body", "declared", "text"),
    [
        ("Grüße".encode(), "", "Grüße"),
        ("Grüße".encode("cp1252"), "", "Grüße"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("Привет".encode("koi8-r"), "KOI8-R", "Привет"),
        ("こんにちは".encode("shift_jis"), "Shift_JIS", "こんにちは"),
        ("你好".encode("gb18030"), "gb2312", "你好"),
        ("“quoted”".encode("cp1252"), "iso-8859-1", "“quoted”"),
        ("\ufeffПривет".encode("utf-16-le"), "", "Привет"),
        ("\ufeffПривет".encode(), "windows-1251", "Привет"),
        ('<meta charset="windows-1251">Привет'.encode("cp1251"), "", '<meta charset="windows-1251">Привет'),
        (
            '<meta charset="windows-1251">Привет'.encode("cp1251"),
            "nonsense",
            '<meta charset="windows-1251">Привет',
        ),
        (b"+ADw-script+AD4-", "utf-7", "+ADw-script+AD4-"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
        (b"uryyb", "rot13", "uryyb"),
        ("Grüße".encode()[:3], "", "Gr"),
        (b"\xff\x00", "utf-8", "\ufffd\x00"),
    ],
)
def test_charsets(body: bytes, declared: str, text: str) -> None:
    assert decoded(body, declared) == text


def test_titles_as_they_are_shown() -> None:
    def title(html: str) -> str:
        return parse(html.encode(), "", "http://example.org/")[0]

    assert title("<svg><title>An icon</title></svg><title>The page</title>") == "The page"
    assert title("<title>a &lt;b&gt; &#x1F600; &amp;amp;</title>") == "a <b> 😀 &amp;"
    assert title("<title>\u202eevil\u202c\x1b[31m  and\n more</title>") == "evil and more"
    assert title("<script>'<title>no</title>'</script><title>yes</title>") == "yes"
    assert title("<!-- <title>no</title> --><title>yes</title>") == "yes"
    assert title("<title>a &#0;&#xD800; b</title>") == "a \ufffd\ufffd b"
    assert title("<meta name='twitter:title' content='bird'><title>plain</title>") == "bird"
    assert title("<body><meta property='OG:Title' content='late'>") == "late"


def test_addresses_are_made_whole() -> None:
    html = b"<base href='/folder/'><meta property=og:image content='p.png'>"
    assert parse(html, "", "https://example.org/a/b")[3] == "https://example.org/folder/p.png"


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'"x"', b"[" * 100_000])
def test_oembed_that_is_none(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_oembed(body, "http://example.org/")


def test_oembed_of_other_types() -> None:
    found = parse_oembed(
        b'{"type":"photo","title":5,"url":"javascript:1","author_name":"Ann"}', "http://a.org/"
    )
    assert found == ["", "", "Ann", ""]
