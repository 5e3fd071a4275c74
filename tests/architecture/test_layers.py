"""The house keeps its own rules: what is documented, how long a file may be, which words helpers
know. Read from the files themselves.

Who may import whom says pyproject.toml, in the contracts that `make lint` checks."""

import ast
import os
import re
from pathlib import Path

import pytest

from settings import Settings
from tests.support.servers import ROOT

MAX_LINES = 400

NOT_OF_HELPERS = {
    "room",
    "message",
    "member",
    "membership",
    "moderator",
    "topic",
    "nonce",
    "seq",
    "draft",
    "receipt",
    "chat",
}

SKIPPED = {
    ".git",
    ".venv",
    "var",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
}


def files(*endings: str) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = set(folders) - SKIPPED  # their many files aren't even looked at
        found += [Path(folder) / name for name in names if name.endswith(endings)]
    return sorted(found)


PACKAGES = {"helpers", "accounts", "weather", "chat", "feed", "notifications", "administration", "operations"}
"""Their imports are checked by `make lint`, which knows no modules outside of packages."""


@pytest.mark.parametrize(
    ("name", "unknown"),
    [
        ("settings", {*PACKAGES, "urls", "app", "cli"}),
        ("setting_names", {*PACKAGES, "urls", "app", "cli", "settings"}),
        ("setting_sources", {*PACKAGES, "urls", "app", "cli", "settings"}),
        ("timings", {*PACKAGES, "urls", "app", "cli"}),
        ("observing_settings", {*PACKAGES, "urls", "app", "cli"}),
        ("public_address", {*PACKAGES, "urls", "app", "cli", "settings"}),
        ("urls", {"app", "cli"}),
    ],
)
def test_modules_outside_of_packages_import_what_is_below_them(name: str, unknown: set[str]) -> None:
    wanted: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            wanted |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            wanted.add((node.module or "").partition(".")[0])
    assert wanted
    assert not wanted & unknown


def chosen_names(tree: ast.Module) -> set[str]:
    """The names that a module gives: to functions, classes, arguments, variables, attributes and
    what stands in its SQL."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.alias(asname=str(name))
            ):
                found.add(name)
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                found.add(name)
            case ast.Constant(value=str(text)) if re.search(r"\b(SELECT|FROM|UPDATE|INSERT|JOIN)\b", text):
                found |= set(re.findall(r"\w+", text))
    return found


def words(names: set[str]) -> set[str]:
    """`room` and `id` of room_id, Rooms and roomId."""
    return {
        word.lower().removesuffix("s") for name in names for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    }


def test_helpers_know_nothing_of_rooms_and_messages() -> None:
    paths = sorted((ROOT / "helpers").rglob("*.py"))
    assert paths
    for path in paths:
        assert not words(chosen_names(ast.parse(path.read_text()))) & NOT_OF_HELPERS, path


def test_every_module_says_what_it_is() -> None:
    paths = files(".py")
    assert paths
    assert not [path for path in paths if not ast.get_docstring(ast.parse(path.read_text()))]


def test_no_file_is_too_long_to_be_read() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in files(".py", ".js", ".mjs", ".css")}
    assert lengths
    assert not {path: length for path, length in lengths.items() if length >= MAX_LINES}


NAMES = {f"AIOCHAT_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("file", ["docs/reference/settings.md", ".env.example"])
def test_every_setting_is_explained_and_no_other(file: str) -> None:
    text = (ROOT / file).read_text()
    assert set(re.findall(r"\bAIOCHAT_[A-Z_]+\b", text)) == NAMES


def test_the_pages_name_no_other_setting() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        named = set(re.findall(r"\bAIOCHAT_[A-Z_]+\b(?!=)", page.read_text()))
        assert {name.removesuffix("_FILE") for name in named - NAMES} <= NAMES, page


def test_the_example_shows_what_holds_without_it() -> None:
    shown = dict(re.findall(r"^#(AIOCHAT_[A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(shown) == NAMES
    for name, value in shown.items():
        default = getattr(Settings.model_construct(), name.removeprefix("AIOCHAT_").lower())
        text = "" if default is None else str(default)
        assert value == (text.lower() if isinstance(default, bool) else text), name


def test_the_example_is_a_file_that_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^#AIOCHAT", "AIOCHAT", example, flags=re.MULTILINE))
    assert Settings() == Settings.model_construct()
