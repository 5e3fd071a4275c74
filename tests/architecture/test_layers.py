"""The house keeps its own rules: who imports whom, what is documented, how long a file may be. Read
from the files themselves."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from settings import Settings
from tests.support.servers import ROOT

MAX_LINES = 400

LAYERS = (("settings",), ("helpers",), ("accounts",), ("weather",), ("chat", "feed"), ("urls",), ("app",))
"""Each may import from those before it; `chat` and `feed` don't know each other."""

CHAT = (
    ("models", "roles", "events", "envelopes", "requests", "drafts", "errors", "formatting"),
    ("history",),
    ("delivery",),
    ("engine",),
    ("personal_data", "actions"),
    ("commands",),
    ("keys", "doors", "setup"),
)
"""The folders and modules of the chat: each may import from its own line and those before it."""

FEED = (
    ("models", "errors", "formatting"),
    ("pictures", "reading", "event_log", "export"),
    ("telling",),
    ("bus", "streams"),
    ("writing",),
    ("erasure",),
    ("keys", "doors", "setup"),
)
"""The same for the feed: each may import from its own line and those before it."""

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
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.suffix in endings and path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts)
    )


def name_of(path: Path) -> str:
    """The module's name: `chat.delivery.hub`, and `chat.commands` for its `__init__.py`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module that runs, without tests, benchmarks and migrations."""
    top = {name for layer in LAYERS for name in layer}
    return {
        name: ast.parse(path.read_text())
        for path in files(".py")
        if (name := name_of(path)).partition(".")[0] in top
    }


@cache
def imports() -> dict[str, set[str]]:
    """Which of our modules each of them imports, at its top or anywhere within."""
    found: dict[str, set[str]] = {}
    for name, tree in modules().items():
        wanted = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{name}: a relative import"
                assert node.module
                # `from chat import history` is a module, `from chat.events import Batch` is not.
                wanted |= {
                    full if (full := f"{node.module}.{alias.name}") in modules() else node.module
                    for alias in node.names
                }
        found[name] = {other for other in wanted if other in modules()} - {name}
    return found


def test_there_is_something_to_read() -> None:
    assert {
        "settings",
        "helpers.web.csrf",
        "accounts.people.directory",
        "chat.delivery.hub",
        "chat.commands.registry",
        "urls",
        "app",
    } <= set(modules())
    assert "chat.history.catch_up" in imports()["chat.engine"]


def layer(name: str) -> int:
    return next(place for place, names in enumerate(LAYERS) if name.partition(".")[0] in names)


def test_imports_go_one_way() -> None:
    for name, wanted in imports().items():
        for other in wanted:
            same = name.partition(".")[0] == other.partition(".")[0]
            assert layer(other) < layer(name) or same, f"{name} imports {other}"


def part(name: str) -> str:
    """`hub` of chat.hub, `commands` of chat.commands.registry."""
    return name.split(".")[1]


def place(name: str) -> int:
    return next(number for number, names in enumerate(CHAT) if part(name) in names)


def test_inside_the_chat_imports_go_one_way_too() -> None:
    for name, wanted in imports().items():
        for other in wanted:
            if name.startswith("chat.") and other.startswith("chat."):
                assert place(other) <= place(name), f"{name} imports {other}"


def test_inside_the_feed_imports_go_one_way() -> None:
    known = {name: place for place, names in enumerate(FEED) for name in names}
    for name, wanted in imports().items():
        for other in wanted:
            if name.startswith("feed.") and other.startswith("feed."):
                assert known[part(other)] <= known[part(name)], f"{name} imports {other}"


def test_one_module_ties_the_machinery() -> None:
    ties = [
        name
        for name, wanted in imports().items()
        if {"chat.delivery.hub", "chat.history.journal", "chat.delivery.bus"} <= wanted
    ]
    assert ties == ["chat.engine"]


def test_nothing_imports_in_a_circle() -> None:
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name in done:
            return
        for other in sorted(imports()[name]):
            walk(other, (*path, name))
        done.add(name)

    for name in sorted(imports()):
        walk(name, ())


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
    for name, tree in modules().items():
        if name.startswith("helpers"):
            assert not words(chosen_names(tree)) & NOT_OF_HELPERS, name


@pytest.mark.parametrize("path", files(".py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "no docstring"


@pytest.mark.parametrize(
    "path", files(".py", ".js", ".mjs", ".css"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_file_is_too_long_to_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) < MAX_LINES


NAMES = {f"AIOCHAT_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("file", ["README.md", ".env.example"])
def test_every_setting_is_explained_and_no_other(file: str) -> None:
    text = (ROOT / file).read_text()
    assert set(re.findall(r"\bAIOCHAT_[A-Z_]+\b", text)) == NAMES


def test_the_example_shows_what_holds_without_it() -> None:
    shown = dict(re.findall(r"^#(AIOCHAT_[A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(shown) == NAMES
    for name, value in shown.items():
        default = getattr(Settings.model_construct(), name.removeprefix("AIOCHAT_").lower())
        assert value == (str(default).lower() if isinstance(default, bool) else str(default)), name


def test_the_example_is_a_file_that_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^#AIOCHAT", "AIOCHAT", example, flags=re.MULTILINE))
    assert Settings() == Settings.model_construct()
