"""Keys by which Web Push is reached in an application."""

from aiohttp import web

from helpers.web_push.vapid import VapidKey

VAPID = web.AppKey("vapid", VapidKey)
