"""What one person may ask for by HTTP, so that whoever asks for hundreds of pages keeps nobody else
waiting for theirs, and whoever reads none of them fills no memory."""

import contextlib

from aiohttp import web

from helpers.errors import too_fast
from helpers.limits import Buckets
from helpers.turns import Turns

AT_ONCE = 3
"""Pages, and pictures, at the same time in a process, until they are written. A browser's next ones
wait for some milliseconds."""

MAX_ASKED = 100
"""Those that wait for their turns included; further ones are refused."""

PAGES_PER_SECOND = 10.0
PAGES_AT_ONCE = 200.0
"""In a process. Pictures are kept by browsers and cost less to make."""


class TurnsOfPeople:
    def __init__(self, per_second: float = PAGES_PER_SECOND, burst: float = PAGES_AT_ONCE) -> None:
        self._turns = Turns(AT_ONCE)
        self._pages = Buckets(per_second, burst)

    def turn(self, user_id: int, kind: str) -> contextlib.AbstractAsyncContextManager[object]:
        """The turn of a request of this kind, `pages` or `pictures`. Raises ActionError where the
        person asks for too much."""
        key = (user_id, kind)
        if self._turns.asked(key) >= MAX_ASKED:
            raise too_fast(1)
        if kind == "pages" and (wait := self._pages.take(user_id)):
            raise too_fast(wait)
        return self._turns.turn(key)


TURNS = web.AppKey("turns", TurnsOfPeople)
