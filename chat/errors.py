"""A clear no: what a verb raises when it won't, and what the `error` event and the HTTP answer are
made of."""

from typing import Any

from helpers.text.translation import Text


class ActionError(Exception):
    """`code` is stable and for programs (docs/protocol.md lists them), `text` is a sentence for
    people.

    It is a literal with `{places}` for `values`; `phrase` is the same, to be told in the reader's
    language.

    `retry_after`, in seconds, where the same sending may go through later."""

    def __init__(self, code: str, text: str, retry_after: float | None = None, **values: Any) -> None:
        self.phrase = text if isinstance(text, Text) else Text(text, **values)
        self.text = str(self.phrase)
        super().__init__(self.text)
        self.code = code
        self.retry_after = retry_after


def unavailable() -> ActionError:
    return ActionError(
        "unavailable", "The chat can't reach its database just now. Please send it again.", retry_after=2
    )


def blocked() -> ActionError:
    return ActionError("blocked", "You can’t write to each other here.")


def broken() -> ActionError:
    return ActionError("broken", "Something broke here. It has been written to the log.")
