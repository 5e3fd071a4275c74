"""Slash commands. A new one is a decorated function in one of these files. Its help, its menu entry
and the parsing of its arguments follow from the function."""

from chat.commands import ignoring, membership, messages, moderation, status
from chat.commands.registry import COMMANDS, Registry

__all__ = ["COMMANDS", "Registry", "ignoring", "membership", "messages", "moderation", "status"]
