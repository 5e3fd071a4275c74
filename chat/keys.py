"""What the chat's doors ask the application for."""

from aiohttp import web

from chat.attendance import Attendance
from chat.engine import Engine
from helpers.limits import Buckets
from helpers.websocket import Heart

ENGINE = web.AppKey("engine", Engine)
ATTENDANCE = web.AppKey("attendance", Attendance)
MESSAGE_LIMITS = web.AppKey("message_limits", Buckets)
HEART = web.AppKey("heart", Heart)
