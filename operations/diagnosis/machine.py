"""The machine: disk, clock, and the mail server it sends by."""

import asyncio
import ctypes
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from helpers.mail.smtp import MailServer, ServerAway
from helpers.text.characters import one_line
from operations.diagnosis.findings import FAIL, OK, WAIT_SECONDS, WARN, Finding
from settings import Settings

LEAST_DISK = 200 * 1024 * 1024
DISK_SHARE = 0.1

NOT_SYNCHRONIZED = 5
"""What adjtimex(2) returns then."""

TIMEX_BYTES = 512
"""More than its structure takes."""


async def look_at_disk(settings: Settings) -> AsyncIterator[Finding]:
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


async def look_at_mail(settings: Settings) -> AsyncIterator[Finding]:
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


async def look_at_clock(settings: Settings) -> AsyncIterator[Finding]:
    try:
        found = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return
    yield (
        Finding(
            *("clock's source", WARN, "the kernel says that nothing keeps the clock right"),
            *("times and what is due may be wrong", "run chrony or systemd-timesyncd on the machine"),
        )
        if found == NOT_SYNCHRONIZED
        else Finding("clock's source", OK, "the clock is kept right")
    )
