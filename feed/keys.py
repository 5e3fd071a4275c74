"""The feed's application keys."""

from aiohttp import web

from feed.streams import Streams
from feed.writing import Writer
from helpers.limits import Buckets

WRITER = web.AppKey("feed_writer", Writer)
STREAMS = web.AppKey("feed_streams", Streams)
WRITE_LIMITS = web.AppKey("feed_write_limits", Buckets)
PICTURE_LIMITS = web.AppKey("feed_picture_limits", Buckets)
