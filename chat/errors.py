"""The chat's errors: the codes of docs/protocol.md, and those that several actions raise."""

import math

from helpers.errors import ActionError, declare

__all__ = ["ActionError", "blocked", "broken", "kicked", "unavailable"]

declare(
    {
        "bad_emoji": 400,
        "bad_frame": 400,
        "bad_json": 400,
        "bad_nonce": 400,
        "bad_usage": 400,
        "blocked": 403,
        "deleted": 410,
        "empty": 400,
        "kicked": 403,
        "no_invitation": 404,
        "no_such_message": 404,
        "no_such_user": 404,
        "nonce_reused": 409,
        "not_entered": 409,
        "not_a_member": 403,
        "refused": 409,
        "too_late": 409,
        "too_long": 400,
        "too_many": 409,
        "too_many_reactions": 409,
        "unknown_command": 404,
    }
)


def unavailable() -> ActionError:
    return ActionError(
        "unavailable", "The chat can't reach its database just now. Please send it again.", retry_after=2
    )


def blocked() -> ActionError:
    return ActionError("blocked", "You can’t write to each other here.")


def kicked(left_ms: int) -> ActionError:
    """To somebody who was removed from a room and can come back in so many milliseconds."""
    return ActionError(
        "kicked",
        "You were removed from this room and can come back in {minutes} min.",
        minutes=math.ceil(left_ms / 60_000),
    )


def broken() -> ActionError:
    return ActionError("broken", "Something broke here. It has been written to the log.")
