"""What other parts of the site ask accounts for, and how they are told."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from accounts.models import User
from helpers.batching import BatchLoader

USER = web.RequestKey("user", User)
USERS = web.AppKey("users", BatchLoader[int, User])
"""Finds users by their ids: one statement for all who ask at once."""

SessionEnded = Callable[[str], None]
SESSION_ENDED = web.AppKey("session_ended", list[SessionEnded])
"""Called in every process with a session's id when it has ended."""

Blocked = Callable[[int, int], Awaitable[None]]
BLOCKED = web.AppKey("blocked", list[Blocked])
"""Called with the ids of two people in the transaction that puts a block between them. What it does
is committed with that."""


@dataclass(frozen=True)
class DeletedAccount:
    """Who has left. `name` is what they were called; `removes`: what they wrote goes too."""

    user_id: int
    name: str
    removes: bool


Eraser = Callable[[DeletedAccount], AsyncGenerator[None, None]]
"""Takes away what one part of the site has of somebody, in short transactions, and yields after
each.

It may be called again at any time, and has to begin with what it finds."""

ERASERS = web.AppKey("erasers", list[Eraser])


@dataclass(frozen=True)
class Section:
    """A list in the document. `rows` reads it by pages, by keys that an index has."""

    name: str
    rows: Callable[[User], AsyncIterator[Any]]


OWN_DATA = web.AppKey("own_data", list[Section])
