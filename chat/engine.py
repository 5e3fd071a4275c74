"""Opens the machinery, ties its parts together, and closes it: the one module in which Journal, Hub, Bus and Leases meet."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from peewee_async.databases import AioDatabase
from redis.asyncio import Redis

from chat.bus import Bus, Listener, LocalBus, RedisBus
from chat.events import Batch, Fleeting
from chat.history import last_seqs, shared_changes_since
from chat.hub import Hub
from chat.journal import Journal
from chat.members import Entrances
from chat.mentions import Directory, MentionCounts
from chat.presence import Leases, LocalLeases, RedisLeases
from chat.read_marks import ReadMarks
from chat.typists import Typists


@dataclass(frozen=True)
class Engine:
    database: AioDatabase
    journal: Journal
    hub: Hub
    bus: Bus
    leases: Leases
    read_marks: ReadMarks
    entrances: Entrances
    directory: Directory
    mention_counts: MentionCounts
    typists: Typists
    epoch: str


@contextlib.asynccontextmanager
async def open_engine(database: AioDatabase, redis: "Redis | None", bus_url: str, epoch: str) -> AsyncIterator[Engine]:
    """The running machinery; without `bus_url` for one process. At the end what waits is committed and delivered before anything closes."""
    hub = Hub(shared_changes_since(), last_seqs)
    bus: Bus = RedisBus(bus_url, Listener(hub.deliver, hub.tell, hub.end_session, hub.look_for_gaps)) if bus_url else LocalBus()
    leases: Leases = RedisLeases(redis) if redis else LocalLeases()

    def on_commit(batches: list[Batch]) -> None:
        for batch in batches:
            hub.deliver(batch)
            bus.publish(batch)

    def tell(fleeting: Fleeting) -> None:
        hub.tell(fleeting)
        bus.tell(fleeting)

    journal = Journal(database, on_commit, hub.look_for_gaps)
    read_marks = ReadMarks(database)
    try:
        await bus.open()
        hub.start(bus)
        entrances = Entrances(database)
        yield Engine(
            *(database, journal, hub, bus, leases, read_marks, entrances),
            directory=Directory(entrances),
            mention_counts=MentionCounts(database),
            typists=Typists(tell),
            epoch=epoch,
        )
    finally:
        await journal.close()
        await read_marks.close()
        await hub.close()
        await bus.close()
