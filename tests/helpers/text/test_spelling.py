"""How far a mistyped word is from another."""

import pytest

from helpers.text.spelling import edits


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("who", "who", 0),
        ("wo", "who", 1),
        ("whoo", "who", 1),
        ("wha", "who", 1),
        ("hlep", "help", 1),
        ("rename", "leave", None),
        ("poll", "kill", 2),
        ("topci", "topic", 1),
        ("otpci", "topic", 2),
        ("", "me", 2),
        ("", "who", None),
        ("ab", "ba", 1),
        ("abc", "ca", None),
    ],
)
def test_the_letters_that_are_wrong_are_counted(one: str, other: str, distance: int | None) -> None:
    assert edits(one, other, 2) == edits(other, one, 2) == distance
