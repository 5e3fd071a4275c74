"""Delivery of one room in this process: its clients, the seq up to which they have been served, and
the catching up of slow ones."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Set
from typing import Any

from chat.delivery.connections import Client, Connection
from chat.envelopes import EncodedEvent
from chat.events import CaughtUp, Close, Event, Reset, encode
from chat.history.catch_up import Changes
from chat.line_kinds import EVERYBODY
from helpers.db.database import is_unavailable
from helpers.websocket.frames import MAX_FRAME, joined_frames, write_to_all
from timings import DEFAULT, Timings

MAX_HELD = 5000
"""Events kept for a client while it catches up. With more the client is closed, and may
reconnect."""


class Channel:
    """Live clients have been served up to `last_seq`. Other clients are behind, with the events
    since they began to catch up (None before that), or ahead, with the seq up to which they have
    everything.

    `recent(room_id)` returns the ephemeral events that are told to whoever has caught up."""

    def __init__(
        self,
        room_id: int,
        changes_since: Callable[[int, int], Awaitable[Changes]],
        recent: Callable[[int], list[bytes]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        timings: Timings = DEFAULT,
    ) -> None:
        self.room_id = room_id
        self._patience = timings.stalled_client
        self.last_seq = 0
        self.is_filling = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changes_since = changes_since
        self._recent = recent
        self._spawn = spawn
        self._newest = 0
        self._after_gap: dict[int, EncodedEvent] = {}
        self._live: set[Client] = set()
        self._behind: dict[Client, list[EncodedEvent] | None] = {}
        self._ahead: dict[Client, int] = {}

    @property
    def has_gap(self) -> bool:
        return self._newest > self.last_seq

    def start(self, last_seq: int) -> None:
        """Starts after `last_seq`, and delivers later events that arrived meanwhile."""
        self.last_seq = last_seq
        self.opened.set_result(None)
        self.receive([])

    def note_last_seq(self, last_seq: int) -> None:
        """Notes that the room has events up to this seq."""
        self._newest = max(self._newest, last_seq)

    def add(self, client: Client) -> None:
        """From now on the client is told of changes of its user's standing, and events are kept for
        it until it catches up."""
        self._behind[client] = []

    def forget(self, client: Client) -> None:
        self._live.discard(client)
        self._behind.pop(client, None)
        self._ahead.pop(client, None)

    def receive(self, events: list[EncodedEvent]) -> None:
        """Delivers the next events, and keeps those after a gap. Events delivered before are
        skipped."""
        if events and self.opened.done() and events[0].seq == self.last_seq + 1 and not self._after_gap:
            self._push(events, events[-1].seq)
            return
        for event in events:
            if event.seq > self.last_seq:
                self._after_gap[event.seq] = event
                self._newest = max(self._newest, event.seq)
        if not self.opened.done():
            return
        run = []
        seq = self.last_seq + 1
        while seq in self._after_gap:
            run.append(self._after_gap.pop(seq))
            seq += 1
        if run:
            self._push(run, run[-1].seq)
        if len(self._after_gap) > MAX_HELD:
            self._after_gap.clear()

    def send_ephemeral(self, data: bytes, but_user_id: int) -> None:
        """Sends an ephemeral event to the clients that have caught up. Slow clients never get
        it."""
        write_to_all(
            [
                outbox
                for client in self.caught_up
                if client.user_id != but_user_id and not (outbox := client.outbox).is_full
            ],
            [data],
        )

    @property
    def connections(self) -> list[Connection]:
        """Those over which the room is live."""
        return [client.connection for client in self.caught_up]

    def fill(self, changes: Changes) -> None:
        """Delivers the changes from the history after `last_seq`. Where there are too many, every
        client gets a reset."""
        if changes.hides_standings:
            for client in self._clients:
                client.check_standing()
        if changes.last_seq <= self.last_seq:
            # The announced events don't exist: the history is older, as after a restored backup.
            self._newest = self.last_seq
            return
        if changes.events is None:
            before, self.last_seq = self.last_seq, changes.last_seq
            self._write(self._live, [encode(Reset(changes.last_seq))], before, {}, {})
            for client in [*self._behind, *self._ahead]:
                # Their snapshot is followed by events that this process never had.
                client.end(Close.TOO_SLOW)
        else:
            self._push([event for event in changes.events if event.seq > self.last_seq], changes.last_seq)
        self._after_gap = {seq: event for seq, event in self._after_gap.items() if seq > self.last_seq}
        self.receive([])

    async def catch_up(
        self, client: Client, since: int | None, hello: Callable[[Changes], Event] | None = None
    ) -> None:
        """Brings the client from `since` to live: keeps new events, reads the history at one
        moment, sends both.

        `since` None means from now on; below zero, that the client has another history. Raises the
        errors of the read."""
        held = self._behind[client] = self._behind.get(client) or []
        changes = await self._changes_since(
            self.room_id, self.last_seq if since is None or since < 0 else since
        )
        lines = [encode(hello(changes))] if hello else []
        if since is not None:
            if changes.events is None or since < 0:
                lines.append(encode(Reset(changes.last_seq)))
            else:
                lines += lines_for(client, changes.events)
        if hello:
            lines.append(encode(CaughtUp(changes.last_seq)))
        await self._write_slowly(client, lines)
        if client not in self._behind:
            return
        # No await from here on, so that the next push finds the client live.
        del self._behind[client]
        later = lines_for(client, [event for event in held if event.seq > changes.last_seq])
        client.outbox.write(joined_frames(later + self._recent(self.room_id), client.outbox.head))
        if self.last_seq >= changes.last_seq:
            self._live.add(client)
        else:
            self._ahead[client] = changes.last_seq

    def _push(self, events: list[EncodedEvent], last_seq: int) -> None:
        """Delivers the next events. Afterwards every live client has been served up to `last_seq`,
        or is behind."""
        before, self.last_seq = self.last_seq, last_seq
        self._newest = max(self._newest, last_seq)
        affected = _affected(events)
        entered_later = {*self._behind, *self._ahead} if affected else set()
        if events:
            lines = [event.data for event in events]
            own_lines = _own_lines(events, lines)
            self._write(self._live, lines, before, own_lines, self._hidden_from(events))
            for client, held in list(self._behind.items()):
                if held is not None:
                    held.extend(events)
                    if len(held) > MAX_HELD:
                        client.end(Close.TOO_SLOW)
            for client, seen in self._ahead.items():
                unseen = lines_for(client, [event for event in events if event.seq > seen])
                client.outbox.write(joined_frames(unseen, client.outbox.head))
        for client in [client for client, seen in self._ahead.items() if seen <= last_seq]:
            del self._ahead[client]
            self._live.add(client)
        if affected:
            self._notify_affected(affected, entered_later)

    def _hidden_from(self, events: list[EncodedEvent]) -> dict[Client, list[bytes]]:
        """The lines for the clients from whom something in these events may be hidden: only in rooms
        that hide their past, and of events about what was before."""
        if not any(event.may_be_hidden for event in events):
            return {}
        return {client: lines_for(client, events) for client in self._live if client.past.first_seq}

    def _write(
        self,
        clients: Iterable[Client],
        lines: list[bytes],
        before: int,
        own_lines: Mapping[int, list[bytes]],
        hidden: Mapping[Client, list[bytes]],
    ) -> None:
        """Writes the lines to live clients; those in `hidden`, and clients of users in `own_lines`,
        get those lines instead. A client with too much unread gets nothing more until it
        has read, and then the changes after `before`."""
        full, others = [], []
        for client in clients:
            outbox = client.outbox
            if outbox.is_full:
                full.append(client)
            elif client in hidden:
                outbox.add(*hidden[client])
                outbox.flush()
            elif client.user_id in own_lines:
                # Authors first, together with their receipts: they may wait for these before they
                # send more.
                outbox.add(*own_lines[client.user_id])
                outbox.flush()
            else:
                others.append(outbox)
        write_to_all(others, lines)
        for client in full:
            self._live.discard(client)
            self._behind[client] = None
            self._spawn(self._recover(client, before))

    async def _recover(self, client: Client, seen: int) -> None:
        if await self._wait_until_drained(client) and client in self._behind:
            try:
                await self.catch_up(client, seen)
            except Exception as error:
                client.end(Close.UNAVAILABLE)
                if not is_unavailable(error):
                    raise

    async def _write_slowly(self, client: Client, lines: list[bytes]) -> None:
        """Writes no faster than the client reads."""
        held: list[bytes] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line)
            if size > MAX_FRAME // 2:
                if not await self._wait_until_drained(client):
                    return
                client.outbox.write(joined_frames(held, client.outbox.head))
                held, size = [], 0
        client.outbox.write(joined_frames(held, client.outbox.head))

    async def _wait_until_drained(self, client: Client) -> bool:
        """Waits until the client has read enough. False where it is closed, which includes being
        closed here for reading nothing."""
        fewest, since = client.outbox.unread, time.monotonic()
        while client.outbox.is_full and not client.outbox.closed:
            await asyncio.sleep(0.05)
            if client.outbox.unread < fewest:
                fewest, since = client.outbox.unread, time.monotonic()
            elif time.monotonic() - since > self._patience:
                client.end(Close.TOO_SLOW)
        return not client.outbox.closed

    @property
    def caught_up(self) -> list[Client]:
        """Those that are told what happens."""
        return [*self._live, *self._ahead]

    @property
    def _clients(self) -> list[Client]:
        return [*self._live, *self._behind, *self._ahead]

    def _notify_affected(self, affected: Mapping[int, int], entered_later: Set[Client]) -> None:
        """Tells the clients of users whose standing has changed. The events may be older than the
        standings with which the clients in `entered_later` have entered."""
        everybody = affected.get(EVERYBODY)
        for client in self._clients:
            code = affected.get(client.user_id, everybody)
            if code is None:
                continue
            if code and client not in entered_later:
                client.end(code)
            else:
                client.check_standing(code or Close.KILLED)


def lines_for(client: Client, events: list[EncodedEvent]) -> list[bytes]:
    """The events for this client: its own with their nonces, and without what is hidden from it."""
    past = client.past
    found = [event.seen_by(client.user_id, past) for event in events]
    return [line for line in found if line is not None]


def _affected(events: list[EncodedEvent]) -> dict[int, int]:
    """The ids of the users whose standings these events change, with the code to close their
    connections with, 0 where they remain."""
    affected: dict[int, int] = {}
    for event in events:
        if event.about:
            affected[event.about] = event.close_code or affected.get(event.about, 0)
    return affected


def _own_lines(events: list[EncodedEvent], lines: list[bytes]) -> dict[int, list[bytes]]:
    """By author id, the lines with the nonces of that author's own events."""
    found: dict[int, list[bytes]] = {}
    for place, event in enumerate(events):
        if event.nonce:
            own = found.get(event.author_id)
            if own is None:
                own = found[event.author_id] = lines.copy()
            own[place] = event.for_author()
    return found
