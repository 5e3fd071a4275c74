"""Whatever one text, frame, form or picture holds, it takes little time of the server's loop, and
what it becomes is bounded."""

import ast
import asyncio
import contextlib
import gc
import io
import json
import re
import time
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from accounts.people import accounts, names, profiles
from accounts.people.directory import login_key
from chat.formatting import markdown
from chat.requests import BadRequest, read_frame
from helpers.drawing import draw
from helpers.images import PictureMaker
from helpers.markup.markdown import MAX_HTML, is_slow, plain_html
from helpers.markup.plain_text import strip_markup
from helpers.rendering import PATIENCE, Renderer
from helpers.text import highlighting
from helpers.text.durations import parse_duration
from helpers.text.emoji import replace_shortcodes
from helpers.text.folding import words_of
from helpers.text.transliteration import address_words
from helpers.web.requests.multipart import Upload
from helpers.weights import MAX_PAGE_WEIGHT
from tests.support.people import Person
from tests.support.servers import ROOT

LOOP_SECONDS = 0.02
"""Of a loop's time, for one input."""

SLOWER = 8
"""A machine may be this many times slower than those on which the bounds were measured, or
disturbed; what isn't bounded takes a hundred times as long."""

# What takes long somewhere: in the highlighter, in parsers of Markdown, in the list of marks, and in
# regular expressions that begin anew at each letter.
PIECES = [
    *("[", "]", "](", "![", "<", "<a", "<http://a>", "http://a ", "://", "https://a.b/(", "a@b.c "),
    *("*", "*a", "*a ", "**a", "_a_ ", "*_*_", "~", "~~a", "`", "`` `", "\\", "\\["),
    *("> ", "- ", "- - - a\n", "- a\n  - b\n", "1. a\n", "1) a\n\n", "# a\n", "a\n=\n", "    a\n"),
    *("\n", "\r\n", "a\r\n", " \n", "a  \n", "\t", "\n\n", ">>>>>>>>>>>>a\n\n", "|a|b|\n|-|-|\n"),
    *("@a", "@a@", "@x@ ", "#a", "#a ", ":a", ":a:", ":tada:", "\u0301", "\u0300\u0316", "\u200d"),
    *("||a|| ", "a|b\n-|-\n", "**a** ", "*a* ", "a* ", "***a** ", "[a](", "[x]((", "\\*a ", "\\`", "\\@a "),
    *("www.a.b ", "a.com ", "a.bc/", "é.com ", "a@b.c@", "https://a.b/((((", "https://а.com ", "<a@b.cc>"),
    *("- a\n\n  b\n", "- [ ] a\n", "a|", "|a\n", "a\n\n", "```a\n", "C:\\a ", "__a ", "____", "\\\\"),
    *("```\n", "~~~\n", "```c\n", "a", "0", " ", '"', "'", "{", "(", "{[", "%", "$", "ы", "👩\u200d"),
]

TEXTS = st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 10_000)), min_size=1, max_size=3).map(
    lambda runs: "".join((piece * count)[:count] for piece, count in runs)[:10_000]
)


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


async def loop_seconds(renderer: Renderer, text: str) -> float:
    """The time of this process, while another one may be at work."""
    began = time.thread_time()
    markup = await renderer.parse(1, markdown, text)
    if markup is not None:
        html = markdown.html(markup, {})
        assert html is None or len(html) <= MAX_HTML
    return time.thread_time() - began


@pytest.fixture(scope="module")
async def renderer() -> AsyncIterator[Renderer]:
    found = Renderer()
    yield found
    await found.close()


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
async def test_a_text_of_one_piece(renderer: Renderer, piece: str) -> None:
    for length in (400, 10_000):
        text = (piece * length)[:length]
        seconds = await loop_seconds(renderer, text)
        if seconds >= LOOP_SECONDS * SLOWER:
            seconds = min([await loop_seconds(renderer, text) for _ in range(3)])
        assert seconds < LOOP_SECONDS * SLOWER


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
async def test_any_text(renderer: Renderer, text: str) -> None:
    assert await loop_seconds(renderer, text) < LOOP_SECONDS * SLOWER


SLOW_BLOCK = '```scala\n"' + "\\" * 60 + "\n```\n"
SLOW_CODE = ['"' + "\\" * 60, "let " + "\n" * 2990]


@pytest.mark.parametrize("language", sorted(highlighting.LANGUAGES))
def test_code_in_any_language(language: str) -> None:
    """The first one takes days in Scala, the second one 3 s in C."""
    highlighting.prepare(f"```{language}")
    for code in SLOW_CODE:
        # A collection of the garbage of all tests before isn't interrupted.
        gc.disable()
        began = time.thread_time()
        html = highlighting.highlight(code, language)
        taken = time.thread_time() - began
        gc.enable()
        assert taken < SLOWER * highlighting.MAX_SECONDS
        assert re.sub(r"<[^>]*>", "", html) == code


async def test_code_that_is_too_slow_stays_code(renderer: Renderer) -> None:
    markup = await renderer.parse(1, markdown, '```scala\n"' + "\\" * 60 + "\n```\n*and* more")
    assert markup is not None
    assert markdown.html(markup, {}) == (
        '<pre><code>"' + "\\" * 60 + "\n</code></pre>\n<p><em>and</em> more</p>"
    )


async def test_what_is_too_slow_as_a_whole_is_shown_as_typed_and_calls_its_people(renderer: Renderer) -> None:
    text = "@alice *look*\n" + (SLOW_BLOCK * 9).strip()
    markup = await renderer.parse(1, markdown, text)
    assert markup is not None
    assert markup.names == ["@alice"]
    assert markdown.html(markup, {}) is None
    html = markdown.html(markup, {"@": {"alice": "Alice"}})
    assert html is not None
    assert re.sub("<a .*?>@Alice</a>", "@alice", html) == plain_html(text)


async def test_what_has_too_many_signs_is_shown_as_typed(renderer: Renderer) -> None:
    text = "<http://a>" * 990
    markup = await renderer.parse(1, markdown, text)
    assert markup is not None
    assert markdown.html(markup, {}) is None


async def test_turns_of_texts(renderer: Renderer) -> None:
    """Somebody's many slow texts hold up nobody else's for longer than one of them."""
    order: list[str] = []

    async def parse(person_id: int, text: str, name: str) -> None:
        await renderer.parse(person_id, markdown, text)
        order.append(name)

    slow = [parse(1, SLOW_BLOCK * 9, f"slow{number}") for number in range(5)]
    await asyncio.gather(*slow, parse(2, "```py\nx = 1\n```", "quick"))
    assert order.index("quick") <= 1
    assert PATIENCE >= 5 * 0.1


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_other_work_on_texts_in_the_loop(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    long = (piece * 60_000)[:60_000]
    works: list[Callable[[], object]] = [
        lambda: is_slow(text),
        lambda: markdown.parse_names(text),
        lambda: strip_markup(text),
        lambda: replace_shortcodes(text),
        lambda: parse_duration(long),
        lambda: login_key(long),
        lambda: words_of(long),
        lambda: address_words(long, 32),
        lambda: accounts.email_problem(long),
        lambda: accounts.email_problem(f"a@{long}"),
        lambda: raised(lambda: names.clean_name(long)),
        lambda: raised(lambda: profiles.clean_line(long, profiles.MAX_PLACE)),
        lambda: raised(lambda: profiles.clean_bio(long)),
    ]
    for work in works:
        assert (
            cpu_seconds(work) < LOOP_SECONDS * SLOWER
            or min(cpu_seconds(work) for _ in range(3)) < LOOP_SECONDS * SLOWER
        )


def raised(work: Callable[[], object]) -> None:
    with contextlib.suppress(ValueError):
        work()


def test_texts_are_normalised_by_those_who_look_at_their_length() -> None:
    """Unicode's order of marks takes the square of their number."""
    found = {
        str(path.relative_to(ROOT))
        for package in ("helpers", "accounts", "chat", "feed", "notifications", "weather", "administration")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "normalize"
    }
    bounded = {"characters", "folding", "transliteration"}
    assert found == {f"helpers/text/{name}.py" for name in (*bounded, "emoji")}, "emoji's are its own"


FRAMES = [
    '{"\\u' + '\\"' * 32_000,
    '{"text":"' + "\\u0061" * 10_000 + '"}',
    "{" + '"a\\u0062":{},' * 4000 + "}",
    '{"\\u":' + "[" * 32_000,
    '{"\\u0061":[' + "[]," * 20_000,
    '{"a":' + "1" * 60_000 + "}",
    "{" + '"type":1,' * 7000 + "}",
    '{"type":"post","text":"' + "\\\\" * 32_000 + '"}',
    " " * 60_000 + '{"',
    "{" + "\t" * 60_000,
    "\r\n" * 32_000,
    "/" + "x" * 9000,
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: ascii(frame)[:30])
def test_frames(frame: str) -> None:
    def read() -> None:
        with contextlib.suppress(BadRequest):
            read_frame(frame)

    assert min(cpu_seconds(read) for _ in range(3)) < LOOP_SECONDS * SLOWER


JSON_PIECES = ['"', "\\", "\\u", "\\u0061", "\\ud800", "{", "}", "[", "]", ":", ",", '"type"', '"post"']
JSON_PIECES += [
    '"text"',
    '"nonce"',
    '"number"',
    '"react"',
    "1",
    "1e9",
    "-",
    "null",
    "true",
    "a",
    "\n",
    "\x00",
]


@settings(max_examples=150, deadline=None)
@given(
    runs=st.lists(st.tuples(st.sampled_from(JSON_PIECES), st.integers(1, 40)), max_size=12),
    begin=st.sampled_from(["", "{", '{"type":"post","text":"', '{"type":"react",']),
)
def test_any_frame_is_a_request_or_refused(runs: list[tuple[str, int]], begin: str) -> None:
    frame = begin + "".join(piece * count for piece, count in runs)
    with contextlib.suppress(BadRequest):
        read_frame(frame)


def encoded(kind: str, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert(mode).save(file, kind)
    return file.getvalue()


FILES = [encoded("PNG"), encoded("PNG", "P"), encoded("PNG", "RGBA"), encoded("JPEG"), encoded("WEBP")]


@settings(max_examples=80, deadline=None)
@given(
    data=st.sampled_from(FILES),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4)), max_size=6),
    length=st.integers(0, 3000),
    shape=st.sampled_from(["square", "within"]),
)
def test_any_picture_is_drawn_or_refused(
    data: bytes, changes: list[tuple[int, bytes]], length: int, shape: str
) -> None:
    for place, piece in changes:
        data = data[:place] + piece + data[place + len(piece) :]
    drawn = draw(data[:length], "", shape, [16, 32])  # type: ignore[arg-type]
    if not isinstance(drawn, str):
        assert len(drawn) == 2
        assert all(max(width, height) <= 32 for width, height, _ in drawn)


async def test_turns_of_pictures() -> None:
    """Somebody's many pictures hold up nobody else's for longer than one of them."""
    maker = PictureMaker()
    order: list[int] = []

    async def convert(person_id: int) -> None:
        upload = Upload("image/png", len(FILES[0]), io.BytesIO(FILES[0]))
        (made,) = await maker.convert(person_id, upload, "square", [8])
        assert (made.width, made.height) == (8, 8)
        order.append(person_id)

    try:
        await asyncio.gather(*(convert(1) for _ in range(8)), convert(2))
        assert order.index(2) == 1
    finally:
        await maker.close()


# Over real sockets


async def test_ones_texts_stay_in_their_order_and_hold_up_nobody(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    texts = [
        '```scala\n"' + "\\" * 60 + "\n```",
        "*quick*",
        "```py\nx = 1\n```",
        "plain",
        "://" * 3300,
        "end",
    ]
    for text in texts:
        await at_alice.types(json.dumps({"type": "post", "text": text}))
    for number in range(5):
        assert (await at_bob.says(f"number *{number}*"))["type"] == "receipt"
    await at_bob.hears("message", text="end")
    lines = [line for line in await bob.history(lobby) if line["author"] == alice.name and "number" in line]
    assert [line["text"] for line in lines] == texts
    assert [line.get("html", "") != "" for line in lines] == [True, True, True, False, False, False]
    assert '<span class="m">1</span>' in lines[2]["html"]


async def test_a_page_of_heavy_messages(alice: Person, bob: Person, lobby: str) -> None:
    """Twenty of these are 700,000 characters."""
    at_alice = await alice.enters(lobby)
    heavy = "*a* " + "&" * 6000
    for number in range(20):
        assert (await at_alice.says(f"{number} {heavy}"))["type"] == "receipt"
    async with bob.http.get(f"/rooms/{lobby}/messages?limit=100") as answer:
        body = await answer.read()
        assert answer.status == 200
    assert MAX_PAGE_WEIGHT / 2 < len(body) < 2 * MAX_PAGE_WEIGHT
    page = json.loads(body)
    assert page["more"]
    assert page["messages"][-1]["text"].startswith("19 ")
    posts = [line for line in await bob.history(lobby) if "number" in line]
    assert [line["text"].partition(" ")[0] for line in posts] == [str(number) for number in range(20)]
    around = await bob.gets(f"/rooms/{lobby}/messages?around=10&limit=100")
    assert 10 in [line.get("number") for line in around["messages"]]
    assert around["more"]
    assert around["newer"]
    after = await bob.gets(f"/rooms/{lobby}/messages?after=1&limit=100")
    assert after["messages"][0]["number"] == 2
    assert after["more"]
    # Who was away meanwhile gets what was missed, or loads the page anew, as for too many changes.
    assert (await bob.enters(lobby, since=0)).events
