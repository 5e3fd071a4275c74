"""Passwords that are guessed first are refused, and others aren't."""

import time
from array import array
from urllib.parse import urlsplit

import pytest

from accounts.people.common_passwords import _common, is_common, is_own
from accounts.people.passwords import password_problem
from tests.conftest import Cast
from tests.support.people import PASSWORD

COMMON = [
    *("liverpool", "football1", "summer2024", "Summer2024!", "password", "PASSWORD123", "p@ssw0rd"),
    *("qwertyuiop", "1q2w3e4r", "abcdefgh", "87654321", "hgfedcba", "aaaaaaaa", "abababab", "dragondragon"),
    *(
        "trustno1",
        "letmein1!",
        "L1verp00l",
        "iloveyou",
        "19901231",
        "2024summer",
        "!!michelle!!",
        "ｐａｓｓｗｏｒｄ",
    ),
]
GOOD = [
    *(
        PASSWORD,
        "a fine password",
        "correct horse battery",
        "x7!94$#qLm",
        "blue-teapot-window",
        "Gartenzwerg ohne Mütze",
    ),
    *("пингвины едят торт", "summer nights in a garden", "9472-8561-a3f7", "tr0ub4dour-and-cake"),
]


@pytest.mark.parametrize("password", COMMON)
def test_common_ones_are_refused(password: str) -> None:
    assert is_common(password)
    assert str(password_problem(password, "mallory")).startswith("This is one of the first")


@pytest.mark.parametrize("password", GOOD)
def test_others_are_taken(password: str) -> None:
    assert password_problem(password, "alice", "alice@mail.example") is None


@pytest.mark.parametrize(
    "password",
    ["margarethe", "Margarethe1987", "1987margarethe!", "margarethemargarethe", "m.hamilton", "m.hamilton69",
     "m.hamilton@mail.example", "aiochat2024", "AioChat!!", "Grete99grete", "margarethegrete"],
)  # fmt: skip
def test_own_names_are_refused(password: str) -> None:
    own = ("margarethe", "Grete", "m.hamilton@mail.example")
    assert is_own(password, own)
    assert str(password_problem(password, *own)).startswith("The password can't be made of your name")


@pytest.mark.parametrize(
    "password",
    ["club.harbour-radio.example", "harbourradio77", "Harbour-Radio!", "exampleclub", "at harbour-radio"],
)
def test_the_hosts_name_is_refused(password: str) -> None:
    host = "club.harbour-radio.example"
    assert str(password_problem(password, "alice", host=host)).startswith("The password can't be made of")
    assert password_problem("the radio in the harbour", "alice", host=host) is None


async def test_every_door_for_a_new_password_knows_the_host(cast: Cast) -> None:
    password = f"!{urlsplit(cast.url).hostname}!"
    assert password_problem(password) is None
    answer = await cast.stranger().submits("/accounts/register", username="mallory", password=password)
    assert (answer.status, "made of your name" in await answer.text()) == (422, True)
    someone = await cast.person("typist")
    answer = await someone.submits("/accounts/password", password=PASSWORD, new_password=password)
    assert (answer.status, "made of your name" in await answer.text()) == (422, True)


def test_short_names_are_no_reason() -> None:
    assert password_problem("bolshoi-altar-lamp", "al", "", "o@x.example") is None
    assert password_problem("bobsleigh-rides", "bob") is None


def test_the_lists_are_small_and_hold_what_is_common() -> None:
    words = _common()
    assert isinstance(words, array)
    assert len(words) > 90_000
    assert words.itemsize * len(words) < 1_000_000


def test_a_long_one_costs_little() -> None:
    """Of the longest that is taken, whatever is in it."""
    for letters in ("ab" * 64, "1" * 127 + "a", "a1" * 64, "!" * 128, "ӧ" * 64):
        began = time.thread_time()
        is_common(letters)
        is_own(letters, ("abab", "a" * 64))
        assert time.thread_time() - began < 0.02


async def test_pages_for_a_new_password_say_how_hard_it_is(cast: Cast) -> None:
    someone = await cast.person("typist")
    pages = {
        "password": await (await cast.stranger().http.get("/accounts/register")).text(),
        "new_password": await (await someone.http.get("/accounts/password")).text(),
    }
    for field, page in pages.items():
        script = "strength.js" if field == "password" else "settings.js"
        assert f"js/accounts/{script}" in page
        assert f'role="status" data-strength="{field}" data-weak="Easy to guess"' in page
        assert f'id="{field}"' in page
