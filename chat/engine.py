"""Opens, connects and closes the parts of the chat: the only module in which Journal, Hub, Bus and
Leases meet."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field

from peewee_async.databases import AioDatabase
from redis.asyncio import Redis

from accounts.people.mentions import NamedPeople
from chat.delivery.bus import Listener, RoomBus
from chat.delivery.filters import Filters
from chat.delivery.floods import Floods, NoOthers, RedisFloods, SharedFloods
from chat.delivery.hub import Hub
from chat.delivery.leases import Leases, LocalLeases, RedisLeases
from chat.delivery.presence import SitePresence
from chat.delivery.read_marks import ReadMarks
from chat.delivery.statuses import Statuses
from chat.delivery.typing import TypingIndicators
from chat.delivery.unread import UnreadTracker
from chat.delivery.viewers import RoomViewers
from chat.envelopes import EphemeralEvent, MovedMark, StatusChange, UnreadHint
from chat.history.access import RoomAccessReader
from chat.history.catch_up import batches, last_seqs, shared_changes_since
from chat.history.lines import Line
from chat.history.mentions import Directory
from chat.history.presence import PresenceStore
from chat.history.waiting import WaitingReader
from chat.history.writing.group_mentions import PresentMentions
from chat.history.writing.journal import Journal
from chat.line_kinds import KINDS
from chat.search.searching import Search
from helpers.db.database import is_unavailable
from helpers.limits import Limiter, Unlimited
from helpers.locks import KeyedLocks
from helpers.redis.bus import Bus
from helpers.redis.client import site_prefix
from helpers.rendering import Renderer
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.engine")

Follower = Callable[[Collection[int], Collection[MovedMark]], None]
"""Called, in every process, with the rooms in which something was committed, and with read marks that
moved. Some calls may be lost."""


@dataclass(frozen=True)
class Engine:
    database: AioDatabase
    journal: Journal
    hub: Hub
    leases: Leases
    presence: SitePresence
    read_marks: ReadMarks
    unread: UnreadTracker
    access: RoomAccessReader
    search: Search
    directory: Directory
    waiting: WaitingReader
    renderer: Renderer
    typing_indicators: TypingIndicators
    viewers: RoomViewers
    statuses: Statuses
    publish_ephemeral: Callable[[EphemeralEvent], None]
    epoch: str
    timings: Timings
    guests: KeyedLocks
    """Invitations of one guest are counted and stored one after the other."""
    filters: Filters
    floods: Floods
    shared_floods: SharedFloods
    limiter: Limiter
    """What others see of a person is counted by it: rooms, invitations; and searches."""
    address: str = ""
    """At which browsers reach the site: links begin with it."""
    followers: list[Follower] = field(default_factory=list)
    doubters: list[Callable[[], None]] = field(default_factory=list)
    """Called when calls of the followers may have been lost."""


@contextlib.asynccontextmanager
async def open_engine(
    database: AioDatabase,
    redis: "Redis | None",
    process_bus: Bus,
    site: str,
    epoch: str,
    renderer: Renderer,
    timings: Timings = DEFAULT,
    limiter: Limiter | None = None,
    people: NamedPeople | None = None,
    address: str = "",
    search_language: str = "simple",
) -> AsyncIterator[Engine]:
    """The running engine, over the open bus and the renderer of its process. `site` is the site's id,
    `epoch` that of its history. At the end queued entries are committed and delivered before
    anything closes."""
    hub = Hub(shared_changes_since(), last_seqs, timings)

    def send_change(change: StatusChange) -> None:
        elsewhere = (one for room_id in change.room_ids for one in unread.elsewhere(room_id))
        hub.send_change(change, [one for one in elsewhere if one.is_personal])

    def on_status_change(change: StatusChange) -> None:
        statuses.note(change)
        send_change(change)

    followers: list[Follower] = []
    doubters: list[Callable[[], None]] = []

    def tell_followers(room_ids: Collection[int], moved: Collection[MovedMark]) -> None:
        for follower in followers:
            follower(room_ids, moved)

    def on_unread_hint(hint: UnreadHint) -> None:
        unread.note_hint(hint)
        tell_followers({*hint.numbers, *hint.amended, *hint.cleared}, hint.moved)
        for mark in hint.moved:
            if mark.went_back:
                read_marks.forget(mark.room_id, mark.user_id)

    def on_gap() -> None:
        hub.look_for_gaps()
        unread.mark_stale()
        presence.wake()
        for doubter in doubters:
            doubter()

    listener = Listener(
        *(hub.deliver, hub.send_ephemeral, on_status_change, on_unread_hint),
        on_presence=lambda: presence.wake(),
        on_member=lambda *member: presence.member_joined(*member),
        on_viewers=lambda changes: viewers.heard(changes),
        on_gap=on_gap,
    )
    bus = RoomBus(process_bus, listener)
    leases: Leases = RedisLeases(redis, site_prefix(site), timings) if redis else LocalLeases()
    waiting = WaitingReader(database)
    unread = UnreadTracker(
        database,
        waiting,
        bus.publish_unread_hint if bus.remote else None,
        lambda user_ids: read_marks.store_for(user_ids),
        lambda names: presence.among(names),
        timings,
    )
    presence = SitePresence(
        PresenceStore(database),
        hub.recent_presence,
        lambda room_id: [*hub.connections_in(room_id), *unread.elsewhere(room_id)],
        bus.publish_presence if bus.remote else None,
        timings,
    )

    viewers = RoomViewers(hub.clients_in, bus.publish_viewers if bus.remote else None, timings)
    hub.viewers_of = viewers.of_room

    async def mention_rest(room_id: int, line: Line, after: int) -> None:
        try:
            await present_mentions.add_rest(room_id, line.number or 0, line.author_id, after)
        except Exception as error:
            if not is_unavailable(error):
                log.exception("whom a post mentions wasn't stored")
        unread.note_group(room_id)

    def on_commit(lines: dict[int, list[Line]]) -> None:
        for batch in batches(lines):
            hub.deliver(batch)
            bus.publish(batch)
        unread.note_commit(lines)
        tell_followers(lines.keys(), ())
        for room_id, room_lines in lines.items():
            for line in room_lines:
                if line.mentions_present_after is not None:
                    hub.spawn(mention_rest(room_id, line, line.mentions_present_after))
                if KINDS[line.kind].adds_member:
                    statuses.joined(room_id, line.subject_id, line.subject)
                    is_here = hub.is_connected(line.subject_id)
                    presence.member_joined(room_id, line.subject_id, line.subject, is_here)
                    bus.publish_member(room_id, line.subject_id, line.subject, is_here)

    def publish_ephemeral(ephemeral: EphemeralEvent) -> None:
        hub.send_ephemeral(ephemeral)
        bus.publish_ephemeral(ephemeral)

    def publish_status_change(change: StatusChange) -> None:
        send_change(change)
        bus.publish_status_change(change)

    present_mentions = PresentMentions(database)
    journal = Journal(database, on_commit, on_gap, timings)

    def on_moved(marks: list[MovedMark]) -> None:
        unread.note_moved(marks)
        tell_followers((), marks)

    read_marks = ReadMarks(database, on_moved, timings)
    access = RoomAccessReader(database)
    directory = Directory(access, people or NamedPeople(), process_bus)
    filters = Filters(process_bus)
    statuses = Statuses(publish_status_change, publish_ephemeral, hub.spawn)
    try:
        await bus.open()
        await statuses.open()
        await presence.open()
        await directory.follow()
        await filters.open()
        hub.start(bus)
        viewers.open()
        yield Engine(
            *(database, journal, hub, leases, presence, read_marks, unread, access),
            search=Search(database, access, limiter or Unlimited(), search_language),
            directory=directory,
            waiting=waiting,
            renderer=renderer,
            typing_indicators=TypingIndicators(publish_ephemeral, timings=timings),
            viewers=viewers,
            statuses=statuses,
            publish_ephemeral=publish_ephemeral,
            epoch=epoch,
            timings=timings,
            guests=KeyedLocks(),
            filters=filters,
            floods=Floods(),
            shared_floods=RedisFloods(redis, lambda: site_prefix(site)) if redis else NoOthers(),
            limiter=limiter or Unlimited(),
            address=address,
            followers=followers,
            doubters=doubters,
        )
    finally:
        await journal.close()
        await read_marks.close()
        await unread.close()
        await presence.close()
        await viewers.close()
        await hub.close()
        await filters.close()
        directory.close()
        bus.close()
