"""The shell commands `migrate` and `config`."""

import argparse
import json
import os
import re
from typing import Any

from helpers.processes.terminal import report, say
from setting_names import read_dotenv
from settings import Settings

LEFT_OUT = "…"
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/]*(?=@)")
"""Also one with an `@` in it."""


def migrate(settings: Settings, arguments: argparse.Namespace) -> None:
    from helpers.db.migrations import MIGRATIONS, migrate

    count = migrate(settings.database, MIGRATIONS, report)
    say(f"{count} migration{'s' if count != 1 else ''} applied." if count else "Nothing to migrate.")


def shown(value: Any) -> str:
    """The value as it is written in the environment, without a password."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _PASSWORD.sub(rf"\1:{LEFT_OUT}", str(value))


def config(settings: Settings, arguments: argparse.Namespace) -> None:
    in_file = {name.upper() for name, value in read_dotenv().items() if value}
    in_environment = {name.upper() for name, value in os.environ.items() if value}
    found = []
    for field in Settings.model_fields:
        name = f"AIOCHAT_{field.upper()}"
        whence = "environment" if name in in_environment else ".env" if name in in_file else "default"
        found.append({"name": name, "value": shown(getattr(settings, field)), "from": whence})
    if arguments.json:
        say(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        say(f"{one['name']}={one['value']}" + ("" if one["from"] == "default" else f"    # {one['from']}"))
    say(f"\nThe database is {shown(settings.database)}, the store of files {shown(settings.files)}.")


def add_commands(commands: Any) -> None:
    """Adds the commands' parsers to those of argparse."""
    command = commands.add_parser("migrate", description="Brings the database up to date.")
    command.set_defaults(run=migrate)
    command = commands.add_parser(
        "config",
        description="Shows all settings with their values, and which of them come from the environment or "
        "from .env of the current folder. Passwords are left out.",
    )
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=config, notes_nothing=True)
