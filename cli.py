"""The command line, as `aiochat` and as `python app.py`. A command imports what it needs, and no more: to
serve takes all of the program, to show its settings next to nothing."""

import argparse
import errno
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from helpers.processes.completion import SHELLS, completion_script
from helpers.processes.terminal import Failure, UsageError, leave, program, say


class Command(NamedTuple):
    """The module that has it, and what it does in a few words."""

    module: str
    help: str


_ACCOUNTS = "accounts.doors.command_line"
_SITE = "administration.doors.command_line"
_OPERATIONS = "operations.command_line"
_MOVING = "operations.moving_commands"
_LISTS = "administration.doors.list_commands"

COMMANDS = {
    "serve": Command("app", "serve the chat"),
    "migrate": Command("operations.setting_up", "bring the database up to date"),
    "config": Command("operations.setting_up", "show the settings, and where each comes from"),
    "ready": Command("operations.ready", "ask whether the server serves"),
    "doctor": Command("operations.doctor", "look for what is wrong around the site"),
    "register": Command(_ACCOUNTS, "make an account, or those of a file"),
    "users": Command(_LISTS, "list the accounts"),
    "set-name": Command(_ACCOUNTS, "change what somebody is called"),
    "set-password": Command(_ACCOUNTS, "give somebody a new password"),
    "sessions": Command(_ACCOUNTS, "show where somebody is signed in, or sign them out"),
    "make-admin": Command(_SITE, "make somebody an administrator of the site"),
    "role": Command(_SITE, "give somebody a role on the site"),
    "suspend": Command(_SITE, "let somebody not sign in for a while"),
    "unsuspend": Command(_SITE, "let somebody sign in again"),
    "end-sessions": Command(_SITE, "sign somebody out everywhere"),
    "reset-link": Command(_SITE, "make a link by which somebody chooses a new password"),
    "delete-account": Command(_SITE, "delete somebody's account"),
    "rooms": Command(_LISTS, "list the rooms"),
    "restore-room": Command(_SITE, "bring back a room that was deleted in the last 30 days"),
    "give-owner": Command(_SITE, "make somebody the owner of a room"),
    "rooms-without-owner": Command(_SITE, "list the rooms that nobody owns"),
    "hold": Command(_SITE, "erase nothing of a person or a room, whatever is due"),
    "unhold": Command(_SITE, "end a hold"),
    "holds": Command(_SITE, "list the holds"),
    "site": Command(_SITE, "show or set what the site is called and how it is"),
    "compact": Command(_SITE, "make SQLite's file as small as it can be"),
    "render": Command(_OPERATIONS, "render all stored texts anew"),
    "backup": Command(_OPERATIONS, "save the database and the files, while the site serves"),
    "restore": Command(_OPERATIONS, "put a backup in the place of the site"),
    "restored": Command(_OPERATIONS, "run this after restoring the database in another way"),
    "copy": Command(_OPERATIONS, "move the site to another database, of the other kind or not"),
    "export": Command(_MOVING, "write what was said into a folder or a ZIP"),
    "import": Command(_MOVING, "take over what was said in another chat"),
    "verify": Command(_OPERATIONS, "prove that the database and the files are sound"),
    "completion": Command("cli", "print what makes a shell complete these commands"),
}

HIDDEN = {"worker": Command("app", "")}
"""Started by `serve --workers`: only a supervisor can pass the open files."""

SERVERS = ("serve", "worker")

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""A file can't be written, by no fault of the program."""


EXIT_CODES = {
    0: "it is done",
    1: "it can't be done, or what was asked isn't so; a line on standard error says why",
    2: "the command, its arguments or the settings contradict each other",
    130: "it was ended by Ctrl-C",
}


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from settings import version

        say(f"aiochat {version()}")
        parser.exit()


def _new_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program(),
        description="aiochat: a chat with rooms. Settings come from the environment and .env; see "
        "docs/reference/settings.md.",
        epilog="It ends with " + ", ".join(f"{code}: {what}" for code, what in EXIT_CODES.items()) + ".",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version, and end")
    return parser


def overview() -> argparse.ArgumentParser:
    """Knows the commands, and nothing of their arguments."""
    parser = _new_parser()
    choices = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        choices.add_parser(name, help=command.help)
    return parser


def parser_of(*modules: str) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """A parser of these modules' commands, and each of them by name."""
    parser = _new_parser()
    choices = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in modules:
        if module == "cli":
            add_commands(choices)
        else:
            importlib.import_module(module).add_commands(choices)
    return parser, choices.choices


def completion(_: Any, arguments: argparse.Namespace) -> None:
    modules = dict.fromkeys(command.module for command in COMMANDS.values())
    _, parsers = parser_of(*modules)
    options = {
        name: sorted(
            option
            for action in parsers[name]._actions
            for option in action.option_strings
            if option.startswith("--")
        )
        for name in COMMANDS
    }
    say(completion_script(arguments.shell, options).rstrip())


def add_commands(commands: Any) -> None:
    command = commands.add_parser(
        "completion",
        description="Prints what makes a shell complete the commands and options of aiochat: put it where "
        "your shell looks, as in `aiochat completion bash >/etc/bash_completion.d/aiochat`.",
    )
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help="one of " + ", ".join(SHELLS))
    command.set_defaults(run=completion)


def _setup_logs(settings: Any, name: str) -> None:
    from helpers.observing.logs import setup_logs
    from urls import ROUTES

    secret = [route.path for route in ROUTES if route.secret]
    # Several processes share one log, which the supervisor collects.
    setup_logs(settings.log_format, settings.log_level, secret, shows_process=name == "worker")


def _run(name: str, command: Command, arguments: argparse.Namespace) -> int:
    if command.module == "cli":
        return arguments.run(None, arguments) or 0
    from settings import SettingsError, read_settings

    try:
        settings = read_settings()
        if name in SERVERS:
            _setup_logs(settings, name)
        if "notes_nothing" not in arguments:
            from helpers.security_log import open_security_log

            open_security_log(settings.security_log, is_server=name in SERVERS)
        return arguments.run(settings, arguments) or 0
    except SettingsError as error:
        raise Failure(str(error)) from None


def _explained(error: Exception) -> str | None:
    """The line that tells of an error which isn't a fault of the program."""
    from redis.exceptions import RedisError

    from helpers.db.database import DatabaseError, is_unavailable
    from helpers.text.characters import one_line

    if isinstance(error, DatabaseError):
        return str(error)
    if isinstance(error, RedisError):
        from helpers.redis.client import told

        return f"Redis can't be used: {told(error)}"
    if is_unavailable(error):
        if "disk is full" in str(error):
            return "the disk of the database is full: make space, and run it again"
        return f"the database can't be reached: {one_line(error)}"
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        return f"can't write {error.filename2 or error.filename or 'a file'} ({error.strerror})"
    return None


def main(argv: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    name = given[0] if given else ""
    command = COMMANDS.get(name) or HIDDEN.get(name)
    if command is None:
        parser = overview()
        parser.parse_args(given)
        parser.print_help(sys.stderr)
        return 2
    arguments = parser_of(command.module)[0].parse_args(given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name may contain characters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return _run(name, command, arguments)
    except UsageError as error:
        print(f"aiochat: {error}", file=sys.stderr)
        return 2
    except Failure as error:
        print(f"aiochat: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        line = _explained(error)
        if line is None:
            raise
        print(f"aiochat: {line}", file=sys.stderr)
        return 1


def run() -> None:
    """What the program does, to its end."""
    # Whatever it writes is for its user alone: the database, its log, its locks.
    os.umask(0o077)
    leave(main())
