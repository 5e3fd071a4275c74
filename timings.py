"""The times of a running site: grace periods, intervals, timeouts. `app.py` hands them to the
packages; helpers get single ones as arguments. What a rule allows, and how long something is kept,
stays where it is used."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Timings:
    """All in seconds."""

    grace: float = 10.0
    """Who connects again within this time stays online."""

    presence_tick: float = 1.0
    """The interval at which presence is checked, where nobody comes or goes."""

    presence_gather: float = 0.25
    """Who comes or goes within this time is recorded by one statement and told by one event."""

    compare_after: float = 10.0
    """The time from the start or end of a process until all who are recorded as online are
    compared with the leases. By then clients of the other processes have reconnected. With lease
    and grace period, the clients of a crashed process are recorded as offline within a minute."""

    compare_every: float = 40.0
    """The interval of that comparison otherwise. With the grace period, whoever is wrongly recorded
    as online is recorded as offline within a minute, whatever was missed."""

    lease: float = 20.0
    """A process that doesn't renew its leases for this time has ended."""

    renew_leases: float = 6.0
    """The interval between two renewals of the leases."""

    store_marks: float = 1.0
    """The interval at which noted read marks are stored together."""

    stalled_client: float = 20.0
    """A client that reads nothing for this time is closed, and may reconnect."""

    poll: float = 0.8
    """A lost notification is found after this time at most: connections of who was removed end
    within a second."""

    database_away: float = 0.5
    """The pause between two attempts to read from an unreachable database."""

    fill_gap: float = 0.02
    """An earlier commit of another process usually arrives within this time. Only then the database
    is read."""

    unread_round: float = 1.0
    """The interval between two rounds of unread updates."""

    unread_gather: float = 0.05
    """Unread changes within this time are sent in one frame."""

    unread_check: float = 60.0
    """Within this time the rooms of every connected user are compared with the database, where
    other processes may have sent hints that were lost."""

    unread_pause: float = 10.0
    """The longest pause after a long round."""

    typing: float = 2.0
    """The least time between two events that a person is typing in a room. Clients show it for
    longer."""

    viewers_gather: float = 1.0
    """Who opens or leaves a room within this time is told to it by one event."""

    viewers_again: float = 20.0
    """The interval at which a process repeats to the others who has which room in front of them."""

    retry_commit: float = 6.0
    """A batch is tried again for this time while the database is unreachable. Then its senders get
    `unavailable` and send again."""

    close_journal: float = 8.0
    """When a process ends, queued entries are committed for at most this time."""

    purge: float = 10.0
    """The interval at which deleted and cleared messages are looked for that are to be erased."""

    search_index: float = 1.0
    """The interval at which new posts are looked for that the search doesn't find yet."""

    previews: float = 1.0
    """The interval at which new posts are looked for whose links are to be previewed."""

    notices: float = 0.2
    """What is committed within this time is decided together: who is called by it."""

    mail: float = 1.0
    """The interval at which mails are looked for that are to be sent."""

    push: float = 0.5
    """The interval at which notices are looked for that are to be pushed."""

    missed_mail: float = 5.0
    """The interval at which missed notices are looked for that are to be mailed."""

    retention: float = 60.0
    """The interval at which messages are looked for that are older than they are kept."""

    goodbye: float = 3.0
    """When a process ends, clients have this time to close."""

    socket_heartbeat: float = 25.0
    """The interval between two pings of a WebSocket. One that has sent nothing in it is dropped."""

    socket_close: float = 2.0
    """How long the peer's answer to a close frame is awaited."""

    redis_answer: float = 2.0
    """A response of Redis that takes longer is an error."""

    redis_quiet: float = 5.0
    """A PING is sent to the bus's Redis after this time without data."""

    ended_sessions_poll: float = 0.4
    """The interval of reads that find sessions ended by the command line. Open connections are
    closed within a second. A poll is one query by primary key without results: 0.4 ms of CPU."""

    session_check: float = 60.0
    """Within this time everything that is open is compared with the stored sessions: the word of an
    end may be lost."""

    store_uses: float = 10.0
    """The interval at which the last uses of sessions are stored together: after a restart all
    clients reconnect at once."""

    deletion_poll: float = 3.0
    """The interval at which deleted accounts are looked for that are to be erased."""

    deletion_settle: float = 30.0
    """After this time all operations that ran when an account ended are over: requests, open
    sockets, writes that happen every ten seconds. Then everything is erased once more, including
    what was stored in between."""

    keep_alive: float = 20.0
    """A connection without a whole request for this time is closed. nginx keeps its own for 15 s."""

    health_check: float = 3.0
    """A database or Redis that takes longer isn't ready."""

    gravatar_patience: float = 0.5
    """A reader waits this long for a Gravatar. After that the initial is shown, and the picture is
    available for later readers."""

    feed_poll: float = 1.5
    """The interval of reads that find events of the feed whose bus message was lost."""

    feed_heartbeat: float = 15.0
    """A stream of the feed without events for this time is sent its position."""

    feed_stuck: float = 20.0
    """A reader of the feed that accepts no data for this long is disconnected."""

    feed_undo: float = 60.0
    """So long after a deletion in the feed it can be taken back."""

    feed_undo_sweep: float = 10.0
    """The interval of erasures of what can't be taken back any more."""

    feed_end: float = 0.5
    """Time to send the end of a stream of the feed."""


DEFAULT = Timings()
TIMINGS = web.AppKey("timings", Timings)
