"""Who has come online and gone offline a moment ago, by room, for those who enter it now: they have
loaded its members some time before."""

import time
from collections import deque
from collections.abc import Callable

from chat.delivery.recent_changes import KEPT
from chat.events import Online, encode
from chat.history.presence import PresenceChange

MAX_OF_ROOM = 1000
"""People of one room whose changes are told again. With more, the members are to be asked for anew:
that is no longer."""

MAX_KEPT = 50_000
"""Changes that are kept, each counted for each of the person's rooms."""


class RecentPresence:
    """The last change of each person, by room. `now` is in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._rooms: dict[int, dict[int, tuple[float, PresenceChange]]] = {}
        self._kept: deque[tuple[float, int, int]] = deque()
        """When it was added, the room and the user, oldest first. Only the last of a pair counts."""
        self._frames: dict[int, bytes] = {}
        self._lost_at = -KEPT
        """When changes were last dropped since there were too many."""

    def add(self, room_id: int, change: PresenceChange) -> None:
        now = self._now()
        self._rooms.setdefault(room_id, {})[change.user_id] = now, change
        self._kept.append((now, room_id, change.user_id))
        self._frames.pop(room_id, None)
        self._forget_old()

    def of_room(self, room_id: int) -> list[bytes]:
        """The event for who enters the room, if there is anything to tell."""
        self._forget_old()
        found = self._rooms.get(room_id, {})
        if self._lost_at > self._now() - KEPT or len(found) > MAX_OF_ROOM:
            version = max((change.version for _, change in found.values()), default=0)
            return [encode(Online(version, stale=True))]
        if not found:
            return []
        if room_id not in self._frames:
            self._frames[room_id] = online_event([change for _, change in found.values()])
        return [self._frames[room_id]]

    def _forget_old(self) -> None:
        oldest = self._now() - KEPT
        while self._kept and (self._kept[0][0] < oldest or len(self._kept) > MAX_KEPT):
            at, room_id, user_id = self._kept.popleft()
            room = self._rooms.get(room_id, {})
            if user_id not in room or room[user_id][0] != at:
                continue
            if at >= oldest:
                self._lost_at = self._now()
            del room[user_id]
            self._frames.pop(room_id, None)
            if not room:
                self._rooms.pop(room_id, None)


def online_event(changes: list[PresenceChange]) -> bytes:
    """The event of these changes."""
    return encode(
        Online(
            max(change.version for change in changes),
            sorted(change.name for change in changes if change.online),
            sorted(change.name for change in changes if not change.online),
        )
    )
