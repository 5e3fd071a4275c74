"""Publishes messages to other processes and receives theirs, with one Redis or with the sharded
channels of a Redis Cluster. Survives outages.

Nothing is stored in Redis. Messages that can't be sent are queued for a while; possibly lost
messages are reported as a gap."""

import asyncio
import contextlib
import contextvars
import logging
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from helpers.redis.cluster import SlotMap, moved_to
from helpers.redis.link import ANSWER_SECONDS, QUIET_SECONDS, Address, Answer, Link, open_link
from helpers.tasks import cancel_all
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.bus")

MAX_WAITING = 2000
"""Messages queued while Redis is unavailable. The oldest are dropped first."""

FOLLOW_SECONDS = 1.0
AGAIN_SECONDS = 0.2
LOOK_SECONDS = 1.0
MAP_SECONDS = 15.0
"""How often a cluster's map is refreshed when no change was detected."""

Payload = Callable[[], bytes]


class Subscription:
    """A subscribed channel. The subscription is pending while its server is unavailable."""

    __slots__ = ("alone", "channel", "confirmed", "link", "skipped")

    def __init__(self, channel: bytes) -> None:
        self.channel = channel
        self.link: Link | None = None
        """The link that the subscription was sent on."""
        self.confirmed = asyncio.Event()
        self.alone = False
        """Had the last message no other receivers? New subscribers announce themselves, and the
        order on one connection is the order in Redis."""
        self.skipped: Payload | None = None
        """The last message that wasn't published, since there were no other subscribers."""

    def forget(self) -> None:
        self.link = None
        self.confirmed.clear()
        self.alone = False


class PubSub:
    """Calls `on_heard(channel, payload)` for messages of other processes, and `on_gap` when some
    may be lost.

    `url` is that of one Redis, or `redis+cluster://host:port,host:port` for a cluster
    (`rediss+cluster://` with TLS). `answer_seconds` and `quiet_seconds` are those of its Links."""

    def __init__(
        self,
        url: str,
        on_heard: Callable[[bytes, bytes], None],
        on_gap: Callable[[], None],
        answer_seconds: float = ANSWER_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._times = answer_seconds, quiet_seconds
        self._map = SlotMap(url)
        self._on_heard = on_heard
        self._on_gap = on_gap
        self._origin = secrets.token_bytes(8)
        prefix = "S" if self._map.is_cluster else ""
        self._word_publish, self._word_subscribe, self._word_unsubscribe = (
            prefix + "PUBLISH",
            prefix + "SUBSCRIBE",
            prefix + "UNSUBSCRIBE",
        )
        self._links: dict[Address, Link] = {}
        self._keepers: dict[Address, asyncio.Task[None]] = {}
        self._subscriptions: dict[bytes, Subscription] = {}
        self._queue: deque[tuple[bytes, Payload]] = deque(maxlen=MAX_WAITING)
        self._ask_map = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connects. Raises RedisError if that fails: later outages are survived, a wrong address
        isn't."""
        if self._map.is_cluster:
            await self._refresh_map()
            self._spawn(self._keep_map(), "map")
        for address in self._map.addresses:
            try:
                self._add_server(address, await self._connect(address))
            except RedisError:
                # In a cluster single servers may be down.
                if not self._map.is_cluster:
                    raise
                self._add_server(address)
        self._spawn(self._check_links(), "look")

    @property
    def is_open(self) -> bool:
        """Can messages be received now?"""
        return bool(self._links)

    async def close(self) -> None:
        await cancel_all(self._tasks)
        for link in self._links.values():
            link.close()

    def publish(self, channel: bytes, payload: bytes) -> None:
        """Publishes to the other subscribers of the channel. Never waits and never raises."""
        self._publish(channel, lambda: payload)

    def wake(self, channel: bytes, payload: Payload) -> None:
        """Like `publish` for messages that only wake receivers. While there are no other
        subscribers, `payload` isn't called; the next subscriber gets the last skipped message."""
        subscription = self._subscriptions.get(channel)
        if subscription is not None and subscription.alone:
            subscription.skipped = payload
        else:
            self._publish(channel, payload)

    def publish_transient(self, channel: bytes, payload: bytes) -> None:
        """Like `publish` for messages that are only relevant now: nothing is sent without other
        subscribers, and nothing is queued while the server is unavailable."""
        subscription = self._subscriptions.get(channel)
        if subscription is None or not subscription.alone:
            self._publish(channel, lambda: payload, queue=False)

    async def follow(self, channel: bytes) -> None:
        """Subscribes to the channel. Messages are received once this returns. If the server is
        unavailable, a gap is reported as soon as it is back."""
        subscription = self._subscriptions.get(channel)
        if subscription is None:
            subscription = self._subscriptions[channel] = Subscription(channel)
            self._subscribe(subscription)
        if subscription.link is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_SECONDS):
                    await subscription.confirmed.wait()

    def unfollow(self, channel: bytes) -> None:
        subscription = self._subscriptions.pop(channel, None)
        if subscription is None:
            return
        # Another subscriber may have arrived whose announcement wasn't received yet.
        self._publish_skipped(subscription)
        if subscription.link is not None:
            subscription.link.send_subscription(self._word_unsubscribe, channel, _ignore)

    def _publish(self, channel: bytes, payload: Payload, *, queue: bool = True) -> None:
        """Publishes now, or when the server is available again, unless `queue` is false."""
        link = self._links.get(self._map.owner(channel))
        if link is None:
            if queue:
                self._queue.append((channel, payload))
            return
        subscription = self._subscriptions.get(channel)
        heard = subscription is not None and subscription.link is link and subscription.confirmed.is_set()

        def then(answer: Answer) -> None:
            if isinstance(answer, int):
                # The receivers are counted by the server of our own subscription, which is one of
                # them.
                if heard and subscription is not None and subscription.link is link:
                    subscription.alone = answer <= 1
            elif isinstance(answer, RedisConnectionError) or self._is_moved(answer):
                if queue:
                    self._queue.append((channel, payload))
            else:
                log.error("Redis refuses to publish: %s", answer)

        link.ask(self._word_publish, channel, self._origin + payload(), then=then)

    def _publish_skipped(self, subscription: Subscription) -> None:
        skipped, subscription.skipped = subscription.skipped, None
        if skipped is not None:
            self._publish(subscription.channel, skipped)

    def _on_payload(self, channel: bytes, payload: bytes) -> None:
        if payload.startswith(self._origin):
            return
        subscription = self._subscriptions.get(channel)
        if subscription is None:
            return
        subscription.alone = False
        self._publish_skipped(subscription)
        if len(payload) > len(self._origin):
            self._on_heard(channel, payload[len(self._origin) :])

    def _subscribe(self, subscription: Subscription) -> None:
        """Subscribes to the channel at its current owner, if that server is connected."""
        link = self._links.get(self._map.owner(subscription.channel))
        if subscription.link is link:
            return
        if subscription.link is not None and not subscription.link.lost.is_set():
            subscription.link.send_subscription(self._word_unsubscribe, subscription.channel, _ignore)
        subscription.forget()
        if link is None:
            return
        subscription.link = link

        def then(answer: Answer) -> None:
            if subscription.link is not link:
                return
            if answer is None:
                subscription.confirmed.set()
                # Subscribers that were alone learn of this one, and publish what they skipped.
                link.ask(self._word_publish, subscription.channel, self._origin, then=_ignore)
                self._publish_skipped(subscription)
            else:
                subscription.forget()
                if not self._is_moved(answer) and not isinstance(answer, RedisConnectionError):
                    log.error("Redis refuses a subscription: %s", answer)

        link.send_subscription(self._word_subscribe, subscription.channel, then)

    def _on_channel_removed(self, link: Link, channel: bytes) -> None:
        """A cluster's server reports that it no longer owns a channel."""
        subscription = self._subscriptions.get(channel)
        if subscription is not None and subscription.link is link:
            subscription.forget()
            self._ask_map.set()

    def _is_moved(self, answer: Answer) -> bool:
        """Does the error say that the slot is elsewhere or unavailable? Then the map is
        refreshed."""
        if not self._map.is_cluster or not isinstance(answer, ResponseError):
            return False
        moved = moved_to(answer)
        if moved is not None:
            self._map.move(*moved)
        elif not str(answer).startswith(("CLUSTERDOWN", "TRYAGAIN", "ASK", "LOADING", "MASTERDOWN")):
            return False
        self._ask_map.set()
        return True

    def _reconcile(self) -> None:
        """Reconciles after a change of links or of the map: subscribes at the right servers, and
        publishes queued messages."""
        changed = set()
        for subscription in self._subscriptions.values():
            before = subscription.link
            self._subscribe(subscription)
            if subscription.link is not None and subscription.link is not before:
                changed.add(subscription.link)
        for link in changed:
            # The PING is answered after the subscriptions: later messages are received, earlier
            # ones are covered by the gap.
            link.ask("PING", then=lambda _: self._on_gap())
        for _ in range(len(self._queue)):
            self._publish(*self._queue.popleft())

    def _add_server(self, address: Address, link: Link | None = None) -> None:
        if link is not None:
            self._links[address] = link
        self._keepers[address] = self._spawn(self._keep_open(address, link), str(address))

    async def _keep_open(self, address: Address, link: Link | None) -> None:
        """Keeps a connection to one server open, and reconnects."""
        is_down = False
        while True:
            try:
                if link is None:
                    link = await self._connect(address)
                self._links[address] = link
                if is_down:
                    log.warning("Redis at %s is back", address)
                is_down = False
                self._reconcile()
                await link.lost.wait()
            except RedisError as error:
                if not is_down:
                    log.warning("Redis is away, others hear later: %s", one_line(error))
                is_down = True
            except Exception:
                log.exception("the connection to Redis at %s broke", address)
            finally:
                if link is not None:
                    self._drop_link(address, link)
            link = None
            self._ask_map.set()
            await asyncio.sleep(AGAIN_SECONDS)

    def _drop_link(self, address: Address, link: Link) -> None:
        self._links.pop(address, None)
        link.close()
        for subscription in self._subscriptions.values():
            if subscription.link is link:
                subscription.forget()

    async def _connect(self, address: Address) -> Link:
        return await open_link(
            self._map.access, address, self._on_payload, self._on_channel_removed, *self._times
        )

    async def _keep_map(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MAP_SECONDS):
                    await self._ask_map.wait()
            self._ask_map.clear()
            try:
                await self._refresh_map()
            except RedisError:
                self._ask_map.set()
            else:
                for address in self._map.addresses:
                    if address not in self._keepers:
                        self._add_server(address)
                for address in self._keepers.keys() - set(self._map.addresses):
                    await cancel_all([self._keepers.pop(address)])
                self._reconcile()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _refresh_map(self) -> None:
        """Asks any server of the cluster for its map. Raises the last RedisError if all fail."""
        problem: RedisError = RedisConnectionError("no server of the cluster can be reached")
        for address in self._map.candidates:
            link = self._links.get(address)
            try:
                if link is not None:
                    self._map.take(await link.answer("CLUSTER", "SLOTS"), address)
                    return
                link = await self._connect(address)
                try:
                    self._map.take(await link.answer("CLUSTER", "SLOTS"), address)
                    return
                finally:
                    link.close()
            except RedisError as error:
                problem = error
        raise problem

    async def _check_links(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for link in self._links.values():
                link.check_alive()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        # An empty context: message callbacks run in it.
        task = asyncio.create_task(work, name=f"pubsub {name}", context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _ignore(_: Answer) -> None:
    pass
