"""What docs/reference/slash-commands.md says: the commands of the rooms, as their registry has them."""

from chat.commands.registry import Command
from chat.roles import GRANTS, Role
from locales.update import slash_commands
from reference.pages import Block, Explained, code

HEAD = ("command", "from", "what it does", "besides")


def _least(command: Command) -> str:
    """The least role that has it."""
    if command.needs is None:
        return "all"
    return min(role for role in Role if command.needs in GRANTS[role]).name.lower()


def _row(command: Command) -> tuple[str, ...]:
    names = ", ".join([command.usage, *(f"/{alias}" for alias in command.aliases)])
    return code(names), _least(command), command.help


def blocks() -> dict[str, Block]:
    rows = {row[0]: row for row in map(_row, sorted(slash_commands(), key=lambda one: one.name))}
    return {"slash-commands": Explained(HEAD, rows, is_needed=False)}
