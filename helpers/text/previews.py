"""What is in a text file, for a look at it: code in colours, values between commas as a table. Runs in
the process of helpers/rendering.py, as code can be slow to highlight."""

import csv
import html

from helpers.text.characters import cleaned
from helpers.text.highlighting import LANGUAGES, MAX_CODE, highlight
from helpers.text.highlighting import prepare as prepare_code

MAX_BYTES = 64 * 1024
"""Of a file that are looked at."""

MAX_LINES = 200
MAX_CHARACTERS = 12_000
MAX_ROWS = 50
MAX_COLUMNS = 20
MAX_CELL = 200

_ENDINGS = {
    "conf": "ini",
    "ex": "elixir",
    "h": "c",
    "hpp": "cpp",
    "hs": "haskell",
    "htm": "html",
    "jsx": "js",
    "kt": "kotlin",
    "mjs": "js",
    "patch": "diff",
    "pl": "perl",
    "svg": "xml",
    "tf": "terraform",
    "yml": "yaml",
}
"""Languages of endings that aren't their names."""

_TABLES = {"csv": ",;\t", "tsv": "\t"}
"""By the ending, what may stand between two values."""


def language_of(name: str) -> str:
    """The language of a file of this name, empty for none."""
    ending = name.rpartition(".")[2].lower() if "." in name else name.lower()
    language = _ENDINGS.get(ending, ending)
    return language if language in LANGUAGES else ""


def prepare(text: str | bytes, name: str = "") -> None:
    """Compiles the languages of a message, or that of a file of this name."""
    prepare_code(f"```{language_of(name)}\n" if isinstance(text, bytes) else text)


def preview(data: bytes, name: str) -> str:
    """The beginning of a file as HTML."""
    text = cleaned(data.decode(errors="replace").removeprefix("\ufeff"))
    ending = name.rpartition(".")[2].lower()
    if ending in _TABLES and (table := _table(text, _TABLES[ending])):
        return table
    lines = text[:MAX_CHARACTERS].splitlines(keepends=True)[:MAX_LINES]
    is_cut = len("".join(lines)) < len(text) or len(data) >= MAX_BYTES
    code = "".join(_coloured(lines, language_of(name)))
    return f"<pre><code>{code}{'…' if is_cut else ''}</code></pre>"


def plain_preview(data: bytes) -> str:
    """The same without colours and tables: what takes no time."""
    return preview(data, "")


def _coloured(lines: list[str], language: str) -> list[str]:
    """In pieces of whole lines: longer code isn't highlighted."""
    found, waiting = [], ""
    for line in lines:
        if waiting and len(waiting) + len(line) > MAX_CODE:
            found.append(highlight(waiting, language))
            waiting = ""
        waiting += line
    return [*found, highlight(waiting, language)]


def _table(text: str, separators: str) -> str:
    first = text.partition("\n")[0]
    separator = max(separators, key=first.count)
    if separator not in first:
        return ""
    rows = []
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=separator):
            rows.append(row[:MAX_COLUMNS])
            if len(rows) > MAX_ROWS:
                break
    except csv.Error:
        return ""
    is_cut = len(rows) > MAX_ROWS
    head, *body = rows[:MAX_ROWS]
    marked = [_row(head, "th"), *(_row(row, "td") for row in body)]
    more = "<p>…</p>" if is_cut else ""
    return f"<table><thead>{marked[0]}</thead><tbody>{''.join(marked[1:])}</tbody></table>{more}"


def _row(values: list[str], tag: str) -> str:
    opening = '<th scope="col">' if tag == "th" else "<td>"
    return f"<tr>{''.join(f'{opening}{html.escape(one[:MAX_CELL])}</{tag}>' for one in values)}</tr>"
