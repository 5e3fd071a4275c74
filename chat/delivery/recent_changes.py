"""What was told of people a moment ago, for those who connect now: a page is loaded some time before
its socket stands, and events that are in no history are told only to who is connected."""

import time
from collections import OrderedDict
from collections.abc import Callable

from chat.envelopes import StatusChange

KEPT = 120.0
"""Seconds. Longer than a page takes to load, and than the absence after which it asks for all
statuses and names anew (static/js/server/absence.js)."""

MAX_KEPT = 500


class RecentChanges:
    """The last status and the last name of each user that changed, at most MAX_KEPT of them. `now` is
    in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changes: OrderedDict[tuple[int, bool], tuple[float, StatusChange]] = OrderedDict()

    def add(self, change: StatusChange) -> None:
        key = change.user_id, change.is_away is None
        self._changes.pop(key, None)
        self._changes[key] = self._now(), change
        self._forget_old()

    def of_room(self, room_id: int) -> list[bytes]:
        """The events for this room, oldest first."""
        self._forget_old()
        return [change.data for _, change in self._changes.values() if room_id in change.room_ids]

    def _forget_old(self) -> None:
        oldest = self._now() - KEPT
        while self._changes:
            at, _ = next(iter(self._changes.values()))
            if at >= oldest and len(self._changes) <= MAX_KEPT:
                break
            self._changes.popitem(last=False)
