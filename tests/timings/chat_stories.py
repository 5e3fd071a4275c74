"""How long the chat waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from types import SimpleNamespace
from typing import Any, cast

import peewee
import pytest

from chat.actions.presence import PresenceTracker
from chat.delivery.hub import Hub
from chat.delivery.leases import LocalLeases, RedisLeases
from chat.delivery.read_marks import ReadMarks
from chat.delivery.typing import TypingIndicators
from chat.delivery.unread import UnreadTracker
from chat.drafts import Draft
from chat.envelopes import Batch, UnreadHint
from chat.errors import ActionError
from chat.events import Online
from chat.history.catch_up import Changes
from chat.history.waiting import WaitingReader
from chat.history.writing.journal import Journal
from chat.keys import ENGINE
from chat.personal_data.purge import Purge
from chat.personal_data.retention import Retention
from chat.previews.worker import PreviewWorker
from chat.search.indexer import Indexer
from chat.setup import close_connections
from helpers.mail.queue import MailQueue
from helpers.mail.smtp import MailServer
from notifications.worker import NoticeWorker
from tests.chat.delivery.test_channel import FakeClient, Place, sealed
from tests.timings.stage import ALICE, HALL, Moments, Stage, forever, running, story, took
from timings import DEFAULT


async def _away(*_: Any) -> Any:
    raise peewee.OperationalError("could not connect")


class Presence(PresenceTracker):
    """Says when it does what. Nobody but Alice was here."""

    def __init__(self, stage: Stage) -> None:
        self.renewed, self.looked, self.compared, self.went = Moments(), Moments(), Moments(), Moments()
        renewed, went = self.renewed, self.went

        class Leases(LocalLeases):
            async def renew(self) -> bool:
                renewed.note()
                return await super().renew()

        async def record(user_ids: Collection[int], *, online: bool) -> None:
            if user_ids and not online:
                went.note()

        hub = SimpleNamespace(is_connected=lambda *_: False)
        presence = SimpleNamespace(record=record)
        engine = SimpleNamespace(hub=hub, leases=Leases(), timings=DEFAULT, presence=presence)
        super().__init__(cast(Any, engine))
        stage.runs(self.run())

    async def _record_due(self) -> None:
        self.looked.note()
        await super()._record_due()

    async def _compare(self) -> None:
        self.compared.note()


@story
async def grace(stage: Stage) -> float:
    presence = Presence(stage)
    presence.disconnected(ALICE.id)
    return await presence.went.first()


@story
async def presence_tick(stage: Stage) -> float:
    return await Presence(stage).looked.apart()


@story
async def presence_gather(stage: Stage) -> float:
    """From one look to the next, where somebody comes at once."""
    presence = Presence(stage)
    await presence.looked.reach(1)
    presence.connected(ALICE.id)
    return await presence.looked.apart()


@story
async def compare_after(stage: Stage) -> float:
    return await Presence(stage).compared.first()


@story
async def compare_every(stage: Stage) -> float:
    return await Presence(stage).compared.apart()


@story
async def purge(stage: Stage) -> float:
    class Noted(Purge):
        async def _purge_deleted(self) -> None:
            looked.note()

        async def _purge_cleared(self) -> None: ...

    async def is_ours(*_: Any) -> bool:
        return True

    looked = Moments()
    purge = Noted(cast(Any, SimpleNamespace(timings=DEFAULT)))
    purge._claim = cast(Any, SimpleNamespace(hold=is_ours))
    async with running(purge.run()):
        return await looked.apart()


@story
async def retention(stage: Stage) -> float:
    class Noted(Retention):
        async def run_once(self) -> None:
            looked.note()

    async def is_ours(*_: Any) -> bool:
        return True

    looked = Moments()
    task = Noted(cast(Any, SimpleNamespace(timings=DEFAULT)))
    task._claim = cast(Any, SimpleNamespace(hold=is_ours))
    async with running(task.run()):
        return await looked.apart()


@story
async def search_index(stage: Stage) -> float:
    class Noted(Indexer):
        async def index_some(self) -> bool:
            looked.note()
            return False

    looked = Moments()
    async with running(Noted(cast(Any, None), DEFAULT.search_index).run()):
        return await looked.apart()


@story
async def previews(stage: Stage) -> float:
    class Noted(PreviewWorker):
        async def _start_some(self) -> None:
            looked.note()

    looked = Moments()
    engine = cast(Any, SimpleNamespace(timings=DEFAULT))
    async with running(Noted(engine, cast(Any, None), cast(Any, None), lambda: True, ()).run()):
        return await looked.apart()


@story
async def notices(stage: Stage) -> float:
    class Noted(NoticeWorker):
        async def decide_all(self) -> None:
            decided.note()

    decided = Moments()
    worker = Noted(cast(Any, None), DEFAULT.notices, lambda _: None, takes_mail=False)
    async with running(worker.run()):
        worker.note([HALL], ())
        return await took(decided.first())


@story
async def mail(stage: Stage) -> float:
    async def is_ours() -> bool:
        looked.note()
        return False

    looked = Moments()
    queue = MailQueue(MailServer("smtp://127.0.0.1"), cast(Any, None), cast(Any, None), DEFAULT.mail)
    queue._claim = cast(Any, SimpleNamespace(hold=is_ours))
    async with running(queue.run()):
        return await looked.apart()


@story
async def renew_leases(stage: Stage) -> float:
    return await Presence(stage).renewed.apart()


@story
async def lease(stage: Stage) -> float:
    async def ends() -> None:
        while not await other.remove_dead_workers():
            await asyncio.sleep(0.05)

    other = RedisLeases(stage.redis, "aiochat:site:")
    await other.renew()
    began = time.monotonic()
    await RedisLeases(stage.redis, "aiochat:site:").renew()
    await ends()
    return time.monotonic() - began


@story
async def store_marks(stage: Stage) -> float:
    class Marks(ReadMarks):
        async def _store(self) -> None:
            stored.note()

    stored, began = Moments(), time.monotonic()
    marks = Marks(stage.database, lambda _: None)
    marks.note(HALL, ALICE.id, 1)
    await stored.reach(1)
    await marks.close()
    return stored[0] - began


@story
async def stalled_client(stage: Stage) -> float:
    place, client = Place(), FakeClient()
    place.channel.start(0)
    await place.enter(client)
    client.pipe.reads = False
    began = time.monotonic()
    for _ in range(20):
        place.channel.receive(place.commit(5, size=1000))
    await asyncio.gather(*place.tasks)
    assert client.code
    return time.monotonic() - began


def _hub(stage: Stage, last_seqs: Any, changes_since: Any = forever, *, remote: bool = False) -> Hub:
    async def follow(room_id: int) -> None: ...

    hub = Hub(changes_since, last_seqs)
    hub.start(cast(Any, SimpleNamespace(remote=remote, follow=follow, unfollow=lambda _: None)))
    return hub


@story
async def poll(stage: Stage) -> float:
    async def last_seqs(_: list[int]) -> dict[int, int]:
        asked.note()
        return {}

    asked = Moments()
    hub = _hub(stage, last_seqs, remote=True)
    apart = await asked.apart()
    await hub.close()
    return apart


@story
async def database_away(stage: Stage) -> float:
    async def last_seqs(_: list[int]) -> dict[int, int]:
        asked.note()
        raise peewee.OperationalError("could not connect")

    asked = Moments()
    hub = _hub(stage, last_seqs)
    hub.look_for_gaps()
    apart = await asked.apart()
    await hub.close()
    return apart


@story
async def fill_gap(stage: Stage) -> float:
    async def last_seqs(_: list[int]) -> dict[int, int]:
        return {}

    async def changes_since(_: int, since: int) -> Changes:
        read.note()
        return Changes(3, 3, [sealed(seq) for seq in range(since + 1, 4)])

    read = Moments()
    hub = _hub(stage, last_seqs, changes_since)
    channel = await hub._channel(HALL)
    began = time.monotonic()
    hub.deliver(Batch(HALL, [sealed(3)]))
    await read.reach(1)
    await hub.close()
    assert channel.last_seq == 3
    return read[0] - began


class Unread(UnreadTracker):
    """Each round is said to have taken `took` seconds."""

    def __init__(self, stage: Stage, took: float = 0.0) -> None:
        async def store_marks(_: Collection[int]) -> None: ...

        def publish(_: UnreadHint) -> None: ...

        self.took, self.rounds, self.checked = took, Moments(), Moments()
        super().__init__(
            stage.database, WaitingReader(stage.database), publish, store_marks, lambda _: Online(0)
        )
        self._index.readers[ALICE.id] = cast(Any, None)

    async def _round(self) -> float:
        self.rounds.note()
        if self._next_to_check():
            self.checked.note()
        return self.took


@story
async def unread_gather(stage: Stage) -> float:
    unread = Unread(stage)
    unread.note_standings([ALICE.id])
    seconds = await unread.rounds.first()
    await unread.close()
    return seconds


@story
async def unread_round(stage: Stage) -> float:
    unread = Unread(stage)
    await unread.rounds.reach(1)
    unread.note_standings([ALICE.id])
    apart = await unread.rounds.apart()
    await unread.close()
    return apart


@story
async def unread_pause(stage: Stage) -> float:
    unread = Unread(stage, took=1000.0)
    await unread.rounds.reach(1)
    unread.note_standings([ALICE.id])
    apart = await unread.rounds.apart()
    await unread.close()
    return apart


@story
async def unread_check(stage: Stage) -> float:
    unread = Unread(stage)
    seconds = await unread.checked.first()
    await unread.close()
    return seconds


@story
async def typing(stage: Stage) -> float:
    told = Moments()
    indicators = TypingIndicators(told.note)
    while len(told) < 2:
        indicators.start(HALL, ALICE.id, ALICE.name)
        await asyncio.sleep(0.01)
    return await told.apart()


def _journal(stage: Stage, commit: Callable[..., Awaitable[Any]]) -> Journal:
    class Unstored(Journal):
        async def _store_at_once(self, batch: Any) -> Any:
            return await commit(batch)

        async def _commit_locked(self, batch: Any) -> None:
            await commit(batch)

    return Unstored(stage.database, lambda _: None, lambda: None)


@story
async def retry_commit(stage: Stage) -> float:
    """The last pause isn't begun where it would end too late: it is a second long."""
    journal, began = _journal(stage, _away), time.monotonic()
    with pytest.raises(ActionError):
        await journal.change(Draft(HALL, ALICE, "nonce", "text"))
    seconds = time.monotonic() - began
    await journal.close()
    return seconds + 1.0


@story
async def close_journal(stage: Stage) -> float:
    journal = _journal(stage, forever)
    journal.append(Draft(HALL, ALICE, "nonce", "text"), lambda *_: None)
    await asyncio.sleep(0)
    return await took(journal.close())


@story
async def goodbye(stage: Stage) -> float:
    async def close() -> None: ...

    hub = SimpleNamespace(connections=[], empty=asyncio.Event())
    engine = SimpleNamespace(journal=SimpleNamespace(close=close), hub=hub, timings=DEFAULT)
    return await took(close_connections(cast(Any, {ENGINE: engine})))
