"""Devices come, go, and move to whoever signs in there next."""

import hashlib
import hmac
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Annotated, Any

import msgspec
from peewee_async.databases import AioDatabase

from accounts.keys import DeletedAccount, Section
from accounts.models import User
from accounts.people.directory import lock_account
from helpers import fetching
from helpers.clock import iso, now_ms
from helpers.errors import ActionError, declare
from helpers.linked_pages.reading import NoPage, checked_address
from helpers.text.strict_json import BadJson, decode, keys_pattern
from helpers.web_push.encryption import AUTH_BYTES, PUBLIC_BYTES, from_text, public_key
from helpers.web_push.service import Browser
from notifications.push.models import PushClosing, PushDevice

log = logging.getLogger("aiochat.push")

MOST_DEVICES = 20
"""Of one person. The one that wasn't used for longest goes for a new one."""

MAX_BODY = 4096
MAX_ENDPOINT = 2000
"""Characters. Those of the known services have up to 700."""

MAX_NAME = 60

REFUSALS = 20
"""So many in a row end a subscription that its service never says is gone."""

READ_AT_ONCE = 20

declare({"other_device": 409})


class Keys(msgspec.Struct):
    p256dh: Annotated[str, msgspec.Meta(max_length=120)]
    auth: Annotated[str, msgspec.Meta(max_length=40)]


class Subscription(msgspec.Struct):
    """A PushSubscription, as `toJSON()` has it."""

    endpoint: str
    keys: Keys


_DECODER = msgspec.json.Decoder(Subscription)
_KEYS = keys_pattern("endpoint", "keys", "p256dh", "auth")


def read_subscription(text: str) -> Subscription:
    """A checked one. Raises ActionError."""
    try:
        found = decode(text, _DECODER, _KEYS)
    except (BadJson, msgspec.ValidationError):
        raise ActionError("bad_request", "That is no subscription to Web Push.") from None
    _check_endpoint(found.endpoint)
    try:
        point, auth = from_text(found.keys.p256dh), from_text(found.keys.auth)
        if len(point) != PUBLIC_BYTES or len(auth) != AUTH_BYTES:
            raise ValueError
        public_key(point)
    except ValueError:
        raise ActionError("bad_request", "The keys of the subscription are none.") from None
    return found


def _check_endpoint(endpoint: str) -> None:
    """Its service is at a public address, by TLS. What a name leads to is checked where it is asked."""
    wrong = ActionError("bad_request", "The address of the subscription can’t be used.")
    if len(endpoint) > MAX_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        raise wrong
    try:
        address = checked_address(endpoint)
    except NoPage:
        raise wrong from None
    host = address.host or ""
    if address.scheme != "https" or (fetching.is_literal(host) and not fetching.is_public(host)):
        raise wrong


def hash_of(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


async def add_device(
    database: AioDatabase, user: User, session_id: str, given: Subscription, name: str
) -> tuple[PushDevice, bool]:
    """Notes the device, or that it is there still, and whose it is now. Returns it, and whether it is new
    to this person. Raises ActionError where the keys aren't those that the device gave before: its address
    alone takes it from nobody."""
    now = now_ms()
    row = {
        **{"user_id": user.id, "session_id": session_id, "endpoint": given.endpoint},
        **{"browser_key": given.keys.p256dh, "auth": given.keys.auth},
        **{"name": name[:MAX_NAME], "used_at": now, "refused": 0},
    }
    async with database.aio_atomic():
        # Two devices of one person come one after the other, so that there are never too many.
        await lock_account(user.id)
        found = await PushDevice.aio_get_or_none(PushDevice.endpoint_hash == hash_of(given.endpoint))
        if found is not None:
            if not hmac.compare_digest(str(found.auth).encode(), given.keys.auth.encode()):
                raise ActionError("other_device", "This device has subscribed with other keys.")
            is_new = found.user_id != user.id
            changes = {**row, "made_at": now, "told_at": None} if is_new else row
            await PushDevice.update(changes).where(PushDevice.id == found.id).aio_execute()
        else:
            is_new = True
            row |= {"endpoint_hash": hash_of(given.endpoint), "made_at": now}
            await PushDevice.insert(row).on_conflict_ignore().aio_execute()
        if is_new:
            await _drop_oldest(user.id)
        device = await PushDevice.aio_get_or_none(
            PushDevice.endpoint_hash == hash_of(given.endpoint), PushDevice.user_id == user.id
        )
    if device is None:
        raise ActionError("other_device", "This device has subscribed with other keys.")
    return device, is_new


async def _drop_oldest(user_id: int) -> None:
    query = PushDevice.select(PushDevice.id).where(PushDevice.user_id == user_id)
    query = query.order_by(PushDevice.used_at.desc(), PushDevice.id.desc()).offset(MOST_DEVICES).limit(20)
    if too_many := [row_id for (row_id,) in await query.tuples().aio_execute()]:
        await PushDevice.delete().where(PushDevice.id.in_(too_many)).aio_execute()


async def devices_of(user_id: int) -> list[PushDevice]:
    """All of them, the ones used last first."""
    query = PushDevice.select().where(PushDevice.user_id == user_id).limit(2 * MOST_DEVICES)
    return sorted(await query.aio_execute(), key=lambda device: (-device.used_at, -device.id))


async def devices_of_people(user_ids: Iterable[int]) -> dict[int, list[PushDevice]]:
    """Of many people, by id."""
    ids = sorted(set(user_ids))
    found: dict[int, list[PushDevice]] = {}
    for start in range(0, len(ids), READ_AT_ONCE):
        query = PushDevice.select().where(PushDevice.user_id.in_(ids[start : start + READ_AT_ONCE]))
        for device in await query.order_by(PushDevice.user_id, PushDevice.id).aio_execute():
            found.setdefault(device.user_id, []).append(device)
    return found


async def remove_device(user_id: int, device_id: int) -> bool:
    """Returns False where the person has no such device."""
    is_theirs = (PushDevice.id == device_id) & (PushDevice.user_id == user_id)
    return bool(await PushDevice.delete().where(is_theirs).aio_execute())


async def remove_endpoint(user_id: int, endpoint: str) -> bool:
    is_theirs = (PushDevice.endpoint_hash == hash_of(endpoint)) & (PushDevice.user_id == user_id)
    return bool(await PushDevice.delete().where(is_theirs).aio_execute())


async def forget_session(session_id: str) -> None:
    """Who signs out on a device hears nothing more there."""
    await PushDevice.delete().where(PushDevice.session_id == session_id).aio_execute()


async def move_session(session_id: str, successor: str) -> None:
    is_of = PushDevice.session_id == session_id
    await PushDevice.update(session_id=successor).where(is_of).aio_execute()


async def note_taken(device_id: int) -> None:
    await PushDevice.update(told_at=now_ms(), refused=0).where(PushDevice.id == device_id).aio_execute()


async def note_gone(device_id: int) -> None:
    await PushDevice.delete().where(PushDevice.id == device_id).aio_execute()


async def note_refused(device: PushDevice) -> None:
    """A device that refuses everything is one that has gone."""
    if device.refused + 1 >= REFUSALS:
        log.info("device %d takes nothing: its subscription ends", device.id)
        await note_gone(device.id)
        return
    change = {PushDevice.refused: PushDevice.refused + 1}
    await PushDevice.update(change).where(PushDevice.id == device.id).aio_execute()


def browser_of(device: PushDevice) -> Browser:
    return Browser(device.endpoint, from_text(device.browser_key), from_text(device.auth))


async def erase_devices(account: DeletedAccount) -> AsyncGenerator[None, None]:
    """An Eraser."""
    await PushClosing.delete().where(PushClosing.user_id == account.user_id).aio_execute()
    await PushDevice.delete().where(PushDevice.user_id == account.user_id).aio_execute()
    yield


async def _rows(user: User) -> AsyncIterator[dict[str, Any]]:
    for device in await devices_of(user.id):
        told = iso(device.told_at) if device.told_at else None
        yield {
            "name": device.name,
            "made_at": iso(device.made_at),
            "used_at": iso(device.used_at),
            "told_at": told,
        }


SECTION = Section("push_devices", _rows)
