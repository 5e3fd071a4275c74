"""Makes the feed part of an application."""

from aiohttp import web

from feed.keys import WRITE_LIMITS, WRITER
from feed.writing import Writer
from helpers.keys import DATABASE
from helpers.limits import Buckets

WRITES_PER_SECOND = 2.0
WRITES_AT_ONCE = 60.0
"""Posts, comments and likes of one person: far above what hands can do."""


def setup_feed(app: web.Application) -> None:
    app[WRITE_LIMITS] = Buckets(WRITES_PER_SECOND, WRITES_AT_ONCE)
    app[WRITER] = Writer(app[DATABASE], lambda: None)
