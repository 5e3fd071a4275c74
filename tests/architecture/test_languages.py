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

from helpers.text.translation import ENGLISH, LANGUAGES, LOCALES, Text, read_catalogue
from locales.update import catalogue_files, find_texts, missing, update, write
from tests.support.servers import ROOT

RUSSIAN = LANGUAGES["ru"]
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
        ROOT / path for path in ("static/js/words/service_lines.js", "templates/chat/room/service_line.html")
    )
    assert set(said.findall(script.read_text())) == set(said.findall(template.read_text()))


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
