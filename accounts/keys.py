"""Keys by which other packages use accounts and register callbacks."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from accounts.models import User
from helpers.batching import BatchLoader

USER = web.RequestKey("user", User)
USERS = web.AppKey("users", BatchLoader[int, User])
"""Finds users by id; concurrent lookups share one statement."""


@dataclass(frozen=True)
class Successor:
    """A session that goes on under another id, for the browser that asked for it: `client` is its
    value of `client_mark`."""

    session_id: str
    client: int


SessionEnded = Callable[[str, Successor | None], None]
SESSION_ENDED = web.AppKey("session_ended", list[SessionEnded])
"""Called in every process with a session's id after it has ended, to close what is open for it. If
the session goes on under another id, what its browser holds open stays, under that id."""

OpenSessions = Callable[[], Iterable[tuple[str, int]]]
OPEN_SESSIONS = web.AppKey("open_sessions", list[OpenSessions])
"""What this process holds open: sessions' ids, each with the id of its user."""

Renamed = Callable[[int, str, str], Awaitable[None]]
RENAMED = web.AppKey("renamed", list[Renamed])
"""Called after somebody is shown by another name, with their id, their handle and that name, which
is empty for the handle."""

Registered = Callable[[User], Awaitable[None]]
REGISTERED = web.AppKey("registered", list[Registered])
"""Called after somebody has made themselves an account."""

NEWCOMERS_CHANGED = web.AppKey("newcomers_changed", list[Callable[[], Awaitable[None]]])
"""Called after somebody has begun to wait for approval, or waits no more."""


@dataclass(frozen=True)
class FoundInvitation:
    """What a link with `code` leads to at the moment: `places` are the names of rooms, of which a
    visitor reads nothing else; none for the site alone. `admits` tells whether its maker may invite
    people who have no account, `approves` whether those need nobody's approval then."""

    code: str
    link_id: int
    maker: User
    places: list[str]
    admits: bool
    approves: bool


class InviteDoor(Protocol):
    """What the chat does for who follows a link. The first two raise ActionError where it has ended."""

    async def look(self, code: str, user: User | None = None) -> FoundInvitation:
        """`user` may have come by the last use of it a moment ago."""

    async def enter(self, code: str, user: User) -> str:
        """Lets somebody into its rooms. Returns the address of the first one."""

    async def enter_after_waiting(self, user: User) -> None:
        """Lets somebody whose account was approved into the rooms of the links by which they came."""


INVITE_DOOR = web.AppKey("invite_door", InviteDoor)

Blocked = Callable[[int, int], Awaitable[Callable[[], None] | None]]
BLOCKED = web.AppKey("blocked", list[Blocked])
"""Called with the ids of two people in the transaction that blocks one of them. Changes of the
callback are part of that transaction. What it returns is called after the commit."""


@dataclass(frozen=True)
class DeletedAccount:
    """A deleted account. `name` is its former name; `removes` means that its messages are erased
    too."""

    user_id: int
    name: str
    removes: bool


Eraser = Callable[[DeletedAccount], AsyncGenerator[None, None]]
"""Erases one package's data of a deleted account, in short transactions, and yields after each.

It may be called again at any time, and continues with what is left."""

ERASERS = web.AppKey("erasers", list[Eraser])


@dataclass(frozen=True)
class Section:
    """A list in the exported document. `rows` reads it page by page, ordered by an indexed key."""

    name: str
    rows: Callable[[User], AsyncIterator[Any]]


OWN_DATA = web.AppKey("own_data", list[Section])
