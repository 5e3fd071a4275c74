"""A clear no of the feed's."""

from typing import Any

from helpers.text.translation import Text
from helpers.web.errors import Refusal


class ActionError(Exception):
    """What was asked can't be done. `code` is for programs, `phrase` for people, `status` that of
    HTTP; `field` is that of the form."""

    def __init__(
        self, code: str, text: str, *, status: int = 422, field: str = "text", **values: Any
    ) -> None:
        self.phrase = text if isinstance(text, Text) else Text(text, **values)
        super().__init__(self.phrase)
        self.code = code
        self.status = status
        self.field = field


def gone() -> ActionError:
    return ActionError("not_found", "There is no such post, or it was deleted.", status=404)


def removed() -> ActionError:
    return ActionError("removed", "An administrator removed this post.", status=410)


def comment_gone() -> ActionError:
    return ActionError("not_found", "There is no such comment, or it was deleted.", status=404)


def sent_before() -> ActionError:
    return ActionError(
        "sent_before",
        "This form was sent before, with something else in it. Send it once more to post this as well.",
    )


class TooFast(Refusal):
    def __init__(self, seconds: float) -> None:
        super().__init__("rate_limited", Text("Please wait a moment and try again."), 429)
        self.headers["Retry-After"] = str(int(seconds) + 1)
