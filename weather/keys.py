"""What the weather's doors ask the application for."""

from aiohttp import web

from weather.requests import WeatherRequests

WEATHER = web.AppKey("weather", WeatherRequests)
"""Not there where the settings turn the weather off, nor before the application runs."""
