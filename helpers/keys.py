"""What every part of the application may ask it for."""

from aiohttp import web
from peewee_async.databases import AioDatabase

from settings import Settings

SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", AioDatabase)
