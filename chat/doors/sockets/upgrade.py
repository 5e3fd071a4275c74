"""Upgrades an HTTP request to a room's WebSocket, or to a personal one. Where several workers share a
port, a room's connections are passed to the worker of that room, so that most of its events needn't
travel; any worker is correct. A personal WebSocket is served where it arrives."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from aiohttp import web
from aiohttp_session import get_session

from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import accounts_by_ids
from chat.doors.rooms.pages import find_access
from chat.doors.sockets.personal import PersonalSocket
from chat.doors.sockets.room import RoomSocket
from chat.doors.sockets.websocket import Services
from chat.errors import ActionError
from chat.keys import ENGINE
from chat.models import Room
from helpers.db.database import is_unavailable
from helpers.keys import SETTINGS
from helpers.processes.passing import PASSING, Departing, arrive
from helpers.security_log import CAUSE
from helpers.text.translation import ENGLISH, LANGUAGES, Language, current
from helpers.web.csrf import wrong_origin
from helpers.web.languages import set_language_from_query
from helpers.web.requests.addresses import UNKNOWN, client_mark, client_network
from helpers.web.requests.connections import CONNECTIONS, TooManyError
from helpers.websocket.protocol import TakeOver, Upgrade

log = logging.getLogger("aiochat.connection")

SERVICES = web.AppKey("connections", Services)


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What goes with a connection to the worker that serves it. `network` is that of its client, by
    which it is counted, and `early` what was read behind the handshake's request."""

    user_id: int
    room_id: int
    session_id: str
    mark: int
    language: str
    since: int | None
    network: str
    early: bytes = b""


class Caller(NamedTuple):
    """Who opens a socket."""

    user: User
    session_id: str
    mark: int
    language: Language


def _check_origin(request: web.Request) -> None:
    set_language_from_query(request)
    settings = request.app[SETTINGS]
    if request.headers.get("Origin") not in settings.origins and not settings.debug:
        request[CAUSE] = wrong_origin(request)
        raise web.HTTPForbidden


async def _caller(request: web.Request) -> Caller:
    if not web.WebSocketResponse().can_prepare(request):
        if not request.headers.get("Upgrade"):
            request[CAUSE] = "no Upgrade header: the proxy in front doesn't pass it on"
        raise ActionError("bad_request", "This address speaks WebSocket.")
    session = await get_session(request)
    return Caller(request[USER], str(session.identity), client_mark(request), current())


class OwnSocket(web.View):
    """The socket of a person."""

    async def get(self) -> web.StreamResponse:
        _check_origin(self.request)
        caller, services = await _caller(self.request), self.request.app[SERVICES]

        def serve(transport: asyncio.Transport, early: bytes, on_lost: Callable[[], None] | None) -> None:
            PersonalSocket(services, *caller).websocket.take_over(transport, early, on_lost)

        return Upgrade(serve)


class Socket(web.View):
    """The socket of a room."""

    async def get(self) -> web.StreamResponse:
        request = self.request
        _check_origin(request)
        room = (await find_access(request)).room
        since = self._since()
        caller, services = await _caller(request), request.app[SERVICES]
        user, session_id, mark, language = caller

        def serve(transport: asyncio.Transport, early: bytes, on_lost: Callable[[], None] | None) -> None:
            connection = RoomSocket(services, user, room, session_id, mark, language, since)
            connection.websocket.take_over(transport, early, on_lost)

        ticket = Ticket(
            *(user.id, room.id, session_id, mark, language.code, since), network=client_network(request)
        )
        return Upgrade(self._passed(ticket, serve) or serve)

    def _passed(self, ticket: Ticket, serve: TakeOver) -> TakeOver | None:
        """Passes the connection on, or has it served here where that fails. None where it belongs
        here."""
        passing = self.request.app.get(PASSING)
        slot = passing.slot_of(ticket.room_id) if passing is not None else None
        if passing is None or slot is None:
            return None

        def take_over(transport: asyncio.Transport, early: bytes, on_lost: Callable[[], None] | None) -> None:
            data = msgspec.msgpack.encode(msgspec.structs.replace(ticket, early=early))
            Departing(
                transport,
                lambda connection: passing.send(slot, data, connection),
                lambda: serve(transport, early, on_lost),
                on_lost,
            )

        return take_over

    def _since(self) -> int | None:
        """`since` in the address; -1 where the client's history is of another epoch."""
        text = self.request.query.get("since")
        epoch = self.request.query.get("epoch")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise ActionError("bad_request", "`since` is a seq: a whole number from 0.")
        return -1 if epoch and epoch != self.request.app[ENGINE].epoch else int(text)


_decoder = msgspec.msgpack.Decoder(Ticket)


def receive(app: web.Application, data: bytes, connection: socket.socket) -> None:
    """Serves a connection that another worker has passed on."""
    app[ENGINE].hub.spawn(_receive(app, _decoder.decode(data), connection))


async def _receive(app: web.Application, ticket: Ticket, connection: socket.socket) -> None:
    """Where it can't be served it is closed, and its client tries again."""
    with connection:
        try:
            user = (await accounts_by_ids([ticket.user_id])).get(ticket.user_id)
            room = await Room.aio_get_or_none(Room.id == ticket.room_id)
            if user is None or room is None:
                return
            transport, early = await arrive(connection.dup())
        except Exception as error:
            if not is_unavailable(error):
                log.exception("a passed connection isn't served")
            return
    # No await from here on. A client that has gone would never be told to be lost.
    if transport.is_closing():
        return
    try:
        place = app[CONNECTIONS].enter_of(ticket.network, is_known=ticket.network != UNKNOWN)
    except TooManyError:
        transport.abort()
        return
    language = LANGUAGES.get(ticket.language, ENGLISH)
    served = RoomSocket(app[SERVICES], user, room, ticket.session_id, ticket.mark, language, ticket.since)
    served.websocket.take_over(transport, ticket.early + early, place.leave)
