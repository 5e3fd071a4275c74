"""The shell commands `migrate` and `config`."""

import argparse
import json
import os
import re
from typing import Any

from helpers.processes.terminal import report, say
from setting_names import PREFIX, read_dotenv
from setting_sources import named_files
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
    whence: dict[str, str] = {}
    for environment, called in ((read_dotenv(), ".env"), (os.environ, "environment")):
        given = {name.upper() for name, value in environment.items() if value}
        files = named_files(Settings.model_fields, environment)
        for field in Settings.model_fields:
            if f"{PREFIX}{field}".upper() in given:
                whence[field] = called
            elif field in files:
                whence[field] = str(files[field])
    found = [
        {
            "name": f"{PREFIX}{field}".upper(),
            "value": shown(getattr(settings, field)),
            "from": whence.get(field, "default"),
        }
        for field in Settings.model_fields
    ]
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
        description="Shows all settings with their values, and which of them come from the environment, "
        "from .env of the current folder or from a file that one of these names. Passwords are left out.",
    )
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=config, notes_nothing=True)
