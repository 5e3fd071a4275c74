"""Tells people's personal sockets what is new of their notices, in every process. The worker says whose
changed; each process reads for those who are connected to it. A lost word is found by the comparison of
what is unread (chat/delivery/unread.py)."""

import asyncio
import logging
from collections import deque

import msgspec
from peewee_async.databases import AioDatabase

from chat.engine import Engine
from chat.events import NoticeCall, Notices, encode
from chat.models import CONVERSATIONS
from helpers.batching import READ_AT_ONCE
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_unavailable
from helpers.redis.bus import Bus
from notifications.deciding import PAGE
from notifications.storing import Changed, stored_outcomes

log = logging.getLogger("aiochat.notices")

CHANNEL = b"notices"

NEW_AT_ONCE = 3
"""New notices that one person is told of; of more the count is told."""


class Teller:
    def __init__(self, database: AioDatabase, engine: Engine, bus: Bus) -> None:
        self._database = database
        self._engine = engine
        self._bus = bus
        self._queue: deque[Changed] = deque()
        self._wake = asyncio.Event()
        self._new = Bulk(
            database,
            f"""
            SELECT notice.user_id, notice.id, notice.kind, notice.ways, notice.number,
                (SELECT name FROM users WHERE users.id = notice.by_id), room.name,
                COALESCE(room.title, room.name), room.kind
            FROM {{given}} JOIN notices AS notice ON notice.user_id = given.user_id
                AND notice.id >= given.first_id
            LEFT JOIN rooms AS room ON room.id = notice.room_id + 0
            WHERE notice.read_at IS NULL AND notice.listed
            ORDER BY notice.id DESC LIMIT {READ_AT_ONCE * NEW_AT_ONCE}""",  # noqa: S608
            given={"user_id": "bigint", "first_id": "bigint"},
        )

    async def follow(self) -> None:
        """Hears other processes from now on, until `close`."""
        self._unsubscribe = self._bus.subscribe(CHANNEL, self._on_heard)
        await self._bus.follow(CHANNEL)

    def close(self) -> None:
        self._unsubscribe()

    def tell(self, changed: Changed) -> None:
        self._note(changed)
        self._bus.publish_transient(CHANNEL, msgspec.msgpack.encode((changed.first_id, changed.user_ids)))

    def _on_heard(self, channel: bytes, payload: bytes) -> None:
        first_id, user_ids = msgspec.msgpack.decode(payload, type=tuple[int, list[int]])
        self._note(Changed(user_ids, first_id))

    def _note(self, changed: Changed) -> None:
        here = [user_id for user_id in changed.user_ids if self._engine.unread.watchers_of(user_id)]
        if here:
            self._queue.append(Changed(here, changed.first_id))
            self._wake.set()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                changed = self._queue.popleft()
                for start in range(0, len(changed.user_ids), READ_AT_ONCE):
                    try:
                        await self._send(changed.user_ids[start : start + READ_AT_ONCE], changed.first_id)
                    except Exception as error:
                        if not is_unavailable(error):
                            log.exception("new notices weren't told")

    async def _send(self, user_ids: list[int], first_id: int) -> None:
        counts = await self._engine.waiting.notices(user_ids)
        new: dict[int, list[NoticeCall]] = {}
        if first_id:
            statement = self._new.bind([(user_id, first_id) for user_id in user_ids])
            rows = await fetch(self._database, statement.sql, *statement.params)
            for user_id, notice_id, kind, ways, number, by, room, title, room_kind in rows:
                is_quiet = stored_outcomes(ways).get(PAGE) != "told"
                shown = None if room_kind in CONVERSATIONS else title
                call = NoticeCall(notice_id, kind, by or "", room, shown, number, is_quiet)
                new.setdefault(user_id, []).append(call)
        for user_id in user_ids:
            data = encode(Notices(counts.get(user_id, 0), new.get(user_id, [])[:NEW_AT_ONCE]))
            for watcher in self._engine.unread.watchers_of(user_id):
                if watcher.is_personal and not watcher.outbox.is_full:
                    watcher.outbox.add(data)
