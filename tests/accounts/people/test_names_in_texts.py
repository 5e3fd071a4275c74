"""People are called by their names in texts without markup too."""

import pytest

from accounts.people.shown_names import called_by_names, handles_in

NAMES = {"vera": "Vera Grün", "wim.b": "משה", "plain": ""}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@vera, come", "@Vera Grün, come"),
        ("@Vera: and (@wim.b).", "@Vera Grün: and (@\u2068משה\u2069)."),
        ("@plain @nobody @all", "@plain @nobody @all"),
        ("a@vera.example @vera2 @@vera #@vera", "a@vera.example @vera2 @@vera #@vera"),
        ("@", "@"),
        ("", ""),
    ],
)
def test_handles_become_names(text: str, shown: str) -> None:
    assert called_by_names(text, NAMES) == shown


def test_handles_of_a_text() -> None:
    assert handles_in("@vera, @Wim.b. a@b @@c @" + "x" * 33) == {"vera", "Wim.b"}
