"""Sends one message to one browser, and says what became of it."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

from yarl import URL

from helpers.fetching import Fetcher, FetchError
from helpers.text.characters import one_line
from helpers.web_push.encryption import encrypt
from helpers.web_push.vapid import VapidKey

SECONDS = 10.0
"""For a push. Who takes longer isn't waited for."""

LONGEST_PAUSE = 3600.0
"""However long a service asks to be left alone."""


class Fate(Enum):
    TAKEN = "taken"
    GONE = "gone"
    """The browser has ended its subscription."""
    LATER = "later"
    REFUSED = "refused"
    """This message won't be taken, however often it is sent."""


@dataclass(frozen=True)
class Outcome:
    """`status` is what the service answered, 0 where it didn't; `pause` are the seconds that it asks for, 0
    for none. `why` is for people."""

    fate: Fate
    why: str = ""
    pause: float = 0.0
    status: int = 0


@dataclass(frozen=True)
class Browser:
    """Where a browser is reached, and its keys."""

    endpoint: str
    key: bytes
    auth: bytes


@dataclass(frozen=True)
class Push:
    """`subject`: while it wasn’t delivered, a later one of the same takes its place (`Topic`)."""

    body: bytes
    subject: str
    seconds: int
    """For how long a service keeps it for a browser that is away."""
    is_urgent: bool = True


class PushSender:
    def __init__(self, fetcher: Fetcher, key: VapidKey) -> None:
        self._fetcher = fetcher
        self._key = key

    async def send(self, browser: Browser, push: Push) -> Outcome:
        """Takes SECONDS at most."""
        try:
            body = encrypt(push.body, browser.key, browser.auth)
        except ValueError as error:
            return Outcome(Fate.REFUSED, str(error))
        headers = {
            "Authorization": self._key.authorization(str(URL(browser.endpoint).origin())),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(push.seconds),
            "Urgency": "high" if push.is_urgent else "normal",
            "Topic": push.subject,
        }
        try:
            answer = await self._fetcher.post(browser.endpoint, body, seconds=SECONDS, headers=headers)
        except FetchError as error:
            return Outcome(Fate.LATER, one_line(error)[:200])
        return outcome_of(answer.status, answer.retry_after)


def outcome_of(status: int, retry_after: str = "") -> Outcome:
    why = f"the push service answered {status}"
    if status in (200, 201, 202, 204):
        return Outcome(Fate.TAKEN, status=status)
    if status in (404, 410):
        return Outcome(Fate.GONE, why, status=status)
    if status == 429 or status >= 500:
        return Outcome(Fate.LATER, why, pause_of(retry_after), status)
    return Outcome(Fate.REFUSED, why, status=status)


def pause_of(header: str) -> float:
    """Retry-After: seconds, or a date (RFC 9110, 10.2.3). 0 for what is neither."""
    try:
        wanted = (
            float(header) if header.isdigit() else parsedate_to_datetime(header).timestamp() - time.time()
        )
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(wanted, 0.0), LONGEST_PAUSE)
