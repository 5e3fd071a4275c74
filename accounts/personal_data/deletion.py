"""Deletion of accounts: the account ends at once, and its data is erased in steps.

A row records the erasure, from the transaction that ends the account until everything is erased. If
a process crashes, another one continues. Every step can be repeated. Other packages erase their
data by a function in app[ERASERS]."""

import asyncio
import contextlib
import contextvars
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from aiohttp import web
from peewee_async.databases import AioDatabase
from redis.exceptions import RedisError

from accounts.keys import ERASERS, DeletedAccount, Eraser
from accounts.models import (
    Block,
    Download,
    EmailLink,
    NameWord,
    PasswordLink,
    PendingErasure,
    Picture,
    SiteAct,
    SiteFact,
    User,
)
from accounts.people.names import DELETED
from accounts.relations.following import Follow, FollowCount, FollowRequest
from accounts.signin.invite_links import erase_invite_links
from accounts.signin.sessions import end_all_sessions
from helpers.clock import now_ms
from helpers.db.database import is_sqlite, is_unavailable
from helpers.keys import DATABASE
from helpers.mail.queue import forget_mails
from helpers.tasks import cancel_all
from helpers.text.characters import one_line
from timings import DEFAULT, TIMINGS, Timings

log = logging.getLogger("aiochat.leaving")

LEASE_SECONDS = 8.0
"""If a process stops renewing its lease, another one can take over after this time."""

RENEW_SECONDS = 2.0
AFTER_TROUBLE_SECONDS = 20.0
AT_ONCE = 500


class OnlyAdministrator(Exception):
    """The account is the only administrator, and others have accounts."""


async def end_account(database: AioDatabase, user: User, *, removes: bool) -> None:
    """Ends the account and frees its name. Raises OnlyAdministrator, and then changes nothing.

    Only the id remains in the row, and whether posts were for followers alone: nobody can decide
    anew who reads them. The placeholder of the name keeps the columns unique; it contains a space,
    which no name does."""
    nothing = {
        **dict.fromkeys(("display_name", "display_skeleton", "bio", "place", "time_zone"), ""),
        **{"name": DELETED, "name_key": f"~ {user.id}", "skeleton": f"~ {user.id}", "email": None},
        **{"password_hash": "!", "is_admin": False, "picture": 0, "left_at": now_ms()},
        **{"email_verified_at": None, "language": ""},
        **{"site_role": 0, "suspended_until": None, "suspended_for": "", "waits_since": None},
    }
    async with database.aio_atomic():
        # Locked: of two administrators who delete their accounts at once, the second sees that none
        # would be left.
        # Their own row with them, in the order in which everybody locks.
        query: Any = User.select(User.id, User.is_admin).where(User.is_admin | (User.id == user.id))
        query = query.order_by(User.id)
        locked = await (query if is_sqlite(database) else query.for_update()).tuples().aio_execute()
        if [user_id for user_id, is_admin in locked if is_admin] == [user.id]:
            others = User.select(User.id).where(User.id != user.id, User.left_at.is_null())
            if await others.limit(1).tuples().aio_execute():
                raise OnlyAdministrator
        if not await User.update(**nothing).where(User.id == user.id, User.left_at.is_null()).aio_execute():
            return
        now = now_ms()
        row = {
            "user_id": user.id,
            "name": user.name,
            "removes": removes,
            "at": now,
            "due_at": now,
            "taken_by": "",
            "taken_until": 0,
        }
        await PendingErasure.insert(row).aio_execute()
        for links in (PasswordLink, EmailLink):
            await links.delete().where(links.user_id == user.id).aio_execute()
        await forget_mails(user.id)
        await erase_invite_links(user.id)
        await SiteAct.update(before="{}", after="{}").where(SiteAct.target_id == user.id).aio_execute()
        await Picture.delete().where(Picture.user_id == user.id).aio_execute()
        await NameWord.delete().where(NameWord.user_id == user.id).aio_execute()
        await (
            SiteFact.update(value="")
            .where(SiteFact.name == "first_account", SiteFact.value == user.name)
            .aio_execute()
        )


class AccountDeletion:
    """Erases the deleted accounts, each in one process at a time: at the start, then periodically,
    and at once on request."""

    def __init__(self, database: AioDatabase, erasers: list[Eraser], timings: Timings = DEFAULT) -> None:
        self._database = database
        self._timings = timings
        self._erasers = erasers
        self._tasks: set[asyncio.Task[None]] = set()

    def run_now(self, user_id: int) -> "asyncio.Task[None]":
        """Starts the erasure of this account now. The returned task ends when most of it is done;
        another process may be doing it as well."""
        # An empty context, without the request's values.
        task = asyncio.create_task(self._erase(user_id), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                for user_id in await self._due():
                    await self._erase(user_id)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("nobody was seen off")
            await asyncio.sleep(self._timings.deletion_poll)

    async def close(self) -> None:
        await cancel_all(self._tasks)

    async def _due(self) -> list[int]:
        now = now_ms()
        query = PendingErasure.select(PendingErasure.user_id).where(
            PendingErasure.due_at <= now, PendingErasure.taken_until <= now
        )
        return [
            user_id
            for (user_id,) in await query.order_by(PendingErasure.due_at).limit(20).tuples().aio_execute()
        ]

    async def _erase(self, user_id: int) -> None:
        lease = _Lease(user_id)
        try:
            pending = await lease.acquire()
            if pending is None:
                return
            began = now_ms()
            await self._run_erasers(DeletedAccount(user_id, pending.name, bool(pending.removes)), lease)
            settled_at = pending.at + int(self._timings.deletion_settle * 1000)
            await lease.release(None if began >= settled_at else settled_at)
        except _LeaseLost:
            log.warning("account %d is being seen off by another process", user_id)
        except Exception as error:
            if is_unavailable(error) or isinstance(error, RedisError):
                log.warning("account %d isn't seen off yet: %s", user_id, one_line(error))
            else:
                log.exception("account %d can't be seen off", user_id)
            with contextlib.suppress(Exception):
                await lease.release(now_ms() + int(AFTER_TROUBLE_SECONDS * 1000))

    async def _run_erasers(self, account: DeletedAccount, lease: "_Lease") -> None:
        for eraser in self._erasers:
            async with contextlib.aclosing(eraser(account)) as steps:
                async for _ in steps:
                    await lease.renew()


class _LeaseLost(Exception):
    """The lease ran out, and another process took over."""


class _Lease:
    """One process's claim to a row. If two processes work on it for a moment, no harm is done."""

    def __init__(self, user_id: int) -> None:
        self._token = secrets.token_hex(8)
        self._row = PendingErasure.user_id == user_id
        self._renewed = 0.0

    async def acquire(self) -> PendingErasure | None:
        """Returns the row, or None if another process has it or it is gone."""
        now = now_ms()
        is_free = PendingErasure.taken_until <= now
        taken = PendingErasure.update(taken_by=self._token, taken_until=self._until()).where(
            self._row, is_free
        )
        if not await taken.aio_execute():
            return None
        found: PendingErasure | None = await PendingErasure.aio_get_or_none(self._row)
        return found

    async def renew(self) -> None:
        """Raises _LeaseLost if another process took over."""
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        if (
            not await PendingErasure.update(taken_until=self._until())
            .where(self._row, PendingErasure.taken_by == self._token)
            .aio_execute()
        ):
            raise _LeaseLost

    async def release(self, due_at: int | None) -> None:
        """Makes the row due at this time; None deletes it, since everything is erased."""
        own = self._row & (PendingErasure.taken_by == self._token)
        if due_at is None:
            await PendingErasure.delete().where(own).aio_execute()
        else:
            await PendingErasure.update(due_at=due_at, taken_until=0).where(own).aio_execute()

    def _until(self) -> int:
        self._renewed = time.monotonic()
        return now_ms() + int(LEASE_SECONDS * 1000)


def session_eraser(app: web.Application) -> Eraser:
    """The first eraser: ends all sessions, so that the account does nothing any more."""

    async def end_sessions(account: DeletedAccount) -> AsyncGenerator[None, None]:
        await end_all_sessions(app, account.user_id)
        yield

    return end_sessions


async def erase_relations(account: DeletedAccount) -> AsyncGenerator[None, None]:
    """The last eraser: removes follows, requests and blocks in both directions, and data that a
    request stored late. Other erasers may still notify followers, so it runs after them."""
    user_id = account.user_id
    await Picture.delete().where(Picture.user_id == user_id).aio_execute()
    await Download.delete().where(Download.user_id == user_id).aio_execute()
    # Each is ordered by an index: otherwise PostgreSQL expects to find such a row soon and scans
    # the whole table.
    for model, own, other, order in (
        (Follow, Follow.follower_id, Follow.followed_id, Follow.followed_id),
        (Follow, Follow.followed_id, Follow.follower_id, Follow.follower_id),
        (FollowRequest, FollowRequest.follower_id, FollowRequest.followed_id, FollowRequest.followed_id),
        (FollowRequest, FollowRequest.followed_id, FollowRequest.follower_id, FollowRequest.at),
        (Block, Block.blocker_id, Block.blocked_id, Block.blocked_id),
        (Block, Block.blocked_id, Block.blocker_id, Block.blocker_id),
    ):
        query = model.select(other).where(own == user_id).order_by(order).limit(AT_ONCE).tuples()
        while ids := [row[0] for row in await query.aio_execute()]:
            await model.delete().where(own == user_id, other.in_(ids)).aio_execute()
            yield
    await FollowCount.delete().where(FollowCount.user_id == user_id).aio_execute()


ACCOUNT_DELETION = web.AppKey("account_deletion", AccountDeletion)


async def _run_account_deletion(app: web.Application) -> AsyncIterator[None]:
    deletion = app[ACCOUNT_DELETION] = AccountDeletion(
        app[DATABASE], [session_eraser(app), *app[ERASERS], erase_relations], app[TIMINGS]
    )
    task = asyncio.create_task(deletion.run(), context=contextvars.Context())
    yield
    await cancel_all([task])
    await deletion.close()


def setup_account_deletion(app: web.Application) -> None:
    """Call this after all packages that register an eraser: it starts after them and stops before
    them."""
    app.cleanup_ctx.append(_run_account_deletion)
