"""Slash commands. A new one is a decorated function in one of these files; help, menu and parsing
follow from it."""

from chat.commands import membership, messages, moderation, status, surroundings
from chat.commands.registry import COMMANDS, run

__all__ = ["COMMANDS", "membership", "messages", "moderation", "run", "status", "surroundings"]
