"""The pages name commands and options that there are."""

import re
from pathlib import Path

import pytest

from cli import COMMANDS, parser_of
from tests.architecture.test_documents import PAGES
from tests.support.servers import ROOT

# Neither a folder's name nor the user of a database or of Redis.
PROGRAM = r"(?:(?<![\w/.-])(?<!USER )aiochat|\bpython app\.py)"
CALL = re.compile(PROGRAM + r" (?P<name>(?!aiochat\b)[a-z][a-z-]*)(?P<rest>[^`\n|&>;]*)")
# Inline, and blocks.
CODE = re.compile(r"`([^`\n]+)`|^(?: {4}|\t)(.+)$", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)\[?(--[a-z][a-z-]*)")


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    _, parsers = parser_of(*dict.fromkeys(command.module for command in COMMANDS.values()))
    return {
        name: {option for action in parsers[name]._actions for option in action.option_strings}
        for name in COMMANDS
    }


def _calls(page: Path) -> list[tuple[str, str]]:
    code = (inline or block for inline, block in CODE.findall(page.read_text("utf-8")))
    return [(found["name"], found["rest"]) for text in code for found in CALL.finditer(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_typed_is_there(page: Path, options: dict[str, set[str]]) -> None:
    unknown = []
    for name, rest in _calls(page):
        if name not in options:
            unknown.append(name)
            continue
        unknown += [f"{name} {one}" for one in OPTION.findall(rest) if one not in options[name]]
    assert not unknown


def test_calls_are_found() -> None:
    assert sum(len(_calls(page)) for page in PAGES) > 60
