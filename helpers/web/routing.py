"""Routes as data: each has a path, a view and an access rule."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from helpers.keys import SETTINGS
from helpers.web.assets.files import Files
from settings import Settings


class Access(Enum):
    """Who may use a route. Every route states it; there is no default."""

    FILE = "file"
    """Open to everyone without loading a session."""
    ANYONE = "anyone"
    SIGNED_IN = "signed in"


@dataclass(frozen=True)
class Route:
    path: str
    view: type[web.View]
    name: str
    access: Access
    json: bool = False
    """Only JSON is returned, also for errors."""
    kept: bool = False
    """Browsers may cache its responses, which set the lifetime themselves. All other responses to
    people who are signed in are never cached."""
    max_body: int | Callable[[Settings], int] = 0
    """The maximum size of a form in bytes; 0 is the general limit."""
    is_endless: bool = False
    """Its answer takes as long as the client wants."""
    foreign: bool = False
    """Its forms may come from anywhere, as from programs without a page: they change nothing, or what
    whoever knows the address may change."""
    secret: bool = False
    """Whoever knows its address may do something: no log has it."""

    @property
    def takes_head(self) -> bool:
        """RFC 9110, 9.1: HEAD wherever GET is. Not where an answer without an end would be begun."""
        return hasattr(self.view, "get") and not self.is_endless


async def _head(view: web.View) -> web.StreamResponse:
    """The answer to GET, of which aiohttp sends the headers alone."""
    response: web.StreamResponse = await view.get()  # type: ignore[attr-defined]
    return response


STATIC = "static"

ROUTES = web.AppKey("routes", dict[str, Route])


def add_routes(app: web.Application, routes: Iterable[Route], files: Files) -> None:
    """Adds the routes, and the static files under /static. Raises ValueError if two routes have the
    same name."""
    known: dict[str, Route] = {}
    for route in routes:
        if route.name in known:
            raise ValueError(f"two routes are named {route.name!r}")
        known[route.name] = route
        if route.takes_head and not hasattr(route.view, "head"):
            route.view.head = _head  # type: ignore[attr-defined]
        app.router.add_view(route.path, route.view, name=route.name)
    app.router.add_get("/static/{path:.*}", files.serve, name=STATIC)
    app[ROUTES] = known


def route_of(request: web.Request) -> Route | None:
    """Returns the request's route. None for static files and unknown addresses."""
    resource = request.match_info.route.resource
    return request.app[ROUTES].get(resource.name or "") if resource is not None else None


def max_body_of(request: web.Request) -> int:
    """The bytes that a form with files may have; 0 where the general limit holds."""
    route = route_of(request)
    most = route.max_body if route else 0
    return most if isinstance(most, int) else most(request.app[SETTINGS])


def access_of(request: web.Request) -> Access:
    """Returns the access rule of the request's route. Everyone may see that an address doesn't
    exist."""
    resource = request.match_info.route.resource
    if resource is None:
        return Access.ANYONE
    route = request.app[ROUTES].get(resource.name or "")
    return route.access if route else Access.FILE


def takes_method(request: web.Request) -> bool:
    """Does the view support the request's method? If not, its handler answers 405."""
    view = request.match_info.handler
    return not (isinstance(view, type) and issubclass(view, web.View)) or hasattr(
        view, request.method.lower()
    )


async def without_slash(request: web.Request) -> str | None:
    """The address that is meant by one with a slash at its end, if there is one. Not of what begins with
    two: a browser takes that for another host."""
    path = request.rel_url.raw_path
    if request.method not in ("GET", "HEAD") or path.startswith("//") or path[-1] != "/":
        return None
    place = request.rel_url.with_path(path[:-1], encoded=True).with_query(request.rel_url.query)
    found = await request.app.router.resolve(request.clone(rel_url=place))
    is_page = found.http_exception is None and found.route.name != STATIC
    return str(place) if is_page else None


def path_for_logs(request: web.Request) -> str:
    """The path of a request, without what is secret in it."""
    route = route_of(request)
    return route.path if route is not None and route.secret else request.path


def wants_json(request: web.Request) -> bool:
    """Does the client expect JSON, by its Accept header or because the route only returns JSON?"""
    route = route_of(request)
    accept = request.headers.get("Accept", "")
    return bool(route and route.json) or ("application/json" in accept and "text/html" not in accept)
