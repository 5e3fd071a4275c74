"""The socket of one room: it enters the room as it opens, and closes when the stay there ends."""

import logging
from collections.abc import Iterable

from accounts.models import User
from chat.actions.dispatch import Work, reply_error
from chat.delivery.connections import Client
from chat.doors.sockets.stay import Stay
from chat.doors.sockets.websocket import Services, Socket
from chat.errors import ActionError
from chat.events import Close
from chat.models import Room
from helpers.db.database import is_unavailable
from helpers.text.translation import Language
from helpers.websocket.frames import Outbox

log = logging.getLogger("aiochat.connection")


class RoomSocket(Socket):
    """`since` as in Hub.enter."""

    __slots__ = ("_pending", "_room_id", "stay")

    is_personal = False

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
        super().__init__(services, user, session_id, mark, language)
        self.stay: Stay
        self._room_id: int = room.id
        self._pending = user, room, since

    @property
    def room_id(self) -> int:
        return self._room_id

    def open(self) -> Work:
        self.stay = Stay(self, self._room_id, self.outbox)
        user, room, since = self._pending
        # Of ten thousand connections these would take megabytes.
        del self._pending
        return self._enter(user, room, since)

    def stay_in(self, room_id: int) -> Client | None:
        return self.stay if room_id == self._room_id else None

    def stay_ended(self, stay: Client, code: int) -> None:
        self.end(code)

    def outboxes(self) -> Iterable[Outbox]:
        return (self.outbox,)

    def leave_rooms(self) -> None:
        self.stay.leave()

    def on_text(self, text: str) -> None:
        """Handles one frame. Errors are sent to the client, and the connection stays open."""
        if self.is_closing:
            return
        work = self.services.dispatcher.dispatch_frame(self.stay, text)
        if work is not None:
            self.start(work)

    async def _enter(self, user: User, room: Room, since: int | None) -> None:
        async with self.services.entering.turn(self.user_id) as end_turn:
            if self.is_closing or not await self.is_signed_in():
                return
            try:
                await self.stay.enter(user, room, since, end_turn)
            except ActionError as error:
                reply_error(self.stay, error, None)
                self.end(Close.UNAVAILABLE if error.retry_after else Close.KILLED)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("a connection broke")
                self.end(Close.UNAVAILABLE)
            else:
                self.services.engine.unread.watch(self)
