"""Makes the accounts part of an application."""

import aiohttp_jinja2
from aiohttp import web

from accounts import people
from accounts.blocking import BLOCKED
from accounts.following_views import FOLLOW_LIMITS, FOLLOWS_AT_ONCE, FOLLOWS_PER_SECOND
from accounts.gravatar import keep_gravatar
from accounts.guessing import setup_guessing
from accounts.people_lists import request_count
from accounts.signing import USERS
from accounts.views import REGISTRATIONS, REGISTRATIONS_AT_ONCE, REGISTRATIONS_PER_SECOND
from accounts.visibility import SIGHTS, Sights
from helpers.keys import DATABASE
from helpers.limits import Buckets
from helpers.sharing import BatchedReads


def setup_accounts(app: web.Application) -> None:
    app[USERS] = BatchedReads(people.users_by_ids)
    app[REGISTRATIONS] = Buckets(REGISTRATIONS_PER_SECOND, REGISTRATIONS_AT_ONCE)
    app[FOLLOW_LIMITS] = Buckets(FOLLOWS_PER_SECOND, FOLLOWS_AT_ONCE)
    app[SIGHTS] = Sights(app[DATABASE])
    app[BLOCKED] = []
    app[aiohttp_jinja2.APP_CONTEXT_PROCESSORS_KEY] = (*app[aiohttp_jinja2.APP_CONTEXT_PROCESSORS_KEY], request_count)
    setup_guessing(app)
    app.cleanup_ctx.append(keep_gravatar)
