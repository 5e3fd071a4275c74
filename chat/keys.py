"""What the chat's doors ask the application for, and how often they may be used."""

from aiohttp import web

from chat.commands.registry import Registry
from chat.engine import Engine
from helpers.errors import too_fast
from helpers.keys import SETTINGS
from helpers.limits import Buckets

ENGINE = web.AppKey("engine", Engine)
COMMANDS = web.AppKey("commands", Registry)
"""Other parts of the site add theirs before it runs."""

MESSAGE_LIMITS = web.AppKey("message_limits", Buckets)


def message_limits(app: web.Application) -> Buckets | None:
    """None where the settings have none."""
    return app[MESSAGE_LIMITS] if app[SETTINGS].rate_limits == "on" else None


def take_token(request: web.Request, user_id: int) -> None:
    """Counts a request like one message of the user's. Raises ActionError, which says when to
    come again."""
    limits = message_limits(request.app)
    if wait := limits.take(user_id) if limits else 0:
        raise too_fast(wait)
