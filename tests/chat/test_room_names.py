"""What rooms may be called, which titles look alike, and which addresses are made of them."""

import re

import pytest

from chat.room_names import (
    MAX_TITLE,
    NAME,
    BadTitle,
    clean_title,
    closed_name,
    proposed_names,
    title_key,
)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("комната", "комната"),
        ("日本語", "日本語"),
        ("Résumé", "Résumé"),
        ("Re\u0301sume\u0301", "Résumé"),
        ("  my \t  room \n", "my room"),
        ("غرفة", "غرفة"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚒 crew", "👩\u200d🚒 crew"),
        ("1\ufe0f\u20e3 first", "1\ufe0f\u20e3 first"),
        ("a\u202eb\u2066c\u200bd", "abcd"),
        ("a\0b\x1b[31mc", "abc"),
        ("\u200dx\u200d", "x"),
        ("я" * MAX_TITLE, "я" * MAX_TITLE),
        ("\u200b" * 100 + "x", "x"),
    ],
)
def test_titles_are_what_can_be_seen(typed: str, title: str) -> None:
    assert clean_title(typed) == title
    assert clean_title(title) == title


@pytest.mark.parametrize(
    "typed",
    ["", " \t\n", "\u200b\u2060", "\u3164", "я" * (MAX_TITLE + 1), "x" * 100_000, "\ue000", "\U000e0041"],
)
def test_no_titles(typed: str) -> None:
    with pytest.raises(BadTitle):
        clean_title(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kitchen", "kitchen"),
        ("my room", "my-room"),
        ("my room", "My_Room"),
        ("General", "Genera1"),
        ("сосо", "coco"),  # Cyrillic and Latin
        ("Straße", "STRASSE"),
        ("room!", "room"),
        ("«room»", "room"),
        ("a\u200cb", "ab"),
    ],
)
def test_titles_that_look_alike_have_one_key(one: str, other: str) -> None:
    assert title_key(one) == title_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("room", "rooms"), ("日本", "日本語"), ("кухня", "кухни")])
def test_others_have_their_own(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("комната", "komnata"),
        ("Résumé", "resume"),
        ("my room", "my-room"),
        ("O'Neil’s Straße", "oneils-strasse"),
        ("Ελληνικά", "ellinika"),
        ("Łódź", "lodz"),
        ("2026", "room-2026"),
        ("a very long title of many words that goes on", "a-very-long-title-of"),
        ("x" * 64, "x" * 21),
    ],
)
def test_an_address_is_made_of_the_title(title: str, name: str) -> None:
    first, second, *_ = proposed_names(title, "open")
    assert first == name
    assert second == f"{name}-2"
    assert re.fullmatch(rf"{re.escape(name)}-[a-z2-7]{{10}}", proposed_names(title, "closed")[0])


@pytest.mark.parametrize("title", ["日本語", "غرفة", "👍", "!!!", "комната 日本語", "x" * 64, "1" * 64, "-"])
@pytest.mark.parametrize("kind", ["open", "closed"])
def test_every_title_has_addresses(title: str, kind: str) -> None:
    names = proposed_names(title, kind)
    assert all(NAME.fullmatch(name) for name in names), names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["Storm", "a" * 32, "a--", "A_"])
def test_the_name_of_a_closed_room_is_never_the_same(name: str) -> None:
    names = {closed_name(name) for _ in range(100)}
    assert len(names) == 100
    assert all(NAME.fullmatch(one) for one in names), names
