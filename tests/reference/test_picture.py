"""docs/page.svg is what the demo's office shows today."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from reference.picture.__main__ import PICTURE
from reference.picture.drawing import drawn
from reference.picture.site import at_work, browser, office, room_page, shapes_of
from reference.picture.words import differences, texts_of, words_of


@pytest.mark.browser
async def test_its_words_are_those_of_the_page(own_servers: None, tmp_path: Path) -> None:
    async with (
        office(tmp_path) as server,
        at_work(server),
        browser() as chromium,
        room_page(chromium, server) as page,
    ):
        shapes = await shapes_of(page)
    words, texts = words_of(PICTURE.read_text("utf-8")), texts_of(light for light, _ in shapes)
    assert not list(differences(words, texts)), "docs/page.svg is of another page: run `make picture`"
    # The rest of it can be drawn, too: every kind of shape, in both colours.
    assert {light["kind"] for light, _ in shapes} == {"box", "icon", "text"}
    again = drawn((1120, 1000), "again", shapes)
    assert not list(differences(words_of(again), texts))
    assert all(light["kind"] == dark["kind"] for light, dark in shapes)


def test_it_is_text_that_one_can_read() -> None:
    text = PICTURE.read_text("utf-8")
    assert len(text.encode()) < 60_000
    assert max(map(len, text.splitlines())) < 160
    assert "base64" not in text
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(text).iter()}
    assert tags <= {"svg", "title", "style", "symbol", "use", "rect", "circle", "path", "text"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("one two three four", ""),
        ("one tw… three four", ""),
        ("… three four", ""),
        ("one three four", "the page says 'two' (of 'one two'), and the picture 'three'"),
        ("one two three", "the page says 'four' (of 'four'), and the picture ''"),
        ("one two three four five", "the picture says 'five', and the page doesn't"),
        ("one tree… three four", "the page says 'two' (of 'one two'), and the picture 'tree…'"),
    ],
)
def test_what_differs_is_told(words: str, told: str) -> None:
    assert list(differences(words.split(), ["one two", " three ", "four"])) == ([told] if told else [])


BOX: dict[str, Any] = {
    **{"kind": "box", "x": 1.4, "y": 2.0, "width": 10.2, "height": 20.0, "radii": [0, 0, 0, 0], "opacity": 1},
    **{"fill": "#ffffff", "sides": [0, 0, 0, 0], "borders": ["", "", "", ""], "isShared": False},
}
TEXT: dict[str, Any] = {
    **{"kind": "text", "text": "a <b> & c", "whole": "", "x": 3.2, "y": 9.6, "width": 30.4, "opacity": 0.5},
    **{"size": 15, "weight": 600, "isItalic": True, "isMono": False, "fill": "#000000"},
}


def _lines(light: dict[str, Any], dark: dict[str, Any] | None = None) -> list[str]:
    return drawn((100, 50), "<t>", [(light, light if dark is None else dark)]).splitlines()


def test_a_box_is_a_rectangle_a_circle_or_has_corners_of_its_own() -> None:
    assert '<rect class="f0" x="1" y="2" width="11" height="20"/>' in _lines(BOX)
    ball = {**BOX, "width": 20.0, "radii": [10, 10, 10, 10]}
    assert '<circle class="f0" cx="11" cy="12" r="10"/>' in _lines(ball)
    bubble = {**BOX, "radii": [2, 4, 4, 4]}
    path = "M3 2h5a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-3a4 4 0 0 1-4-4v-14a2 2 0 0 1 2-2z"
    assert f'<path class="f0" d="{path}"/>' in _lines(bubble)


def test_a_border_is_a_line_around_or_at_a_side() -> None:
    around = {**BOX, "fill": "", "sides": [1, 1, 1, 1], "borders": ["#111111"] * 4}
    assert '<rect class="s0" x="1.5" y="2.5" width="10" height="19"/>' in _lines(around)
    below = {**BOX, "fill": "", "sides": [0, 0, 1, 0], "borders": ["", "", "#111111", ""]}
    assert '<rect class="f0" x="1" y="21" width="11" height="1"/>' in _lines(below)


def test_a_colour_is_told_for_light_and_dark() -> None:
    lines = _lines(BOX, {**BOX, "fill": "#000000"})
    dark = lines.index("@media (prefers-color-scheme:dark){")
    assert ".f0{fill:#ffffff}" in lines[:dark]
    assert ".f0{fill:#000000}" in lines[dark:]


def test_a_text_is_escaped_and_keeps_its_length() -> None:
    lines = _lines(TEXT)
    assert "<title>&lt;t&gt;</title>" in lines
    assert ".t0{font-size:15px;font-weight:600;font-style:italic}" in lines
    place = 'opacity="0.5" x="3" y="10" textLength="30" lengthAdjust="spacingAndGlyphs"'
    found = next(line for line in lines if line.startswith("<text"))
    assert sorted(found.partition(">")[0].split()) == sorted(f'<text class="f0 t0" {place}'.split())
    assert found.endswith(">a &lt;b&gt; &amp; c</text>")
    assert words_of("\n".join(lines)) == ["a", "<b>", "&", "c"]
