"""One live client: the browser's WebSocket, or another's. Reads its frames, applies backpressure
and sends the hello; chat/actions/dispatch.py handles its requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from accounts.models import User
from chat.actions import membership
from chat.actions.dispatch import Dispatcher, Work, reply_error
from chat.actions.presence import PresenceTracker
from chat.commands.registry import Registry
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Close, Event, Hello, RoomState, You, encode
from chat.history.catch_up import Changes
from chat.history.titles import title_of
from chat.models import Room
from chat.roles import STRANGER, Standing
from helpers.db.database import is_unavailable
from helpers.text.translation import Language
from helpers.turns import Turns
from helpers.websocket.frames import Outbox
from helpers.websocket.keep_alive import KeepAlive
from helpers.websocket.protocol import WebSocket

log = logging.getLogger("aiochat.connection")

MAX_UNANSWERED = 100
"""Posts of one client that wait for their commit. At this many its socket is paused until half of
them are answered."""

MAX_UNANSWERED_TEXT = 100_000
"""Characters of these posts: each is in memory some times over, as text, as HTML and as a frame."""

ENTERING_AT_ONCE = 3
"""Connections of one person that read what they need to begin, in a process: so that who opens many
keeps nobody else waiting."""


@dataclass(frozen=True)
class Services:
    """What all connections of a process use."""

    engine: Engine
    dispatcher: Dispatcher
    commands: Registry
    presence: PresenceTracker
    keep_alive: KeepAlive
    is_signed_in: Callable[[str, int], Awaitable[bool]]
    """Looks up whether a session still belongs to a user."""
    entering: Turns = field(default_factory=lambda: Turns(ENTERING_AT_ONCE))


class Connection:
    """A Client of the hub, an Actor of the dispatcher, and a Listener of its WebSocket. Reads no
    faster than the journal commits its posts.

    `since` as in Hub.enter. Keeps only ids and a name of user and room: a process may have ten
    thousand connections."""

    __slots__ = (
        *("_doubt", "_pending", "_is_busy", "_is_checking", "_is_closing", "_is_disconnected", "_is_held"),
        *("_is_full", "_services", "_unanswered", "_unanswered_text", "language", "mark", "outbox", "person"),
        *("read_number", "room_id", "session_id", "standing", "user_id", "websocket"),
    )

    def __init__(
        self,
        services: Services,
        user: User,
        room: Room,
        session_id: str,
        mark: int,
        language: Language,
        since: int | None,
    ) -> None:
        self.user_id: int = user.id
        self.room_id: int = room.id
        self.session_id = session_id
        self.mark = mark
        self.outbox: Outbox
        self.websocket = WebSocket(self, services.keep_alive)
        self.language = language
        self.person = Person(user.id, user.name)
        self.standing = STRANGER
        """The standing sent in the last hello. When it changes, another hello is sent."""
        self.read_number = 0
        self._services = services
        self._pending: tuple[User, Room, int | None] | None = (user, room, since)
        self._unanswered = 0
        self._unanswered_text = 0
        self._is_busy = False
        self._is_full = False
        """Too many posts are unanswered."""
        self._is_held = False
        self._is_disconnected = False
        self._is_closing = False
        self._doubt = 0
        """Where the standing may have changed: the code to close with where it is none any more."""
        self._is_checking = True
        """True while the standing is read, for the first time as the connection enters."""

    def end(self, code: int) -> None:
        """Closes with `code` and handles no further request. What was written before is still
        sent."""
        if not self._is_closing:
            self._is_closing = True
            self.outbox.close()
            self.websocket.close(code)

    def check_standing(self, code: int = Close.KILLED) -> None:
        self._doubt = code
        if not self._is_checking:
            self._is_checking = True
            self._services.engine.hub.spawn(self._check_standing())

    def on_open(self, transport: asyncio.Transport) -> None:
        self.outbox = Outbox(transport)
        pending, self._pending = self._pending, None
        if pending and self._services.engine.hub.admit(self):
            self._start(self._enter_room(*pending))
        else:
            self.end(Close.TOO_MANY)

    def on_lost(self) -> None:
        self.outbox.closed = True
        self._is_disconnected = self._is_closing = True
        if not self._is_busy:
            self._leave()

    def on_binary(self) -> None:
        if not self._is_closing:
            error = ActionError("bad_frame", "Text frames only, please.")
            self._services.dispatcher.refuse(self, error, None)

    def on_small_frame(self) -> None:
        self._services.dispatcher.count(self)

    def on_stalled(self) -> None:
        self.end(Close.TOO_SLOW)

    def on_text(self, text: str) -> None:
        """Handles one frame. Errors are sent to the client, and the connection stays open."""
        if self._is_closing:
            return
        work = self._services.dispatcher.dispatch_frame(self, text)
        if work is not None:
            self._start(work)

    # The methods of an Actor

    def reply(self, event: Event) -> None:
        self.outbox.add(encode(event))

    def hold(self, seconds: float) -> None:
        if not self._is_held:
            self._is_held = True
            self.websocket.pause_reading()
            asyncio.get_running_loop().call_later(seconds, self._release)

    def post_queued(self, size: int) -> None:
        self._unanswered += 1
        self._unanswered_text += size
        if self._unanswered >= MAX_UNANSWERED or self._unanswered_text >= MAX_UNANSWERED_TEXT:
            self._is_full = True
            self.websocket.pause_reading()
        journal = self._services.engine.journal
        if journal.is_full:
            self.websocket.pause_reading()
            journal.when_not_full(self._resume_reading)

    def post_answered(self, size: int) -> None:
        self._unanswered -= 1
        self._unanswered_text -= size
        if (
            self._is_full
            and self._unanswered < MAX_UNANSWERED / 2
            and self._unanswered_text < MAX_UNANSWERED_TEXT / 2
        ):
            self._is_full = False
            self._resume_reading()

    # Backpressure

    def _start(self, work: Work) -> None:
        """Runs the work and pauses reading until it ends, so that requests take effect in the order
        in which they were sent."""
        self._is_busy = True
        self.websocket.pause_reading()
        self._services.engine.hub.spawn(self._finish(work))

    async def _finish(self, work: Work) -> None:
        try:
            await work
        finally:
            self._is_busy = False
            if self._is_disconnected:
                self._leave()
            else:
                self._resume_reading()

    def _release(self) -> None:
        self._is_held = False
        self._resume_reading()

    def _resume_reading(self) -> None:
        """Resumes reading unless there is another reason to pause."""
        if not self._is_busy and not self._is_held and not self._is_full:
            self.websocket.resume_reading()

    # Entering, the hello, and leaving

    async def _enter_room(self, user: User, room: Room, since: int | None) -> None:
        async with self._services.entering.turn(self.user_id) as end_turn:
            if self._is_closing:
                return
            try:
                await self._enter_in_turn(user, room, since, end_turn)
            except ActionError as error:
                reply_error(self, error, None)
                self.end(Close.UNAVAILABLE if error.retry_after else Close.KILLED)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("a connection broke")
                self.end(Close.UNAVAILABLE)

    async def _enter_in_turn(
        self, user: User, room: Room, since: int | None, end_turn: Callable[[], None]
    ) -> None:
        # Only now: a session that ended after the request's look at it, and before the hub knew of
        # this connection, would otherwise leave it open.
        if not await self._services.is_signed_in(self.session_id, self.user_id):
            self.end(Close.SIGNED_OUT)
            return
        hub = self._services.engine.hub
        await self._services.presence.connected(self.room_id, self.person)
        # Registered first and read second: what changes the standing after it was read is told to
        # the connection.
        await hub.register(self)
        if self._is_closing:
            return
        self.standing = standing = await membership.join_or_return(self._services.engine, room, user)
        self._is_checking = False
        if self._doubt:
            self.check_standing(self._doubt)
        title = await title_of(room, user.id)

        def hello(changes: Changes) -> Hello:
            # All is read. What remains takes as long as the client reads.
            end_turn()
            return self._hello(room, title, standing, changes.last_seq, changes.last_number)

        await hub.enter(self, since, hello)
        self._services.engine.unread.watch(self)

    def _leave(self) -> None:
        self._services.engine.hub.leave(self)
        self._services.engine.unread.forget(self)
        self._services.presence.disconnected(self.room_id, self.person)

    async def _check_standing(self) -> None:
        """Looks at the standing until there is no doubt about it, whatever is away meanwhile."""
        try:
            while self._doubt and not self._is_closing:
                code, self._doubt = self._doubt, 0
                try:
                    await self._compare_standing(code)
                except Exception as error:
                    if not is_unavailable(error):
                        raise
                    self._doubt = code
                    await asyncio.sleep(self._services.engine.timings.database_away)
        except Exception:
            log.exception("a connection's standing can't be read")
            self.end(Close.UNAVAILABLE)
        finally:
            self._is_checking = False

    async def _compare_standing(self, code: int) -> None:
        before = self.standing
        standing = await self._services.engine.access.standing_of(self.room_id, self.user_id)
        if not standing.is_member:
            self.end(code)
            return
        self.standing = standing
        if not standing.present:
            self._services.presence.returned(self.room_id, self.person)
        if (standing.title, standing.permissions) != (before.title, before.permissions):
            room = await Room.aio_get(Room.id == self.room_id)
            title = await title_of(room, self.user_id)
            self.reply(self._hello(room, title, standing, room.last_seq, room.posts))

    def _hello(self, room: Room, title: str, standing: Standing, last_seq: int, last_number: int) -> Hello:
        return Hello(
            RoomState(room.name, room.topic, room.kind, title),
            You(self.person.name, standing.title),
            last_seq,
            last_number,
            self._services.engine.epoch,
            self._services.commands.explain(standing, self.language),
            standing.permissions,
        )
