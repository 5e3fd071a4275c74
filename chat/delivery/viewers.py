"""Who has a room in front of them right now, which is more than being online: told in the room while it
changes, and kept nowhere.

Each process knows what its own connections say, and tells the others what changes. It repeats
everything now and then, and what isn't repeated is forgotten: so nothing lost on the bus, and no
process that died, leaves anybody in a room for long."""

import asyncio
import contextlib
import contextvars
import itertools
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator

from chat.delivery.connections import Client
from chat.envelopes import ViewerChange, ViewerChanges
from chat.events import Viewing, encode
from helpers.tasks import cancel_all
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.viewers")

MAX_TOLD = 500
"""Of a room that more people have in front of them nothing is told: each who comes or goes would be
told to all of them."""

MAX_KEPT = 50_000
"""People in rooms of other processes."""

AT_ONCE = 500
"""Changes in one message to other processes."""

FORGOTTEN_AFTER = 2.5
"""In multiples of the time after which everything is repeated."""


class RoomViewers:
    """`clients_in(room_id)` are the stays here that are told of their room. `publish` tells other
    processes, None where there are none."""

    def __init__(
        self,
        clients_in: Callable[[int], Iterable[Client]],
        publish: Callable[[ViewerChanges], None] | None,
        timings: Timings = DEFAULT,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients_in = clients_in
        self._publish = publish
        self._timings = timings
        self._now = now
        self._process = secrets.token_hex(8)
        self._here: dict[int, dict[str, set[Client]]] = {}
        """The stays by room and name."""
        self._elsewhere: dict[int, dict[tuple[str, str], float]] = {}
        """When it was last heard, by room, process and name."""
        self._kept = 0
        """Entries of `_elsewhere`."""
        self._told: dict[int, frozenset[str]] = {}
        """What the room's clients here know, of rooms in which somebody is."""
        self._missed: dict[int, set[Client]] = {}
        """Those who were reading too slowly."""
        self._changed: set[int] = set()
        """Rooms that may have to be told."""
        self._outgoing: dict[tuple[int, str], bool] = {}
        self._repeat_at = 0.0
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        task = asyncio.create_task(self._run(), name="viewers", context=contextvars.Context())
        self._tasks.append(task)

    async def close(self) -> None:
        await cancel_all(self._tasks)

    def start(self, client: Client, name: str) -> None:
        """The room is in front of the person."""
        clients = self._here.setdefault(client.room_id, {}).setdefault(name, set())
        if not clients:
            self._note(client.room_id, name, is_there=True)
        clients.add(client)

    def stop(self, client: Client, name: str) -> None:
        """It isn't, or not over this connection. Harmless where it wasn't."""
        names = self._here.get(client.room_id, {})
        clients = names.get(name)
        if clients is None or client not in clients:
            return
        clients.remove(client)
        if not clients:
            del names[name]
            if not names:
                del self._here[client.room_id]
            self._note(client.room_id, name, is_there=False)

    def heard(self, changes: ViewerChanges) -> None:
        """What another process tells."""
        for room_id, name, is_there in changes.changes:
            found = self._elsewhere.setdefault(room_id, {})
            key = changes.process, name
            if is_there and (key in found or self._kept < MAX_KEPT):
                self._kept += key not in found
                found[key] = self._now()
            elif not is_there and found.pop(key, None) is not None:
                self._kept -= 1
            if not found:
                del self._elsewhere[room_id]
            self._changed.add(room_id)
        self._wake.set()

    def of_room(self, room_id: int) -> list[bytes]:
        """The event for who enters the room, if there is anything to tell. What changes from now on
        is told to them as to the others."""
        told = self._told.get(room_id)
        if told is None and (told := self._names(room_id)):
            self._told[room_id] = told
        return [encode(Viewing(sorted(told), whole=True))] if told else []

    def _note(self, room_id: int, name: str, *, is_there: bool) -> None:
        self._changed.add(room_id)
        if self._publish:
            self._outgoing[room_id, name] = is_there
        self._wake.set()

    def _names(self, room_id: int) -> frozenset[str]:
        """Whom to tell of."""
        names = {*self._here.get(room_id, ()), *(name for _, name in self._elsewhere.get(room_id, ()))}
        return frozenset(names) if len(names) <= MAX_TOLD else frozenset()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.viewers_again if self._publish else None):
                    await self._wake.wait()
            self._wake.clear()
            try:
                self._publish_changes()
                self._forget_unheard()
                for room_id in list(self._changed):
                    self._changed.discard(room_id)
                    self._tell(room_id)
                    await asyncio.sleep(0)
            except Exception:
                log.exception("who is in a room wasn't told")
            await asyncio.sleep(self._timings.viewers_gather)

    def _publish_changes(self) -> None:
        """Tells other processes what changed, or everything where it is time to repeat it."""
        if not self._publish:
            return
        outgoing, self._outgoing = self._outgoing, {}
        if self._now() >= self._repeat_at:
            self._repeat_at = self._now() + self._timings.viewers_again
            outgoing.update({(room, name): True for room, names in self._here.items() for name in names})
        for group in _groups(outgoing):
            self._publish(ViewerChanges(self._process, group))

    def _forget_unheard(self) -> None:
        oldest = self._now() - FORGOTTEN_AFTER * self._timings.viewers_again
        for room_id, found in list(self._elsewhere.items()):
            gone = [key for key, heard_at in found.items() if heard_at < oldest]
            for key in gone:
                del found[key]
            if gone:
                self._kept -= len(gone)
                self._changed.add(room_id)
            if not found:
                del self._elsewhere[room_id]

    def _tell(self, room_id: int) -> None:
        """Tells the room's clients here what has changed, and everything to those who have missed
        something."""
        names, told = self._names(room_id), self._told.pop(room_id, frozenset())
        if names:
            self._told[room_id] = names
        missed = self._missed.pop(room_id, set())
        change = whole = b""
        late = set()
        for client in self._clients_in(room_id):
            if client.outbox.is_full:
                late.add(client)
            elif client in missed:
                whole = whole or encode(Viewing(sorted(names), whole=True))
                client.outbox.add(whole)
            elif names != told:
                change = change or encode(Viewing(sorted(names - told), sorted(told - names)))
                client.outbox.add(change)
        if late and (names != told or late & missed):
            self._missed[room_id] = late
            self._changed.add(room_id)
            self._wake.set()


def _groups(changes: dict[tuple[int, str], bool]) -> Iterator[list[ViewerChange]]:
    rest = iter([ViewerChange(room_id, name, there) for (room_id, name), there in changes.items()])
    while group := list(itertools.islice(rest, AT_ONCE)):
        yield group
