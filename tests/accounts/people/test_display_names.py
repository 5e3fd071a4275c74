"""Names of people: asked at registration, found by any of their words, told where people are
listed, and no way to be taken for somebody else."""

from typing import Any

import pytest

from accounts.people.display_names import clean_display_name, is_reserved_display_name
from accounts.people.looks import display_look
from helpers.text.folding import folded, search_words, words_of
from tests.accounts.people.test_profiles import beside, page_of
from tests.conftest import Cast, unique
from tests.support.people import PASSWORD, Person

MARIA = "Мария Łukasz O'Neil"


async def names(person: Person, name: str) -> None:
    """The person is called so from now on."""
    answer = await person.submits("/accounts/profile", display_name=name)
    assert answer.status == 303, beside(await answer.text(), "display_name")


async def found(reader: Person, text: str) -> list[str]:
    async with reader.http.get("/people", params={"q": text}) as answer:
        return [one["name"] for one in (await answer.json())["people"]]


async def shown(reader: Person, *people: Person) -> list[str | None]:
    """As others read their names."""
    params = [("name", one.name) for one in people]
    async with reader.http.get("/people", params=params) as answer:
        told = {one["name"]: one.get("display_name") for one in (await answer.json())["people"]}
    return [told[one.name] for one in people]


async def test_registration_asks_for_the_name_and_proposes_the_handle(cast: Cast) -> None:
    word = unique("Żuk").lower().replace("ż", "z")
    given = {"display_name": f"Мария {word} O'Neil", "password": PASSWORD}
    visitor = cast.stranger()
    first = await visitor.submits("/accounts/register", **given)
    page = await first.text()
    proposed = f"mariya-{word}-oneil"
    assert first.status == 422
    assert "propose" in beside(page, "username")
    assert f'value="{proposed}"' in page
    assert "Мария" in page
    answer = await visitor.submits("/accounts/register", **given, username=proposed)
    assert answer.status == 303
    async with visitor.http.get("/rooms") as rooms:
        assert f"Welcome, Мария {word} O&#39;Neil!" in await rooms.text()
    assert (await visitor.gets(f"/users/{proposed}"))["display_name"] == given["display_name"]
    again = cast.stranger()
    async with again.http.get("/accounts/handle", params={"display_name": given["display_name"]}) as told:
        assert await told.json() == {"handle": f"{proposed}2"}


async def test_a_proposal_comes_with_what_else_is_wrong(cast: Cast) -> None:
    answer = await cast.stranger().submits(
        "/accounts/register", display_name=unique("Zoe"), password="short", email="nowhere"
    )
    page = await answer.text()
    assert answer.status == 422
    assert "propose" in beside(page, "username")
    assert "8 characters" in beside(page, "password")
    assert "e-mail" in beside(page, "email")


@pytest.mark.parametrize(
    ("name", "handle"),
    [("王小明", "王小明"), ("김철수", "김철수"), ("🦊", ""), ("", ""), ("x" * 65, ""), ("\0", "")],
)
async def test_a_handle_in_the_name_s_own_script(cast: Cast, name: str, handle: str) -> None:
    async with cast.stranger().http.get("/accounts/handle", params={"display_name": name}) as answer:
        assert answer.status == 200
        assert (await answer.json())["handle"].rstrip("23456789") == handle


async def test_any_word_of_a_name_finds_it(alice: Person, bob: Person) -> None:
    word = unique("Q")
    await names(alice, f"{MARIA} {word}")
    for text in (word, word[:-1].upper(), f"мария {word}", f"ŁUK {word}", f"{word} lukasz", f"oneil {word}"):
        assert alice.name in await found(bob, text), text
    assert alice.name in await found(bob, f"neil {word}")
    for text in (word[1:], f"maria2 {word}", f"{word} x", "'", "\0", "x" * 500):
        assert alice.name not in await found(bob, text), text
    await names(alice, "Somebody Else")
    assert alice.name not in await found(bob, word)
    assert alice.name in await found(bob, alice.name)


async def test_who_leaves_is_found_by_no_word(cast: Cast, bob: Person) -> None:
    wilma = await cast.person("wilma")
    word = unique("W")
    await names(wilma, f"Wilhelmina {word}")
    assert await found(bob, word) == [wilma.name]
    await wilma.submits("/accounts/delete", password=PASSWORD, messages="keep")
    assert await found(bob, word) == []


async def test_a_name_like_another_s_has_the_handle_beside_it(cast: Cast, alice: Person, bob: Person) -> None:
    carol = await cast.person("carol")
    name = f"Ann {unique('Smith')}"
    await names(alice, name)
    assert await shown(carol, alice) == [name]
    # Letters of another alphabet, accents and spaces make no other name of it.
    twin = name.replace("A", "\u0410").replace(" ", " - ").replace("i", "í")
    await names(bob, twin)
    assert await shown(carol, alice, bob) == [f"{name} @{alice.name}", f"{twin} @{bob.name}"]
    await names(bob, carol.name.upper())
    assert await shown(bob, alice, bob, carol) == [name, f"{carol.name.upper()} @{bob.name}", None]
    await names(bob, "")
    assert await shown(carol, bob) == [None]


async def test_one_s_own_handle_is_nobody_else_s(alice: Person, bob: Person) -> None:
    await names(alice, alice.name.capitalize())
    assert await shown(bob, alice) == [alice.name.capitalize()]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Ann @alice", "No @"),
        ("🦊🦊", "letter or digit"),
        ("🧑‍🚀" * 22, "At most 64"),
        ("é" + "\u0301" * 4, "invisible"),
        ("Ann\u2066", "invisible"),
        ("Ann \ufeff", "invisible"),
        ("deleted  user", "kept for the site"),
        ("Удалённый Пользователь", "kept for the site"),
        ("Admin", "kept for the site"),
        ("Site Аdministrator", "kept for the site"),
        ("Support", "kept for the site"),
    ],
)
async def test_what_no_name_is(cast: Cast, bob: Person, name: str, why: str) -> None:
    """Neither of a profile nor of a new account."""
    answers = (
        await bob.submits("/accounts/profile", display_name=name),
        await cast.stranger().submits(
            "/accounts/register", username=unique("new"), password=PASSWORD, display_name=name
        ),
    )
    for answer in answers:
        assert answer.status == 422
        assert why in beside(await answer.text(), "display_name")


def test_roles_are_words_of_no_name() -> None:
    for name in ("ADMIN", "the moderator", "Модератор Пётр", "aiochat", "here", "Ann-Admin"):
        assert is_reserved_display_name(name), name
    for name in ("Admin1", "Adm1n", "Ad\ufe0fmin", "Site Admin 2", "The Staff", "Администрация чата"):
        assert is_reserved_display_name(name), name
    for name in ("Root Beer", "Adminah", "Ann Support", "Here Anna"):
        assert not is_reserved_display_name(name), name


async def test_a_name_is_text_and_nothing_else(alice: Person, bob: Person) -> None:
    name = "<b>Bold</b> & \"'Quoted'\""
    await names(alice, name)
    page = await page_of(bob, alice.name)
    assert "<b>Bold" not in page
    assert "<bdi>&lt;b&gt;Bold&lt;/b&gt; &amp; &#34;&#39;Quoted&#39;&#34;</bdi>" in page
    assert await shown(bob, alice) == [name]


async def test_pages_show_the_name(alice: Person, bob: Person) -> None:
    room = unique("hall")
    await alice.creates(room)
    listener = await alice.enters(room)
    await listener.says("Hello")
    await names(alice, "محمد علي")
    await bob.enters(room)
    headers = {"Accept": "application/json", "X-CSRF-Token": await bob.token("/rooms")}
    async with bob.http.post("/conversations", data={"with": alice.name}, headers=headers) as answer:
        conversation = (await answer.json())["name"]
    places = {
        f"/rooms/{room}": f'data-person="{alice.name}" title="@{alice.name}">\u2068محمد علي\u2069</bdi>',
        f"/rooms/{conversation}": "<title>\u2068محمد علي\u2069 – ",
        "/rooms": '<span class="room-name"><bdi>\u2068محمد علي\u2069</bdi>',
    }
    for path, text in places.items():
        async with bob.http.get(path) as answer:
            page = await answer.text()
        assert text in page, path
    async with bob.http.get(f"/rooms/{room}") as answer:
        assert '<bdi class="room-link-name">\u2068محمد علي\u2069</bdi>' in await answer.text()


async def test_service_lines_of_a_page_too(alice: Person, bob: Person) -> None:
    room = unique("hall")
    await names(bob, "Bob Z")
    await alice.creates(room)
    await bob.enters(room)
    async with alice.http.get(f"/rooms/{room}") as answer:
        assert "Bob Z joined the room" in await answer.text()


async def test_members_and_lists_tell_the_name(alice: Person, bob: Person) -> None:
    room = unique("hall")
    await names(bob, MARIA)
    await alice.creates(room)
    await bob.enters(room)
    members = {one["name"]: one for one in (await alice.gets(f"/rooms/{room}/members"))["members"]}
    assert members[bob.name]["display_name"].startswith(MARIA)
    assert "display_name" not in members[alice.name]
    await bob.submits(f"/users/{alice.name}/follow", page="/rooms")
    followers: Any = (await alice.gets("/accounts/followers"))["followers"]
    assert [one["display_name"].startswith(MARIA) for one in followers] == [True]


async def test_a_new_name_is_told_where_one_is_a_member(alice: Person, bob: Person) -> None:
    room, elsewhere = unique("hall"), unique("hall")
    await alice.creates(room)
    await bob.creates(elsewhere)
    reader, other = await bob.enters(room), await bob.enters(elsewhere)
    name = unique("Alicia")
    await names(alice, name)
    assert await reader.hears("person") == {"type": "person", "name": alice.name, "display_name": name}
    # Theirs looks like hers: she has her handle beside her name from now on.
    await names(bob, name.upper())
    told: dict[str, str] = {}
    while told.keys() != {alice.name, bob.name}:
        event = await reader.hears("person")
        told[event["name"]] = event["display_name"]
    assert told == {alice.name: f"{name} @{alice.name}", bob.name: f"{name.upper()} @{bob.name}"}
    await names(alice, "")
    assert "display_name" not in await reader.hears("person", name=alice.name)
    await other.is_told()
    assert other.heard("person", name=alice.name) == []
    await alice.submits("/accounts/profile", place="Porto")
    await reader.is_told()
    assert reader.heard("person", name=alice.name)[-1].get("display_name") is None


async def test_names_are_looked_up_together(alice: Person, bob: Person) -> None:
    params = [("name", one) for one in (alice.name.upper(), bob.name, "no body", "deleted user", "\0")]
    async with bob.http.get("/people", params=params) as answer:
        assert {one["name"] for one in (await answer.json())["people"]} == {alice.name, bob.name}
    async with bob.http.get("/people", params=[("name", "x")] * 101) as answer:
        assert answer.status == 400


def test_how_texts_are_folded() -> None:
    assert folded("ŁUKASZ Ærøskøbing İstanbul Straße") == "lukasz aeroskobing istanbul strasse"
    assert folded("Жё Щ") == "же щ"
    assert folded("हिन्दी") == "हिन्दी", "vowels are signs there, and stay"
    assert words_of("O'Neil, Jean-Luc") == ["o", "neil", "jean", "luc"]
    assert search_words("O'Neil") == {"o", "neil", "oneil"}
    assert words_of("राहुल शर्मा") == ["राहुल", "शर्मा"]


def test_what_is_not_seen_makes_no_other_look() -> None:
    for mark in ("\u034f", "\ufe0f", "\ufe00", "\u17b5", "\U000e0100"):
        assert display_look(f"An{mark}n Smith") == display_look("Ann Smith"), ascii(mark)
    # Forms of one ideograph are names of people, and alike.
    assert clean_display_name("\u845b\U000e0100") == "\u845b\U000e0100"
    assert display_look("\u845b\U000e0100") == display_look("\u845b")
