"""The bus of a process: what its parts tell the other processes, over one connection to Redis, or
one to each node of a Redis Cluster.

What a payload means, only the parts know that send and hear it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from helpers.redis.pubsub import Payload, PubSub

log = logging.getLogger("aiochat.bus")

Heard = Callable[[bytes, bytes], None]
"""Called with a channel and a payload."""


def _nothing() -> None:
    pass


class Bus:
    """Without Redis: there are no other processes, publishing does nothing, and nothing is heard."""

    remote = False
    """Can there be other processes?"""

    async def open(self) -> None:
        """Connects. Raises RedisError where that can't be done; later outages are survived."""

    async def close(self) -> None: ...

    def subscribe(
        self, prefix: bytes, on_heard: Heard, on_gap: Callable[[], None] = _nothing
    ) -> Callable[[], None]:
        """From now on `on_heard` is called with what other processes publish on followed channels
        that begin with `prefix`, and `on_gap` when some of it may have been missed.

        Several parts may hear one channel. Subscribe before following: what comes in between is
        heard by nobody. Returns what ends the subscription."""
        return _nothing

    async def follow(self, channel: bytes) -> None:
        """From its return on the channel is heard, or, while Redis is away, a gap is told later."""

    def unfollow(self, channel: bytes) -> None:
        """For a channel that only one part follows."""

    def publish(self, channel: bytes, payload: bytes) -> None:
        """Sends to the other processes that follow the channel. Never waits and never fails; while
        Redis is away it is kept for later."""

    def wake(self, channel: bytes, payload: Payload) -> None:
        """Like `publish` for what only wakes up. While nobody else follows the channel `payload`
        isn't called; whoever comes then hears the last."""

    def publish_transient(self, channel: bytes, payload: bytes) -> None:
        """Like `publish` for what is worth something now alone: it is dropped while nobody else
        follows the channel, or Redis is away."""


@dataclass(frozen=True, eq=False)
class _Subscriber:
    prefix: bytes
    on_heard: Heard
    on_gap: Callable[[], None]


class RedisBus(Bus):
    """Redis pub/sub, sharded where `url` is that of a cluster. Where one part can't use what it
    hears, that is logged, and the others hear on."""

    remote = True

    def __init__(self, url: str) -> None:
        self._pubsub = PubSub(url, self._on_message, self._gap)
        self._subscribers: list[_Subscriber] = []
        self._by_channel: dict[bytes, list[_Subscriber]] = {}
        """Who hears a followed channel, as far as something was heard on it."""

    async def open(self) -> None:
        await self._pubsub.open()

    async def close(self) -> None:
        await self._pubsub.close()

    def subscribe(
        self, prefix: bytes, on_heard: Heard, on_gap: Callable[[], None] = _nothing
    ) -> Callable[[], None]:
        subscriber = _Subscriber(prefix, on_heard, on_gap)
        self._subscribers.append(subscriber)
        self._by_channel.clear()

        def unsubscribe() -> None:
            self._subscribers.remove(subscriber)
            self._by_channel.clear()

        return unsubscribe

    async def follow(self, channel: bytes) -> None:
        await self._pubsub.follow(channel)

    def unfollow(self, channel: bytes) -> None:
        self._pubsub.unfollow(channel)
        self._by_channel.pop(channel, None)

    def publish(self, channel: bytes, payload: bytes) -> None:
        self._pubsub.publish(channel, payload)

    def wake(self, channel: bytes, payload: Payload) -> None:
        self._pubsub.wake(channel, payload)

    def publish_transient(self, channel: bytes, payload: bytes) -> None:
        self._pubsub.publish_transient(channel, payload)

    def _on_message(self, channel: bytes, payload: bytes) -> None:
        subscribers = self._by_channel.get(channel)
        if subscribers is None:
            subscribers = self._by_channel[channel] = [
                subscriber for subscriber in self._subscribers if channel.startswith(subscriber.prefix)
            ]
        for subscriber in subscribers:
            try:
                subscriber.on_heard(channel, payload)
            except Exception:
                # Raised further it would end the connection that all parts share.
                log.exception("what was heard on %s can't be used", channel.decode(errors="replace"))

    def _gap(self) -> None:
        for subscriber in self._subscribers:
            subscriber.on_gap()


BUS = web.AppKey("bus", Bus)


def make_bus(url: str) -> Bus:
    """The bus over the Redis or the cluster at `url`, without any for none. It isn't open yet."""
    return RedisBus(url) if url else Bus()
