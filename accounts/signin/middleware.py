"""Identifies the user of a request and enforces the route's access rule."""

from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_session import get_session, new_session

from accounts.keys import USER, USERS
from accounts.people.shown_names import forget_names
from accounts.signin.sessions import is_valid
from helpers.security_log import WHO
from helpers.web.redirects import MAX_LENGTH
from helpers.web.routing import Access, access_of, takes_method, wants_json
from helpers.web.session_stores import USER_ID


@web.middleware
async def request_user(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Loads the session and the user, and checks the route's access rule."""
    access = access_of(request)
    if access is Access.FILE:
        return await handler(request)
    forget_names()
    session = await get_session(request)
    user_id = session.get(USER_ID)
    user = await request.app[USERS].get(user_id) if user_id is not None else None
    if user_id is not None and not is_valid(session, user):
        user = None
        # As without a session: the forms of visitors work.
        await new_session(request)
    if user is not None:
        request[USER] = user
        request[WHO] = user.name
    elif access is Access.SIGNED_IN and takes_method(request):
        if request.method in ("GET", "HEAD") and not wants_json(request):
            target = request.path_qs if len(request.path_qs) <= MAX_LENGTH else ""
            raise web.HTTPSeeOther(f"/accounts/login?next={quote(target, safe='/')}")
        raise web.HTTPUnauthorized
    return await handler(request)
