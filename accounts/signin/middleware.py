"""Identifies the user of a request and enforces the route's access rule."""

from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_session import get_session, new_session

from accounts.keys import USER, USERS
from accounts.people.shown_names import forget_names
from accounts.signin.browser_key import SIGNED_IN_AS, signed_in_as
from accounts.signin.sessions import is_valid
from accounts.signin.turns import TURNS
from helpers.errors import ActionError
from helpers.keys import SETTINGS
from helpers.security_log import WHO
from helpers.web.requests.connections import HELD
from helpers.web.requests.redirects import MAX_LENGTH
from helpers.web.routing import Access, access_of, route_of, takes_method, wants_json
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
    if user is not None and user.waits_since is not None and access is Access.SIGNED_IN:
        _keep_waiting(request)
    kind = _turns_of(request)
    if user is not None and kind:
        await request[HELD].enter_async_context(request.app[TURNS].turn(user.id, kind))
        if request.transport is None:
            raise web.HTTPServiceUnavailable  # Nobody is there any more to read it.
    response = await handler(request)
    if response.content_type == "text/html" and not response.prepared:
        response.headers[SIGNED_IN_AS] = signed_in_as(request.app, user)
    return response


WHILE_WAITING = frozenset({"waiting", "logout"})
"""The routes for people who are signed in that are open to those who wait for approval."""


def _keep_waiting(request: web.Request) -> None:
    """Leads who waits for approval to the page that says so. Raises."""
    route = route_of(request)
    if route is None or route.name in WHILE_WAITING or not takes_method(request):
        return
    if request.method in ("GET", "HEAD") and not wants_json(request):
        raise web.HTTPSeeOther("/accounts/waiting")
    raise ActionError("waiting", "Your account waits for approval.", 403)


def _turns_of(request: web.Request) -> str:
    """What the request takes turns with. Empty for what goes on for as long as its client wants, as
    the handshake of a socket and the upload of pictures do.

    Visitors don't: many people may be behind one address, and a guess at a password may wait for
    seconds. Nor do pages wait for pictures, which may have to be fetched."""
    route = route_of(request)
    if route is None or request.app[SETTINGS].rate_limits != "on":
        return ""
    if route.is_endless or (route.max_body and request.method == "POST"):
        return ""
    return "pictures" if route.kept else "pages"
