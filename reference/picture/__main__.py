"""Writes docs/page.svg."""

import asyncio
import sys
import tempfile
from pathlib import Path

from reference.picture.site import at_work, browser, office, picture_of, room_page
from settings import ROOT

PICTURE = ROOT / "docs" / "page.svg"


async def make(folder: Path) -> str:
    async with (
        office(folder) as server,
        at_work(server),
        browser() as chromium,
        room_page(chromium, server) as page,
    ):
        return await picture_of(page)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        text = asyncio.run(make(Path(folder)))
    PICTURE.write_text(text, "utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {len(text.encode()) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
