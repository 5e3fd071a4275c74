"""Tells a browser for whom a page was made, so that its service worker keeps and shows what is kept
there for that person alone: static/js/offline/worker.js."""

import hashlib

from aiohttp import web

from accounts.models import User
from helpers.keys import SITE

SIGNED_IN_AS = "Signed-In-As"
NOBODY = "nobody"


def signed_in_as(app: web.Application, user: User | None) -> str:
    """The same for all sessions of a person on this site, of nobody else, and of no use but to be
    compared. A handle isn't: after its owner's account is deleted it may be somebody else's."""
    if user is None:
        return NOBODY
    return hashlib.sha256(f"{app[SITE]} {user.id}".encode()).hexdigest()[:16]
