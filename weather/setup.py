"""Makes the weather part of an application, if the settings want it."""

from collections.abc import AsyncIterator

from aiohttp import web

from helpers.fetching import FETCHER
from helpers.keys import SETTINGS
from helpers.limits import Buckets
from weather.asking import ASKS_AT_ONCE, ASKS_PER_SECOND, WeatherRequests
from weather.forecast import Weather
from weather.keys import WEATHER


async def _open(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    if settings.weather_url:
        limits = Buckets(ASKS_PER_SECOND, ASKS_AT_ONCE) if settings.rate_limits == "on" else None
        app[WEATHER] = WeatherRequests(Weather(app[FETCHER], settings.weather_url), limits)
    yield


def setup_weather(app: web.Application) -> None:
    app.cleanup_ctx.append(_open)
