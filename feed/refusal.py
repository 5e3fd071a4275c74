"""A clear no of the feed's."""

from typing import Any

from helpers.texts import Text


class Refused(Exception):
    """What was asked can't be done. `code` is for programs, `phrase` for people, `status` that of HTTP."""

    def __init__(self, code: str, text: str, *, status: int = 422, **values: Any) -> None:
        self.phrase = Text(text, **values)
        super().__init__(self.phrase)
        self.code = code
        self.status = status


def gone() -> Refused:
    return Refused("not_found", "There is no such post, or it was deleted.", status=404)


def comment_gone() -> Refused:
    return Refused("not_found", "There is no such comment, or it was deleted.", status=404)
