"""Slash commands. A new one is a decorated function in one of these files; help, menu and parsing follow from it."""

from chat.commands import moderating, people, reachability, surroundings, talking
from chat.commands.registry import COMMANDS, run

__all__ = ["COMMANDS", "moderating", "people", "reachability", "run", "surroundings", "talking"]
