"""What is taken out of a text before it is stored, and which texts show nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.text.characters import cleaned, is_blank


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("as it is", "as it is"),
        ("two\nlines\tand\r\na tab\ror\r\rtwo", "two\nlines\tand\r\na tab\nor\n\ntwo"),
        ("from\x0ba\x0cword\u2028processor\u2029or\x85two", "from\na\nword\nprocessor\nor\ntwo"),
        ("\x1b[1;31mred\x1b[0m and \x9b32mgreen", "red and green"),
        ("\x1b]0;a title\x07prompt$ \x1b]8;;https://a.example\x1b\\link", "prompt$ link"),
        ("\x1b(B\x1b=\x1b7text", "text"),
        ("\x1b]not ended, so it was typed", "]not ended, so it was typed"),
        ("a\x1bbc", "abc"),
        ("b\x08e\x07l\x00l\x7f\ufffe", "bell"),
        ("half \ud83d", "half \ufffd"),
        ("سلام\u200cدنیا 👩\u200d🚀 \u200eעברית", "سلام\u200cدنیا 👩\u200d🚀 \u200eעברית"),
    ],
)
def test_cleaned(typed: str, stored: str) -> None:
    assert cleaned(typed) == stored


@given(st.text(st.characters(codec=None)))
def test_nothing_else_goes_and_twice_is_once(text: str) -> None:
    found = cleaned(text)
    assert cleaned(found) == found
    if "\x1b" not in text and "\x9b" not in text:
        plain = [letter for letter in text if letter.isprintable()]
        assert [letter for letter in found if letter.isprintable() and letter != "\ufffd"] == [
            letter for letter in plain if letter != "\ufffd"
        ]


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\u200b", "\u2800\u3164", "\ufe0f\u200d\ufeff", "\u200f \u202e", "\x00\x1f"]
)
def test_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " . ", "\u200b+", "👍", "\u0301", "٫", "ㅤㅤㅤx"])
def test_not_blank(text: str) -> None:
    assert not is_blank(text)
