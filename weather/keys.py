"""The weather's application keys."""

from aiohttp import web

from weather.requests import WeatherRequests

WEATHER = web.AppKey("weather", WeatherRequests)
"""Missing if the settings turn the weather off, and before the application runs."""
