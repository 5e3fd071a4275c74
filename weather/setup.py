"""Sets up the weather in an application, if the settings enable it."""

from collections.abc import AsyncIterator

import aiohttp_jinja2
from aiohttp import web

from chat.commands.registry import make_command
from chat.keys import COMMANDS
from helpers.fetching import FETCHER
from helpers.keys import SETTINGS
from helpers.limits import Buckets
from weather.command import WeatherCommand
from weather.forecast import Weather
from weather.keys import WEATHER
from weather.requests import REQUESTS_AT_ONCE, REQUESTS_PER_SECOND, WeatherRequests


async def _open(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    if settings.weather_url:
        limits = Buckets(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE) if settings.rate_limits == "on" else None
        app[WEATHER] = requests = WeatherRequests(Weather(app[FETCHER], settings.weather_url), limits)
        app[COMMANDS].add(make_command(WeatherCommand(requests).weather))
    yield


def setup_weather(app: web.Application) -> None:
    """Call this after setup_chat: it adds a command to the chat."""
    aiohttp_jinja2.get_env(app).globals["has_weather"] = bool(app[SETTINGS].weather_url)
    app.cleanup_ctx.append(_open)
