"""What docs/reference/commands.md says: each command of the shell, as argparse has it."""

import argparse
from collections.abc import Iterator

from cli import COMMANDS, EXIT_CODES, parser_of
from reference.pages import Block, code, table

PROGRAM = "aiochat"
"""As the installed command is called, however this was started."""


def _values(action: argparse.Action) -> str:
    """What goes behind an option, or in the place of an argument."""
    if action.nargs == 0:
        return ""
    if action.choices and not action.metavar:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.metavar if isinstance(action.metavar, str) else action.dest.upper()


def _once(action: argparse.Action) -> str:
    values = _values(action)
    if not action.option_strings:
        return {"?": f"[{values}]", "*": f"[{values}...]", "+": f"{values}..."}.get(str(action.nargs), values)
    return f"{action.option_strings[-1]} {values}".rstrip()


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        action
        for action in parser._actions
        if action.help is not argparse.SUPPRESS and not isinstance(action, argparse._HelpAction)
    ]


def _usage(name: str, parser: argparse.ArgumentParser) -> str:
    """argparse's own is made otherwise by each version of Python."""
    chosen = {id(one): group for group in parser._mutually_exclusive_groups for one in group._group_actions}
    parts: list[str] = []
    told: set[int] = set()
    options = [one for one in _shown(parser) if one.option_strings]
    for action in (*options, *(one for one in _shown(parser) if not one.option_strings)):
        if group := chosen.get(id(action)):
            if id(group) not in told:
                text = " | ".join(_once(one) for one in group._group_actions)
                parts.append(f"({text})" if group.required else f"[{text}]")
                told.add(id(group))
        elif action.option_strings and not action.required:
            parts.append(f"[{_once(action)}]")
        else:
            parts.append(_once(action))
    return " ".join((PROGRAM, name, *parts))


def _help(action: argparse.Action) -> str:
    text = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    return f"{text}; needed" if action.option_strings and action.required else text


def _of_commands() -> Iterator[str]:
    _, parsers = parser_of(*dict.fromkeys(command.module for command in COMMANDS.values()))
    for name in COMMANDS:
        parser = parsers[name]
        description = " ".join((parser.description or "").split())
        yield f"\n## {name}\n\n    {_usage(name, parser)}\n\n{description}\n\n"
        if rows := [(code(_once(action)), _help(action)) for action in _shown(parser)]:
            yield table(("argument", "meaning"), rows)


def blocks() -> dict[str, Block]:
    overview = [(f"[{name}](#{name})", command.help) for name, command in COMMANDS.items()]
    codes = [(code(str(number)), what) for number, what in EXIT_CODES.items()]
    return {
        "overview": table(("command", "what it does"), overview),
        "exit-codes": table(("exit code", "when"), codes),
        "commands": "".join(_of_commands()),
    }
