"""The feed's application keys."""

from aiohttp import web

from feed.streams import Streams
from feed.writing import Writer

WRITER = web.AppKey("feed_writer", Writer)
STREAMS = web.AppKey("feed_streams", Streams)
