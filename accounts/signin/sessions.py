"""Signing in and out. The session's id changes each time. Callbacks run when a session ends, to
close what is open for it."""

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp_session import get_session, new_session

from accounts.keys import SESSION_ENDED, USER, USERS, Successor
from accounts.models import User
from accounts.people import accounts
from helpers.redis.bus import BUS
from helpers.text.translation import Text
from helpers.web import csrf, flash
from helpers.web.requests.addresses import client_mark
from helpers.web.session_stores import USER_ID
from helpers.web.sessions import CONFIRM_NEW_SESSION, STORAGE

CHANNEL = b"control"
"""Carries the ids of ended sessions, each with those of its successor if there is one. Other
messages on it begin with a brace."""

FORMER_CHANNELS = ((b"aiochat:control", b""), (b"aiochat:feed", b"-"))
"""Where processes of former versions wait for the ids of ended sessions, and what they begin with
there: a new process and an old one may run side by side during a restart."""

_TOLD = re.compile(r"([\w-]+)(?: ([\w-]+) (\d+))?(?: .*)?", re.ASCII)

SECRET = "secret"  # noqa: S105 - the name of a field
"""The user's secret as of the sign-in. A session with a former secret is none."""


SIGNED_OUT, DELETED, NEW_PASSWORD = "signed_out", "deleted", "new_password"
flash.declare(
    {
        SIGNED_OUT: Text("You are signed out."),
        DELETED: Text("Your account is deleted."),
        NEW_PASSWORD: Text("Your password is changed. Sign in with it."),
    }
)


async def sign_in(request: web.Request, user: User) -> None:
    """Starts a session for `user`, as loaded when the password was verified. The previous session
    ends, so that an attacker can't have planted it. If the password has changed meanwhile, there is
    no session."""
    old = await get_session(request)
    flashes = old.get(flash.KEY)
    await _end(request)
    session = await new_session(request)
    session[USER_ID] = user.id
    session[SECRET] = user.session_secret
    # A change of the password, or a suspension, ends the sessions that exist then. This session is
    # created later and must not survive it.
    request[CONFIRM_NEW_SESSION] = lambda: accounts.may_still_sign_in(user)
    # Created here and not by the first page: several pages that open at once would each create a
    # token, and only one would be valid.
    session[csrf.FIELD] = csrf.new_token()
    if flashes:
        session[flash.KEY] = flashes


async def sign_out(request: web.Request) -> None:
    await _end(request)
    (await new_session(request))[flash.NOTICE] = SIGNED_OUT


async def sign_out_deleted_account(request: web.Request) -> None:
    """After the account was deleted: ends this session and all others."""
    await end_all_sessions(request.app, request[USER].id)
    (await new_session(request))[flash.NOTICE] = DELETED


async def _end(request: web.Request) -> None:
    session = await get_session(request)
    if session.identity is None:
        return
    await end_session(request.app, session.identity)


async def renew_session(request: web.Request) -> None:
    """Gives this session another token, after a change of the user's secret. Who has a copy of the
    old one is signed out, and what is open for it elsewhere is closed. What this browser holds open
    goes on."""
    old = await get_session(request)
    session_id = str(old.identity)
    values = {**old, SECRET: request[USER].session_secret}
    renewed = await request.app[STORAGE].renew(request, values)
    await end_session(request.app, session_id, Successor(renewed, client_mark(request)))


async def end_session(app: web.Application, session_id: str, successor: Successor | None = None) -> None:
    """Signs the session out and closes what is open for it, in every process."""
    await app[STORAGE].store.delete(session_id)
    words = [session_id, successor.session_id, str(successor.client)] if successor else [session_id]
    app[BUS].publish(CHANNEL, " ".join(words).encode())
    for channel, mark in FORMER_CHANNELS:
        app[BUS].publish_unprefixed(channel, mark + session_id.encode())
    end_here(app, session_id, successor)


def hear_ended(app: web.Application, payload: str) -> None:
    """Handles what `end_session` of another process published. What only a later version understands
    is passed over."""
    if found := _TOLD.fullmatch(payload):
        session_id, successor, client = found.groups()
        end_here(app, session_id, Successor(successor, int(client)) if successor else None)


def end_here(app: web.Application, session_id: str, successor: Successor | None = None) -> None:
    """Closes what this process holds open for the session."""
    for callback in app[SESSION_ENDED]:
        callback(session_id, successor)


def is_valid(session: Mapping[str, Any], user: User | None) -> bool:
    """Does the session belong to the user as the user is now?"""
    return user is not None and session.get(SECRET, "") == user.session_secret


async def is_live(app: web.Application, session_id: str, user_id: int) -> bool:
    """Is this session still signed in? Call it after what was opened for the session is registered:
    what ends from then on is told to SESSION_ENDED."""
    session = await app[STORAGE].read(session_id)
    if session is None or session.get(USER_ID) != user_id:
        return False
    return is_valid(session, await app[USERS].get(user_id))


async def end_all_sessions(app: web.Application, user_id: int) -> None:
    """Ends all sessions of a user on all devices."""
    store = app[STORAGE].store
    for session_id in await store.of_user(user_id):
        await end_session(app, session_id)
    # Reading the list once more removes the ended sessions from it.
    await store.of_user(user_id)


async def end_other_sessions(request: web.Request) -> int:
    """Ends all other sessions of the user. Returns their number."""
    own = (await get_session(request)).identity
    others = [
        session_id
        for session_id in await request.app[STORAGE].store.of_user(request[USER].id)
        if session_id != own
    ]
    for session_id in others:
        await end_session(request.app, session_id)
    return len(others)
