"""A page of docs/reference: what stands between its markers follows from the code, the rest is written by
hand.

A marker is `<!-- made from the code: NAME -->`, and a block ends with `<!-- end -->`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_BLOCK = re.compile(r"(<!-- made from the code: ([a-z-]+) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)
_BLANK = re.compile(r"\n{3,}")
_ONE = "\n\n"
_CELL = re.compile(r"(?<!\\)\|")


class BadPage(Exception):
    """The page has no place for what the code says, or one for what it doesn't say."""


@dataclass(frozen=True)
class Explained:
    """A table that says more than the code knows: its last column is written by hand, and kept. It may be in
    several parts, under headings of the page; a new row goes to the end of the last part."""

    head: Sequence[str]
    rows: Mapping[str, Sequence[str]]
    """The cells before the last one, by the first of them."""
    is_needed: bool = True
    """Must the last one say something?"""


Block = str | Explained


def code(text: str) -> str:
    return f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return _CELL.sub(r"\\|", " ".join(cell.split()))


def rows_of(text: str) -> list[list[str]]:
    """The cells of a block's tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().replace(r"\|", "|") for cell in _CELL.split(line)[1:-1]] for line in lines]
    return cells[2:]


def updated(page: str, blocks: Mapping[str, Block]) -> str:
    """The page with these blocks. Raises BadPage."""
    found = [(name, text) for _, name, text, _ in _BLOCK.findall(page)]
    names = [name for name, _ in found]
    if set(names) != blocks.keys() or page.count("<!-- made") != len(found):
        raise BadPage(
            f"it has the blocks {', '.join(names) or 'none'}, and the code says {', '.join(blocks)}"
        )
    placed = {cells[0] for _, text in found for cells in rows_of(text)}
    left = dict.fromkeys(names, 0)
    for name in names:
        left[name] += 1

    def fill(match: re.Match[str]) -> str:
        begin, name, text, end = match.groups()
        left[name] -= 1
        block = blocks[name]
        if isinstance(block, Explained):
            block = _part(block, rows_of(text), placed, is_last=not left[name])
        return f"{begin}\n{_BLANK.sub(_ONE, block.strip())}\n\n{end}"

    return _BLOCK.sub(fill, page)


def _part(block: Explained, kept: list[list[str]], placed: set[str], *, is_last: bool) -> str:
    explained = {cells[0]: cells[-1] for cells in kept}
    keys = [key for key in explained if key in block.rows]
    if is_last:
        keys += [key for key in block.rows if key not in placed]
    return table(block.head, [(*block.rows[key], explained.get(key, "")) for key in keys])


def unexplained(page: str, blocks: Mapping[str, Block]) -> list[str]:
    """The rows that need a hand."""
    needed = {name for name, block in blocks.items() if isinstance(block, Explained) and block.is_needed}
    found = [text for _, name, text, _ in _BLOCK.findall(page) if name in needed]
    return [cells[0] for text in found for cells in rows_of(text) if not cells[-1]]
