"""Which language somebody is told everything in: by the browser, by the switch, on every page."""

import re

import pytest

from chat.commands import COMMANDS
from helpers.text.translation import ENGLISH
from helpers.web.languages import COOKIE, choose
from tests.architecture.test_languages import CYRILLIC, RUSSIAN
from tests.conftest import Cast
from tests.support.people import Person

IN_RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"}


@pytest.mark.parametrize(
    ("cookie", "accepted", "code"),
    [
        (None, "", "en"),
        (None, "ru", "ru"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "be, uk;q=0.9, ru;q=0.8, en;q=0.5", "ru"),
        (None, "en-GB,en;q=0.9,ru;q=0.8", "en"),
        (None, "fr, de;q=0.9", "en"),
        (None, "RU-ru", "ru"),
        (None, "ru;q=0, en", "en"),
        (None, "ru;q=0.4, en;q=0.5", "en"),
        (None, "*", "en"),
        ("en", "ru", "en"),
        ("ru", "en", "ru"),
        ("xx", "ru", "ru"),
        ("", "ru", "ru"),
        ("../../etc/passwd", "", "en"),
    ],
)
def test_which_language(cookie: str | None, accepted: str, code: str) -> None:
    assert choose(cookie, accepted).code == code


@pytest.mark.parametrize(
    "accepted",
    [
        ",,,",
        ";;;",
        "ru;q=nan",
        "ru;q=inf",
        "ru;q=-1",
        "ru;q=2",
        "ru;q",
        "ru;level=1",
        "\udcff\udcfe",
        "x" * 8000,
        "ru;q=" + "9" * 5000,
        "fr," * 3000 + "ru",
        "<script>",
        "{ru}",
        "%(ru)s",
    ],
)
def test_a_header_that_says_nothing_sensible_is_english(accepted: str) -> None:
    assert choose(None, accepted) is ENGLISH


async def page(person: Person, path: str, headers: dict[str, str] | None = None, status: int = 200) -> str:
    async with person.http.get(path, headers=headers) as answer:
        assert answer.status == status
        return await answer.text()


async def test_pages_are_in_the_language_of_the_browser(cast: Cast, alice: Person, lobby: str) -> None:
    visitor = cast.stranger()
    for person, path, words in [
        (visitor, "/", "Комнаты для разговоров."),
        (visitor, "/accounts/login", "Имя или эл. почта"),
        (visitor, "/accounts/register", "Создать учётную запись"),
        (alice, f"/rooms?q={lobby}", "Новая комната"),
        (alice, f"/rooms/{lobby}", f"Написать в #{lobby}"),
    ]:
        text = await page(person, path, IN_RUSSIAN)
        assert '<html lang="ru">' in text
        assert words in text
        english = await page(person, path)
        assert '<html lang="en">' in english
        assert not CYRILLIC.search(english.replace("Русский", "")), path
    assert 'id="texts"' in await page(alice, f"/rooms/{lobby}", IN_RUSSIAN)
    assert 'id="texts"' not in await page(alice, f"/rooms/{lobby}")


async def test_a_room_without_scripts_tells_its_lines_in_the_readers_language(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, _ = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("/topic Beans & peas")
    await at_alice.says(f"/kill @{bob.name} too: loud")
    text = await page(alice, f"/rooms/{lobby}", IN_RUSSIAN)
    shown = text[text.index('id="timeline"') : text.index("<noscript>")]
    assert f"{alice.name} создаёт комнату" in shown
    assert f"{bob.name} вступает в комнату" in shown
    assert f"{alice.name} задаёт тему: Beans &amp; peas" in shown
    assert f"{alice.name} удаляет {bob.name} из комнаты: too: loud" in shown
    assert not re.search("(joined|created|removed) ", shown)
    assert next(line["text"] for line in await alice.history(lobby)) == f"{alice.name} created the room", (
        "what is stored stays English"
    )


async def test_errors_are_in_the_language_of_the_browser(cast: Cast, alice: Person) -> None:
    text = await page(alice, "/rooms/none-of-these", IN_RUSSIAN, 404)
    assert "Здесь ничего нет" in text
    headers = {**IN_RUSSIAN, "Accept": "application/json"}
    async with alice.http.get("/rooms?after=!", headers=headers) as answer:
        assert (await answer.json())["error"] == {
            "code": "bad_request",
            "text": "`after` — это название комнаты.",
        }
    async with cast.stranger().http.post("/rooms", headers=IN_RUSSIAN) as answer:
        assert answer.status == 401
        assert "Войдите, пожалуйста" in await answer.text()
    async with alice.http.post("/rooms", headers=IN_RUSSIAN) as answer:
        assert answer.status == 403
        assert "Это нельзя" in await answer.text()
    token = await alice.token("/rooms")
    async with alice.http.post(
        "/rooms", data={"title": "t" * 65, "kind": "odd"}, headers={**headers, "X-CSRF-Token": token}
    ) as answer:
        errors = (await answer.json())["errors"]
        assert errors == {
            "title": "Символов может быть не больше 64.",
            "kind": "Комната бывает открытой или закрытой.",
        }
    visitor = cast.stranger()
    token = await visitor.token()
    fields = {"username": "a b", "password": "short", "email": "no", "csrf_token": token}
    async with visitor.http.post("/accounts/register", data=fields, headers=IN_RUSSIAN) as answer:
        text = await answer.text()
        assert answer.status == 422
    for words in ("Можно только буквы", "Символов должно быть не меньше 8.", "Это не похоже на адрес"):
        assert words in text
    async with visitor.http.post(
        "/accounts/login", data={"username": "", "csrf_token": token}, headers=IN_RUSSIAN
    ) as answer:
        assert (await answer.text()).count("Это нужно заполнить.") == 2


async def test_a_welcome_is_in_the_language_of_the_browser(cast: Cast) -> None:
    someone = cast.stranger("newcomer")
    fields = {
        "username": someone.name,
        "password": "correct horse battery",
        "csrf_token": await someone.token(),
    }
    async with someone.http.post("/accounts/register", data=fields, headers=IN_RUSSIAN) as answer:
        assert f"Добро пожаловать, {someone.name}!" in await answer.text()


async def test_the_socket_speaks_the_language_that_it_was_opened_in(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby, headers=IN_RUSSIAN), await bob.enters(lobby)
    shown = {command["name"]: command for command in at_alice.events[0]["commands"]}
    assert shown["kick"]["usage"] == "/kick @имя [причина]"
    assert all(CYRILLIC.search(command["help"]) for command in shown.values())
    assert all(not CYRILLIC.search(command["help"]) for command in at_bob.events[0]["commands"])
    error = await at_alice.says("/topi x")
    assert (error["code"], error["text"][:21]) == ("unknown_command", "Команды /topi нет. Мо")
    assert "Может быть, /topic?" in error["text"]
    assert (await at_alice.says("/kill"))["text"] == "Как пользоваться: /kick @имя [причина]"
    assert (await at_alice.says("/topic"))["text"] == "Темы нет."
    assert (await at_alice.says("/who"))["text"].startswith(f"В сети: {alice.name} (владелец)")
    assert (
        f"/kick @имя [причина]: {RUSSIAN.t(COMMANDS['kick'].help)}" in (await at_alice.says("/help"))["text"]
    )
    assert (await at_alice.says("x" * 10_001))["text"] == (
        "В сообщении может быть не больше 10\N{NO-BREAK SPACE}000 символов, а здесь их "
        "10\N{NO-BREAK SPACE}001."
    )
    assert (await at_bob.says("x" * 10_001))[
        "text"
    ] == "A message holds at most 10,000 characters; this has 10,001."
    await at_alice.ws.send_bytes(b"x")
    assert (await at_alice.hears("error", code="bad_frame"))["text"] == "Принимаются только текстовые кадры."


async def test_the_switch_is_remembered_and_leads_back(alice: Person, lobby: str) -> None:
    assert f"/language?to=ru&amp;next=%2Frooms%2F{lobby}" in await page(alice, f"/rooms/{lobby}")
    async with alice.http.get(
        "/language", params={"to": "ru", "next": f"/rooms/{lobby}?x=1"}, allow_redirects=False
    ) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/rooms/{lobby}?x=1")
        cookie = answer.cookies[COOKIE]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("ru", True, "Lax")
    assert '<html lang="ru">' in await page(alice, "/rooms", {"Accept-Language": "en"})
    async with alice.http.get("/language", params={"to": "en"}, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/"
    assert '<html lang="en">' in await page(alice, "/rooms", IN_RUSSIAN)


@pytest.mark.parametrize(
    "query", ["", "to=", "to=xx", "to=EN", "to=%00", "to=ru%0d%0aSet-Cookie:x", "to=" + "x" * 2000]
)
async def test_a_language_that_there_is_not_changes_nothing(alice: Person, query: str) -> None:
    async with alice.http.get(
        f"/language?{query}", headers={"Accept": "application/json"}, allow_redirects=False
    ) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"][
            "text"
        ] == "There is no such language here. `to` is one of: en, ru."
        assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"],
)
async def test_the_switch_leads_nowhere_else(alice: Person, target: str) -> None:
    async with alice.http.get(
        "/language", params={"to": "en", "next": target}, allow_redirects=False
    ) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_no_other_site_switches(alice: Person) -> None:
    async with alice.http.get(
        "/language?to=ru", headers={"Sec-Fetch-Site": "cross-site"}, allow_redirects=False
    ) as answer:
        assert answer.status == 403
        assert COOKIE not in answer.cookies


async def test_a_hostile_cookie_is_none(alice: Person) -> None:
    for value in ("xx", "ru/../en", "%00", "x" * 3000):
        assert '<html lang="ru">' in await page(
            alice, "/rooms", {**IN_RUSSIAN, "Cookie": f"{COOKIE}={value}; " + cookies(alice)}
        )


def cookies(person: Person) -> str:
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in person.http.cookie_jar)
