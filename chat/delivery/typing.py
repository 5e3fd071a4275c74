"""Typing indicators: sent to the other clients of the room at once, at most once in two seconds for
each person, and never stored."""

import time
from collections.abc import Callable

from chat.envelopes import EphemeralEvent
from chat.events import Typing, encode
from timings import DEFAULT, Timings

SHOWN_SECONDS = 6.0
"""Seconds for which clients show it without another event."""

MAX_TRACKED = 10_000


class TypingIndicators:
    """`publish` sends an event to a room's connections, here and in other processes."""

    def __init__(
        self,
        publish: Callable[[EphemeralEvent], None],
        clock: Callable[[], float] = time.monotonic,
        timings: Timings = DEFAULT,
    ) -> None:
        self._pause = timings.typing
        self._publish = publish
        self._clock = clock
        self._sent_at: dict[tuple[int, int], float] = {}
        """When the last event was sent, by room and user."""
        self._shown: set[tuple[int, int]] = set()
        """The people whose last event says that they are typing."""

    def start(self, room_id: int, user_id: int, name: str) -> None:
        """The person is typing. Calls too soon after the last event are dropped."""
        key, now = (room_id, user_id), self._clock()
        if now - self._sent_at.get(key, -self._pause) < self._pause:
            return
        if len(self._sent_at) >= MAX_TRACKED:
            self._forget(now)
        self._sent_at[key] = now
        self._shown.add(key)
        self._publish(EphemeralEvent(room_id, encode(Typing(name, True)), user_id))

    def stop(self, room_id: int, user_id: int, name: str) -> None:
        """The person stopped typing. Sent at once, unless clients don't show them as typing."""
        if (room_id, user_id) in self._shown:
            self._shown.discard((room_id, user_id))
            self._publish(EphemeralEvent(room_id, encode(Typing(name, False)), user_id))

    def posted(self, room_id: int, user_id: int) -> None:
        """The person posted, which clients take as the end of typing."""
        self._shown.discard((room_id, user_id))

    def _forget(self, now: float) -> None:
        """Drops the entries that clients no longer show; where that isn't enough, all."""
        self._sent_at = {
            key: sent_at for key, sent_at in self._sent_at.items() if now - sent_at < SHOWN_SECONDS
        }
        if len(self._sent_at) >= MAX_TRACKED:
            self._sent_at.clear()
        self._shown &= self._sent_at.keys()
