"""The application's keys of notices."""

from dataclasses import dataclass

from aiohttp import web

from notifications.lists import NoticeLists
from notifications.telling import Teller
from notifications.why import Explainer


@dataclass(frozen=True)
class Notifications:
    """What the doors and commands need."""

    lists: NoticeLists
    explainer: Explainer
    teller: Teller


NOTIFICATIONS = web.AppKey("notifications", Notifications)
