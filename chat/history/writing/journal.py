"""Turns Drafts and Changes into Messages, many per commit. It is the only writer of a process: all
queued entries go into one transaction."""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from peewee_async.databases import AioDatabase

from chat.drafts import ALL, GROUPS, HERE, Draft, KnownNonce, Mentioned, Person
from chat.errors import ActionError, barred, blocked, broken, slow_mode, unavailable
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.writing.files import attach
from chat.history.writing.restrictions import check_pause
from chat.history.writing.statements import HistoryStatements
from chat.history.writing.transaction import RoomTransaction
from chat.roles import Permission
from helpers.db.database import is_unavailable
from helpers.db.transactions import short_transaction
from helpers.observing.measures import Counter, Durations
from helpers.observing.traces import span
from helpers.tasks import cancel_all
from helpers.text.characters import one_line
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.journal")

MAX_BATCH = 1000
"""Entries in one commit. PostgreSQL inserts 171,000 rows a second in batches of hundreds; a longer
transaction only delays its first entry."""

MAX_QUEUED = 10_000
"""Queued entries. At this many, connections that append an entry stop reading their sockets."""

STORED = Counter("aiochat_events_stored_total", "Messages and other events of rooms that were stored.")
COMMIT_SECONDS = Durations("aiochat_commit_seconds", "Until a batch of entries was stored and told.")
DELIVERY_SECONDS = Durations(
    "aiochat_delivery_seconds",
    "Of writing a commit's events to all connections of this process, and the bus.",
)

GATHER_FACTOR = 0.5
"""Where entries are queued already when a commit ends, the next commit waits for more: for this
share of the time that the last one took."""

MAX_GATHER_SECONDS = 0.005


class Change(msgspec.Struct, frozen=True):
    """A change of a room. `apply` is called inside the transaction. It records at least one line
    with `nonce`, unless nothing has to change or it only changes posts.

    It is called again, with a new RoomTransaction, when the transaction is tried again."""

    room_id: int
    author: Person
    nonce: str
    apply: Callable[[RoomTransaction], Awaitable[Receipt]]


Entry = Draft | Change
Answer = Callable[[str, "Receipt | ActionError"], None]
"""Called with the entry's nonce and its outcome. Must not raise."""


class _QueuedEntry(NamedTuple):
    entry: Entry
    answer: Answer


class Journal:
    """Appends to the histories. `on_commit` is called after each commit with its lines, by room;
    `on_gap` is called when a commit may have stored lines without `on_commit`."""

    def __init__(
        self,
        database: AioDatabase,
        on_commit: Callable[[dict[int, list[Line]]], None],
        on_gap: Callable[[], None],
        timings: Timings = DEFAULT,
    ) -> None:
        self._timings = timings
        self._database = database
        self._statements = HistoryStatements(database)
        self._on_commit = on_commit
        self._on_gap = on_gap
        self._queue: deque[_QueuedEntry] = deque()
        self._wake = asyncio.Event()
        self._wake_at = 1
        """The queue length that wakes the writer."""
        self._when_not_full: list[Callable[[], None]] = []
        self._closing = False
        # An empty context: a task started inside a transaction would write in it.
        self._task = asyncio.create_task(self._run(), name="journal", context=contextvars.Context())

    def append(self, entry: Entry, answer: Answer) -> None:
        """Queues an entry. `answer` is called with its Receipt after the commit, or with the
        ActionError. Entries of one caller keep their order."""
        if self._closing:
            answer(entry.nonce, unavailable())
            return
        self._queue.append(_QueuedEntry(entry, answer))
        if len(self._queue) == self._wake_at:
            self._wake.set()

    @property
    def waiting(self) -> int:
        """Entries that aren't stored yet."""
        return len(self._queue)

    @property
    def is_full(self) -> bool:
        """Whether callers should wait for `when_not_full` before they append more."""
        return len(self._queue) >= MAX_QUEUED

    def when_not_full(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, when the queue has room again."""
        self._when_not_full.append(callback)

    async def change(self, entry: Entry) -> Receipt:
        """Queues an entry and waits for its Receipt. Raises the ActionError. Cancelling the caller
        doesn't withdraw the entry."""
        return await self.submit(entry)

    def submit(self, entry: Entry) -> "asyncio.Future[Receipt]":
        """Queues an entry, and returns the future of its Receipt."""
        done: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()

        def answer(_: str, outcome: Receipt | ActionError) -> None:
            if done.done():
                return
            if isinstance(outcome, ActionError):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        self.append(entry, answer)
        return done

    async def close(self) -> None:
        """Commits queued entries, for a limited time, and stops."""
        self._closing = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timings.close_journal):
                await asyncio.shield(self._task)
        await cancel_all([self._task])
        _answer_all([*self._queue], unavailable())

    async def _run(self) -> None:
        while self._queue or not self._closing:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
            if self._when_not_full and not self.is_full:
                self._call_when_not_full()
            began = time.monotonic()
            try:
                with span("commit", {"aiochat.entries": len(batch)}):
                    await self._commit_or_explain(batch, began + self._timings.retry_commit)
            except Exception:
                log.exception("a batch of %d was lost", len(batch))
                _answer_all(batch, broken())
            took = time.monotonic() - began
            COMMIT_SECONDS.add(took)
            await self._gather(len(batch), took)

    async def _gather(self, answered_count: int, took: float) -> None:
        """Under load, waits after a commit for more entries: fewer and larger commits, and fewer
        and larger frames.

        Without load there is no wait. It ends as soon as the queue holds as many entries as were
        answered and queued before: then every sender that is active has sent again."""
        if not 0 < len(self._queue) < MAX_BATCH or self._closing:
            return
        self._wake_at = min(answered_count + len(self._queue), MAX_BATCH)
        self._wake.clear()
        timer = asyncio.get_running_loop().call_later(
            min(MAX_GATHER_SECONDS, GATHER_FACTOR * took), self._wake.set
        )
        await self._wake.wait()
        timer.cancel()
        self._wake_at = 1

    def _call_when_not_full(self) -> None:
        callbacks, self._when_not_full = self._when_not_full, []
        for callback in callbacks:
            callback()

    async def _commit_or_explain(self, batch: list[_QueuedEntry], deadline: float) -> None:
        """Commits the batch. Tries again while the database is unreachable, and entry by entry
        after another error, since one entry may be the cause."""
        try:
            batch = await self._store_at_once(batch)
            may_have_missed = False
        except Exception as error:
            # A used nonce, or an unreachable database.
            log.debug("a batch of %d is tried again: %s", len(batch), one_line(error))
            may_have_missed = is_unavailable(error)
        pause = 0.02
        was_tried = False
        while batch:
            try:
                await self._commit_locked(batch)
                break
            except Exception as error:
                if not is_unavailable(error):
                    if len(batch) == 1 and not was_tried:
                        # Another process may have stored something at the same moment that the
                        # entry sees, and is refused for, when it is tried again.
                        was_tried = True
                        continue
                    if len(batch) == 1:
                        log.exception("an entry can't be stored")
                        _answer_all(batch, broken())
                        break
                    log.warning(
                        "a batch of %d failed and is tried one by one: %s", len(batch), one_line(error)
                    )
                    for queued in batch:
                        await self._commit_or_explain([queued], deadline)
                    break
                may_have_missed = True
                if time.monotonic() + pause > deadline or self._closing:
                    log.warning("the database is away: %s", one_line(error))
                    _answer_all(batch, unavailable())
                    break
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)
        if may_have_missed:
            # The commit may have succeeded though it seemed to fail, and then its lines were not
            # delivered.
            self._on_gap()

    async def _store_at_once(self, batch: list[_QueuedEntry]) -> list[_QueuedEntry]:
        """Commits the drafts whose authors' remembered standings let them post, in one round trip,
        also those that mention people, but not GROUPS, or answer posts. Returns the other entries,
        for `_commit_locked`.

        This refuses nothing and looks up no nonce: all other cases are decided by `_commit_locked`.
        It raises the database's error for a nonce that is stored already; then nothing of the batch
        is stored."""
        locked = {entry.room_id for entry, _ in batch if not self._may_be_direct(entry)}
        drafts: dict[int, list[Draft]] = {}
        for entry, _ in batch:
            if entry.room_id not in locked and isinstance(entry, Draft):
                drafts.setdefault(entry.room_id, []).append(entry)
        if not drafts:
            return batch
        lines = await self._statements.store(drafts)
        answers = {room_id: iter(stored) for room_id, stored in lines.items()}
        for entry, answer in batch:
            if entry.room_id in answers:
                line = next(answers[entry.room_id])
                answer(entry.nonce, Receipt(line.nonce, line.seq, line.number))
        self._deliver(lines)
        return (
            [queued for queued in batch if queued.entry.room_id not in lines]
            if locked or len(lines) < len(drafts)
            else []
        )

    def _may_be_direct(self, entry: Entry) -> bool:
        return (
            isinstance(entry, Draft)
            and not entry.mentions_groups
            and not entry.files
            and self._statements.remembers(entry.room_id, entry.author.id, entry.reply_to)
        )

    async def _commit_locked(self, batch: list[_QueuedEntry]) -> None:
        """Commits the batch in one transaction, then sends receipts, then events. It can be tried
        again: the nonces show what is stored."""
        async with short_transaction(self._database) as transaction:
            standings = {(queued.entry.room_id, queued.entry.author.id) for queued in batch}
            drafts = [queued.entry for queued in batch if isinstance(queued.entry, Draft)]
            people = [(draft.room_id, one.user_id) for draft in drafts for one in draft.mentions]
            standings |= {(room_id, user_id) for room_id, user_id in people if user_id > 0}
            nonces = {(queued.entry.author.id, queued.entry.nonce) for queued in batch}
            rooms, known = await self._statements.open(transaction, standings, nonces)
            answers = [
                await self._decide(queued.entry, rooms.get(queued.entry.room_id), known) for queued in batch
            ]
            await self._statements.close(transaction, rooms)
        for queued, answer in zip(batch, answers, strict=True):
            queued.answer(queued.entry.nonce, answer)
        self._deliver({room_id: room.published for room_id, room in rooms.items()})

    async def _decide(
        self, entry: Entry, room: RoomTransaction | None, known: dict[tuple[int, str], KnownNonce]
    ) -> Receipt | ActionError:
        if room is None:
            return ActionError("not_a_member", "There is no such room any more.")
        same = known.get((entry.author.id, entry.nonce))
        if same is not None:
            return (
                same.receipt
                if _is_resend(entry, same)
                else ActionError("nonce_reused", "This nonce was used for another message.")
            )
        last_seq, writes = room.last_seq, len(room.writes)
        try:
            receipt = await record_draft(entry, room) if isinstance(entry, Draft) else await entry.apply(room)
        except ActionError as error:
            if (room.last_seq, len(room.writes)) != (last_seq, writes):
                raise RuntimeError("an action refused after it had recorded") from error
            return error
        text, kind = (entry.text, entry.kind) if isinstance(entry, Draft) else ("", "")
        known[entry.author.id, entry.nonce] = KnownNonce(entry.room_id, kind, text, receipt)
        return receipt

    def _deliver(self, lines: dict[int, list[Line]]) -> None:
        began = time.monotonic()
        STORED.add(number=sum(map(len, lines.values())))
        try:
            self._on_commit(lines)
            DELIVERY_SECONDS.add(time.monotonic() - began)
        except Exception:
            # A stored entry is acknowledged also where its delivery fails.
            log.exception("a delivery broke")
            self._on_gap()


def _answer_all(batch: list[_QueuedEntry], error: ActionError) -> None:
    for queued in batch:
        queued.answer(queued.entry.nonce, error)


async def record_draft(draft: Draft, room: RoomTransaction) -> Receipt:
    """Records a post, whose author's standing the transaction has read. Raises ActionError."""
    standing = room.standings[draft.author.id]
    if not standing.is_member:
        raise ActionError("not_a_member", "You are not a member of this room.")
    if not standing.may(Permission.POST):
        raise blocked() if standing.is_blocked else ActionError("forbidden", "You may not write here.")
    if bar := standing.bar(Permission.POST, room.at):
        raise barred(bar, standing.timeout_until - room.at)
    replied_to = await room.post(draft.reply_to, standing) if draft.reply_to is not None else None
    if replied_to is not None and replied_to.is_deleted:
        raise ActionError("deleted", "That message has been deleted.")
    named = [one for one in draft.mentions if one not in GROUPS.values()]
    if replied_to is not None:
        named.append(Mentioned(replied_to.author_id, replied_to.author))
    if standing.pause_seconds and (left := await check_pause(room, draft.author.id)):
        raise slow_mode(left)
    files = await attach(room, draft.author.id, draft.files) if draft.files else None
    mentions = await room.mentioned_by(draft.author.id, named)
    html, unheard = draft.html, None
    if draft.mentions_groups:
        unheard = await room.why_groups_are_unheard(draft.author.id, is_over_limit=draft.is_over_limit)
        if unheard is None:
            mentions += tuple(one for one in draft.mentions if one in GROUPS.values())
        else:
            html = draft.quiet_html
    receipt = room.record(
        draft.kind,
        draft.author,
        draft.text,
        draft.nonce,
        html=html,
        numbered=True,
        replied_to=replied_to,
        mentions=mentions,
        files=files,
    )
    if HERE in mentions and ALL not in mentions:
        await room.mention_present(draft.author.id, room.posts)
    return replace(receipt, unheard=unheard) if unheard else receipt


def _is_resend(entry: Entry, same: KnownNonce) -> bool:
    """Whether the entry is the stored one sent again. A Change has no text to compare, and neither
    has a post whose text was erased; the same room has to be enough."""
    if entry.room_id != same.room_id:
        return False
    return not isinstance(entry, Draft) or (entry.kind == same.kind and same.text in ("", entry.text))
