"""Slash commands. A new one is a decorated function in one of these files; help, menu and parsing
follow from it."""

from chat.commands import membership, messages, moderation, status
from chat.commands.registry import COMMANDS, Registry

__all__ = ["COMMANDS", "Registry", "membership", "messages", "moderation", "status"]
