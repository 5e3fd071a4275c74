"""One live client: the browser's WebSocket, or another's. Reads its frames and applies backpressure.
What its frames mean is for room.py and personal.py, what happens in a room for
stay.py."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from accounts.models import User
from chat.actions.dispatch import Dispatcher, Work
from chat.actions.presence import PresenceTracker
from chat.commands.registry import Registry
from chat.delivery.connections import Client
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Close, Told, encode
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
"""Rooms that one person enters at the same time, in a process: so that who enters many keeps nobody
else waiting."""


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


class Socket:
    """A Connection of the hub, a Sender of the dispatcher, and a Listener of its WebSocket. Reads no
    faster than the journal commits its posts.

    Keeps only the id and the name of its user: a process may have ten thousand connections."""

    __slots__ = (
        *("_is_busy", "_is_disconnected", "_is_full", "_is_held", "_unanswered", "_unanswered_text"),
        *("is_closing", "language", "mark", "outbox", "person", "services", "session_id", "user_id"),
        "websocket",
    )

    is_personal: bool

    def __init__(
        self, services: Services, user: User, session_id: str, mark: int, language: Language
    ) -> None:
        self.user_id: int = user.id
        self.session_id = session_id
        self.mark = mark
        self.outbox: Outbox
        self.websocket = WebSocket(self, services.keep_alive)
        self.language = language
        self.person = Person(user.id, user.name)
        self.services = services
        self._unanswered = 0
        self._unanswered_text = 0
        self._is_busy = False
        self._is_full = False
        """Too many posts are unanswered."""
        self._is_held = False
        self._is_disconnected = False
        self.is_closing = False

    # What each door has of its own

    @property
    def room_id(self) -> int:
        raise NotImplementedError

    def open(self) -> Work:
        """The work with which an admitted connection begins."""
        raise NotImplementedError

    def stay_in(self, room_id: int) -> Client | None:
        raise NotImplementedError

    def stay_ended(self, stay: Client, code: int) -> None:
        """The stay in a room is over, for the reason that the close code tells."""
        raise NotImplementedError

    def outboxes(self) -> Iterable[Outbox]:
        """All of this connection, its own the last."""
        raise NotImplementedError

    def leave_rooms(self) -> None:
        raise NotImplementedError

    # The rest of a Connection and of a Sender

    def end(self, code: int) -> None:
        """Closes with `code` and handles no further request. What was written before is still
        sent."""
        if not self.is_closing:
            self.is_closing = True
            for outbox in self.outboxes():
                outbox.close()
            self.websocket.close(code)

    def reply(self, event: Told) -> None:
        self.outbox.add(encode(event))

    def hold(self, seconds: float) -> None:
        if not self._is_held:
            self._is_held = True
            self.websocket.pause_reading()
            asyncio.get_running_loop().call_later(seconds, self._release)

    # The events of the WebSocket, but for its texts

    def on_open(self, transport: asyncio.Transport) -> None:
        self.outbox = Outbox(transport)
        if self.services.engine.hub.admit(self):
            self.start(self.open())
        else:
            self.end(Close.TOO_MANY)

    def on_text(self, text: str) -> None:
        raise NotImplementedError

    def on_lost(self) -> None:
        for outbox in self.outboxes():
            outbox.closed = True
        self._is_disconnected = self.is_closing = True
        if not self._is_busy:
            self._leave()

    def on_binary(self) -> None:
        if not self.is_closing:
            error = ActionError("bad_frame", "Text frames only, please.")
            self.services.dispatcher.refuse(self, error, None)

    def on_small_frame(self) -> None:
        self.services.dispatcher.count(self)

    def on_stalled(self) -> None:
        self.end(Close.TOO_SLOW)

    # Backpressure

    def post_queued(self, size: int) -> None:
        self._unanswered += 1
        self._unanswered_text += size
        if self._unanswered >= MAX_UNANSWERED or self._unanswered_text >= MAX_UNANSWERED_TEXT:
            self._is_full = True
            self.websocket.pause_reading()
        journal = self.services.engine.journal
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

    def start(self, work: Work) -> None:
        """Runs the work and pauses reading until it ends, so that requests take effect in the order
        in which they were sent."""
        self._is_busy = True
        self.websocket.pause_reading()
        self.services.engine.hub.spawn(self._finish(work))

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

    # Opening and leaving

    async def is_signed_in(self) -> bool:
        """Looks whether its session is there. Closes the connection where it isn't, or can't be
        read.

        Only once the hub knows of the connection: a session that ended after the handshake's look at
        it, and before that, would otherwise leave it open."""
        try:
            is_there = await self.services.is_signed_in(self.session_id, self.user_id)
        except Exception as error:
            if not is_unavailable(error):
                log.exception("a connection broke")
            self.end(Close.UNAVAILABLE)
            return False
        if not is_there:
            self.end(Close.SIGNED_OUT)
        if self.is_closing:
            return False
        self.services.presence.connected(self.user_id)
        return True

    def _leave(self) -> None:
        self.services.engine.unread.forget(self)
        if self.services.engine.hub.dismiss(self):
            self.leave_rooms()
            self.services.presence.disconnected(self.user_id)
