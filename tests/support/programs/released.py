"""What a release leaves with those who use it: `python -m tests.support.programs.released 1.2.3`, with the
program of that release, writes a small site as text, which later ones must take up (test_released.py)."""

import asyncio
import contextlib
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from tests.conftest import LIMITS_OFF
from tests.support.servers import ROOT
from tests.support.sites.saved import SavedSite, live_a_little

FOLDER = ROOT / "tests" / "operations" / "released"
DATABASE = "aiochat.db"
SCRIPT = "site.sql"
FILES = "files"

INDEX_TABLES = ("search_words_", "search_parts_")
"""What SQLite makes itself of a table for searching."""


def make(version: str) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        site = SavedSite(Path(folder), LIMITS_OFF, None, "")
        asyncio.run(live_a_little(site))
        there = FOLDER / version
        there.mkdir(parents=True)
        with contextlib.closing(sqlite3.connect(site.data / DATABASE)) as database:
            (there / SCRIPT).write_text("".join(f"{line}\n" for line in database.iterdump()))
        shutil.copytree(site.data / FILES, there / FILES)
        return there


def take(version: str, data: Path) -> None:
    """Puts the site of a release into the folder `data`."""
    shutil.copytree(FOLDER / version / FILES, data / FILES)
    with contextlib.closing(sqlite3.connect(data / DATABASE)) as database:
        database.executescript((FOLDER / version / SCRIPT).read_text())


if __name__ == "__main__":
    print(make(sys.argv[1]))
