"""One live client: the browser's WebSocket, or any other. Takes what it asks, does it, and
answers."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from accounts.models import User
from chat import commands, requests
from chat.actions import editing, membership, posting
from chat.actions.presence import PresenceTracker
from chat.commands.registry import Call, Later, allowed
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, blocked, broken, unavailable
from chat.events import Close, Error, Event, Hello, Notice, Pong, Receipt, RoomState, You, encode
from chat.history.titles import title_of
from chat.models import Room
from chat.requests import Amendment, Ping, Post, Read, Typing, nonce_of, read_frame
from chat.roles import STRANGER, Permission, Standing
from helpers.db.database import is_away
from helpers.limits import Buckets
from helpers.text.translation import Language
from helpers.websocket.frames import Outbox
from helpers.websocket.protocol import KeepAlive, WebSocket

log = logging.getLogger("aiochat.connection")

MAX_UNANSWERED = 100
"""Messages of one client that wait for their commit. Above it, its socket is read no further until
half of them are answered."""


class Connection:
    """A Client of the hub, and what a WebSocket tells: it is read no faster than the journal
    commits what it says.

    `since` as in Hub.enter. Of user and room only ids and a name are kept: there may be ten
    thousand of these."""

    __slots__ = (
        *(
            "_arrival",
            "_presence",
            "_engine",
            "_is_busy",
            "_is_closing",
            "_is_lost",
            "_language",
            "_limits",
            "_person",
            "_standing",
        ),
        *("_unanswered", "outbox", "room_id", "session_id", "user_id", "websocket"),
    )

    def __init__(
        self,
        engine: Engine,
        presence: PresenceTracker,
        keep_alive: KeepAlive,
        limits: Buckets | None,
        user: User,
        room: Room,
        session_id: str,
        language: Language,
        since: int | None,
    ) -> None:
        self.user_id: int = user.id
        self.room_id: int = room.id
        self.session_id = session_id
        self.outbox: Outbox
        self.websocket = WebSocket(self, keep_alive)
        self._engine = engine
        self._presence = presence
        self._limits = limits
        self._language = language
        self._person = Person(user.id, user.name)
        self._arrival: tuple[User, Room, int | None] | None = (user, room, since)
        self._standing = STRANGER
        """What the person was when they were last greeted. Who becomes something else is greeted
        anew."""
        self._unanswered = 0
        self._is_busy = False
        self._is_lost = False
        self._is_closing = False

    def end(self, code: int) -> None:
        """Closes with `code`, and takes no further request. What was written before still goes
        out."""
        if not self._is_closing:
            self._is_closing = True
            self.outbox.close()
            self.websocket.close(code)

    def greet_anew(self) -> None:
        self._engine.hub.spawn(self._greet_anew())

    def on_open(self, transport: asyncio.Transport) -> None:
        self.outbox = Outbox(transport)
        arrival, self._arrival = self._arrival, None
        if arrival and self._engine.hub.admit(self):
            self._do(self._arrive(*arrival))
        else:
            self.end(Close.TOO_MANY)

    def on_lost(self) -> None:
        self.outbox.closed = True
        self._is_lost = self._is_closing = True
        if not self._is_busy:
            self._leave()

    def on_binary(self) -> None:
        self._tell(Error("bad_frame", self._language.t("Text frames only, please.")))

    def on_text(self, text: str) -> None:
        """Does what one frame asks. Whatever is wrong with it is said, and the connection goes
        on."""
        if self._is_closing:
            return
        nonce = None
        try:
            request = read_frame(text)
            if isinstance(request, Post):
                nonce = request.nonce
                self._take_post(request)
            elif isinstance(request, Read):
                nonce = request.nonce
                self._take_read(request)
            elif isinstance(request, Typing):
                nonce = request.nonce
                self._take_typing(request)
            elif isinstance(request, Ping):
                self._tell(Pong())
            else:
                nonce = request.nonce
                self._take_amendment(request)
        except ActionError as error:
            self._tell_refused(error, nonce or nonce_of(text))
        except Exception:
            log.exception("a request broke")
            self._tell_refused(broken(), nonce)

    def _take_post(self, request: Post) -> None:
        nonce = requests.new_nonce() if request.nonce is None else requests.check_nonce(request.nonce)
        self._take_token()
        text = request.text
        is_command = text.startswith("/") and not text.startswith("//")
        if text.startswith("//"):
            text = text[1:]
        requests.check_text(text)
        if is_command:
            self._engine.typists.stop(self.room_id, self.user_id, self._person.name)
            if request.reply_to is not None:
                raise ActionError("bad_request", "A command is no reply.")
            self._do(self._run_command(text, nonce, request.nonce), request.nonce)
            return
        self._engine.typists.posted(self.room_id, self.user_id)
        if posting.takes_time(text):
            self._do(self._post_later(text, nonce, request.reply_to), request.nonce)
        else:
            posting.post(
                self._engine, self.room_id, self._person, text, nonce, self._answered, request.reply_to
            )
            self._count_unanswered()

    def _take_typing(self, request: Typing) -> None:
        nonce = None if request.nonce is None else requests.check_nonce(request.nonce)
        if not self._standing.may(Permission.POST):
            raise (
                blocked()
                if self._standing.is_blocked
                else ActionError("forbidden", "You may not write here.")
            )
        tell = self._engine.typists.start if request.on else self._engine.typists.stop
        tell(self.room_id, self.user_id, self._person.name)
        if nonce is not None:
            self._tell(Receipt(nonce))

    async def _post_later(self, text: str, nonce: str, reply_to: int | None) -> None:
        await posting.post_later(
            self._engine, self.room_id, self._person, text, nonce, self._answered, reply_to
        )
        self._count_unanswered()

    def _take_amendment(self, request: Amendment) -> None:
        nonce = requests.new_nonce() if request.nonce is None else requests.check_nonce(request.nonce)
        self._take_token()
        requests.check(request)
        self._do(self._amend(request, nonce), request.nonce)

    async def _amend(self, request: Amendment, nonce: str) -> None:
        done = await editing.amend(self._engine, self.room_id, self._person, request)
        self._tell(Receipt(nonce, done.seq, done.number))

    def _take_read(self, request: Read) -> None:
        if request.nonce is None and not request.back:
            self._note_read(request.number)
            return
        nonce = requests.new_nonce() if request.nonce is None else requests.check_nonce(request.nonce)
        self._take_token()
        self._do(self._put_read(request, nonce), request.nonce)

    async def _put_read(self, request: Read, nonce: str) -> None:
        await self._engine.read_marks.put(self.room_id, self.user_id, request.number, back=request.back)
        if request.nonce is not None:
            self._tell(Receipt(nonce))

    def _take_token(self) -> None:
        """Raises ActionError where that was too much at once."""
        wait = self._limits.take(self.user_id) if self._limits else 0
        if wait:
            raise ActionError(
                "rate_limited", "That was a lot at once. Please wait a moment.", retry_after=round(wait, 2)
            )

    async def _run_command(self, text: str, nonce: str, nonce_given: str | None) -> None:
        user = await User.aio_get(User.id == self.user_id)
        standing = await self._engine.access.standing(self.room_id, user)
        answer = await commands.run(
            Call(self._engine, self.room_id, user, standing, nonce, self._language), text
        )
        if isinstance(answer, Later):
            # Held up by nobody: this connection reads on.
            self._engine.hub.spawn(self._tell_later(answer, nonce_given))
            return
        self._tell(Notice(answer, nonce_given) if isinstance(answer, str) else answer)
        if isinstance(answer, Receipt) and answer.number is not None:
            self._engine.statuses.posted(self.user_id, self._person.name)

    async def _tell_later(self, answer: Later, nonce: str | None) -> None:
        try:
            self._tell(Notice(await answer.text, nonce))
        except Exception as error:
            self._tell_failed(error, nonce)

    def _do(self, work: Coroutine[Any, Any, None], nonce: str | None = None) -> None:
        """Does what takes a while. Meanwhile nothing more is read, so that all happens in the order
        in which it was asked for."""
        self._is_busy = True
        self.websocket.pause_reading()
        self._engine.hub.spawn(self._finish(work, nonce))

    async def _finish(self, work: Coroutine[Any, Any, None], nonce: str | None) -> None:
        try:
            await work
        except Exception as error:
            self._tell_failed(error, nonce)
        finally:
            self._is_busy = False
            if self._is_lost:
                self._leave()
            else:
                self._resume_reading()

    async def _arrive(self, user: User, room: Room, since: int | None) -> None:
        try:
            await self._presence.arrive(self.room_id, self._person)
            self._standing = standing = await membership.come(self._engine, room, user)
            title = await title_of(room, user.id)
            await self._engine.hub.enter(
                self,
                since,
                lambda changes: self._hello(room, title, standing, changes.last_seq, changes.last_number),
            )
            self._engine.unread.watch(self)
        except ActionError as error:
            self._tell_refused(error, None)
            self.end(Close.UNAVAILABLE if error.retry_after else Close.KILLED)
        except Exception as error:
            if not is_away(error):
                log.exception("a connection broke")
            self.end(Close.UNAVAILABLE)

    def _leave(self) -> None:
        self._engine.hub.leave(self)
        self._engine.unread.forget(self)
        self._presence.depart(self.room_id, self._person)

    async def _greet_anew(self) -> None:
        try:
            user = await User.aio_get(User.id == self.user_id)
            room = await Room.aio_get(Room.id == self.room_id)
            self._standing = standing = await self._engine.access.standing(self.room_id, user)
            self._tell(self._hello(room, await title_of(room, user.id), standing, room.last_seq, room.posts))
        except Exception as error:
            if not is_away(error):
                log.exception("a new role wasn't told")

    def _hello(self, room: Room, title: str, standing: Standing, last_seq: int, last_number: int) -> Hello:
        return Hello(
            RoomState(room.name, room.topic, room.kind, title),
            You(self._person.name, standing.title),
            last_seq,
            last_number,
            self._engine.epoch,
            [found.explain(self._language) for found in allowed(self._engine, standing)],
        )

    def _count_unanswered(self) -> None:
        self._unanswered += 1
        if self._unanswered >= MAX_UNANSWERED:
            self.websocket.pause_reading()
        if self._engine.journal.is_full:
            self.websocket.pause_reading()
            self._engine.journal.when_not_full(self._resume_reading)

    def _answered(self, nonce: str, outcome: Receipt | ActionError) -> None:
        self._unanswered -= 1
        if isinstance(outcome, Receipt):
            self._tell(outcome)
            if outcome.number is not None:
                # Who writes has seen what is above.
                self._note_read(outcome.number)
                self._engine.statuses.posted(self.user_id, self._person.name)
        else:
            self._tell_refused(outcome, nonce)
        if self._unanswered == MAX_UNANSWERED // 2:
            self._resume_reading()

    def _resume_reading(self) -> None:
        """Reads on, if nothing else keeps it from that."""
        if not self._is_busy and self._unanswered < MAX_UNANSWERED:
            self.websocket.resume_reading()

    def _note_read(self, number: int) -> None:
        self._engine.read_marks.note(self.room_id, self.user_id, number)

    def _tell(self, event: Event) -> None:
        self.outbox.add(encode(event))

    def _tell_failed(self, error: Exception, nonce: str | None) -> None:
        """Within an `except`, for the log's sake."""
        if isinstance(error, ActionError):
            self._tell_refused(error, nonce)
            return
        if not is_away(error):
            log.exception("a request broke")
        self._tell_refused(unavailable() if is_away(error) else broken(), nonce)

    def _tell_refused(self, error: ActionError, nonce: str | None) -> None:
        self._tell(Error(error.code, self._language.told(error.phrase), nonce, error.retry_after))
