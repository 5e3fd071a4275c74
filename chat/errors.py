"""The chat's errors: the codes of docs/protocol.md, and those that several actions raise."""

import math

from helpers.errors import ActionError, declare
from helpers.text.translation import Text

__all__ = [
    "ActionError",
    "barred",
    "blocked",
    "broken",
    "in_the_way",
    "kicked",
    "slow_mode",
    "time_left",
    "unavailable",
]

FOREVER_MS = 100 * 366 * 86_400_000
"""More than a person's life."""

declare(
    {
        "archived": 403,
        "answered": 409,
        "bad_emoji": 400,
        "bad_frame": 400,
        "bad_json": 400,
        "bad_nonce": 400,
        "bad_value": 422,
        "bad_usage": 400,
        "blocked": 403,
        "deleted": 410,
        "empty": 400,
        "file_not_ready": 409,
        "file_used": 409,
        "filtered": 403,
        "held": 409,
        "in_the_way": 409,
        "infected": 422,
        "kicked": 403,
        "leaves_nobody": 409,
        "locked": 403,
        "no_invitation": 404,
        "no_mail": 422,
        "no_such_act": 404,
        "no_such_file": 404,
        "no_such_message": 404,
        "no_such_report": 404,
        "no_such_user": 404,
        "nonce_reused": 409,
        "over_quota": 413,
        "not_entered": 409,
        "not_a_member": 403,
        "refused": 409,
        "scanner_away": 503,
        "slow_mode": 429,
        "timed_out": 403,
        "too_large": 413,
        "too_late": 409,
        "too_long": 400,
        "too_long_description": 400,
        "too_many": 409,
        "too_many_files": 400,
        "too_many_reactions": 409,
        "unknown_command": 404,
        "wrong_offset": 409,
    }
)


def unavailable() -> ActionError:
    return ActionError(
        "unavailable", "The chat can't reach its database just now. Please send it again.", retry_after=2
    )


def blocked() -> ActionError:
    return ActionError("blocked", "You can’t write to each other here.")


def kicked(left_ms: int) -> ActionError:
    """To somebody who was removed from a room and can come back in so many milliseconds, or never
    where it is more than FOREVER_MS."""
    if left_ms > FOREVER_MS:
        return ActionError("kicked", "You were removed from this room for good.")
    return ActionError(
        "kicked",
        "You were removed from this room and can come back in {time}.",
        time=time_left(left_ms),
    )


def time_left(ms: int) -> Text:
    """A span as people say it: minutes up to two hours, hours up to two days, else days."""
    minutes = math.ceil(ms / 60_000)
    if minutes <= 120:
        return Text("{count} min", count=minutes)
    hours = math.ceil(minutes / 60)
    if hours <= 48:
        return Text("{count} h", count=hours)
    return Text("{count} d", count=math.ceil(hours / 24))


def barred(bar: str, left_ms: int) -> ActionError:
    """To somebody in whose way this stands; a timeout ends in so many milliseconds."""
    if bar == "timed_out":
        return ActionError("timed_out", "You can only read here for another {time}.", time=time_left(left_ms))
    if bar == "archived":
        return ActionError("archived", "This room is archived: it can only be read.")
    if bar == "owners_post":
        return ActionError("locked", "Only owners write in this room.")
    return ActionError("locked", "This room is locked: only moderators write here.")


def slow_mode(left_ms: int) -> ActionError:
    seconds = math.ceil(left_ms / 1000)
    return ActionError(
        "slow_mode",
        "This room is slow: you can write again in {seconds} s.",
        seconds=seconds,
        retry_after=seconds,
    )


def in_the_way(why: Text) -> ActionError:
    """An act can't be undone, since this has been changed meanwhile."""
    return ActionError("in_the_way", "This can’t be undone: {why}", why=why)


def broken() -> ActionError:
    return ActionError("broken", "Something broke here. It has been written to the log.")
