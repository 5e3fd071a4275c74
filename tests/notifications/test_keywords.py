"""Keywords are found as words, without case, in any script."""

import pytest

from notifications.keywords import MAX_LENGTH, BadKeyword, begins, check, first_of, folded, keys_in


def finds(keyword: str, text: str) -> bool:
    """As the worker finds it: by a key, and then as a word."""
    shown, keys = keys_in(text)
    key = folded(keyword)
    return begins(key) in keys and bool(first_of([(keyword, key)], shown))


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("fish", "Fresh FISH!"),
        ("Fish", "**fish**"),
        ("deploy now", "please deploy  now, all"),
        ("naïve", "a Naive idea"),
        ("straße", "in der Strasse"),
        ("рыба", "Свежая РЫБА"),
        ("v2.0", "released v2.0 today"),
        ("c++", "we write c++ here"),
        ("东京", "我在东京工作"),
        ("ラーメン", "今日のラーメンは"),
        ("ไทย", "ภาษาไทยง่าย"),
        ("서울", "서울에서"),
        ("fish", "`fish`"),
    ],
)
def test_a_keyword_is_found(keyword: str, text: str) -> None:
    assert finds(keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("fish", "fishing and starfish"),
        ("рыба", "рыбак"),
        ("deploy now", "deploy it now"),
        ("v2.0", "v2.01"),
        ("东京", "京东"),
        ("fish", ""),
    ],
)
def test_a_part_of_a_word_is_no_keyword(keyword: str, text: str) -> None:
    assert not finds(keyword, text)


@pytest.mark.parametrize("word", ["", "  ", "!!!", "a\nb\x00", "x" * (MAX_LENGTH + 1)])
def test_what_is_no_word_is_refused(word: str) -> None:
    with pytest.raises(BadKeyword):
        check(word)


def test_a_keyword_is_stored_with_single_spaces() -> None:
    assert check("  deploy   now ") == "deploy now"
