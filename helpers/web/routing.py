"""Routes as data: each says where it is, what answers, and who may come in."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from helpers.web.files import Files


class Access(Enum):
    """Who may come in. A route states one; there is no default to forget about."""

    FILE = "file"
    """Anybody, and nobody asks who: no session is loaded."""
    ANYONE = "anyone"
    SIGNED_IN = "signed in"


@dataclass(frozen=True)
class Route:
    path: str
    view: type[web.View]
    name: str
    access: Access
    json: bool = False
    """Does it speak JSON alone? Then its errors do too."""
    kept: bool = False
    """May browsers keep its answers? Those then say themselves for how long; all others of people
    who are signed in are kept nowhere."""
    max_body: int = 0
    """Bytes that a form may have here; 0 is what holds everywhere."""


ROUTES = web.AppKey("routes", dict[str, Route])


def add_routes(app: web.Application, routes: Iterable[Route], files: Files) -> None:
    """Adds the routes, and the static files under /static. Raises ValueError where two routes share
    a name."""
    known: dict[str, Route] = {}
    for route in routes:
        if route.name in known:
            raise ValueError(f"two routes are named {route.name!r}")
        known[route.name] = route
        app.router.add_view(route.path, route.view, name=route.name)
    app.router.add_get("/static/{path:.*}", files.serve, name="static")
    app[ROUTES] = known


def route_of(request: web.Request) -> Route | None:
    """The route that the request asks for. None for static files, and for what isn't there."""
    resource = request.match_info.route.resource
    return request.app[ROUTES].get(resource.name or "") if resource is not None else None


def access_of(request: web.Request) -> Access:
    """Who may use what the request asks for. What isn't there is anyone's to be told so."""
    resource = request.match_info.route.resource
    if resource is None:
        return Access.ANYONE
    route = request.app[ROUTES].get(resource.name or "")
    return route.access if route else Access.FILE


def takes_method(request: web.Request) -> bool:
    """Does what the request asks for have an answer to its method? Where it hasn't, its handler
    says 405."""
    view = request.match_info.handler
    return not (isinstance(view, type) and issubclass(view, web.View)) or hasattr(
        view, request.method.lower()
    )


def wants_json(request: web.Request) -> bool:
    """Does the caller read JSON: by its Accept header, or because the route speaks nothing else?"""
    route = route_of(request)
    accept = request.headers.get("Accept", "")
    return bool(route and route.json) or ("application/json" in accept and "text/html" not in accept)
