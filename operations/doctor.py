"""The shell command `doctor`: looks at what the site stands on, and changes nothing."""

import argparse
import asyncio
from typing import Any

import msgspec

from helpers.processes.terminal import say
from operations.diagnosis.database import look_at_database
from operations.diagnosis.findings import FAIL, OK, Doctor, Finding
from operations.diagnosis.machine import look_at_clock, look_at_disk, look_at_mail
from operations.diagnosis.public import look_at_proxy, look_at_public_url
from operations.diagnosis.push import look_at_push, look_at_push_services
from operations.diagnosis.redis import look_at_bus, look_at_redis
from operations.diagnosis.streams import look_at_streams
from settings import Settings

DOCTORS: tuple[Doctor, ...] = (
    *(look_at_database, look_at_redis, look_at_bus, look_at_disk, look_at_clock, look_at_mail),
    *(look_at_public_url, look_at_proxy, look_at_streams, look_at_push, look_at_push_services),
)


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
        description="Looks at what the site stands on: database, Redis, disk, clock, mail server, the "
        "public URL with its certificate and proxy, and the push services of devices. Says of each what is "
        "wrong, what that breaks, and how to mend it; changes nothing, and sends no mail and no push. Ends "
        "with 1 where something is broken.",
    )
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    command.set_defaults(run=doctor)
