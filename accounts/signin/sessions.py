"""Signing in and out. The session's id changes with each; ending a session tells whoever holds
something open for it."""

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

CHANNEL = b"aiochat:control"
"""Ended sessions by their ids, beside what others say there, which begins with a brace."""


async def sign_in(request: web.Request, user: User) -> None:
    """Starts a session for `user`, as they were when their password was found right. What an
    attacker may have planted before is another session, and gone. Where the password has been
    changed meanwhile there is none."""
    old = await get_session(request)
    flashes = old.get(flash.KEY)
    await _end(request)
    session = await new_session(request)
    session[USER_ID] = user.id
    # Whoever changes the password ends the sessions that are there by then. This one comes after,
    # and must not outlive that.
    request[CONFIRM_NEW_SESSION] = lambda: accounts.still_has_password(user)
    # Made here and not by the first page: of several pages opened at once each would make its own,
    # and only one would hold.
    session[csrf.FIELD] = csrf.new_token()
    if flashes:
        session[flash.KEY] = flashes


async def sign_out(request: web.Request) -> None:
    await _end(request)
    await _start_anonymous_session(request, current().t("You are signed out."))


async def sign_out_deleted_account(request: web.Request) -> None:
    """After the account was deleted: this session ends, and all others do."""
    await end_all_sessions(request.app, request[USER].id)
    await _start_anonymous_session(request, current().t("Your account is deleted."))


async def _start_anonymous_session(request: web.Request, text: str) -> None:
    """A session of nobody's, with a sentence for its first page."""
    session = await new_session(request)
    session[flash.KEY] = [{"kind": "info", "text": text}]


async def _end(request: web.Request) -> None:
    session = await get_session(request)
    if session.identity is None:
        return
    await end_session(request.app, session.identity)


async def end_session(app: web.Application, session_id: str) -> None:
    """Whoever holds it is signed out, and what is open for it ends, in every process."""
    await app[STORAGE].store.delete(session_id)
    app[BUS].publish(CHANNEL, session_id.encode())
    end_here(app, session_id)


def end_here(app: web.Application, session_id: str) -> None:
    """What this process holds open for the session ends."""
    for callback in app[SESSION_ENDED]:
        callback(session_id)


async def end_all_sessions(app: web.Application, user_id: int) -> None:
    """Ends all sessions of somebody, wherever they are signed in."""
    store = app[STORAGE].store
    for session_id in await store.of_user(user_id):
        await end_session(app, session_id)
    # Looking once more clears the list of what it had of the sessions.
    await store.of_user(user_id)


async def end_other_sessions(request: web.Request) -> int:
    """Ends all sessions of the user but this one. Returns how many."""
    own = (await get_session(request)).identity
    others = [
        session_id
        for session_id in await request.app[STORAGE].store.of_user(request[USER].id)
        if session_id != own
    ]
    for session_id in others:
        await end_session(request.app, session_id)
    return len(others)
