"""A clear no: what a verb raises when it won't, and what the `error` event and the HTTP answer are made of."""


class Refused(Exception):
    """`code` is stable and for programs (docs/protocol.md lists them), `text` is a sentence for people.

    `retry_after`, in seconds, where the same sending may go through later."""

    def __init__(self, code: str, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.retry_after = retry_after


def unavailable() -> Refused:
    return Refused("unavailable", "The chat can't reach its database just now. Please send it again.", retry_after=2)


def broken() -> Refused:
    return Refused("broken", "Something broke here. It has been written to the log.")
