"""One live client: the browser's WebSocket, or any other. Reads its frames, runs what they ask, and answers."""

import asyncio
import logging
import secrets

from aiohttp import WSMsgType, web

from accounts.models import User
from chat import commands, membership, posting
from chat.attendance import Attendance
from chat.commands.registry import Call, allowed
from chat.engine import Engine
from chat.events import Close, Error, Event, Hello, Notice, Pong, Receipt, RoomState, You, encode
from chat.ledger import Person
from chat.models import Room
from chat.refusal import Refused, broken, unavailable
from chat.requests import Ping, Post, Read, nonce_of, read_frame
from chat.roles import Standing
from helpers.database import is_away
from helpers.frames import Outbox
from helpers.limits import Buckets

log = logging.getLogger("aiochat.connection")

MAX_FRAME = 64 * 1024
HEARTBEAT_SECONDS = 25.0
CLOSE_SECONDS = 2.0

MAX_UNANSWERED = 100
"""Messages of one client that wait for their commit. Above it, its socket is read no further."""


class Connection:
    """A Client of the hub, and the loop that reads it. `run` returns when it is over, whoever ended it."""

    def __init__(self, engine: Engine, attendance: Attendance, limits: Buckets | None, user: User, room: Room, session_id: str) -> None:
        self.id = secrets.token_hex(8)
        self.user_id: int = user.id
        self.room_id: int = room.id
        self.session_id = session_id
        self.outbox: Outbox
        self._engine = engine
        self._attendance = attendance
        self._limits = limits
        self._user = user
        self._room = room
        self._person = Person(user.id, user.name)
        self._ws = web.WebSocketResponse(max_msg_size=MAX_FRAME, heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, compress=False)
        self._unanswered = asyncio.Semaphore(MAX_UNANSWERED)
        self._closing: asyncio.Task[bool] | None = None

    def end(self, code: int) -> None:
        """Closes with `code`, and takes no further request. What was written before still goes out."""
        if self._closing is None:
            self.outbox.close()
            self._closing = asyncio.create_task(self._ws.close(code=code))

    def greet_anew(self) -> None:
        self._engine.hub.spawn(self._greet_anew())

    async def _greet_anew(self) -> None:
        try:
            self._room = await Room.aio_get(Room.id == self.room_id)
            standing = await membership.standing_in(self.room_id, self._user)
            self._tell(self._hello(standing, self._room.last_seq, self._room.posts))
        except Exception as error:
            if not is_away(error):
                log.exception("a new role wasn't told")

    async def run(self, request: web.Request, since: int | None) -> web.WebSocketResponse:
        """Serves the client from its handshake to its end. `since` as in Hub.enter."""
        await self._ws.prepare(request)
        transport = request.transport
        if transport is None:
            return self._ws
        self.outbox = Outbox(transport)
        if not self._engine.hub.admit(self):
            self.end(Close.TOO_MANY)
        else:
            await self._serve(since)
        if self._closing is not None:
            await self._closing
        return self._ws

    async def _serve(self, since: int | None) -> None:
        try:
            await self._attendance.arrive(self.room_id, self._person, self.id)
            standing = await membership.come(self._engine, self.room_id, self._user)
            await self._engine.hub.enter(self, since, lambda changes: self._hello(standing, changes.last_seq, changes.last_number))
            await self._read()
        except Refused as refused:
            self._tell_refused(refused, None)
            self.end(Close.UNAVAILABLE if refused.retry_after else Close.KILLED)
        except Exception as error:
            if not is_away(error):
                log.exception("a connection broke")
            self.end(Close.UNAVAILABLE)
        finally:
            self.outbox.closed = True
            self._engine.hub.leave(self)
            self._attendance.depart(self.room_id, self._person, self.id)

    def _hello(self, standing: Standing, last_seq: int, last_number: int) -> Hello:
        return Hello(
            RoomState(self._room.name, self._room.topic, self._room.kind),
            You(self._user.name, standing.title),
            last_seq,
            last_number,
            self._engine.epoch,
            [found.explain() for found in allowed(standing)],
        )

    async def _read(self) -> None:
        async for frame in self._ws:
            if self._closing is not None:
                return
            if frame.type is WSMsgType.TEXT:
                await self._take(frame.data)
            elif frame.type is WSMsgType.BINARY:
                self._tell(Error("bad_frame", "Text frames only, please."))

    async def _take(self, text: str) -> None:
        """Does what one frame asks. Whatever is wrong with it is said, and the connection goes on."""
        nonce = None
        try:
            request = read_frame(text)
            if isinstance(request, Post):
                nonce = request.nonce
                await self._post(request)
            elif isinstance(request, Read):
                self._note_read(request.number)
            elif isinstance(request, Ping):
                self._tell(Pong())
        except Refused as refused:
            self._tell_refused(refused, nonce or nonce_of(text))
        except Exception as error:
            if is_away(error):
                self._tell_refused(unavailable(), nonce)
                return
            log.exception("a request broke")
            self._tell_refused(broken(), nonce)

    async def _post(self, request: Post) -> None:
        nonce = posting.check_nonce(request.nonce) if request.nonce is not None else posting.new_nonce()
        wait = self._limits.take(self.user_id) if self._limits else 0
        if wait:
            raise Refused("rate_limited", "That was a lot at once. Please wait a moment.", retry_after=round(wait, 2))
        text = request.text
        if text.startswith("/") and not text.startswith("//"):
            posting.check_text(text)
            standing = await membership.standing_in(self.room_id, self._user)
            answer = await commands.run(Call(self._engine, self.room_id, self._user, standing, nonce), text)
        else:
            text = text[1:] if text.startswith("//") else text
            answer = await posting.post(self._engine, self.room_id, self._person, text, nonce)
        if isinstance(answer, str):
            self._tell(Notice(answer, request.nonce))
        elif isinstance(answer, Receipt):
            self._tell(answer)
        else:
            await self._unanswered.acquire()
            answer.add_done_callback(lambda done: self._answered(done, nonce))

    def _answered(self, done: "asyncio.Future[Receipt]", nonce: str) -> None:
        self._unanswered.release()
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Refused):
            self._tell_refused(error, nonce)
        elif not done.cancelled() and error is None:
            receipt = done.result()
            self._tell(receipt)
            if receipt.number is not None:
                # Who writes has seen what is above.
                self._note_read(receipt.number)

    def _note_read(self, number: int) -> None:
        self._engine.read_marks.note(self.room_id, self.user_id, number)

    def _tell(self, event: Event) -> None:
        self.outbox.add(encode(event))

    def _tell_refused(self, refused: Refused, nonce: str | None) -> None:
        self._tell(Error(refused.code, refused.text, nonce, refused.retry_after))
