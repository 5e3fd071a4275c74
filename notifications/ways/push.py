"""Sends what waits to be pushed. Every process runs this; one at a time does something.

A device whose service is away is tried again with growing pauses, and what it hears twice it shows once:
a notification of a room takes the place of the one before."""

import asyncio
import contextlib
import contextvars
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.exceptions import RedisError
from yarl import URL

from helpers.base_path import with_base
from helpers.clock import now_ms
from helpers.db.compiled import CompiledSelect
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.observing.measures import Counter
from helpers.tasks import cancel_all
from helpers.text.characters import one_line
from helpers.text.translation import ENGLISH, LANGUAGES, current, set_language
from helpers.web_push.service import Fate, Outcome, Push, PushSender
from notifications.deciding import PUSH
from notifications.models import FAILED, SENT, WAITING, Notice, NoticeDelivery
from notifications.push.closings import QuietPushes, drop_closings, due_closings
from notifications.push.devices import browser_of, devices_of_people, note_gone, note_refused, note_taken
from notifications.push.models import PushDevice
from notifications.ways.telling import Teller, Telling

log = logging.getLogger("aiochat.push")

CLAIM_SECONDS = 30.0
AT_ONCE = 100
"""Notices under way."""

BATCH = 20
"""Notices read together."""

PER_SERVICE = 8
"""Messages to one service at a time: of one that hangs, so many wait, and the others go elsewhere."""

PAUSES = (10.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds until it is tried again, the last one from then on."""

KEPT_SECONDS = 12 * 3600
"""Then it is given up: what one missed by then one finds on the page."""

REST = (5.0, 30.0, 120.0, 300.0)
"""Seconds for which a service isn't asked that didn't answer, growing with each time in a row."""

MESSAGE_SECONDS = 24 * 3600
"""For how long a service keeps a message for a device that is away."""

CLOSING_SECONDS = 3600
"""For how long a service keeps what closes a notification."""

LOUD = (".push.apple.com",)
"""Services whose browsers must show each push: they end a subscription that shows nothing."""

MAX_SERVICES = 1000
"""Hosts that are remembered."""


MOST_COUNTED = 100

PUSHES = Counter("aiochat_pushes_total", "Messages to push services, by what became of them.", "result")


@dataclass
class _Service:
    """What is known of a push service."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PER_SERVICE))
    silences: int = 0
    rests_until: float = 0.0

    def answered(self) -> None:
        self.silences = 0

    def was_silent(self) -> None:
        now = time.monotonic()
        # Those that were under way together count once.
        if now >= self.rests_until:
            self.rests_until = now + REST[min(self.silences, len(REST) - 1)]
            self.silences += 1


@dataclass
class _Tried:
    """What was tried of a delivery."""

    times: int = 0
    done: set[int] = field(default_factory=set)
    """Devices that need no other try."""
    taken: int = 0


IsLive = Callable[[str, int], Awaitable[bool]]

_DUE = CompiledSelect(
    lambda now, most: (
        NoticeDelivery.select()
        .where((NoticeDelivery.way == PUSH) & (NoticeDelivery.state == WAITING), NoticeDelivery.due_at <= now)
        .order_by(NoticeDelivery.due_at, NoticeDelivery.id)
        .limit(most)
    )
)


class PushWay:
    """`is_live` tells whether a session of a person goes on."""

    def __init__(self, sender: PushSender, is_live: IsLive, interval: float) -> None:
        self._sender = sender
        self._is_live = is_live
        self._interval = interval
        self._claim = Claim("push", CLAIM_SECONDS)
        self._services: dict[str, _Service] = {}
        self._tried: dict[int, _Tried] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._quiet = QuietPushes()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        try:
            while True:
                try:
                    if await self._claim.hold():
                        await self._start_some()
                        await self._close_some()
                except Exception as error:
                    self._log(error)
                await self._rest()
        finally:
            await cancel_all([*self._running.values(), *self._closing])

    async def _rest(self) -> None:
        running = list(self._running.values())
        if running:
            await asyncio.wait(running, timeout=self._interval, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(self._interval)

    def _log(self, error: Exception) -> None:
        if is_unavailable(error) or isinstance(error, RedisError):
            log.warning("nothing is pushed: %s", one_line(error))
        else:
            log.exception("nothing is pushed")

    async def _start_some(self) -> None:
        while (room := min(BATCH, AT_ONCE - len(self._running))) > 0:
            due = await self._due(room)
            if not due:
                return
            await self._start(due)

    async def _close_some(self) -> None:
        """What was read elsewhere goes from the devices that show it."""
        closings = await due_closings()
        if not closings:
            return
        await drop_closings(closings)
        devices = await devices_of_people(one.user_id for one in closings)
        for closing in closings:
            badge = await unread_notices(closing.user_id)
            tag = f"room-{closing.room_id}"
            body = {"close": tag, "number": closing.number, "badge": badge}
            push = Push(msgspec.json.encode(body), tag, CLOSING_SECONDS, is_urgent=False)
            for device in devices.get(closing.user_id, []):
                if device.told_at is None or not closes_quietly(device) or len(self._closing) >= AT_ONCE:
                    continue
                if not self._quiet.take(device.id):
                    continue
                task = asyncio.create_task(self._close(device, push), context=contextvars.Context())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    async def _close(self, device: PushDevice, push: Push) -> None:
        try:
            await self._send(device, push)
        except Exception as error:
            self._log(error)

    async def _due(self, most: int) -> list[NoticeDelivery]:
        # One that ends while they are read is read as waiting.
        running = set(self._running)
        read = await _DUE.results(now_ms(), most + len(running))
        found = [one for one in read if one.id not in running]
        return found[:most]

    async def _start(self, due: list[NoticeDelivery]) -> None:
        devices = await devices_of_people(delivery.user_id for delivery in due)
        if without := [delivery.id for delivery in due if delivery.user_id not in devices]:
            # Most of ten thousand who are called at once have none.
            change = {"state": FAILED, "detail": "no_device", "at": now_ms()}
            is_waiting = NoticeDelivery.state == WAITING
            some = NoticeDelivery.id.in_(without)
            await NoticeDelivery.update(change).where(some, is_waiting).aio_execute()
        due = [delivery for delivery in due if delivery.user_id in devices]
        if not due:
            return
        ids = [delivery.notice_id for delivery in due]
        notices = {one.id: one for one in await Notice.select().where(Notice.id.in_(ids)).aio_execute()}
        teller = Teller()
        await teller.load(list(notices.values()))
        for delivery in due:
            notice = notices.get(delivery.notice_id)
            work = self._do(delivery, notice, teller, devices[delivery.user_id])
            task = asyncio.create_task(work, context=contextvars.Context())
            self._running[delivery.id] = task
            task.add_done_callback(functools.partial(self._ended, delivery.id))

    def _ended(self, delivery_id: int, _: "asyncio.Task[None]") -> None:
        del self._running[delivery_id]

    async def _do(
        self, delivery: NoticeDelivery, notice: Notice | None, teller: Teller, devices: list[PushDevice]
    ) -> None:
        try:
            if notice is None or notice.read_at is not None:
                await self._end(delivery, FAILED, "read" if notice else "gone")
                return
            person = teller.person(delivery.user_id)
            set_language(LANGUAGES.get(person.language if person else "", ENGLISH))
            telling = teller.tell(notice) if person else None
            if telling is None:
                await self._end(delivery, FAILED, "gone")
                return
            await self._push(delivery, await self._message(notice, telling), devices)
        except Exception as error:
            self._log(error)
            if is_unavailable(error) or isinstance(error, RedisError):
                return
            with contextlib.suppress(Exception):
                # It would be so again, and the others needn't wait for it.
                await self._end(delivery, FAILED, "broken")

    async def _message(self, notice: Notice, telling: Telling) -> Push:
        body = msgspec.json.encode(payload_of(notice, telling, await unread_notices(notice.user_id)))
        return Push(body, telling.tag, MESSAGE_SECONDS)

    async def _push(self, delivery: NoticeDelivery, message: Push, devices: Iterable[PushDevice]) -> None:
        tried = self._tried.setdefault(delivery.id, _Tried())
        waiting = [device for device in devices if device.id not in tried.done]
        outcomes = await asyncio.gather(*(self._send(device, message) for device in waiting))
        later = [one for one in outcomes if one.fate is Fate.LATER]
        tried.done |= {
            device.id for device, one in zip(waiting, outcomes, strict=True) if one.fate is not Fate.LATER
        }
        tried.taken += sum(one.fate is Fate.TAKEN for one in outcomes)
        if later and delivery.at > now_ms() - KEPT_SECONDS * 1000:
            await self._put_off(delivery, tried, later)
            return
        self._tried.pop(delivery.id, None)
        if tried.taken:
            await self._end(delivery, SENT, f"devices {tried.taken}")
        else:
            refused = [one.why for one in outcomes if one.fate is Fate.REFUSED]
            why = "away" if later else f"refused: {refused[0]}" if refused else "no_device"
            await self._end(delivery, FAILED, why)

    async def _put_off(self, delivery: NoticeDelivery, tried: _Tried, later: list[Outcome]) -> None:
        pause = max(PAUSES[min(tried.times, len(PAUSES) - 1)], *(one.pause for one in later))
        tried.times += 1
        change = {"due_at": now_ms() + int(pause * 1000), "detail": later[0].why[:200]}
        await NoticeDelivery.update(change).where(_waits(delivery)).aio_execute()

    @staticmethod
    async def _end(delivery: NoticeDelivery, state: str, detail: str) -> None:
        change: dict[str, Any] = {"state": state, "detail": detail[:200], "at": now_ms()}
        await NoticeDelivery.update(change).where(_waits(delivery)).aio_execute()

    async def _send(self, device: PushDevice, message: Push) -> Outcome:
        if not await self._is_live(device.session_id, device.user_id):
            # Who is signed out there hears nothing.
            await note_gone(device.id)
            return Outcome(Fate.GONE)
        service = self._service(device.endpoint)
        async with service.turns:
            if time.monotonic() < service.rests_until:
                return Outcome(Fate.LATER, "the push service doesn’t answer")
            outcome = await self._sender.send(browser_of(device), message)
        if outcome.fate is Fate.LATER and not outcome.status:
            service.was_silent()
        else:
            service.answered()
        PUSHES.add(outcome.fate.name.lower())
        match outcome.fate:
            case Fate.TAKEN:
                await note_taken(device.id)
            case Fate.GONE:
                await note_gone(device.id)
            case Fate.REFUSED:
                await note_refused(device)
        return outcome

    def _service(self, endpoint: str) -> _Service:
        host = str(URL(endpoint).origin())
        if host not in self._services and len(self._services) >= MAX_SERVICES:
            self._services = {
                name: one for name, one in self._services.items() if one.turns._value < PER_SERVICE
            }
        return self._services.setdefault(host, _Service())


def closes_quietly(device: PushDevice) -> bool:
    return not (URL(device.endpoint).host or "").endswith(LOUD)


async def unread_notices(user_id: int) -> int:
    """How many a person hasn't read, MOST_COUNTED at most."""
    is_unread = (Notice.user_id == user_id) & Notice.read_at.is_null() & Notice.listed
    return int(await Notice.select(Notice.id).where(is_unread).limit(MOST_COUNTED).aio_count())


def payload_of(notice: Notice, telling: Telling, badge: int) -> dict[str, Any]:
    """What static/js/offline/push.js shows."""
    t = current().t
    found: dict[str, Any] = {
        **{"id": notice.id, "title": telling.title, "body": telling.text, "url": with_base(telling.path)},
        **{"tag": telling.tag, "badge": badge, "lang": current().code, "at": notice.at},
    }
    if telling.room_id is not None:
        room_path = with_base(telling.path).rpartition("/")[0]
        found |= {"room": room_path, "number": telling.number}
        found["actions"] = [["reply", t("Reply")], ["read", t("Mark as read")]]
        found["unsent"] = t("Your answer wasn’t sent. Open it to try again.")
    return found


def _waits(delivery: NoticeDelivery) -> Any:
    """Unless it was cancelled meanwhile."""
    return (NoticeDelivery.id == delivery.id) & (NoticeDelivery.state == WAITING)
