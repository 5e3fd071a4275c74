"""Sets up the site's pages in an application."""

import time

import aiohttp_jinja2
from aiohttp import web

from accounts.site_logo import PLACE
from administration.health import STARTED
from administration.words import bytes_in_words
from helpers.storage.moving import PLACES


def setup_administration(app: web.Application) -> None:
    app[STARTED] = time.monotonic()
    app[PLACES].append(PLACE)
    aiohttp_jinja2.get_env(app).filters["bytes"] = bytes_in_words
