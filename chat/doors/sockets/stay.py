"""One person's stay in one room, over the room's socket or a personal one: entering, the hello, what
the person may do, and leaving. The requests are handled by chat/actions/dispatch.py."""

import asyncio
import logging
from collections.abc import Callable

from accounts.models import User
from chat.actions import membership
from chat.doors.sockets.websocket import Socket
from chat.doors.states import own_state, room_state
from chat.events import Close, Event, Hello, encode
from chat.history.catch_up import Changes
from chat.history.titles import title_of
from chat.models import Room
from chat.roles import STRANGER, Past, Standing
from helpers.db.database import is_unavailable
from helpers.websocket.frames import Outbox, joined_frames

log = logging.getLogger("aiochat.connection")


class Stay:
    """A Client of the hub and an Actor of the dispatcher. `outbox` is for what is of the room, and
    `name` the name by which the room is entered over a personal socket."""

    __slots__ = (
        *("_doubt", "_has_left", "_is_checking", "_is_entering", "connection", "is_told", "language", "name"),
        *("outbox", "person", "read_number", "room_id", "standing", "user_id"),
    )

    def __init__(self, connection: Socket, room_id: int, outbox: Outbox, name: str | None = None) -> None:
        self.connection = connection
        self.user_id = connection.user_id
        self.person = connection.person
        self.language = connection.language
        self.room_id = room_id
        self.outbox = outbox
        self.name = name
        self.standing = STRANGER
        """The standing sent in the last hello. When it changes, another hello is sent."""
        self.read_number = 0
        self.is_told = False
        """The first hello was sent."""
        self._is_entering = False
        self._has_left = False
        self._doubt = 0
        """Where the standing may have changed: the code to end with where it is none any more."""
        self._is_checking = True
        """True while the standing is read, for the first time as the room is entered."""

    @property
    def is_over(self) -> bool:
        return self._has_left or self.connection.is_closing

    # The rest of a Client

    @property
    def past(self) -> Past:
        return self.standing.past

    def end(self, code: int) -> None:
        self.connection.stay_ended(self, code)

    def check_standing(self, code: int = Close.KILLED) -> None:
        self._doubt = code
        if not self._is_checking:
            self._is_checking = True
            self.connection.services.engine.hub.spawn(self._check_standing())

    # The rest of an Actor

    def reply(self, event: Event) -> None:
        if self.outbox.closed:
            # Over a personal socket what was asked before one left is answered after it.
            self.connection.outbox.write(joined_frames([encode(event)], self.outbox.head))
        else:
            self.outbox.add(encode(event))

    def views(self, *, is_there: bool) -> None:
        if not self.is_over:
            viewers = self.connection.services.engine.viewers
            (viewers.start if is_there else viewers.stop)(self, self.person.name)

    def hold(self, seconds: float) -> None:
        self.connection.hold(seconds)

    def post_queued(self, size: int) -> None:
        self.connection.post_queued(size)

    def post_answered(self, size: int) -> None:
        self.connection.post_answered(size)

    # Entering and leaving

    async def enter(self, user: User, room: Room, since: int | None, end_turn: Callable[[], None]) -> None:
        """Makes the person a member, and sends the hello and what is new. `since` as in
        Hub.enter. `end_turn` is called once all is read; what remains takes as long as the client
        reads.

        Raises ActionError where the room is closed to the person, and the errors of the database."""
        if self.is_over:
            return
        self._is_entering = True
        try:
            await self._enter(user, room, since, end_turn)
        finally:
            self._is_entering = False
            if self._has_left:
                self._leave()

    def leave(self) -> None:
        """From now on the room's events aren't sent. What was sent to the outbox before is
        written."""
        if not self._has_left:
            self._has_left = True
            self.connection.services.engine.viewers.stop(self, self.person.name)
            self.outbox.close()
            if not self._is_entering:
                self._leave()

    async def _enter(self, user: User, room: Room, since: int | None, end_turn: Callable[[], None]) -> None:
        engine = self.connection.services.engine
        # Registered first and read second: what changes the standing after it was read is told to
        # the client.
        await engine.hub.register(self)
        if self.is_over:
            return
        self.standing = standing = await membership.join_or_return(engine, room, user)
        self._is_checking = False
        if self._doubt:
            self.check_standing(self._doubt)
        title = await title_of(room, user.id)

        def hello(changes: Changes) -> Hello:
            end_turn()
            self.is_told = True
            return self._hello(
                *(room, title, standing, changes.last_seq, changes.last_number), entered=self.name
            )

        await engine.hub.enter(self, since, hello)

    def _leave(self) -> None:
        self.connection.services.engine.hub.leave(self)

    # The standing

    async def _check_standing(self) -> None:
        """Looks at the standing until there is no doubt about it, whatever is away meanwhile."""
        engine = self.connection.services.engine
        try:
            while self._doubt and not self.is_over:
                code, self._doubt = self._doubt, 0
                try:
                    await self._compare_standing(code)
                except Exception as error:
                    if not is_unavailable(error):
                        raise
                    self._doubt = code
                    await asyncio.sleep(engine.timings.database_away)
        except Exception:
            log.exception("a connection's standing can't be read")
            self.end(Close.UNAVAILABLE)
        finally:
            self._is_checking = False

    async def _compare_standing(self, code: int) -> None:
        before = self.standing
        standing = await self.connection.services.engine.access.standing_of(self.room_id, self.user_id)
        if self.is_over:
            return
        if not standing.is_member:
            self.end(code)
            return
        self.standing = standing
        if _told(standing) != _told(before):
            room = await Room.aio_get(Room.id == self.room_id)
            title = await title_of(room, self.user_id)
            if not self.is_over:
                self.reply(self._hello(room, title, standing, room.last_seq, room.posts))

    def _hello(
        self,
        room: Room,
        title: str,
        standing: Standing,
        last_seq: int,
        last_number: int,
        entered: str | None = None,
    ) -> Hello:
        services = self.connection.services
        room_id = str(self.room_id) if self.connection.is_personal else None
        return Hello(
            room_state(room, title, room_id),
            own_state(self.person.name, standing),
            last_seq,
            last_number,
            services.engine.epoch,
            services.commands.explain(standing, self.language),
            standing.permissions,
            entered,
        )


def _told(standing: Standing) -> tuple[object, ...]:
    """What a hello tells of it."""
    return standing.title, standing.permissions, standing.timeout_until
