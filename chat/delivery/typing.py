"""Who is typing where: told to the room's others as it happens, at most once in two seconds for
each person, and never kept."""

import time
from collections.abc import Callable

from chat.envelopes import EphemeralEvent
from chat.events import Typing, encode
from chat.timings import DEFAULT, Timings

SHOWN_SECONDS = 6.0
"""For so long pages show it without hearing of it again."""

KEPT_TYPISTS = 10_000


class Typists:
    """`tell` gives an event to a room's connections, here and in other processes."""

    def __init__(
        self,
        tell: Callable[[EphemeralEvent], None],
        clock: Callable[[], float] = time.monotonic,
        timings: Timings = DEFAULT,
    ) -> None:
        self._pause = timings.typing
        self._tell = tell
        self._clock = clock
        self._told: dict[tuple[int, int], float] = {}
        """When it was last told of somebody, by room and user."""
        self._shown: set[tuple[int, int]] = set()
        """Of whom the last that was told is that they are typing."""

    def start(self, room_id: int, user_id: int, name: str) -> None:
        """They are typing. Whatever comes too soon after the last telling is dropped."""
        key, now = (room_id, user_id), self._clock()
        if now - self._told.get(key, -self._pause) < self._pause:
            return
        if len(self._told) >= KEPT_TYPISTS:
            self._forget(now)
        self._told[key] = now
        self._shown.add(key)
        self._tell(EphemeralEvent(room_id, encode(Typing(name, True)), user_id))

    def stop(self, room_id: int, user_id: int, name: str) -> None:
        """They type no longer. Told at once, where it was told that they did."""
        if (room_id, user_id) in self._shown:
            self._shown.discard((room_id, user_id))
            self._tell(EphemeralEvent(room_id, encode(Typing(name, False)), user_id))

    def posted(self, room_id: int, user_id: int) -> None:
        """Their message says itself that they type no longer."""
        self._shown.discard((room_id, user_id))

    def _forget(self, now: float) -> None:
        """Those of whom nothing is shown any more; and where that isn't enough, everybody."""
        self._told = {key: told for key, told in self._told.items() if now - told < SHOWN_SECONDS}
        if len(self._told) >= KEPT_TYPISTS:
            self._told.clear()
        self._shown &= self._told.keys()
