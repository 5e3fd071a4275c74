"""How long sockets, Redis, accounts and the feed wait."""

import asyncio
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from redis.exceptions import RedisError

from accounts.keys import OPEN_SESSIONS
from accounts.models import User
from accounts.people.gravatar import Gravatar
from accounts.personal_data import deletion
from accounts.personal_data.deletion import AccountDeletion
from accounts.signin import ended_sessions
from feed import event_log, undoing
from feed.streams import Stream, StreamEnded, Streams
from feed.writing import Writer
from helpers.clock import now_ms
from helpers.images import PictureMaker
from helpers.redis.link import Access, Link, open_link
from helpers.web.observing.health import HEALTH_PATIENCE, Ready
from helpers.web.requests.protocol import Runner
from helpers.web.sessions import TokenStorage
from helpers.websocket.keep_alive import KeepAlive
from helpers.websocket.protocol import WebSocket
from tests.support.servers import free_port
from tests.timings.stage import ALICE, Moments, Stage, forever, nothing, running, story, took
from timings import DEFAULT, TIMINGS

REDIS_TIMES = DEFAULT.redis_answer, DEFAULT.redis_quiet
SOCKET_TIMES = {"heartbeat": DEFAULT.socket_heartbeat, "close_seconds": DEFAULT.socket_close}


class Pipe:
    """A transport that says when it is written to and cut off."""

    def __init__(self) -> None:
        self.written, self.aborted = Moments(), Moments()
        self.write, self.abort = self.written.note, self.aborted.note

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@story
async def socket_heartbeat(stage: Stage) -> float:
    class Pinged:
        def ping(self) -> None:
            pinged.note()

    pinged, keep_alive = Moments(), KeepAlive(**SOCKET_TIMES)
    keep_alive.join(cast(Any, Pinged()))
    apart = await pinged.apart()
    await keep_alive.close()
    return apart


@story
async def socket_close(stage: Stage) -> float:
    keep_alive, pipe = KeepAlive(**SOCKET_TIMES), Pipe()
    socket = WebSocket(cast(Any, SimpleNamespace(on_open=lambda _: None)), keep_alive)
    socket.connection_made(cast(Any, pipe))
    socket.close(1000)
    seconds = await pipe.aborted.first()
    await keep_alive.close()
    return seconds


@story
async def redis_answer(stage: Stage) -> float:
    loop = asyncio.get_running_loop()
    async with await loop.create_server(asyncio.Protocol, "127.0.0.1", 0) as server:
        access = Access(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(RedisError):
            await open_link(access, access.home, nothing, nothing, *REDIS_TIMES)
        return time.monotonic() - began


@story
async def redis_quiet(stage: Stage) -> float:
    link, pipe = Link(nothing, nothing, *REDIS_TIMES), Pipe()
    link.connection_made(cast(Any, pipe))
    began = time.monotonic()
    while not pipe.written:
        link.check_alive()
        await asyncio.sleep(0.01)
    return pipe.written[0] - began


@story
async def ended_sessions_poll(stage: Stage) -> float:
    async def after(_: int) -> list[Any]:
        asked.note()
        return []

    asked = Moments()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ended_sessions, "_after", after)
        async with running(ended_sessions._poll(cast(Any, {TIMINGS: DEFAULT}), 0)):
            return await asked.apart()


@story
async def session_check(stage: Stage) -> float:
    asked = Moments()

    def open_sessions() -> list[tuple[str, int]]:
        asked.note()
        return []

    app = {TIMINGS: DEFAULT, OPEN_SESSIONS: [open_sessions]}
    async with running(ended_sessions._check(cast(Any, app))):
        return await asked.apart()


@story
async def store_uses(stage: Stage) -> float:
    class Noted(TokenStorage):
        async def store_uses(self) -> None:
            stored.note()

    stored = Moments()
    async with Noted(cast(Any, None), secure=True, store_every=DEFAULT.store_uses).uses_stored():
        return await stored.apart()


@story
async def deletion_poll(stage: Stage) -> float:
    class Noted(AccountDeletion):
        async def _due(self) -> list[int]:
            looked.note()
            return []

    looked = Moments()
    async with running(Noted(stage.database, []).run()):
        return await looked.apart()


@story
async def deletion_settle(stage: Stage) -> float:
    """The account ends now, and what it left is due again after this time."""

    class Lease:
        def __init__(self, user_id: int) -> None: ...

        async def acquire(self) -> Any:
            return SimpleNamespace(name="alice", removes=False, at=began)

        async def release(self, due_at: int) -> None:
            released.append(due_at)

    began, released = now_ms(), list[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "_Lease", Lease)
        await AccountDeletion(stage.database, [])._erase(ALICE.id)
    return (released[0] - began) / 1000


@story
async def keep_alive(stage: Stage) -> float:
    site = Runner(web.Application(), keepalive_timeout=DEFAULT.keep_alive)
    await site.setup()
    port = free_port()
    await web.TCPSite(site, "127.0.0.1", port).start()
    # The server may have it before the client does.
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.read()
    seconds = time.monotonic() - began
    writer.close()
    await site.cleanup()
    return seconds


@story
async def health_check(stage: Stage) -> float:
    app = {HEALTH_PATIENCE: DEFAULT.health_check}
    view = Ready(cast(Any, SimpleNamespace(app=app)))
    return await took(view._works(forever()))


@story
async def gravatar_patience(stage: Stage) -> float:
    gravatar = Gravatar(
        cast(Any, SimpleNamespace(get=lambda *_, **__: forever())), PictureMaker(), "http://gravatar.example"
    )
    seconds = await took(gravatar.picture(User(email="alice@mail.example"), 64))
    await gravatar.close()
    return seconds


@story
async def feed_poll(stage: Stage) -> float:
    class Idle(Streams):
        async def _deliver(self) -> bool:
            asked.note()
            return False

    async def last_id() -> int:
        return 0

    asked = Moments()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_log, "last_id", last_id)
        async with running(Idle(stage.database, cast(Any, None)).deliver_forever()):
            return await asked.apart()


def _stream(**connection: Any) -> Stream:
    return Stream(cast(Any, SimpleNamespace(is_open=True, **connection)), ALICE.id, "", 0, None, 7)


async def yes(session_id: str, user_id: int) -> bool:
    return True


@story
async def feed_heartbeat(stage: Stage) -> float:
    stream = _stream()
    stream.is_live = True
    began = time.monotonic()
    assert b"7" in await stream.next()
    return time.monotonic() - began


@story
async def feed_stuck(stage: Stage) -> float:
    streams, stream = Streams(stage.database, cast(Any, None)), _stream(write=forever, abort=nothing)
    stream.is_live = True
    stream._outbox.append(b"news")
    stream._wake.set()
    seconds = await took(streams.run(stream, yes))
    with pytest.raises(StreamEnded):
        await stream.next()
    return seconds


@story
async def feed_end(stage: Stage) -> float:
    aborted = Moments()
    _stream(abort=aborted.note).disconnect()
    return await aborted.first()


@story
async def feed_undo(stage: Stage) -> float:
    class Noted(Writer):
        async def _delete(self, user: User, post_id: int, fields: Mapping[str, Any]) -> None:
            until.append(fields["undo_until"])

    until: list[int] = []
    nobody: Any = None
    writer = Noted(nobody, nobody, nobody, nobody, nothing, int(DEFAULT.feed_undo * 1000))
    began = time.monotonic()
    await writer.delete(User(id=ALICE.id), 1)
    while now_ms() < until[0]:
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@story
async def feed_undo_sweep(stage: Stage) -> float:
    async def note(at: int) -> None:
        looked.note()

    looked = Moments()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undoing, "erase_due", note)
        async with running(undoing.erase_forever(DEFAULT)):
            return await looked.apart()
