"""The error of actions: a refusal with a code and a text. Each door reports it in its own way
(helpers/web/errors.py for HTTP)."""

from typing import Any

from helpers.limits import Limiter, Rule
from helpers.text.translation import Text

STATUSES: dict[str, int] = {
    "bad_request": 400,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
    "broken": 500,
    "unavailable": 503,
}
"""The HTTP status of each code, for errors raised without a status. Each package declares its own
codes."""


def declare(statuses: dict[str, int]) -> None:
    """Adds codes. Raises ValueError if a code already has another status."""
    for code, status in statuses.items():
        if STATUSES.setdefault(code, status) != status:
            raise ValueError(f"{code} is {STATUSES[code]} already, not {status}")


class ActionError(Exception):
    """A refused action. `code` is stable and for programs (docs/protocol.md and docs/feed.md list
    the codes). `text` is a sentence for people: a literal with `{places}` for `values`. `phrase` is
    the translatable text.

    `status` is the HTTP status: by default 422 if `field` names a form field, else that of the
    code, else 400. `retry_after` are the seconds after which the action may succeed. `back` is an
    address and its name, to which the error page links instead of to the start page."""

    def __init__(
        self,
        code: str,
        text: str,
        status: int | None = None,
        *,
        retry_after: float | None = None,
        field: str | None = None,
        back: tuple[str, str] | None = None,
        **values: Any,
    ) -> None:
        self.phrase = text if isinstance(text, Text) else Text(text, **values)
        self.text = str(self.phrase)
        super().__init__(self.text)
        self.code = code
        self.status = status or (422 if field is not None else STATUSES.get(code, 400))
        self.retry_after = retry_after
        self.field = field
        self.back = back

    def about(self, field: str) -> "ActionError":
        """Returns the same error for a field of the door's form."""
        return ActionError(self.code, self.phrase, field=field, back=self.back)


def too_fast(seconds: float) -> ActionError:
    """`seconds` is the time until the next attempt."""
    return ActionError("rate_limited", "Please wait a moment and try again.", retry_after=int(seconds) + 1)


async def charge(limiter: Limiter, rule: Rule, key: str | int, tokens: float = 1) -> None:
    """Takes the tokens, or raises ActionError, which says when to come again."""
    if wait := await limiter.take(rule, str(key), tokens):
        raise too_fast(wait)
