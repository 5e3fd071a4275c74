"""Web Push: may browsers take any, and does this machine reach the services that bring it to them?"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import psycopg
from yarl import URL

from helpers.db.database import libpq_url
from helpers.fetching import Fetcher, FetchError
from helpers.text.characters import one_line
from operations.diagnosis.findings import BOUND, FAIL, OK, WARN, Finding
from settings import Settings

SECONDS = 5.0
"""For the answer of a service."""

MOST_SERVICES = 5
"""The browsers' makers have four; others are whatever somebody's browser has named."""

MOST_READ = 100

# The rest of the address is a device's secret: it isn't even read.
SERVICES = {
    "postgresql": "SELECT split_part(endpoint, '/', 3), count(*) FROM push_devices ",
    "sqlite": "SELECT substr(endpoint, 9, instr(substr(endpoint, 9) || '/', '/') - 1), count(*) "
    "FROM push_devices ",
}
MOST_USED = f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_READ}"


async def look_at_push(settings: Settings) -> AsyncIterator[Finding]:
    # Browsers trust a machine's own addresses.
    if settings.public_url and not settings.secure and settings.host_name not in ("localhost", "127.0.0.1"):
        yield Finding(
            *("push", WARN, "browsers take none without TLS", "nobody is told of what comes while away"),
            "give the site a certificate, and AIOCHAT_PUBLIC_URL with https://",
        )


async def look_at_push_services(settings: Settings) -> AsyncIterator[Finding]:
    """Asks each service for its front page, as pushes are sent: to public addresses, past any proxy of the
    environment. Nothing, where there is no site."""
    try:
        origins = await _origins(settings.database)
    except (psycopg.Error, sqlite3.Error):
        # What is wrong with it the look at the database has said.
        return
    subject = "push services"
    if not origins:
        yield Finding(subject, OK, "no device asks for any")
        return
    fetcher = Fetcher()
    try:
        found = await asyncio.gather(*(_trouble(fetcher, origin) for origin in origins))
    finally:
        await fetcher.close()
    away = {origin: why for origin, why in zip(origins, found, strict=True) if why}
    if not away:
        yield Finding(subject, OK, f"{', '.join(origins)}: this machine reaches them")
        return
    yield Finding(
        # Whoever has an account may name a service that there isn't: that alone breaks nothing.
        *(subject, FAIL if len(away) == len(origins) else WARN),
        "; ".join(f"{origin}: {why}" for origin, why in away.items()),
        f"no notifications reach closed pages of browsers that use {', '.join(away)}",
        "let this machine make connections to it: look at its firewall and its name servers (resolv.conf)",
    )


async def _trouble(fetcher: Fetcher, origin: str) -> str:
    """Why a service can't be reached; empty where it answers, whatever it is."""
    try:
        await fetcher.status(f"{origin}/", seconds=SECONDS)
    except FetchError as error:
        # It begins with the host, which is said already.
        return one_line(error).removeprefix(f"{URL(origin).host}: ")
    return ""


async def _origins(database: str) -> list[str]:
    """Of the services of all devices, the most used first."""
    if database.startswith("sqlite:"):
        rows = await asyncio.to_thread(_of_sqlite, database.removeprefix("sqlite:///"))
    else:
        url = libpq_url(database)
        async with (
            await psycopg.AsyncConnection.connect(url, connect_timeout=10, autocommit=True) as connection,
            connection.transaction(),
        ):
            await connection.execute(BOUND)
            asked = await connection.execute((SERVICES["postgresql"] + MOST_USED).encode())
            rows = await asked.fetchall()
    found: Counter[str] = Counter()
    for host, count in rows:
        try:
            found[str(URL(f"https://{host}").origin())] += count
        except ValueError:
            continue
    return [origin for origin, _ in found.most_common(MOST_SERVICES)]


def _of_sqlite(path: str) -> list[tuple[str, int]]:
    # One that isn't there isn't made.
    uri = f"{Path(path).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        return connection.execute(SERVICES["sqlite"] + MOST_USED).fetchall()
