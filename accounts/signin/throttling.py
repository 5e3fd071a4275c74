"""Slows down password guesses, per account and per address, at sign-in and wherever the password is
asked for: one at a time, and after some wrong ones each later.

At sign-in the guesses at an account count for each network on its own, so that whoever guesses in one
doesn't keep its owner out of the others; all together they have a bucket."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from helpers.errors import ActionError, charge
from helpers.keys import LIMITER, SETTINGS
from helpers.limits import GuessLimiter, Rule, Target
from helpers.web.requests.addresses import client_network

GUESSES = web.AppKey("guesses", GuessLimiter)

ACCOUNT_FREE, ADDRESS_FREE = 5, 20
"""Wrong guesses within 15 minutes before each further one is delayed."""

NETWORK_BITS = 48
"""Of an IPv6 address, where guesses at one account are counted: as many as one customer may have."""

SIGN_IN_GUESSES = Rule("guesses", 1 / 2, 20.0)
"""At an account, from unknown browsers in all networks. One network makes at most one in 8 s for long,
so four can't use it up."""

Found = TypeVar("Found")


def hashed(login: str) -> str:
    """A login can be any text, and names aren't for Redis."""
    return hashlib.sha256(login.encode(errors="replace")).hexdigest()[:32]


async def throttled_sign_in(
    request: web.Request, account: str, device: str, attempt: Callable[[], Awaitable[Found | None]]
) -> Found | None:
    """As throttled, for the account of directory.guess_key. `device` is known_device's: guesses from
    there count for it alone, so that those of others don't keep the owner out."""
    if request.app[SETTINGS].rate_limits != "on":
        return await attempt()
    if device:
        target = Target(f"device:{hashed(device)}", ACCOUNT_FREE, forgiving=True)
        return await _throttled(request, attempt, [target])

    async def counted() -> Found | None:
        # Last of all: what is refused before, or given up while it waits, takes nothing of it.
        await charge(request.app[LIMITER], SIGN_IN_GUESSES, hashed(account))
        return await attempt()

    network = client_network(request, NETWORK_BITS)
    return await _throttled(request, counted, _targets(request, f"{account} from {network}"))


async def throttled(
    request: web.Request, account: str, attempt: Callable[[], Awaitable[Found | None]]
) -> Found | None:
    """Runs the attempt and returns its result; None counts as a wrong guess. After many of them it
    is delayed. While another guess at the account, or from the address, is pending, ActionError is
    raised at once. `account` tells whose password is asked for."""
    if request.app[SETTINGS].rate_limits != "on":
        return await attempt()
    return await _throttled(request, attempt, _targets(request, account))


def _targets(request: web.Request, account: str) -> list[Target]:
    return [
        Target(f"account:{hashed(account)}", ACCOUNT_FREE, forgiving=True),
        Target(f"address:{client_network(request)}", ADDRESS_FREE, forgiving=False),
    ]


async def _throttled(
    request: web.Request, attempt: Callable[[], Awaitable[Found | None]], targets: list[Target]
) -> Found | None:
    guesses = request.app[GUESSES]
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
