"""Profiles: what people tell of themselves, what their page shows of it, and what can't stand
there."""

import re

import pytest

from tests.conftest import Cast
from tests.support.people import Person

ALL = {
    "display_name": "Alice Liddell",
    "bio": "Down the hole,\nand <b>back</b>.",
    "place": "Oxford",
    "time_zone": "Europe/London",
}


async def page_of(reader: Person, name: str) -> str:
    async with reader.http.get(f"/users/{name}") as answer:
        assert answer.status == 200
        return await answer.text()


def beside(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">([^<]*)<', page)
    return found[1] if found else ""


async def test_others_see_what_one_tells(alice: Person, bob: Person) -> None:
    answer = await alice.submits("/accounts/profile", **ALL)
    assert (answer.status, answer.headers["Location"]) == (303, f"/users/{alice.name}")
    page = await page_of(bob, alice.name.upper())
    for text in (
        "<bdi>Alice Liddell</bdi>",
        f"@{alice.name}",
        "Down the hole,\nand &lt;b&gt;back&lt;/b&gt;.",
        "Oxford",
        "Europe/London",
    ):
        assert text in page
    assert re.search(r"<dd>\d{1,2}:\d\d", page), "what time it is there"
    assert "Edit profile" not in page
    assert "Message" in page
    assert "Edit profile" in await page_of(alice, alice.name)


async def test_who_tells_nothing_has_a_page_too(alice: Person, bob: Person) -> None:
    page = await page_of(bob, alice.name)
    assert f"<h1><bdi>{alice.name}</bdi></h1>" in page
    assert "Time there" not in page
    assert "Place" not in page


async def test_the_form_shows_what_is_stored_and_a_field_left_out_stays(alice: Person) -> None:
    await alice.submits("/accounts/profile", **ALL)
    await alice.submits("/accounts/profile", place="Wonderland")
    async with alice.http.get("/accounts/profile") as answer:
        page = await answer.text()
    assert 'value="Alice Liddell"' in page
    assert 'value="Wonderland"' in page
    assert '<option value="Europe/London" selected>' in page
    assert "Down the hole,\nand &lt;b&gt;back&lt;/b&gt;.</textarea>" in page
    await alice.submits("/accounts/profile", display_name="", bio="", place="", time_zone="")
    assert f"<h1><bdi>{alice.name}</bdi></h1>" in await page_of(alice, alice.name)


async def test_a_line_is_tidied(alice: Person) -> None:
    await alice.submits(
        "/accounts/profile", display_name="  Ame\u0301lie   🧑‍🚀 ", bio="\r\n one \r\n\x1b[31mtwo\x1b[0m\r\n"
    )
    page = await page_of(alice, alice.name)
    assert "<bdi>Amélie 🧑‍🚀</bdi>" in page
    assert ">one\ntwo</p>" in page


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("display_name", "x" * 65, "At most 64"),
        ("display_name", "two\nlines", "invisible"),
        ("display_name", "\u202eecila", "invisible"),
        ("display_name", "al\u200bice", "invisible"),
        ("display_name", "\u3164", "invisible"),
        ("display_name", "a\0b", "invisible"),
        ("display_name", "a" + "\u0301" * 9, "invisible"),
        ("display_name", "\u200d", "invisible"),
        ("place", "x" * 81, "At most 80"),
        ("place", "a\u2028b", "invisible"),
        ("bio", "x" * 501, "At most 500"),
        ("bio", "a\n" * 12 + "a", "At most 12 lines"),
        ("time_zone", "Mars/Olympus", "no such time zone"),
        ("time_zone", "../../etc/passwd", "no such time zone"),
        ("time_zone", "Europe/", "no such time zone"),
        ("time_zone", "europe/london", "no such time zone"),
        ("time_zone", "\0", "no such time zone"),
    ],
)
async def test_what_cannot_stand_there_is_said_and_changes_nothing(
    cast: Cast, alice: Person, field: str, value: str, text: str
) -> None:
    await alice.submits("/accounts/profile", **ALL)
    answer = await alice.submits("/accounts/profile", **{**ALL, "place": "Elsewhere", field: value})
    page = await answer.text()
    assert answer.status == 422
    assert text in beside(page, field)
    shown = await page_of(alice, alice.name)
    assert "Alice Liddell" in shown
    assert "Elsewhere" not in shown


async def test_the_page_is_in_russian_too(alice: Person) -> None:
    async with alice.http.get("/accounts/profile", headers={"Accept-Language": "ru"}) as answer:
        assert "Часовой пояс" in await answer.text()
