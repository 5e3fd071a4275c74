"""Slows down password guesses, per account and per address, at sign-in and wherever the password is
asked for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from helpers.keys import SETTINGS
from helpers.limits import Guesses
from helpers.web.addresses import client_address

ACCOUNT_GUESSES = web.AppKey("account_guesses", Guesses)
ADDRESS_GUESSES = web.AppKey("address_guesses", Guesses)

GUESS_WINDOW_SECONDS = 15 * 60

Found = TypeVar("Found")


async def throttled(
    request: web.Request, account: str, attempt: Callable[[], Awaitable[Found | None]]
) -> Found | None:
    """Runs the attempt and returns its result; None counts as a failed guess. After many failures
    it is delayed. `account` comes from directory.login_key."""
    address = client_address(request)
    by_account, by_address = request.app[ACCOUNT_GUESSES], request.app[ADDRESS_GUESSES]
    if request.app[SETTINGS].rate_limits == "on":
        await asyncio.sleep(max(by_account.delay(account), by_address.delay(address)))
    found = await attempt()
    if found is None:
        by_account.failed(account)
        by_address.failed(address)
    else:
        by_account.succeeded(account)
    return found


def setup_throttling(app: web.Application) -> None:
    app[ACCOUNT_GUESSES] = Guesses(5, GUESS_WINDOW_SECONDS)
    app[ADDRESS_GUESSES] = Guesses(20, GUESS_WINDOW_SECONDS)
