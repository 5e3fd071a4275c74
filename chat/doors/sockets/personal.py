"""A person's own socket, wherever on the site they are: it tells what is new in all of their rooms,
and enters and leaves rooms as it is asked."""

import asyncio
from collections.abc import Iterable

from accounts.models import User
from accounts.people.directory import accounts_by_ids
from chat.actions import membership
from chat.actions.dispatch import Work, refusal_of, reply_error, too_much
from chat.delivery.connections import Client
from chat.doors.sockets.stay import Stay
from chat.doors.sockets.websocket import Services, Socket
from chat.errors import ActionError, unavailable
from chat.events import Close
from chat.models import Room
from chat.personal_events import Closed, Named, PersonalHello, Refused
from chat.requests import Enter, Exit, Ping, Request, read_addressed
from helpers.text.translation import Language
from helpers.websocket.frames import Outbox

MAX_ROOMS = 20
"""Rooms that are entered over one socket at the same time."""


class PersonalSocket(Socket):
    """A frame of a room begins with a line that is the room's id. The rest is the same for every
    personal socket, and all other frames are of no room."""

    __slots__ = ("_entering", "_stays")

    is_personal = True

    def __init__(
        self, services: Services, user: User, session_id: str, mark: int, language: Language
    ) -> None:
        super().__init__(services, user, session_id, mark, language)
        self._stays: dict[int, Stay] = {}
        self._entering: dict[Stay, asyncio.Task[None]] = {}

    @property
    def room_id(self) -> int:
        return 0

    def open(self) -> Work:
        return self._greet()

    def stay_in(self, room_id: int) -> Client | None:
        return self._stays.get(room_id)

    def stay_ended(self, stay: Client, code: int) -> None:
        found = self._stays.get(stay.room_id)
        if found is None or found is not stay:
            return
        self._exit(found)
        if found.is_told:
            self.reply(Closed(str(found.room_id), code))
        elif code in (Close.KILLED, Close.LEFT):
            self._refuse(found.name, ActionError("not_a_member", "You are not a member of this room."))
        else:
            self._refuse(found.name, unavailable())

    def outboxes(self) -> Iterable[Outbox]:
        return [*(stay.outbox for stay in self._stays.values()), self.outbox]

    def leave_rooms(self) -> None:
        for stay in self._stays.values():
            stay.leave()

    def on_text(self, text: str) -> None:
        """Handles one frame. Errors are sent to the client, and the connection stays open."""
        if self.is_closing:
            return
        taken = self.services.dispatcher.take(self, text, read_addressed)
        if taken is None:
            return
        (room, request), wait = taken
        work = self._handle(room, request, wait)
        if work is not None:
            self.start(work)

    async def _greet(self) -> None:
        async with self.services.entering.turn(self.user_id):
            if self.is_closing or not await self.is_signed_in():
                return
        self.reply(PersonalHello(Named(self.person.name), self.services.engine.epoch))
        self.services.engine.unread.watch(self)

    def _handle(self, room: str, request: Request | Enter | Exit, wait: float) -> Work | None:
        """Returns what remains to be awaited, before the next frame is read."""
        if isinstance(request, Ping):
            return self.services.dispatcher.handle(self, request, wait)
        if isinstance(request, Enter):
            if wait:
                self._refuse(request.room, too_much(wait))
                return None
            # The room is found before the next frame is read, which may be for it; all that follows
            # holds up nobody.
            return self.services.dispatcher.in_turn(self, self._find(request), None)
        stay = self._stays.get(_id_in(room))
        if stay is None:
            self._say_not_entered(request)
            return None
        if isinstance(request, Exit):
            self._exit(stay)
            return None
        if (entering := self._entering.get(stay)) is not None:
            return self._handle_after(entering, stay, request, wait)
        return self.services.dispatcher.handle(stay, request, wait)

    async def _handle_after(
        self, entering: asyncio.Task[None], stay: Stay, request: Request, wait: float
    ) -> None:
        await asyncio.wait([entering])
        if stay.is_over:
            self._say_not_entered(request)
        elif (work := self.services.dispatcher.handle(stay, request, wait)) is not None:
            await work

    def _say_not_entered(self, request: Request | Exit) -> None:
        nonce = None if isinstance(request, Ping) else request.nonce
        reply_error(self, ActionError("not_entered", "This room isn't entered over this connection."), nonce)

    # Rooms

    async def _find(self, asked: Enter) -> None:
        """Finds the room and begins to enter it."""
        try:
            user = (await accounts_by_ids([self.user_id])).get(self.user_id)
            if user is None:
                self.end(Close.SIGNED_OUT)
                return
            found = await membership.find_room(self.services.engine, asked.room, user)
            if found is None:
                raise ActionError("not_found", "There is no such room, or it isn't open to you.")
            if found.room.id not in self._stays and len(self._stays) >= MAX_ROOMS:
                raise ActionError("too_many", "At most {most} rooms at the same time.", most=MAX_ROOMS)
        except Exception as error:
            self._refuse(asked.room, error)
            return
        if not self.is_closing:
            self._enter(user, found.room, asked)

    def _enter(self, user: User, room: Room, asked: Enter) -> None:
        """Enters, without waiting. A stay that is there already ends as the new one begins."""
        engine = self.services.engine
        since = -1 if asked.epoch and asked.epoch != engine.epoch and asked.since is not None else asked.since
        stay = Stay(self, room.id, self.outbox.headed(b"%d\n" % room.id), asked.room)
        before, self._stays[room.id] = self._stays.get(room.id), stay
        if before is not None:
            before.leave()
        engine.unread.enters(self, room.id)
        self._entering[stay] = engine.hub.spawn(self._wait_and_enter(stay, user, room, since))

    async def _wait_and_enter(self, stay: Stay, user: User, room: Room, since: int | None) -> None:
        try:
            async with self.services.entering.turn(self.user_id) as end_turn:
                await stay.enter(user, room, since, end_turn)
        except Exception as error:
            if self._stays.get(stay.room_id) is stay:
                self._exit(stay)
                self._refuse(stay.name, error)
        finally:
            del self._entering[stay]

    def _exit(self, stay: Stay) -> None:
        del self._stays[stay.room_id]
        stay.leave()
        self.services.engine.unread.exits(self, stay.room_id)

    def _refuse(self, name: str | None, error: Exception) -> None:
        refusal = refusal_of(self, error)
        text = self.language.translate(refusal.phrase)
        self.reply(Refused(name or "", refusal.code, text, refusal.retry_after))


def _id_in(text: str) -> int:
    """The room's id, 0 where this isn't one: each has one spelling."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and text[0] != "0" else 0
