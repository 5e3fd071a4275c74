"""What is found."""

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from settings import Settings

OK, WARN, FAIL = "ok", "warn", "fail"

WAIT_SECONDS = 10.0

BOUND = b"SET LOCAL statement_timeout = '5s'"
"""For what may take long. It holds for the transaction alone: a pooler may give the session to others."""


class Finding(NamedTuple):
    """What was found about a subject, what it would break, and how it is mended."""

    subject: str
    state: str
    told: str
    breaks: str = ""
    mend: str = ""


Doctor = Callable[[Settings], AsyncIterator[Finding]]
