"""Turns Drafts into Messages, many per commit. The one writer of a process: whatever waits goes into one transaction."""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from peewee_async.databases import AioDatabase

from chat.events import Batch, Receipt
from chat.history import Line, batches
from chat.ledger import KnownNonce, Ledger, Ledgers, Person
from chat.refusal import Refused, broken, unavailable
from chat.roles import Permission
from helpers.database import is_away
from helpers.text import one_line
from helpers.transactions import short_transaction

log = logging.getLogger("aiochat.journal")

MAX_BATCH = 1000
"""Entries in one commit: PostgreSQL takes 171,000 rows a second in hundreds, and a longer transaction only delays its first."""

MAX_WAITING = 10_000
"""Entries that wait for their commit. Above it whoever appends waits too, and so reads its socket less."""

RETRY_SECONDS = 6.0
"""For so long a batch is tried again when the database is away. Then its senders hear `unavailable` and send again."""

CLOSE_SECONDS = 8.0


@dataclass(frozen=True)
class Draft:
    """What someone asks to say."""

    room_id: int
    author: Person
    nonce: str
    text: str
    html: str | None = None
    kind: str = "post"


@dataclass(frozen=True)
class Change:
    """What a verb wants to do to a room. `apply` is called inside the transaction, and records at least one line with `nonce`.

    It may be called again, with a fresh Ledger, when the transaction has to be."""

    room_id: int
    author: Person
    nonce: str
    apply: Callable[[Ledger], Awaitable[Receipt]]


Entry = Draft | Change


@dataclass
class _Waiting:
    entry: Entry
    answer: "asyncio.Future[Receipt]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Journal:
    """Appends to the histories. `on_commit` is called after each commit with what it brought, by room;

    `on_doubt` when a commit may have brought something that it wasn't called for."""

    def __init__(self, database: AioDatabase, on_commit: Callable[[list[Batch]], None], on_doubt: Callable[[], None]) -> None:
        self._database = database
        self._ledgers = Ledgers(database)
        self._on_commit = on_commit
        self._on_doubt = on_doubt
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._room_to_wait = asyncio.Event()
        self._room_to_wait.set()
        self._closing = False
        # An empty context: a task started within somebody's transaction would write into it.
        self._task = asyncio.create_task(self._run(), name="journal", context=contextvars.Context())

    async def append(self, entry: Entry) -> "asyncio.Future[Receipt]":
        """Queues an entry. The future holds the Receipt after the commit, or raises Refused; entries of one caller keep their order.

        Waits while too many others do. Nobody who stops waiting for the future takes the entry back."""
        while len(self._waiting) >= MAX_WAITING and not self._closing:
            self._room_to_wait.clear()
            await self._room_to_wait.wait()
        if self._closing:
            raise unavailable()
        waiting = _Waiting(entry)
        self._waiting.append(waiting)
        self._wake.set()
        return waiting.answer

    async def change(self, change: Change) -> Receipt:
        """Appends a change and waits for its Receipt. Raises what the change refused with."""
        return await (await self.append(change))

    async def close(self) -> None:
        """Finishes what waits, for some seconds, and stops."""
        self._closing = True
        self._wake.set()
        self._room_to_wait.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), CLOSE_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._refuse(list(self._waiting), unavailable())

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            self._room_to_wait.set()
            try:
                await self._commit_or_explain(batch, time.monotonic() + RETRY_SECONDS)
            except Exception:
                log.exception("a batch of %d was lost", len(batch))
                self._refuse(batch, broken())

    async def _commit_or_explain(self, batch: list[_Waiting], deadline: float) -> None:
        """Commits the batch, again while the database is away, and one by one where one of it may be to blame."""
        pause = 0.02
        while True:
            try:
                await self._commit(batch)
                return
            except Exception as error:
                if not is_away(error):
                    if len(batch) == 1:
                        log.exception("an entry can't be stored")
                        self._refuse(batch, broken())
                        return
                    log.warning("a batch of %d failed and is tried one by one: %s", len(batch), one_line(error))
                    for waiting in batch:
                        await self._commit_or_explain([waiting], deadline)
                    return
                self._on_doubt()
                if time.monotonic() + pause > deadline or self._closing:
                    log.warning("the database is away: %s", one_line(error))
                    self._refuse(batch, unavailable())
                    return
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)

    async def _commit(self, batch: list[_Waiting]) -> None:
        """One transaction for the batch, then the events, then the receipts. Trying again is harmless: the nonces tell."""
        answers: list[Receipt | Refused] = []
        async with short_transaction(self._database) as transaction:
            standings = {(waiting.entry.room_id, waiting.entry.author.id) for waiting in batch}
            nonces = {(waiting.entry.author.id, waiting.entry.nonce) for waiting in batch}
            ledgers, known = await self._ledgers.open(transaction, standings, nonces)
            for waiting in batch:
                answers.append(await self._decide(waiting.entry, ledgers.get(waiting.entry.room_id), known))
            await self._ledgers.close(transaction, ledgers)
        self._tell({ledger.room_id: ledger.lines for ledger in ledgers.values()})
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(answer, Refused):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)

    async def _decide(self, entry: Entry, ledger: Ledger | None, known: dict[tuple[int, str], KnownNonce]) -> Receipt | Refused:
        if ledger is None:
            return Refused("not_a_member", "There is no such room any more.")
        same = known.get((entry.author.id, entry.nonce))
        if same is not None:
            return same.receipt if _is_resend(entry, same) else Refused("nonce_reused", "This nonce was used for another message.")
        last_seq, writes = ledger.last_seq, len(ledger.writes)
        try:
            receipt = _say(entry, ledger) if isinstance(entry, Draft) else await entry.apply(ledger)
        except Refused as refused:
            if (ledger.last_seq, len(ledger.writes)) != (last_seq, writes):
                raise RuntimeError("a verb refused after it had recorded") from refused
            return refused
        text, kind = (entry.text, entry.kind) if isinstance(entry, Draft) else ("", "")
        known[entry.author.id, entry.nonce] = KnownNonce(entry.room_id, kind, text, receipt)
        return receipt

    def _tell(self, lines: dict[int, list[Line]]) -> None:
        try:
            self._on_commit(batches(lines))
        except Exception:
            # What is stored is acknowledged, whatever befalls its delivery.
            log.exception("a delivery broke")
            self._on_doubt()

    def _refuse(self, batch: list[_Waiting], refused: Refused) -> None:
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(refused)


def _say(draft: Draft, ledger: Ledger) -> Receipt:
    standing = ledger.standings[draft.author.id]
    if not standing.is_member:
        raise Refused("not_a_member", "You are not a member of this room.")
    if not standing.may(Permission.POST):
        raise Refused("forbidden", "You may not write here.")
    return ledger.record(draft.kind, draft.author, draft.text, draft.nonce, html=draft.html, numbered=True)


def _is_resend(entry: Entry, same: KnownNonce) -> bool:
    """Is it the same sending again? A change can't be compared by its text: that its room is the same must do."""
    if entry.room_id != same.room_id:
        return False
    return not isinstance(entry, Draft) or (entry.kind, entry.text) == (same.kind, same.text)
