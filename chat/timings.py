"""How long the chat's engine waits, for what, and how often it looks."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Timings:
    """All in seconds."""

    grace: float = 10.0
    """Reconnecting within this time produces no offline line."""

    presence_tick: float = 1.0
    """Between two looks at who is offline."""

    compare_after: float = 10.0
    """So long after a process has begun or ended those who are said to be here are compared with
    those who are: the others have come back by then. With the lease and the grace, who crashed is
    gone within a minute."""

    lease: float = 20.0
    """A process that doesn't renew its leases for so long has ended."""

    renew_leases: float = 6.0
    """Between two renewals."""

    store_marks: float = 1.0
    """Read marks are noted for so long, and then stored together."""

    stalled_client: float = 20.0
    """A client that reads nothing for so long is closed, and may come back."""

    poll: float = 1.5
    """A wake-up that got lost is found after so long at most."""

    database_away: float = 0.5
    """Between two attempts to read from a database that is away."""

    fill_gap: float = 0.02
    """What another process committed first usually comes a moment later. Only then the database is
    asked."""

    unread_round: float = 1.0
    """Between two rounds of what is unread."""

    unread_gather: float = 0.05
    """What comes within this time is told in one frame."""

    unread_check: float = 60.0
    """Within this time everybody's rooms are compared with the database, where other processes may
    have said something that got lost."""

    unread_pause: float = 10.0
    """The longest pause after a round that took long."""

    typing: float = 2.0
    """Between two tellings that somebody is typing in a room. Whoever shows it does so for
    longer."""

    retry_commit: float = 6.0
    """For so long a batch is tried again when the database is away. Then its senders hear
    `unavailable` and send again."""

    close_journal: float = 8.0
    """What waits is committed for so long at most, when a process ends."""

    goodbye: float = 3.0
    """Clients have so long to close, when a process ends."""


DEFAULT = Timings()
TIMINGS = web.AppKey("timings", Timings)
