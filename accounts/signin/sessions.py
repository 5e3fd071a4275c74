"""Signing in and out. The session's id changes each time. Callbacks run when a session ends, to
close what is open for it."""

from aiohttp import web
from aiohttp_session import get_session, new_session

from accounts.keys import SESSION_ENDED, USER
from accounts.models import User
from accounts.people import accounts
from helpers.redis.bus import BUS
from helpers.text.translation import current
from helpers.web import csrf, flash
from helpers.web.session_stores import USER_ID
from helpers.web.sessions import CONFIRM_NEW_SESSION, STORAGE

CHANNEL = b"control"
"""Carries the ids of ended sessions. Other messages on it begin with a brace."""


async def sign_in(request: web.Request, user: User) -> None:
    """Starts a session for `user`, as loaded when the password was verified. The previous session
    ends, so that an attacker can't have planted it. If the password has changed meanwhile, there is
    no session."""
    old = await get_session(request)
    flashes = old.get(flash.KEY)
    await _end(request)
    session = await new_session(request)
    session[USER_ID] = user.id
    # A change of the password ends the sessions that exist then. This session is created later and
    # must not survive the change.
    request[CONFIRM_NEW_SESSION] = lambda: accounts.still_has_password(user)
    # Created here and not by the first page: several pages that open at once would each create a
    # token, and only one would be valid.
    session[csrf.FIELD] = csrf.new_token()
    if flashes:
        session[flash.KEY] = flashes


async def sign_out(request: web.Request) -> None:
    await _end(request)
    await _start_anonymous_session(request, current().t("You are signed out."))


async def sign_out_deleted_account(request: web.Request) -> None:
    """After the account was deleted: ends this session and all others."""
    await end_all_sessions(request.app, request[USER].id)
    await _start_anonymous_session(request, current().t("Your account is deleted."))


async def _start_anonymous_session(request: web.Request, text: str) -> None:
    """Starts an anonymous session with a message for its first page."""
    session = await new_session(request)
    session[flash.KEY] = [{"kind": "info", "text": text}]


async def _end(request: web.Request) -> None:
    session = await get_session(request)
    if session.identity is None:
        return
    await end_session(request.app, session.identity)


async def end_session(app: web.Application, session_id: str) -> None:
    """Signs the session out and closes what is open for it, in every process."""
    await app[STORAGE].store.delete(session_id)
    app[BUS].publish(CHANNEL, session_id.encode())
    end_here(app, session_id)


def end_here(app: web.Application, session_id: str) -> None:
    """Closes what this process holds open for the session."""
    for callback in app[SESSION_ENDED]:
        callback(session_id)


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
