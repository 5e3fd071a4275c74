"""A browser subscribes, with its PushSubscription as JSON; the list of devices, and the end of one."""

from typing import Any

from aiohttp import web
from aiohttp_session import get_session

from accounts.keys import USER
from accounts.signin.devices import device_of
from helpers.clock import iso
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.security_log import note
from helpers.text.translation import current
from helpers.web.flash import flash
from helpers.web.requests.addresses import client_address
from helpers.web.requests.bodies import deadline
from helpers.web.requests.forms import read_form
from helpers.web.routing import wants_json
from notifications.push.devices import (
    MAX_BODY,
    add_device,
    devices_of,
    read_subscription,
    remove_device,
    remove_endpoint,
)
from notifications.push.keys import VAPID
from notifications.push.models import PushDevice

SUBSCRIBING = Rule("push-devices", 1 / 30, 20.0)
"""Per person. A page says once a day that its browser is there."""

SETTINGS_PAGE = "/settings/notifications"


def shown(device: PushDevice) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": device.name,
        "made_at": iso(device.made_at),
        "used_at": iso(device.used_at),
        "told_at": iso(device.told_at) if device.told_at else None,
    }


async def devices_context(request: web.Request) -> dict[str, Any]:
    """What templates/notifications/devices.html shows."""
    devices = await devices_of(request[USER].id)
    return {"devices": [shown(device) for device in devices], "push_key": request.app[VAPID].public}


async def devices_of_page(request: web.Request) -> dict[str, Any]:
    """For a page: the devices, on the page that shows them."""
    if request.path != SETTINGS_PAGE or USER not in request or request.method != "GET":
        return {}
    return await devices_context(request)


class Push(web.View):
    """GET: the key that a browser subscribes with, and one's devices. POST subscribes."""

    async def get(self) -> web.Response:
        found = await devices_context(self.request)
        return web.json_response({"key": found["push_key"], "devices": found["devices"]})

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        await charge(request.app[LIMITER], SUBSCRIBING, user.id)
        given = read_subscription(await _body(request))
        session_id = str((await get_session(request)).identity)
        name = device_of(request.headers.get("User-Agent", ""))
        device, is_new = await add_device(request.app[DATABASE], user, session_id, given, name)
        if is_new:
            note("push device", "ok", who=user.name, whence=client_address(request), id=device.id)
        return web.json_response(shown(device), status=201 if is_new else 200)


async def _body(request: web.Request) -> str:
    """Raises HTTPException."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
    async with deadline():
        body = await request.content.read(MAX_BODY + 1)
        while len(body) <= MAX_BODY and (more := await request.content.read(MAX_BODY + 1 - len(body))):
            body += more
    if len(body) > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise web.HTTPBadRequest from None


class RemoveDevice(web.View):
    """By its number (`device`), or by the browser itself, which knows its `endpoint`."""

    async def post(self) -> web.StreamResponse:
        request, user = self.request, self.request[USER]
        fields = await read_form(request)
        number, endpoint = fields.get("device", ""), fields.get("endpoint", "")
        if endpoint:
            is_removed = await remove_endpoint(user.id, endpoint)
        elif number.isdecimal() and number.isascii() and len(number) <= 15:
            is_removed = await remove_device(user.id, int(number))
        else:
            back = SETTINGS_PAGE, current().t("Notifications")
            raise ActionError("bad_request", "Which device?", back=back)
        if is_removed:
            note("push device removed", "ok", who=user.name, whence=client_address(request))
        if wants_json(request):
            return web.json_response({"removed": is_removed})
        # It may have been removed already: that is no error.
        await flash(request, current().t("That device isn’t notified any more."), "success")
        raise web.HTTPSeeOther(f"{SETTINGS_PAGE}#devices")
