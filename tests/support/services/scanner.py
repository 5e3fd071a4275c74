"""A virus scanner that speaks clamd's protocol, and knows one virus: the EICAR test file."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def _scan(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        data = b""
        while length := struct.unpack("!L", await reader.readexactly(4))[0]:
            data += await reader.readexactly(length)
        if b"broken" in data:
            writer.write(b"stream: Can't allocate memory ERROR\0")
        else:
            writer.write(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in data else b"stream: OK\0")
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def scanner(path: Path) -> AsyncIterator[str]:
    """Listens at the path, and gives the setting for it."""
    server = await asyncio.start_unix_server(_scan, path)
    async with server:
        yield f"clamd://{path}"
