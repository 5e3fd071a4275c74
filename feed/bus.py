"""Tells the other processes that something happened to the feed, and which sessions have ended. It
only wakes them up."""

from collections.abc import Callable
from typing import Protocol

from helpers.redis.pubsub import PubSub

FEED = b"aiochat:feed"

NEWS = b"!"
"""What begins otherwise is the id of a session, after SESSION."""
SESSION = b"-"


class Bus(Protocol):
    def wake(self) -> None:
        """Something was committed. Never waits and never fails."""

    def end_session(self, session_id: str) -> None:
        """A session has ended."""

    async def open(self) -> None:
        """Connects. Raises RedisError where that can't be done."""

    async def close(self) -> None: ...


class LocalBus:
    """For one process: nobody else is there to be told."""

    def wake(self) -> None:
        pass

    def end_session(self, session_id: str) -> None:
        pass

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass


class RedisBus:
    """One channel of Redis. `on_news` is called when another process has committed, or may have;
    `on_session_end` with a session's id."""

    def __init__(self, url: str, on_news: Callable[[], None], on_session_end: Callable[[str], None]) -> None:
        self._on_news = on_news
        self._on_session_end = on_session_end
        self._pubsub = PubSub(url, self._receive, on_news)

    def wake(self) -> None:
        self._pubsub.wake(FEED, lambda: NEWS)

    def end_session(self, session_id: str) -> None:
        self._pubsub.publish(FEED, SESSION + session_id.encode())

    async def open(self) -> None:
        await self._pubsub.open()
        await self._pubsub.follow(FEED)

    async def close(self) -> None:
        await self._pubsub.close()

    def _receive(self, channel: bytes, payload: bytes) -> None:
        if payload.startswith(SESSION):
            self._on_session_end(payload[len(SESSION) :].decode(errors="replace"))
        else:
            self._on_news()
