"""The feed's application keys."""

import asyncio

from aiohttp import web

from feed.streams import Streams
from feed.writing import Writer

WRITER = web.AppKey("feed_writer", Writer)
STREAMS = web.AppKey("feed_streams", Streams)
TRIALS = web.AppKey("feed_trials", asyncio.Semaphore)
"""Those of feed/doors/trial.py that may be under way."""
