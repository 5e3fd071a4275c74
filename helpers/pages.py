"""Templates, and what each of them may show."""

import functools
import hashlib
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from aiohttp_session import SESSION_KEY, get_session

from helpers.csrf import CsrfToken
from helpers.flash import pop_flashes
from helpers.keys import SETTINGS


def setup_pages(app: web.Application, templates: Path, static: Path, user_key: "web.RequestKey[Any]") -> None:
    """Templates know: `static(path)`, `user`, `csrf_token`, `flashes`, `site_name`, `registration_open`, `path`."""

    async def context(request: web.Request) -> dict[str, Any]:
        settings = request.app[SETTINGS]
        shared: dict[str, Any] = {
            "user": request.get(user_key),
            "registration_open": settings.registration == "open",
            "path": request.path,
            "csrf_token": "",
            "flashes": [],
        }
        if SESSION_KEY not in request:
            # The page that says that the database is away can't ask it who is asking.
            return shared
        session = await get_session(request)
        return {**shared, "csrf_token": CsrfToken(session), "flashes": pop_flashes(session)}

    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(templates),
        context_processors=[context],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=app[SETTINGS].debug,
    )
    environment.globals["site_name"] = "aiochat"
    environment.globals["static"] = functools.cache(lambda path: _static_address(static, path))


def _static_address(static: Path, path: str) -> str:
    """The file's address with its version, so that it can be kept for ever."""
    version = hashlib.sha256((static / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={version}"
