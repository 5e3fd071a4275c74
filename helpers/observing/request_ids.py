"""The id of a request: it is in every line that the log has of it, and in its answer."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered; empty outside of one."""

_GIVEN = re.compile(r"[A-Za-z0-9_.:=-]{8,128}")


def checked(given: str | None) -> str:
    """The id that a proxy has given. Another where it has given none, or what isn't plain."""
    return given if given is not None and _GIVEN.fullmatch(given) else secrets.token_hex(8)
