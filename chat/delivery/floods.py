"""The same text of one person in many rooms: noticed at once where one process has all of it, and else a
moment later, since rooms may be at different processes, which share what they saw by Redis."""

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from helpers.limits import Buckets
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.floods")

FLOOD_ROOMS = 3
FLOOD_SECONDS = 60.0
MAX_AUTHORS = 5000
LAST_TEXTS = 12
"""Of one author: so many are compared."""

MIN_FLOOD = 12
"""Characters: what is shorter, as a greeting, may well be said in several rooms."""


class Floods:
    """In which rooms somebody has sent the same text lately, as far as this process has seen."""

    def __init__(self) -> None:
        self._last: dict[int, deque[tuple[int, str, float]]] = {}

    def note(self, author_id: int, room_id: int, text: str) -> bool:
        """Returns whether this is one room too many. Asked for each post: who stays in one room costs
        next to nothing."""
        last = self._last.get(author_id)
        if last is None:
            if len(self._last) >= MAX_AUTHORS:
                del self._last[next(iter(self._last))]
            last = self._last[author_id] = deque(maxlen=LAST_TEXTS)
        now = time.monotonic()
        is_elsewhere = bool(last) and last[-1][0] != room_id
        last.append((room_id, text, now))
        if not is_elsewhere or len(text) < MIN_FLOOD:
            return False
        said = text.casefold()
        rooms = {room for room, one, at in last if at > now - FLOOD_SECONDS and one.casefold() == said}
        return len(rooms) >= FLOOD_ROOMS


SHARED_RATE, SHARED_AT_ONCE = 0.2, 12.0
"""Texts of one author that the processes tell each other, per second and at once: enough to find a flood,
and next to nothing where somebody talks all day."""


class SharedFloods(Protocol):
    def may_note(self, author_id: int, text: str) -> bool:
        """Whether the text is to be noted. Asked for each post, of which few are."""

    async def note(self, author_id: int, room_id: int, text: str) -> bool:
        """Returns whether the text is in one room too many, in all processes together."""


class NoOthers:
    """Where there is one process, which has seen all."""

    def may_note(self, author_id: int, text: str) -> bool:
        return False

    async def note(self, author_id: int, room_id: int, text: str) -> bool:
        return False


class RedisFloods:
    """`prefix` gives the beginning of all names of the site."""

    def __init__(self, redis: "Redis", prefix: Callable[[], str]) -> None:
        self._redis = redis
        self._prefix = prefix
        self._told = Buckets(SHARED_RATE, SHARED_AT_ONCE)

    def may_note(self, author_id: int, text: str) -> bool:
        return len(text) >= MIN_FLOOD and not self._told.take(author_id)

    async def note(self, author_id: int, room_id: int, text: str) -> bool:
        said = hashlib.blake2b(text.casefold().encode(errors="replace"), digest_size=12).hexdigest()
        key = f"{self._prefix()}flood:{author_id}:{said}"
        # One key, so one node of a cluster.
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.sadd(key, room_id)
                pipeline.expire(key, round(FLOOD_SECONDS))
                pipeline.scard(key)
                *_, rooms = await pipeline.execute()
        except (OSError, RedisError) as error:
            log.warning("texts in many rooms can't be counted: %s", one_line(error))
            return False
        return int(rooms) >= FLOOD_ROOMS
