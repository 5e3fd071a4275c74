"""A connection to one Redis server, for publishing and subscribing at once: RESP3 distinguishes
responses from pushed messages.

redis-py's connections wait for each response, and handle a timeout and a retry policy for each
message. This one is pipelined and uses callbacks."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import hiredis
from redis.asyncio.connection import Connection, SSLConnection, parse_url
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from helpers.observing.measures import Durations
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.redis")

REDIS_SECONDS = Durations("aiochat_redis_seconds", "Until Redis answered a command of the bus.")

ANSWER_SECONDS = 2.0
QUIET_SECONDS = 5.0

Answer = Any
"""A response of Redis: bytes, int, list, None, or a ResponseError."""

NOTHING = object()
PUBLISHED_KINDS = (b"message", b"smessage")


@dataclass(frozen=True)
class Address:
    """A server's address: host and port, or the path of a socket."""

    host: str
    port: int = 0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host


class Access:
    """How the servers of a URL are reached: address, TLS and credentials, as parsed by redis-py."""

    def __init__(self, url: str) -> None:
        given: dict[str, Any] = dict(parse_url(url))
        self.credentials = (
            (str(given.get("username") or "default"), str(given["password"])) if given.get("password") else ()
        )
        if "path" in given:
            self.home = Address(str(given["path"]))
        else:
            self.home = Address(str(given.get("host") or "localhost"), int(str(given.get("port") or 6379)))
        kind = given.pop("connection_class", Connection)
        self.tls = SSLConnection(**given).ssl_context.get() if kind is SSLConnection else None


class Link(asyncio.Protocol):
    """An open connection. `on_heard` gets the channel and payload of each message, `on_removed` a
    channel that this server no longer serves. `lost` is set when the connection has ended.

    A response that takes longer than `answer_seconds` is an error. A PING is sent after
    `quiet_seconds` without data."""

    def __init__(
        self,
        on_heard: Callable[[bytes, bytes], None],
        on_removed: Callable[["Link", bytes], None],
        answer_seconds: float = ANSWER_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._answer_seconds = answer_seconds
        self._quiet_seconds = quiet_seconds
        self.lost = asyncio.Event()
        self._on_heard = on_heard
        self._on_removed = on_removed
        self._reader = hiredis.Reader(replyError=ResponseError, notEnoughData=NOTHING)
        self._asked: deque[tuple[float, bytes, Callable[[Answer], None]]] = deque()
        self._out: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._last_word = self._loop.time()
        self._transport: asyncio.Transport

    def ask(self, *command: str | bytes, then: Callable[[Answer], None]) -> None:
        """Sends a command. Commands of one event loop iteration share one write. `then` is called
        with the response, in the order of the commands, or with a RedisConnectionError if the
        connection is lost."""
        self._send(command, b"", then)

    def send_subscription(self, word: str, channel: bytes, then: Callable[[Answer], None]) -> None:
        """Like `ask` for commands that subscribe or unsubscribe. `then` is called with None on
        confirmation."""
        self._send((word, channel), word.lower().encode() + channel, then)

    def _send(
        self, command: tuple[str | bytes, ...], confirms: bytes, then: Callable[[Answer], None]
    ) -> None:
        if self.lost.is_set():
            self._loop.call_soon(then, RedisConnectionError("the connection was lost"))
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(hiredis.pack_command(command))  # type: ignore[arg-type]
        self._asked.append((self._loop.time(), confirms, then))

    async def answer(self, *command: str | bytes) -> Answer:
        """Sends a command and waits for the response. Raises error responses, and
        RedisTimeoutError."""
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self.ask(*command, then=lambda answer: None if answered.done() else answered.set_result(answer))
        try:
            async with asyncio.timeout(self._answer_seconds):
                answer = await answered
        except TimeoutError:
            raise RedisTimeoutError(f"no answer within {self._answer_seconds:g} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def check_alive(self) -> None:
        """Aborts the connection if a response is overdue, and sends PING if it is idle. Call it
        every second."""
        now = self._loop.time()
        if self._asked and now - self._asked[0][0] > self._answer_seconds:
            self._transport.abort()
        elif not self._asked and now - self._last_word > self._quiet_seconds:
            self.ask("PING", then=lambda _: None)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._out and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        asked, self._asked = self._asked, deque()
        for _, _, then in asked:
            then(RedisConnectionError("the connection was lost"))

    def data_received(self, data: bytes) -> None:
        self._last_word = self._loop.time()
        reader = self._reader
        try:
            reader.feed(data)
            while (found := reader.gets()) is not NOTHING:
                if isinstance(found, hiredis.PushNotification):
                    self._pushed(*found)
                else:
                    self._answered(found)
        except hiredis.ProtocolError:
            # After invalid data the stream can't be parsed any further.
            self._transport.abort()

    def _answered(self, answer: Answer) -> None:
        if not self._asked:
            self._transport.abort()
            return
        asked, _, then = self._asked.popleft()
        REDIS_SECONDS.add(self._loop.time() - asked)
        try:
            then(answer)
        except Exception:
            log.exception("an answer of Redis wasn't understood")

    def _pushed(self, kind: bytes, channel: bytes, payload: Any, *_: Any) -> None:
        try:
            if kind in PUBLISHED_KINDS:
                self._on_heard(channel, payload)
            elif self._asked and self._asked[0][1] == kind + channel:
                self._asked.popleft()[2](None)
            elif kind == b"sunsubscribe":
                self._on_removed(self, channel)
        except Exception:
            log.exception("what Redis pushed wasn't understood")


async def open_link(
    access: Access,
    address: Address,
    on_heard: Callable[[bytes, bytes], None],
    on_removed: Callable[[Link, bytes], None],
    answer_seconds: float = ANSWER_SECONDS,
    quiet_seconds: float = QUIET_SECONDS,
) -> Link:
    """Opens and authenticates a connection. Raises RedisError if that fails; it takes at most twice
    `answer_seconds`."""
    loop = asyncio.get_running_loop()

    def make() -> Link:
        return Link(on_heard, on_removed, answer_seconds, quiet_seconds)

    try:
        async with asyncio.timeout(answer_seconds):
            if address.port:
                _, link = await loop.create_connection(make, address.host, address.port, ssl=access.tls)
            else:
                _, link = await loop.create_unix_connection(make, address.host)
    except TimeoutError:
        raise RedisTimeoutError(f"{address} doesn't answer") from None
    except OSError as error:
        raise RedisConnectionError(f"{address}: {one_line(error)}") from None
    try:
        await link.answer(
            "HELLO",
            "3",
            *(("AUTH", *access.credentials) if access.credentials else ()),
            "SETNAME",
            "aiochat-bus",
        )
    except BaseException:
        with contextlib.suppress(RuntimeError):
            link.close()
        raise
    return link
