"""Application keys that every package may use."""

from aiohttp import web
from peewee_async.databases import AioDatabase

from helpers.limits import Limiter
from settings import Settings

SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", AioDatabase)
LIMITER = web.AppKey("limiter", Limiter)
SITE = web.AppKey("site", str)
"""The id of the site, which all its names in Redis carry. Known once the database is open."""
