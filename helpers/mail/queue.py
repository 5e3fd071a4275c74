"""Mails wait in the database until the mail server has taken them. One process at a time sends them.

A row says what is to be told to whom, not the mail itself: that is made when it is sent. So what has
become needless isn't sent, and no token of a link is ever stored."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from email.headerregistry import Address
from typing import Any

import msgspec
import peewee
from aiohttp import web

from helpers.clock import now_ms
from helpers.db.base import Base
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.mail.mail import Mail, email_of
from helpers.mail.smtp import MailRefused, MailServer, ServerAway, Session
from helpers.observing.measures import Counter, Gauge
from helpers.security_log import note
from helpers.text.characters import one_line
from helpers.text.translation import ENGLISH, LANGUAGES, set_language

log = logging.getLogger("aiochat.mail")

CLAIM_SECONDS = 120.0
"""Longer than one mail may take."""

SEND_SECONDS = 60.0
AT_ONCE = 20
"""Mails over one connection."""

PAUSES = (60, 120, 300, 600, 1200, 1800, 3600)
"""Seconds until a refused mail is sent again, the last one from then on."""

SERVER_PAUSES = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds until a server is asked again that was away."""

KEPT_SECONDS = 2 * 86400
"""Then a mail is given up."""

MOST_WAITING = 10_000
"""Further mails are left out, with a line in the log: a server that takes nothing for days fills no
disk."""


class OutgoingMail(Base):
    """`user_id` is the account that it is about, so that it goes with it; 0 for none. `details` is JSON."""

    kind = peewee.TextField()
    user_id = peewee.BigIntegerField(default=0)
    language = peewee.TextField()
    details = peewee.TextField()
    at = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField(index=True)
    tries = peewee.IntegerField(default=0)

    class Meta:
        table_name = "mails"


Maker = Callable[[int, Mapping[str, str]], Awaitable[Mail | None]]
"""Makes a mail of a row's `user_id` and details, in the language that is set; None where there is
nothing to be told any more."""


class MailQueue:
    """`server` is None where the site sends no mail. `kinds` are the makers of mails, by name."""

    def __init__(
        self,
        server: MailServer | None,
        sender: Callable[[], Address],
        html: Callable[[Mail], str],
        interval: float,
    ) -> None:
        self.kinds: dict[str, Maker] = {}
        self._server = server
        self._sender = sender
        self._html = html
        self._interval = interval
        self._claim = Claim("mail", CLAIM_SECONDS)
        self._wake = asyncio.Event()
        self._failures = 0

    @property
    def is_on(self) -> bool:
        return self._server is not None

    async def put(
        self, kind: str, language: str, user_id: int = 0, details: Mapping[str, str] | None = None
    ) -> None:
        """Has a mail sent, once the transaction that this is called in is committed. Where the site
        sends none it does nothing."""
        if self._server is None:
            return
        if await OutgoingMail.select(OutgoingMail.id).limit(MOST_WAITING).aio_count() >= MOST_WAITING:
            log.error("too many mails wait: one of the kind %s is left out", kind)
            return
        now = now_ms()
        row = {"kind": kind, "user_id": user_id, "language": language, "at": now, "due_at": now}
        await OutgoingMail.insert(details=msgspec.json.encode(details or {}).decode(), **row).aio_execute()
        self._wake.set()

    async def run(self) -> None:
        """Sends until it is cancelled."""
        while True:
            pause = self._interval
            try:
                if self._server is not None and await self._claim.hold():
                    await self._send_due(self._server)
                self._failures = 0
            except ServerAway as error:
                pause = SERVER_PAUSES[min(self._failures, len(SERVER_PAUSES) - 1)]
                if not self._failures:
                    log.warning("the mail server can't be used: %s", error)
                self._failures += 1
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("mails can't be sent")
            if pause > self._interval:
                await asyncio.sleep(pause)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()

    async def _send_due(self, server: MailServer) -> None:
        while rows := await self._due():
            oldest = now_ms() - KEPT_SECONDS * 1000
            await self._give_up([row for row in rows if row.at < oldest])
            fresh = [row for row in rows if row.at >= oldest]
            made = [(row, mail) for row in fresh if (mail := await self._make(row)) is not None]
            if not made:
                continue
            async with server.session() as session:
                for row, mail in made:
                    if not await self._claim.hold():
                        return
                    await self._send(session, row, mail)

    @staticmethod
    async def _due() -> list[OutgoingMail]:
        query = OutgoingMail.select().where(OutgoingMail.due_at <= now_ms())
        return list(await query.order_by(OutgoingMail.due_at, OutgoingMail.id).limit(AT_ONCE).aio_execute())

    async def _make(self, row: OutgoingMail) -> Mail | None:
        """The row's mail. Where there is none any more, the row goes."""
        maker = self.kinds.get(row.kind)
        set_language(LANGUAGES.get(row.language, ENGLISH))
        try:
            mail = await maker(row.user_id, msgspec.json.decode(row.details)) if maker else None
        except Exception as error:
            if is_unavailable(error):
                raise
            # It would be so again, and the others needn't wait for it.
            log.exception("a mail of the kind %s can't be made", row.kind)
            mail = None
        if mail is None:
            await OutgoingMail.delete().where(OutgoingMail.id == row.id).aio_execute()
        return mail

    async def _send(self, session: Session, row: OutgoingMail, mail: Mail) -> None:
        sender = self._sender()
        # Sent again it is the same mail, which readers' programs show once.
        identifier = f"<{row.id}.{row.at}@{sender.domain}>"
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await session.send(email_of(mail, sender, identifier, self._html))
        except (TimeoutError, ServerAway) as error:
            # It may be this mail at which the server hangs or hangs up: the others go first next time.
            await self._put_off(row)
            if isinstance(error, ServerAway):
                raise
            raise ServerAway(f"a mail took longer than {SEND_SECONDS:.0f} s") from None
        except MailRefused as error:
            await self._refused(row, error)
            return
        except ValueError as error:
            await self._refused(row, MailRefused(one_line(error), for_good=True))
            return
        await OutgoingMail.delete().where(OutgoingMail.id == row.id).aio_execute()
        MAILS_DONE.add("sent")
        note("mail", "ok", kind=row.kind, user=row.user_id)

    async def _refused(self, row: OutgoingMail, error: MailRefused) -> None:
        if error.for_good:
            await self._give_up([row], one_line(error))
            return
        pause = await self._put_off(row)
        log.info("a mail of the kind %s was refused, and is sent again in %d s: %s", row.kind, pause, error)

    @staticmethod
    async def _put_off(row: OutgoingMail) -> int:
        """Has a mail sent later. Returns in how many seconds."""
        MAILS_DONE.add("put off")
        pause = PAUSES[min(row.tries, len(PAUSES) - 1)]
        change: dict[str, Any] = {"tries": row.tries + 1, "due_at": now_ms() + pause * 1000}
        await OutgoingMail.update(change).where(OutgoingMail.id == row.id).aio_execute()
        return pause

    @staticmethod
    async def _give_up(rows: list[OutgoingMail], why: str = "the mail server took it on no day") -> None:
        for row in rows:
            await OutgoingMail.delete().where(OutgoingMail.id == row.id).aio_execute()
            MAILS_DONE.add("failed")
            log.error("a mail of the kind %s is given up: %s", row.kind, why)


MAILS_DONE = Counter("aiochat_mails_total", "Mails that were sent, put off, or given up.", "result")
MAILS_WAITING = Gauge("aiochat_mails_waiting", "Mails that wait for the mail server.", per_site=True)

MAILS = web.AppKey("mails", MailQueue)


async def waiting() -> tuple[int, int]:
    """How many mails wait, and since when the oldest one does, in milliseconds since 1970; 0 for
    none."""
    query = OutgoingMail.select(peewee.fn.COUNT(OutgoingMail.id), peewee.fn.MIN(OutgoingMail.at))
    found = next(iter(await query.tuples().aio_execute()))
    return found[0], found[1] or 0


async def forget_all_mails() -> None:
    """After the database was restored from a backup: what waited then was sent since."""
    await OutgoingMail.delete().aio_execute()


async def forget_mails(user_id: int) -> None:
    """Nothing is told of a deleted account."""
    await OutgoingMail.delete().where(OutgoingMail.user_id == user_id).aio_execute()
