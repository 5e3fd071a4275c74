"""What a release leaves with those who use it: `python -m tests.support.released 1.2.3`, with the program of
that release, writes a backup of a small site that later ones must take up (test_released.py)."""

import asyncio
import lzma
import sys
import tempfile
from pathlib import Path

from tests.conftest import LIMITS_OFF
from tests.support.saved_site import SavedSite, live_a_little
from tests.support.servers import ROOT

FOLDER = ROOT / "tests" / "operations" / "released"


def make(version: str) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        site = SavedSite(Path(folder), LIMITS_OFF, None, "")
        asyncio.run(live_a_little(site))
        site.says("backup", f"{folder}/site.tar")
        FOLDER.mkdir(exist_ok=True)
        path = FOLDER / f"{version}.tar.xz"
        path.write_bytes(lzma.compress(Path(folder, "site.tar").read_bytes(), preset=9))
        return path


if __name__ == "__main__":
    print(make(sys.argv[1]))
