"""The shell command `doctor`: looks at what the site stands on, and changes nothing."""

import argparse
import asyncio
import shutil
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import aiohttp
import msgspec
import psycopg
from redis.exceptions import RedisError, ResponseError

from helpers.db.database import DatabaseError, libpq_url
from helpers.db.migrations import check_migrations
from helpers.mail.smtp import MailServer, ServerAway
from helpers.processes.terminal import Failure, say
from helpers.redis.client import open_redis
from helpers.text.characters import one_line
from settings import Settings

OK, WARN, FAIL = "ok", "warn", "fail"

OLDEST_POSTGRESQL = 13
CLOCK_SECONDS = 5
LEAST_DISK = 200 * 1024 * 1024
DISK_SHARE = 0.1
CERTIFICATE_DAYS = 14
WAIT_SECONDS = 10.0


class Finding(NamedTuple):
    """What was found about a subject, what it would break, and how it is mended."""

    subject: str
    state: str
    told: str
    breaks: str = ""
    mend: str = ""


Doctor = Callable[[Settings], AsyncIterator[Finding]]


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        await asyncio.to_thread(check_migrations, settings.database)
    except (Failure, DatabaseError) as error:
        yield Finding("database", FAIL, str(error), "nothing is served", "see the text")
        return
    yield Finding("database", OK, "it is there, with all migrations")
    if settings.database.startswith("sqlite:"):
        return
    url = libpq_url(settings.database)
    async with await psycopg.AsyncConnection.connect(url, connect_timeout=10, autocommit=True) as connection:

        async def rows(query: str) -> list[tuple[Any, ...]]:
            return await (await connection.execute(query.encode())).fetchall()

        async for one in _postgresql(rows):
            yield one


async def _postgresql(rows: Any) -> AsyncIterator[Finding]:
    values = {name: setting for name, setting in await rows("SELECT name, setting FROM pg_settings")}
    major = int(values["server_version_num"]) // 10_000
    yield (
        Finding("PostgreSQL's version", OK, values["server_version"])
        if major >= OLDEST_POSTGRESQL
        else Finding(
            *("PostgreSQL's version", FAIL, values["server_version"]),
            *("migrations fail", f"update it to {OLDEST_POSTGRESQL} or newer"),
        )
    )
    encoding = values["server_encoding"]
    yield (
        Finding("encoding", OK, encoding)
        if encoding == "UTF8"
        else Finding(
            *("encoding", FAIL, encoding, "texts come back broken, or are refused"),
            "make a database by `createdb --encoding=UTF8 --template=template0`, and copy the site there",
        )
    )
    for name, breaks in (
        ("fsync", "a power cut loses what was acknowledged, and may break the database"),
        ("full_page_writes", "a power cut may break the database"),
        ("synchronous_commit", "a crash loses what was acknowledged"),
    ):
        is_off = values[name] == "off"
        yield (
            Finding(name, FAIL, "off", breaks, f"set {name}=on in postgresql.conf, and reload")
            if is_off
            else Finding(name, OK, values[name])
        )
    broken = [
        name
        for (name,) in await rows(
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
    ]
    yield (
        Finding(
            *("indexes", FAIL, f"not valid: {', '.join(broken)}", "pages are slow, names may be there twice"),
            f"REINDEX INDEX {broken[0]};",
        )
        if broken
        else Finding("indexes", OK, "all are valid")
    )
    ((now,),) = await rows("SELECT extract(epoch FROM clock_timestamp())")
    apart = abs(float(now) - time.time())
    yield (
        Finding(
            *("clock", WARN, f"the database's is {apart:.0f} s from this machine's"),
            *("times and suspensions differ", "run chrony or systemd-timesyncd on both"),
        )
        if apart > CLOCK_SECONDS
        else Finding("clock", OK, "the database's is that of this machine")
    )


async def _redis(settings: Settings) -> AsyncIterator[Finding]:
    redis = open_redis(settings.redis_url, WAIT_SECONDS)
    if redis is None:
        return
    try:
        memory = await redis.info("memory")
        persistence = await redis.info("persistence")
        saves = await _saves(redis)
    except (RedisError, OSError) as error:
        yield Finding(
            *("Redis", FAIL, one_line(error), "nothing is served"),
            "start it, and look at AIOCHAT_REDIS_URL",
        )
        return
    finally:
        await redis.aclose()
    yield Finding("Redis", OK, "it answers")
    policy, bound = memory["maxmemory_policy"], memory["maxmemory"]
    yield (
        Finding(
            *("Redis's policy", FAIL, f"{policy}, at {bound:,} bytes", "people are signed out at random"),
            "set maxmemory-policy noeviction",
        )
        if bound and policy != "noeviction"
        else Finding("Redis's policy", OK, policy)
    )
    yield (
        Finding(
            *("Redis's persistence", WARN, "none", "when it restarts, everybody is signed out"),
            "set appendonly yes",
        )
        if not persistence["aof_enabled"] and not saves
        else Finding("Redis's persistence", OK, "it keeps sessions")
    )


async def _saves(redis: Any) -> str:
    """When Redis writes to its disk, as its setting `save` says; "?" where it doesn't tell everybody."""
    try:
        return str((await redis.config_get("save")).get("save", ""))
    except ResponseError:
        return "?"


async def _disk(settings: Settings) -> AsyncIterator[Finding]:
    folders = {settings.data_dir.absolute()}
    if settings.files.startswith("file:"):
        folders.add(Path(url2pathname(urlsplit(settings.files).path)))
    for folder in sorted(folders):
        there = next(one for one in (folder, *folder.parents) if one.exists())
        usage = shutil.disk_usage(there)
        told = f"{usage.free / 1e9:,.1f} of {usage.total / 1e9:,.1f} GB are free at {folder}"
        state = FAIL if usage.free < LEAST_DISK else WARN if usage.free < DISK_SHARE * usage.total else OK
        breaks = "nothing can be said or sent when it is full"
        yield Finding("disk", state, told, *(("", "") if state == OK else (breaks, "make space")))


async def _mail(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.smtp_url:
        return
    try:
        async with asyncio.timeout(WAIT_SECONDS), MailServer(settings.smtp_url).session():
            pass
    except (ServerAway, TimeoutError) as error:
        told = one_line(error) or "it doesn't answer"
        yield Finding("mail", FAIL, told, "no mail is sent", "look at AIOCHAT_SMTP_URL")
    else:
        yield Finding("mail", OK, "the server takes this site's name; no mail was sent")


async def _public_url(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.public_url:
        return
    url, mend = f"{settings.public_url}/livez", "is a server running, and a proxy before it?"
    try:
        timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(url, allow_redirects=False) as got,
        ):
            certificate = (
                got.connection
                and got.connection.transport
                and (got.connection.transport.get_extra_info("peercert"))
            )
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
    if certificate:
        days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400
        state, told = (WARN if days < CERTIFICATE_DAYS else OK), f"it is good for {days:.0f} days"
        breaks = ("browsers refuse the site then", "renew it") if state == WARN else ("", "")
        yield Finding("certificate", state, told, *breaks)


DOCTORS: tuple[Doctor, ...] = (_database, _redis, _disk, _mail, _public_url)


async def examine(settings: Settings) -> list[Finding]:
    return [one for doctor in DOCTORS async for one in doctor(settings)]


def doctor(settings: Settings, arguments: argparse.Namespace) -> int:
    """Ends with 1 where something is broken; a warning isn't."""
    found = asyncio.run(examine(settings))
    if arguments.json:
        say(msgspec.json.encode([one._asdict() for one in found]).decode())
    else:
        for one in found:
            say(f"{one.state:4}  {one.subject}: {one.told}")
            if one.state != OK:
                say(f"      What it breaks: {one.breaks}.\n      How to mend it: {one.mend}")
    return int(any(one.state == FAIL for one in found))


def add_commands(commands: Any) -> None:
    """Adds the command's parser to those of argparse."""
    command = commands.add_parser(
        "doctor",
        description="Looks at what the site stands on: database, Redis, disk, mail server, public URL and "
        "certificate. Says of each what is wrong, what that breaks, and how to mend it; changes nothing and "
        "sends no mail. Ends with 1 where something is broken.",
    )
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    command.set_defaults(run=doctor)
