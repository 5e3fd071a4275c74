"""Keys of the ways in an application."""

from aiohttp import web

from helpers.web_push.vapid import VapidKey

VAPID = web.AppKey("vapid", VapidKey)
UNSUBSCRIBE_KEY = web.AppKey("unsubscribe_key", str)
"""What signs the links that end mails."""
