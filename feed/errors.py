"""Errors that several actions and doors of the feed raise."""

from helpers.errors import ActionError
from helpers.text.translation import Text

BACK = ("/feed", Text("Feed"))


def gone() -> ActionError:
    return ActionError("not_found", "There is no such post, or it was deleted.", back=BACK)


def removed() -> ActionError:
    return ActionError("removed", "An administrator removed this post.", 410, back=BACK)


def comment_gone() -> ActionError:
    return ActionError("not_found", "There is no such comment, or it was deleted.", back=BACK)


def too_late() -> ActionError:
    return ActionError("not_found", "That can’t be taken back any more.", back=BACK)


def not_the_author() -> ActionError:
    return ActionError("forbidden", "Only who wrote it may change it.", back=BACK)


def sent_before() -> ActionError:
    return ActionError(
        "sent_before",
        "This form was sent before, with something else in it. Send it once more to post this as well.",
        field="text",
    )
