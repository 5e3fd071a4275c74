"""The mail of what was missed. What has waited for as long as somebody chose goes into one mail, with all
else that waits for them; the queue of mails sends it. What was read by then isn't in it."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.directory import accounts_by_ids, lock_account
from helpers.clock import now_ms
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.mail.mail import Mail
from helpers.mail.queue import MailQueue
from helpers.text.characters import one_line
from helpers.text.translation import current
from helpers.web_push.encryption import to_text
from notifications.deciding import MAIL
from notifications.models import CANCELLED, FAILED, SENT, WAITING, Notice, NoticeDelivery, NoticeSettings
from notifications.ways.telling import Teller, Telling
from notifications.wishes import stored_ways, ways_of

log = logging.getLogger("aiochat.missed")

KIND = "missed"

CLAIM_SECONDS = 30.0
PEOPLE_AT_ONCE = 20

MOST_IN_MAIL = 20
"""Notices that are told in a mail. Of further ones it tells how many there are."""

MOST_GATHERED = 1000


class MailWay:
    """Every process runs this; one at a time does something."""

    def __init__(self, database: AioDatabase, mails: MailQueue, interval: float) -> None:
        self._database = database
        self._mails = mails
        self._interval = interval
        self._claim = Claim("missed", CLAIM_SECONDS)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                while await self._claim.hold() and await self._gather_some():
                    pass
            except Exception as error:
                if is_unavailable(error):
                    log.warning("nothing missed is mailed: %s", one_line(error))
                else:
                    log.exception("nothing missed is mailed")
            await asyncio.sleep(self._interval)

    async def _gather_some(self) -> bool:
        """Returns False where nothing is due."""
        is_due = (NoticeDelivery.way == MAIL) & (NoticeDelivery.state == WAITING)
        query = NoticeDelivery.select(NoticeDelivery.user_id).where(is_due, NoticeDelivery.due_at <= now_ms())
        rows = await query.order_by(NoticeDelivery.due_at).limit(PEOPLE_AT_ONCE).tuples().aio_execute()
        people = sorted({user_id for (user_id,) in rows})
        users = await accounts_by_ids(people) if people else {}
        for user_id in people:
            await self._gather(user_id, users.get(user_id))
        return bool(people)

    async def _gather(self, user_id: int, user: User | None) -> None:
        """All that waits for a person, also what isn't due yet, becomes one mail."""
        async with self._database.aio_atomic():
            await lock_account(user_id)
            query = NoticeDelivery.select(NoticeDelivery.id, NoticeDelivery.notice_id).where(
                NoticeDelivery.user_id == user_id,
                NoticeDelivery.way == MAIL,
                NoticeDelivery.state == WAITING,
            )
            rows = list(await query.order_by(NoticeDelivery.id).limit(MOST_GATHERED).tuples().aio_execute())
            ids = [delivery_id for delivery_id, _ in rows]
            if user is None or not user.address or not user.email_verified_at:
                await _end(ids, FAILED, "no_address")
                return
            await _end(ids, SENT, "queued")
            numbers = " ".join(str(notice_id) for _, notice_id in rows)
            if numbers:
                await self._mails.put(KIND, user.language or "en", user_id, {"notices": numbers})


async def _end(ids: Sequence[int], state: str, detail: str) -> None:
    for start in range(0, len(ids), 20):
        change: dict[str, Any] = {"state": state, "detail": detail, "at": now_ms()}
        await (
            NoticeDelivery.update(change).where(NoticeDelivery.id.in_(ids[start : start + 20])).aio_execute()
        )


class MissedMails:
    """Makes them, when they are sent. `site` is the site's name, `address` its own."""

    def __init__(self, key: str, site: Callable[[], str], address: str) -> None:
        self._key = key
        self._site = site
        self._address = address

    async def make(self, user_id: int, details: Mapping[str, str]) -> Mail | None:
        user = (await accounts_by_ids([user_id])).get(user_id)
        if user is None or not user.address or not user.email_verified_at:
            return None
        found = await self._unread([int(one) for one in details["notices"].split()])
        teller = Teller()
        await teller.load(found)
        tellings = [telling for notice in found if (telling := teller.tell(notice)) is not None]
        if not tellings:
            return None
        return self._mail(user, tellings)

    @staticmethod
    async def _unread(ids: list[int]) -> list[Notice]:
        found: list[Notice] = []
        for start in range(0, len(ids), 20):
            query = Notice.select().where(Notice.id.in_(ids[start : start + 20]), Notice.read_at.is_null())
            found += list(await query.aio_execute())
        return sorted(found, key=lambda notice: (notice.at, notice.id))

    def _mail(self, user: User, tellings: list[Telling]) -> Mail:
        t, n = current().t, current().n
        first = tellings[0]
        shown = tellings[:MOST_IN_MAIL]
        subject = (
            first.title
            if len(tellings) == 1
            else n(
                "{count} message for you on {site}",
                "{count} messages for you on {site}",
                len(tellings),
                site=self._site(),
            )
        )
        paragraphs = [t("Hello {name}.", name=user.display_name or user.name), t("You missed this:")]
        paragraphs += [f"{one.title}: {one.text}" if one.text else one.title for one in shown]
        if len(tellings) > len(shown):
            count = len(tellings) - len(shown)
            paragraphs.append(n("And {count} more.", "And {count} more.", count))
        where = first.path if len({one.tag for one in tellings}) == 1 else "/notifications"
        link = f"{self._address}/unsubscribe/{unsubscribe_token(self._key, user)}"
        footer = t(
            "You get this since you were away from {site} ({address}). No more of these mails: {link}",
            site=self._site(),
            address=self._address,
            link=link,
        )
        # One press in the mail program (RFC 8058).
        headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        action = t("Read it"), f"{self._address}{where}"
        return Mail(user.address, subject, tuple(paragraphs), footer, current().code, action, headers)


def unsubscribe_token(key: str, user: User) -> str:
    """Who knows it may end the mails of what was missed, as long as the person has this address, and
    nothing else. Nothing is stored for it."""
    text = f"unsubscribe {user.id} {user.address}"
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return f"{user.id}.{to_text(signature)}"


async def person_of_token(key: str, token: str) -> User | None:
    number, _, _ = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) <= 15 and token.isascii()):
        return None
    user = (await accounts_by_ids([int(number)])).get(int(number))
    if user is None or not user.address or not hmac.compare_digest(unsubscribe_token(key, user), token):
        return None
    return user


async def end_mails(database: AioDatabase, user: User) -> None:
    """Nothing is mailed any more, whatever its kind. What waits isn't either."""
    now = now_ms()
    async with database.aio_atomic():
        await lock_account(user.id)
        rows = list(await NoticeSettings.select().where(NoticeSettings.user_id == user.id).aio_execute())
        ways = {kind: found - {MAIL} for kind, found in ways_of(rows[0].ways if rows else "").items()}
        stored = stored_ways(ways)
        insert = NoticeSettings.insert(user_id=user.id, ways=stored, changed_at=now)
        await insert.on_conflict(
            conflict_target=[NoticeSettings.user_id],
            update={NoticeSettings.ways: stored, NoticeSettings.changed_at: now},
        ).aio_execute()
        is_theirs = (NoticeDelivery.user_id == user.id) & (NoticeDelivery.way == MAIL)
        query = NoticeDelivery.select(NoticeDelivery.id).where(is_theirs, NoticeDelivery.state == WAITING)
        ids = [one for (one,) in await query.limit(MOST_GATHERED).tuples().aio_execute()]
        await _end(ids, CANCELLED, "unsubscribed")
