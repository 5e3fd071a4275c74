"""English and Russian: complete catalogues, and every page, error and socket in the language of who
asks."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog

from chat.commands import COMMANDS
from helpers.text.translation import ENGLISH, LANGUAGES, LOCALES, Text, read_catalogue
from helpers.web.languages import COOKIE, choose
from locales.update import catalogue_files, find_texts, missing, update, write
from tests.conftest import Cast
from tests.support.people import Person
from tests.support.servers import ROOT

RUSSIAN = LANGUAGES["ru"]
IN_RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"}
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture(scope="module")
def found() -> Catalog:
    return find_texts()


def texts_of(catalogue: Catalog) -> set[Any]:
    return {(entry.context, entry.id) for entry in catalogue if entry.id}


@pytest.mark.parametrize("path", catalogue_files(), ids=lambda path: str(path.relative_to(LOCALES)))
def test_a_catalogue_has_every_text_and_no_other(path: Path, found: Catalog) -> None:
    catalogue = read_catalogue(path)
    wanted, known = texts_of(found), texts_of(catalogue)
    assert not wanted - known, f"run `make texts`: {path} doesn't know of\n" + "\n".join(
        sorted(map(str, wanted - known))
    )
    assert not known - wanted, "run `make texts`: nothing asks any more for\n" + "\n".join(
        sorted(map(str, known - wanted))
    )
    assert not missing(catalogue), "not translated:\n" + "\n".join(missing(catalogue))
    assert not any(entry.fuzzy for entry in catalogue if entry.id)


@pytest.mark.parametrize("path", catalogue_files(), ids=lambda path: str(path.relative_to(LOCALES)))
def test_a_catalogue_is_as_make_texts_writes_it(path: Path, found: Catalog, tmp_path: Path) -> None:
    catalogue = read_catalogue(path)
    update(catalogue, found)
    write(catalogue, tmp_path / "aiochat.po")
    assert (tmp_path / "aiochat.po").read_text() == path.read_text(), "run `make texts`"


def places(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}|%\(\w+\)s", text))


def pairs(catalogue: Catalog) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The forms of each text, and those of its translation."""
    for entry in catalogue:
        if entry.id:
            yield (
                (entry.id,) if isinstance(entry.id, str) else entry.id,
                (entry.string,) if isinstance(entry.string, str) else entry.string,
            )  # type: ignore[misc]


@pytest.mark.parametrize("path", catalogue_files(), ids=lambda path: str(path.relative_to(LOCALES)))
def test_a_translation_has_the_places_of_its_text(path: Path) -> None:
    catalogue = read_catalogue(path)
    for texts, translations in pairs(catalogue):
        wanted = set().union(*map(places, texts))
        for translation in translations:
            assert places(translation) == wanted, texts
        assert len(translations) == (1 if len(texts) == 1 else catalogue.num_plurals), texts


def test_russian_is_typeset() -> None:
    for texts, translations in pairs(read_catalogue(LOCALES / "ru/LC_MESSAGES/aiochat.po")):
        for translation in translations:
            assert '"' not in translation, f"{texts}: «…»"
            assert " - " not in re.sub(r", - и _", "", translation), f"{texts}: a dash is —"
            assert translation == translation.strip(), texts


def test_plural_forms() -> None:
    one, other = "{count} new message", "{count} new messages"
    counts = (1, 2, 5, 11, 21, 22, 111, 1000)
    assert [ENGLISH.n(one, other, count) for count in counts[:5]] == [
        f"{count} new message{'s' * (count != 1)}" for count in counts[:5]
    ]
    ends = (
        "новое сообщение",
        "новых сообщения",
        "новых сообщений",
        "новых сообщений",
        "новое сообщение",
        "новых сообщения",
        "новых сообщений",
    )
    assert [RUSSIAN.n(one, other, count) for count in counts[:7]] == [
        f"{count} {end}" for count, end in zip(counts, ends, strict=False)
    ]
    assert RUSSIAN.n(one, other, 1000) == "1\N{NO-BREAK SPACE}000 новых сообщений"
    assert json.loads(RUSSIAN.page_texts)["plurals"] == ["one", "few", "many"]


def test_a_text_is_english_until_it_is_told() -> None:
    text = Text("{name} is a member already.", name="{name}")
    assert (text, ENGLISH.translate(text), RUSSIAN.translate(text)) == (
        "{name} is a member already.",
        "{name} is a member already.",
        "{name} уже в числе участников.",
    )
    hint = Text(
        "There is no /{name}. {hint} Begin with // to say something that begins with a slash.",
        name="x",
        hint=Text("Did you mean /{name}?", name="y"),
    )
    assert "Может быть, /y?" in RUSSIAN.translate(hint)
    assert RUSSIAN.translate("typed by somebody") == "typed by somebody"
    assert RUSSIAN.t("of no catalogue: {n}", n=12345) == "of no catalogue: 12\N{NO-BREAK SPACE}345"
    assert ENGLISH.t("{n}", n=12345) == "12,345"
    assert RUSSIAN.t("") == ""
    assert RUSSIAN.moment("2026-11-21T09:30:00.123Z").startswith("21 нояб. 2026")


def literal_texts() -> Iterator[tuple[str, ast.Call, int]]:
    """The calls in Python that make a text, with the place of the text among their arguments."""
    for path in [
        path for folder in ("accounts", "chat", "helpers") for path in sorted((ROOT / folder).rglob("*.py"))
    ]:
        if path.name in ("texts.py", "refusal.py", "registry.py", "pages.py") and path.parent.name in (
            "helpers",
            "commands",
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = (
                    node.func.id
                    if isinstance(node.func, ast.Name)
                    else node.func.attr
                    if isinstance(node.func, ast.Attribute)
                    else ""
                )
                if name in ("Text", "t", "ActionError"):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node, 1 if name == "ActionError" else 0


def test_every_text_in_python_is_a_literal_that_can_be_found() -> None:
    calls = list(literal_texts())
    assert len(calls) > 50
    for where, call, place in calls:
        given = call.args[place]
        is_known_elsewhere = isinstance(given, ast.Name | ast.Attribute)
        assert is_known_elsewhere or (isinstance(given, ast.Constant) and isinstance(given.value, str)), (
            f"{where}: an f-string has no catalogue"
        )


def test_every_text_in_scripts_is_found(found: Catalog) -> None:
    known = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in found if entry.id}
    used = 0
    for path in sorted((ROOT / "static/js").rglob("*.js")):
        for quoted in re.findall(r'(?<![\w.#])[tn]\(\s*("(?:[^"\\]|\\.)*")', path.read_text()):
            used += 1
            assert json.loads(quoted) in known, f"{path.name}: {quoted}"
    assert used > 40


def test_service_lines_say_the_same_without_scripts() -> None:
    said = re.compile(r'\bt\("([^"]+)"')
    script, template = (
        ROOT / path for path in ("static/js/words/service_lines.js", "templates/chat/service_line.html")
    )
    assert set(said.findall(script.read_text())) == set(said.findall(template.read_text()))


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
        (alice, "/rooms", "Новая комната"),
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
    shown = text[text.index("<noscript>") : text.index("</noscript>")]
    assert f"{alice.name} создаёт комнату" in shown
    assert f"{bob.name} вступает в комнату" in shown
    assert f"{alice.name} задаёт тему: Beans &amp; peas" in shown
    assert f"{alice.name} удаляет {bob.name} из комнаты: too: loud" in shown
    assert not re.search("joined|created|removed", shown)
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
        "/rooms", data={"name": "1", "kind": "odd"}, headers={**headers, "X-CSRF-Token": token}
    ) as answer:
        errors = (await answer.json())["errors"]
        assert errors == {
            "name": "От 1 до 32 символов: латинские буквы, цифры, - и _, первой — буква.",
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
    assert shown["kill"]["usage"] == "/kill @имя [причина]"
    assert all(CYRILLIC.search(command["help"]) for command in shown.values())
    assert all(not CYRILLIC.search(command["help"]) for command in at_bob.events[0]["commands"])
    error = await at_alice.says("/kil x")
    assert (error["code"], error["text"][:21]) == ("unknown_command", "Команды /kil нет. Мож")
    assert "Может быть, /kill?" in error["text"]
    assert (await at_alice.says("/kill"))["text"] == "Как пользоваться: /kill @имя [причина]"
    assert (await at_alice.says("/topic"))["text"] == "Темы нет."
    assert (await at_alice.says("/who"))["text"].startswith(f"Здесь: {alice.name} (владелец)")
    assert (
        f"/kill @имя [причина]: {RUSSIAN.t(COMMANDS['kill'].help)}" in (await at_alice.says("/help"))["text"]
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


NO_WORDS = {"Aa", "M", "T", "mira", "tom", "Enter", "Shift", "Ctrl", "Alt", "Esc", "K"}
"""Initials, names and keys, which are the same in all languages."""


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    text = re.sub(
        r"\{#.*?#\}|\{% block (?:body_class|skip_to) %\}.*?\{% endblock %\}",
        "",
        path.read_text(),
        flags=re.DOTALL,
    )
    text = re.sub(r"\{% trans.*?endtrans %\}|\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    said = [
        *re.findall(r">([^<>]*)<", text),
        *re.findall(r'\b(?:title|aria-label|placeholder|alt|content-text)="([^"]*)"', text),
    ]
    words = {word for part in said for word in re.findall(r"(?<!&)\b[A-Za-z]+\b(?!;)", part)} - NO_WORDS
    assert not words, f"{path.name}: put into _() what says {words}"


def test_no_script_shows_words_of_its_own() -> None:
    shown = re.compile(
        r'(?:\b(?:textContent|title|placeholder|ariaLabel)\s*=|"(?:aria-label|title)",)\s*(?:"([^"]*)"|`([^`$]*)`)'
    )
    for path in sorted((ROOT / "static/js").rglob("*.js")):
        for found in shown.findall(path.read_text()):
            assert not re.search("[A-Za-z]{2,}", "".join(found)), (
                f"{path.name}: put into t() what says {found}"
            )
