"""The bus of a process: its packages publish to other processes over one connection to Redis, or
one to each node of a Redis Cluster.

Only the packages that send and receive a payload know its meaning."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from helpers.redis.client import site_prefix
from helpers.redis.link import ANSWER_SECONDS, QUIET_SECONDS
from helpers.redis.pubsub import Payload, PubSub

log = logging.getLogger("aiochat.bus")

Heard = Callable[[bytes, bytes], None]
"""Called with a channel and a payload."""


def _nothing() -> None:
    pass


class Bus:
    """The bus without Redis: there are no other processes, so publishing does nothing."""

    remote = False
    """Can there be other processes?"""

    async def open(self, site: str) -> None:
        """Connects. All names of channels begin with this id in Redis, so that no other site's
        messages are received. Raises RedisError if that fails; later outages are survived."""

    async def close(self) -> None: ...

    def subscribe(
        self, prefix: bytes, on_heard: Heard, on_gap: Callable[[], None] = _nothing
    ) -> Callable[[], None]:
        """Registers callbacks: `on_heard` for messages that other processes publish on followed
        channels beginning with `prefix`, `on_gap` when some of them may be lost.

        Several subscribers may share a channel. Subscribe before following: earlier messages are
        dropped. Returns a function that ends the subscription."""
        return _nothing

    async def follow(self, channel: bytes) -> None:
        """Follows the channel. Messages are received once this returns; while Redis is down, a gap
        is reported when it is back."""

    def unfollow(self, channel: bytes) -> None:
        """Ends following, for a channel that only one package follows."""

    def publish(self, channel: bytes, payload: bytes) -> None:
        """Publishes to the other processes that follow the channel. Never waits and never raises;
        while Redis is down, messages are queued."""

    def wake(self, channel: bytes, payload: Payload) -> None:
        """Like `publish` for messages that only wake receivers. While no other process follows the
        channel, `payload` isn't called; the next follower gets the last skipped message."""

    def publish_transient(self, channel: bytes, payload: bytes) -> None:
        """Like `publish` for messages that are only relevant now: dropped while no other process
        follows the channel, or Redis is down."""

    def publish_unprefixed(self, channel: bytes, payload: bytes) -> None:
        """Like `publish` on a channel without the site's id, which processes of a former version
        follow."""


@dataclass(frozen=True, eq=False)
class _Subscriber:
    prefix: bytes
    on_heard: Heard
    on_gap: Callable[[], None]


class RedisBus(Bus):
    """Redis pub/sub, sharded if `url` is that of a cluster. A subscriber's exception is logged and
    doesn't affect the others; what it can't decode is logged once."""

    remote = True

    def __init__(self, url: str, answer_seconds: float, quiet_seconds: float) -> None:
        self._pubsub = PubSub(url, self._on_payload, self._gap, answer_seconds, quiet_seconds)
        self._subscribers: list[_Subscriber] = []
        self._by_channel: dict[bytes, list[_Subscriber]] = {}
        """The subscribers of each followed channel, computed at its first message."""
        self._prefix = b""
        self._puzzled: set[bytes] = set()
        """The prefixes of the subscribers that were told something they don't know."""

    async def open(self, site: str) -> None:
        self._prefix = site_prefix(site).encode()
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
        await self._pubsub.follow(self._prefix + channel)

    def unfollow(self, channel: bytes) -> None:
        self._pubsub.unfollow(self._prefix + channel)
        self._by_channel.pop(channel, None)

    def publish(self, channel: bytes, payload: bytes) -> None:
        self._pubsub.publish(self._prefix + channel, payload)

    def wake(self, channel: bytes, payload: Payload) -> None:
        self._pubsub.wake(self._prefix + channel, payload)

    def publish_transient(self, channel: bytes, payload: bytes) -> None:
        self._pubsub.publish_transient(self._prefix + channel, payload)

    def publish_unprefixed(self, channel: bytes, payload: bytes) -> None:
        self._pubsub.publish(channel, payload)

    def _on_payload(self, name: bytes, payload: bytes) -> None:
        channel = name[len(self._prefix) :]
        subscribers = self._by_channel.get(channel)
        if subscribers is None:
            subscribers = self._by_channel[channel] = [
                subscriber for subscriber in self._subscribers if channel.startswith(subscriber.prefix)
            ]
        for subscriber in subscribers:
            try:
                subscriber.on_heard(channel, payload)
            except msgspec.MsgspecError as error:
                # While a site is updated, processes of another version say more than this one knows.
                if subscriber.prefix not in self._puzzled:
                    self._puzzled.add(subscriber.prefix)
                    name_of = channel.decode(errors="replace")
                    log.warning("what another version says on %s is passed over (%s)", name_of, error)
            except Exception:
                # An exception would end the connection that all packages share.
                log.exception("what was heard on %s can't be used", channel.decode(errors="replace"))

    def _gap(self) -> None:
        for subscriber in self._subscribers:
            subscriber.on_gap()


BUS = web.AppKey("bus", Bus)


def make_bus(url: str, answer_seconds: float = ANSWER_SECONDS, quiet_seconds: float = QUIET_SECONDS) -> Bus:
    """Creates the bus for the Redis or cluster at `url`, or one without Redis. It isn't open
    yet."""
    return RedisBus(url, answer_seconds, quiet_seconds) if url else Bus()
