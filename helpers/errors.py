"""A clear no: what an action raises when it won't, and what each door tells in its own way
(helpers/web/errors.py over HTTP)."""

from typing import Any

from helpers.text.translation import Text

STATUSES: dict[str, int] = {
    "bad_request": 400,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
    "broken": 500,
    "unavailable": 503,
}
"""The HTTP status of a code, where whoever raises it gives none. Each part of the site declares
those of its own codes."""


def declare(statuses: dict[str, int]) -> None:
    """Adds codes. Raises ValueError where one has another status already."""
    for code, status in statuses.items():
        if STATUSES.setdefault(code, status) != status:
            raise ValueError(f"{code} is {STATUSES[code]} already, not {status}")


class ActionError(Exception):
    """`code` is stable and for programs (docs/protocol.md and docs/feed.md list them), `text` is a
    sentence for people: a literal with `{places}` for `values`. `phrase` is the same, to be told in
    the reader's language.

    `status` is that of HTTP: 422 for what a `field` of a form says, else that of the code, else
    400. `retry_after`, in seconds, where the same may go through later. `back` is an address and
    what it is called, where an error page sends people instead of to the start."""

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
        """The same, where the door knows which field of its form is refused."""
        return ActionError(self.code, self.phrase, field=field, back=self.back)


def too_fast(seconds: float) -> ActionError:
    """`seconds` is the wait until it may be tried again."""
    return ActionError("rate_limited", "Please wait a moment and try again.", retry_after=int(seconds) + 1)
