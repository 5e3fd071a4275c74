"""Asks a virus scanner about files: one that speaks clamd's protocol at a socket, or a program that reads
a file from its standard input and ends with 0 for a clean one, and with 1 for another."""

import asyncio
import os
import shlex
import struct
from typing import IO
from urllib.parse import unquote, urlsplit

CHUNK = 256 * 1024
PATIENCE_SECONDS = 60.0
MAX_ANSWER = 4096
UNNAMED = "malware"
CLEAN, INFECTED = 0, 1


class ScannerAway(Exception):
    """The scanner can't be asked, or has no answer."""


async def found_in(file: IO[bytes], scanner: str) -> str | None:
    """What the scanner finds in the file, None for nothing. `scanner` is `clamd:///path/to/socket`,
    `clamd://host:port`, or a program with its arguments. Raises ScannerAway."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if scanner.startswith("clamd://"):
                return await _ask_clamd(file, scanner)
            return await _ask_program(file, scanner)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ScannerAway(str(error) or "no answer in time") from error


async def _ask_clamd(file: IO[bytes], scanner: str) -> str | None:
    parts = urlsplit(scanner)
    if parts.hostname:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 3310)
    else:
        reader, writer = await asyncio.open_unix_connection(unquote(parts.path))
    try:
        writer.write(b"zINSTREAM\0")
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, CHUNK):
            writer.write(struct.pack("!L", len(piece)) + piece)
            await writer.drain()
        writer.write(struct.pack("!L", 0))
        await writer.drain()
        answer = (await reader.readuntil(b"\0"))[:MAX_ANSWER].rstrip(b"\0").decode(errors="replace")
    finally:
        writer.close()
    text = answer.partition(": ")[2].strip()
    if text.endswith("FOUND"):
        return text.removesuffix("FOUND").strip() or UNNAMED
    if text != "OK":
        raise ScannerAway(f"it answered {answer!r}")
    return None


async def _ask_program(file: IO[bytes], scanner: str) -> str | None:
    process = await asyncio.create_subprocess_exec(
        *shlex.split(scanner),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        # Without the secrets of the settings.
        env={"PATH": os.environ.get("PATH", os.defpath)},
        start_new_session=True,
    )
    try:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        file.seek(0)
        try:
            while piece := await asyncio.to_thread(file.read, CHUNK):
                process.stdin.write(piece)
                await process.stdin.drain()
            process.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            # It has read enough.
            pass
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code not in (CLEAN, INFECTED):
        raise ScannerAway(f"it ended with {code}")
    return UNNAMED if code == INFECTED else None
