"""Makes the accounts part of an application."""

from aiohttp import web

from accounts import people
from accounts.following_views import FOLLOW_LIMITS, FOLLOWS_AT_ONCE, FOLLOWS_PER_SECOND
from accounts.gravatar import keep_gravatar
from accounts.guessing import setup_guessing
from accounts.signing import USERS
from accounts.views import REGISTRATIONS, REGISTRATIONS_AT_ONCE, REGISTRATIONS_PER_SECOND
from helpers.limits import Buckets
from helpers.sharing import BatchedReads


def setup_accounts(app: web.Application) -> None:
    app[USERS] = BatchedReads(people.users_by_ids)
    app[REGISTRATIONS] = Buckets(REGISTRATIONS_PER_SECOND, REGISTRATIONS_AT_ONCE)
    app[FOLLOW_LIMITS] = Buckets(FOLLOWS_PER_SECOND, FOLLOWS_AT_ONCE)
    setup_guessing(app)
    app.cleanup_ctx.append(keep_gravatar)
