"""The site as people reach it: its address, certificate, and what a proxy in front makes of requests."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from helpers.text.characters import one_line
from operations.diagnosis.findings import FAIL, OK, WAIT_SECONDS, WARN, Finding
from settings import Settings

CERTIFICATE_DAYS = 14

FORGED = "192.0.2.1"
"""An address that nobody has (RFC 5737)."""

HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "X-Request-ID")

NO_UPLOAD = "A" * 22


async def look_at_public_url(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.public_url:
        return
    url, mend = f"{settings.public_url}/livez", "is a server running, and a proxy before it?"
    try:
        timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(url, allow_redirects=False, ssl=ssl.create_default_context()) as got,
        ):
            status = got.status
            await got.read()
    except aiohttp.ClientConnectorCertificateError as error:
        told = one_line(error.certificate_error)
        yield Finding("certificate", FAIL, told, "browsers refuse the site", "renew it, with its whole chain")
        return
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        told = f"{url}: {one_line(error) or 'no answer'}"
        yield Finding("public URL", FAIL, told, "nobody reaches the site", mend)
        return
    state = OK if status == 200 else FAIL
    told = f"{url} answers {status}"
    yield Finding(
        "public URL", state, told, *(("", "") if state == OK else ("nobody reaches the site", mend))
    )
    if certificate := await _certificate(settings.public_url):
        days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400
        state, told = (WARN if days < CERTIFICATE_DAYS else OK), f"it is good for {days:.0f} days"
        breaks = ("browsers refuse the site then", "renew it") if state == WARN else ("", "")
        yield Finding("certificate", state, told, *breaks)


async def look_at_proxy(settings: Settings) -> AsyncIterator[Finding]:
    """How requests arrive that are sent to the public URL. Nothing, where it isn't served there."""
    if not settings.public_url:
        return
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "X-Forwarded-For": FORGED}
    try:
        timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(
                f"{settings.public_url}/livez?seen=1",
                headers=headers,
                allow_redirects=False,
                ssl=ssl.create_default_context(),
            ) as got,
        ):
            answer, text = got.headers.copy(), await got.content.read(10_000)
        seen = msgspec.json.decode(text)["seen"]
        upgrade, client = str(seen["upgrade"]), str(seen["client"])
        is_forwarded = bool(seen["forwarded"])
    except (aiohttp.ClientError, TimeoutError, OSError):
        return
    except (msgspec.MsgspecError, KeyError, TypeError):
        yield Finding(
            *("proxy", FAIL, "what answers there isn't this version of aiochat", "nobody reaches the site"),
            "look at the proxy's configuration, and at who else listens there",
        )
        return
    yield (
        Finding("proxy: Upgrade", OK, "WebSockets pass")
        if upgrade.lower() == "websocket"
        else Finding(
            *("proxy: Upgrade", FAIL, "it isn't passed on", "pages are offline for ever"),
            "pass the headers Upgrade and Connection on, as nginx/aiochat.conf does",
        )
    )
    yield _clients(settings, client, is_forwarded=is_forwarded)
    lacking = [name for name in HEADERS if name not in answer]
    yield (
        Finding(
            *("proxy: headers", FAIL, f"{', '.join(lacking)} of the answer are gone"),
            *("browsers don't keep what a page may do", "don't remove headers of answers"),
        )
        if lacking
        else Finding("proxy: headers", OK, "answers keep theirs")
    )
    async for one in _bodies(settings):
        yield one


def _clients(settings: Settings, client: str, *, is_forwarded: bool) -> Finding:
    """Whether the server knows who comes."""
    subject, mend = "proxy: addresses", "overwrite X-Forwarded-For, as nginx/aiochat.conf does"
    if settings.trust_proxy and client == FORGED:
        told = "X-Forwarded-For of anybody is passed on as it comes"
        return Finding(subject, FAIL, told, "whoever wants gets around all limits", mend)
    try:
        ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        told = "AIOCHAT_TRUST_PROXY is set, and X-Forwarded-For doesn't come"
        return Finding(subject, FAIL, told, "all people share one person's limits", mend)
    # The doctor's own header comes where there is no proxy.
    if is_forwarded and not settings.trust_proxy and settings.secure:
        told = "a proxy is in front, and AIOCHAT_TRUST_PROXY isn't set"
        return Finding(
            *(subject, WARN, told, "all people share one person's limits"),
            "set AIOCHAT_TRUST_PROXY=true, where nobody reaches the server but by the proxy",
        )
    return Finding(subject, OK, "the server knows who comes")


async def _bodies(settings: Settings) -> AsyncIterator[Finding]:
    """Announces a part of a file as large as a file may be, and sends nothing of it."""
    status = await _status_of_announced(settings.public_url, settings.max_file_bytes)
    if status is None:
        return
    yield (
        Finding(
            *("proxy: sizes", FAIL, f"it refuses bodies of {settings.max_file} MB (AIOCHAT_MAX_FILE)"),
            *("large files can't be sent", "raise its bound, like nginx's client_max_body_size"),
        )
        if status == 413
        else Finding("proxy: sizes", OK, f"bodies of {settings.max_file} MB pass")
    )


async def _connected(public_url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        return await asyncio.open_connection(parts.hostname, parts.port or 80)
    secured = ssl.create_default_context()
    return await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=secured)


async def _certificate(public_url: str) -> dict[str, Any]:
    """Empty where there is none. aiohttp has given back the connection of a short answer already."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            _, writer = await _connected(public_url)
    except (OSError, TimeoutError):
        return {}
    found: dict[str, Any] = writer.get_extra_info("peercert", {})
    writer.close()
    return found


async def _status_of_announced(public_url: str, size: int) -> int | None:
    parts = urlsplit(public_url)
    head = (
        f"PATCH {parts.path}/uploads/{NO_UPLOAD} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Length: {size}\r\nConnection: close\r\n\r\n"
    )
    writer = None
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            reader, writer = await _connected(public_url)
            writer.write(head.encode())
            line = await reader.readline()
        return int(line.split()[1])
    except (OSError, TimeoutError, ValueError, IndexError):
        return None
    finally:
        if writer is not None:
            writer.close()
