"""Slows down password guesses, per account and per address, at sign-in and wherever the password is
asked for: one at a time, and after some wrong ones each later."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from helpers.errors import ActionError
from helpers.keys import SETTINGS
from helpers.limits import GuessLimiter, Target
from helpers.web.addresses import client_network

GUESSES = web.AppKey("guesses", GuessLimiter)

ACCOUNT_FREE, ADDRESS_FREE = 5, 20
"""Wrong guesses within 15 minutes before each further one is delayed."""

Found = TypeVar("Found")


def hashed(login: str) -> str:
    """A login can be any text, and names aren't for Redis."""
    return hashlib.sha256(login.encode(errors="replace")).hexdigest()[:32]


async def throttled(
    request: web.Request, account: str, attempt: Callable[[], Awaitable[Found | None]], device: str = ""
) -> Found | None:
    """Runs the attempt and returns its result; None counts as a wrong guess. After many of them it
    is delayed. While another guess at the account, or from the address, is pending, ActionError is
    raised at once. `account` comes from directory.guess_key, or tells whose password is asked
    for. `device` is known_device's: guesses from there count for it alone, so that those of others at
    the account, or from the address, don't keep the owner out."""
    if request.app[SETTINGS].rate_limits != "on":
        return await attempt()
    guesses = request.app[GUESSES]
    if device:
        targets = [Target(f"device:{hashed(device)}", ACCOUNT_FREE, forgiving=True)]
    else:
        targets = [
            Target(f"account:{hashed(account)}", ACCOUNT_FREE, forgiving=True),
            Target(f"address:{client_network(request)}", ADDRESS_FREE, forgiving=False),
        ]
    admitted = await guesses.begin(*targets)
    if admitted.retry_after:
        raise ActionError(
            "rate_limited",
            "Another try is still being checked. Please wait a moment and try again.",
            retry_after=admitted.retry_after,
        )
    right: bool | None = None
    try:
        await asyncio.sleep(admitted.delay)
        found = await attempt()
        right = found is not None
        return found
    finally:
        # Also where the client has gone: otherwise the account would stay closed for a while.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(guesses.end(admitted, right=right))
