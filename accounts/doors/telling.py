"""What people are told by mail of their accounts, from what they or others do on the pages."""

from aiohttp import web

from accounts.models import User
from accounts.signin.devices import device_of
from accounts.signin.mails import EMAIL_CHANGED, NEW_DEVICE, PASSWORD_CHANGED, VERIFY
from helpers.clock import now_ms
from helpers.mail.queue import MAILS
from helpers.text.translation import current
from helpers.web.requests.addresses import client_address

MAX_AGENT = 500


def asked_from(request: web.Request) -> dict[str, str]:
    """From which device and address something is asked for."""
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT]
    return {"device": device_of(agent), "whence": client_address(request)}


async def send_confirmation(request: web.Request, user: User) -> None:
    """Asks the person by mail whether the address is theirs. Where the site sends no mail, nobody is
    asked."""
    if user.address:
        await request.app[MAILS].put(VERIFY, current().code, user.id, {"address": user.address})


async def tell_email_changed(request: web.Request, user: User, former: str) -> None:
    """Tells the former address, which need not have been confirmed: it was the one to tell."""
    if former:
        details = {"address": former, **asked_from(request)}
        await request.app[MAILS].put(EMAIL_CHANGED, current().code, user.id, details)


async def tell_password_changed(request: web.Request, user: User) -> None:
    await request.app[MAILS].put(PASSWORD_CHANGED, current().code, user.id, asked_from(request))


async def tell_new_device(request: web.Request, user: User, language: str) -> None:
    """`language` is that in which the person signed in before."""
    details = {"at": str(now_ms()), **asked_from(request)}
    await request.app[MAILS].put(NEW_DEVICE, language or current().code, user.id, details)
