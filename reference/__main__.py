"""`make reference`: writes what the code says into docs/reference, and tells what a hand has to explain."""

import sys
from collections.abc import Callable
from pathlib import Path

from reference import commands_blocks, metrics_blocks, settings_blocks, slash_commands_blocks
from reference.pages import BadPage, Block, unexplained, updated
from settings import ROOT

FOLDER = ROOT / "docs" / "reference"

PAGES: dict[str, Callable[[], dict[str, Block]]] = {
    "settings.md": settings_blocks.blocks,
    "commands.md": commands_blocks.blocks,
    "slash-commands.md": slash_commands_blocks.blocks,
    "metrics.md": metrics_blocks.blocks,
}


def update(folder: Path) -> list[str]:
    """Writes the pages of the folder. Returns what is left to do by hand, a line each."""
    left = []
    for name, blocks_of in PAGES.items():
        path, blocks = folder / name, blocks_of()
        try:
            page = updated(path.read_text("utf-8"), blocks)
        except BadPage as error:
            left.append(f"{name}: {error}")
            continue
        path.write_text(page, "utf-8")
        left += [f"{name} doesn't explain {row}" for row in unexplained(page, blocks)]
    return left


def main() -> int:
    left = update(FOLDER)
    for line in left:
        print(line)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
