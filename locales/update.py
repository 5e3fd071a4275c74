"""`make texts`: extracts all texts from Python, templates and scripts, updates the catalogues, and
lists missing translations.

Unused translations are dropped. New ones aren't guessed: they stay empty until a person writes
them."""

import inspect
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from chat.commands import COMMANDS
from chat.commands.registry import Command, make_command
from helpers.text.translation import LOCALES, read_catalogue
from notifications.commands import NoticeCommands
from settings import ROOT
from weather.command import WeatherCommand

PYTHON = {"t": None, "n": (1, 2), "Text": None, "ActionError": (2,)}
SCRIPTS = {"t": None, "n": (1, 2)}
TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), **SCRIPTS}

_NOISE = re.compile(r'^"(?:Project-Id|Report|POT|PO-|Last|Language-Team|Generated)[^\n]*\n', re.MULTILINE)

EXTRACTORS: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("python", "accounts/**/*.py", PYTHON, {}),
    ("python", "administration/**/*.py", PYTHON, {}),
    ("python", "chat/**/*.py", PYTHON, {}),
    ("python", "feed/**/*.py", PYTHON, {}),
    ("python", "helpers/**/*.py", PYTHON, {}),
    ("python", "notifications/**/*.py", PYTHON, {}),
    ("python", "weather/**/*.py", PYTHON, {}),
    ("javascript", "static/js/**/*.js", SCRIPTS, {"parse_template_string": "true"}),
    (
        "jinja2.ext:babel_extract",
        "templates/**/*.html",
        TEMPLATES,
        {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"},
    ),
)

FoundText = tuple[str, str | tuple[str, ...], str | None]
"""A file, the text or its plural forms, and the context, if there is one."""


def _texts_in_code() -> Iterator[FoundText]:
    for method, pattern, keywords, options in EXTRACTORS:
        for path in sorted(ROOT.glob(pattern)):
            with path.open("rb") as file:
                for _, text, _, context in extract(method, file, keywords, options=options):
                    yield str(path.relative_to(ROOT)), text, context


def slash_commands() -> tuple[Command, ...]:
    """Those of the chat and of its neighbours."""
    # Theirs are bound methods, whose objects aren't used here.
    weather = make_command(WeatherCommand(cast(Any, None)).weather)
    notices = NoticeCommands(cast(Any, None))
    own = [make_command(one) for one in (notices.notify, notices.focus, notices.why)]
    return (*COMMANDS.values(), weather, *own)


def _texts_of_commands() -> Iterator[FoundText]:
    """A command's help is its docstring. The names of its arguments are displayed too."""
    for command in slash_commands():
        file = str(Path(inspect.getfile(command.function)).relative_to(ROOT))
        yield file, command.help, None
        for argument in command.arguments:
            yield file, argument.name, None


def find_texts() -> Catalog:
    """Returns all texts of the site, untranslated, with the files that contain them."""
    found = Catalog(project="aiochat")
    for file, text, context in (*_texts_in_code(), *_texts_of_commands()):
        found.add(text, locations=[(file, None)], context=context)  # type: ignore[list-item]
    return found


def update(catalogue: Catalog, found: Catalog) -> None:
    """Updates `catalogue` to the extracted texts, and keeps their translations."""
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()


def missing(catalogue: Catalog) -> list[str]:
    """Returns the texts that lack a translation in any form."""
    return [_joined(entry.id) for entry in catalogue if entry.id and not _is_complete(entry.string)]


def _is_complete(translated: Any) -> bool:
    return bool(translated) if isinstance(translated, str) else bool(translated) and all(translated)


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else " | ".join(text)


def write(catalogue: Catalog, path: Path) -> None:
    """Writes the catalogue without dates and line numbers, so that versions only differ in changed
    texts."""
    written = io.BytesIO()
    write_po(written, catalogue, width=0, sort_by_file=True, include_lineno=False)
    path.write_text(_NOISE.sub("", written.getvalue().decode()), encoding="utf-8")


def catalogue_files() -> Iterable[Path]:
    return sorted(LOCALES.glob("*/*/aiochat.po"))


def main() -> int:
    found = find_texts()
    lacking = 0
    for path in catalogue_files():
        catalogue = read_catalogue(path)
        update(catalogue, found)
        write(catalogue, path)
        for text in missing(catalogue):
            print(f"{path.relative_to(ROOT)} lacks: {text}")
            lacking += 1
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
