"""Colours contrast as WCAG says, and whichever colour a site has, what stands on it can be read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.site_look import DARK, INKS, LIGHT, SURFACES, clean_colour, palette, style, tokens
from helpers.colours import TEXT, contrast, darkened, least_contrast, lightened, to_hex, to_oklch
from helpers.errors import ActionError

COLOURS = st.tuples(*[st.integers(0, 255)] * 3).map(lambda parts: "#{:02x}{:02x}{:02x}".format(*parts))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    """Figures of WebAIM's checker."""
    assert round(contrast(one, other), 2) == expected == round(contrast(other, one), 2)


@given(COLOURS)
def test_there_and_back_is_the_same_colour(colour: str) -> None:
    assert to_hex(to_oklch(colour)) == colour


@settings(max_examples=40)
@given(COLOURS, st.lists(COLOURS, min_size=1, max_size=3))
def test_moved_it_contrasts_or_is_the_end(colour: str, others: list[str]) -> None:
    for move, end in ((darkened, "#000000"), (lightened, "#ffffff")):
        found = move(colour, others)
        assert least_contrast(found, others) >= TEXT or found == end
        if least_contrast(colour, others) >= TEXT:
            assert found == colour


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@settings(max_examples=150, deadline=None)
@given(colour=COLOURS)
def test_whatever_colour_it_is_texts_can_be_read(theme: int, colour: str) -> None:
    found = palette(colour, theme)
    surfaces = [tokens()[name][theme] for name in SURFACES]
    for one in (found.accent, found.strong):
        # As a text, and below one: on buttons and counts.
        assert least_contrast(one, [*surfaces, found.soft, found.bubble]) >= TEXT, (colour, found)
        assert contrast(one, tokens()["accent-ink"][theme]) >= TEXT, (colour, found)
    for name in INKS:
        ink = tokens()[name][theme]
        usual = [tokens()[one][theme] for one in ("accent-soft", "accent-bubble")]
        least = min(TEXT, least_contrast(ink, usual))
        assert least_contrast(ink, [found.soft, found.bubble]) >= least - 1e-9, (colour, found)


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert palette("#c2185b", LIGHT).accent == "#c2185b"
    assert palette("#ffeb3b", DARK).accent == "#ffeb3b"


def test_the_style_names_what_the_tokens_do() -> None:
    text = style("c2185b")
    assert text.startswith(":root { --accent: light-dark(#c2185b, #ff6691);")
    assert {name.split(":")[0] for name in text.split("--")[1:]} == {
        name for name in tokens() if name.startswith("accent")
    } - {"accent-ink"}
    for wrong in ("", "c2185", "c2185b0", "C2185B", "red", "};a{}", "../css"):
        with pytest.raises(ValueError, match=f"^{re.escape(wrong)}$"):
            style(wrong)


@pytest.mark.parametrize("wrong", ["red", "#12345", "#1234567", "2f62d8", "#gggggg", "#２f62d8", "url(x)"])
def test_what_is_no_colour_is_refused(wrong: str) -> None:
    with pytest.raises(ActionError) as error:
        clean_colour(wrong)
    assert (error.value.code, error.value.field) == ("bad_value", "colour")


def test_the_usual_colour_is_none() -> None:
    assert [clean_colour(text) for text in ("", " #2F62D8 ", "#C2185B")] == ["", "", "#c2185b"]
