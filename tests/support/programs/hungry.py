"""A companion's program that takes as much memory as an address says."""

import asyncio
from typing import Any

from yarl import URL

from helpers.processes.accompanying import serve

PROGRAM = "tests.support.programs.hungry"
MEMORY = 512 * 1024 * 1024
SPARE = 1024


async def answer(_: int, address: str) -> Any:
    path = URL(address).path.split("/")
    taken = bytearray(int(path[1]))
    if "waits" in path:
        # Mostly until another call has ended this process.
        await asyncio.sleep(0.3)
    return ["taken", str(len(taken)), "", None]


if __name__ == "__main__":
    asyncio.run(serve(answer, memory=MEMORY, nice=0))
