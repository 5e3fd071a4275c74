"""The application's keys of the chat, and the rate limit of its doors."""

from typing import Any

from aiohttp import web

from chat.attachments.attachments import Attachments
from chat.commands.registry import Registry
from chat.engine import Engine
from helpers.errors import too_fast
from helpers.keys import SETTINGS
from helpers.limits import Buckets

ATTACHMENTS = web.AppKey("attachments", Attachments)
ENGINE = web.AppKey("engine", Engine)
COMMANDS = web.AppKey("commands", Registry)
"""Other parts of the site add their commands before the site starts."""

TABLES_OF_ROOMS = web.AppKey("tables_of_rooms", list[tuple[Any, Any, Any]])
"""What other packages keep of rooms, as chat/personal_data/room_erasure.py lists its own: it is erased with
them. They add theirs before the site starts."""

MESSAGE_LIMITS = web.AppKey("message_limits", Buckets)


def message_limits(app: web.Application) -> Buckets | None:
    """The limits, or None where the settings turn them off."""
    return app[MESSAGE_LIMITS] if app[SETTINGS].rate_limits == "on" else None


def take_token(request: web.Request, user_id: int) -> None:
    """Counts a request like one message of the user. Raises ActionError with `retry_after`."""
    limits = message_limits(request.app)
    if wait := limits.take(user_id) if limits else 0:
        raise too_fast(wait)
