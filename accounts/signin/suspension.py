"""Suspended accounts: until a moment of the database's clock nobody signs in to them, also when
nothing runs meanwhile that would end it."""

from typing import Any, NamedTuple

from peewee import SQL

from accounts.models import User
from helpers.clock import iso
from helpers.db.base import database_proxy
from helpers.db.bulk import DATABASE_NOW_MS
from helpers.db.database import fetch, is_sqlite
from helpers.text.translation import Text, current

FOR_GOOD = 2**53 - 1
"""The end of what doesn't end, in milliseconds since 1970: JavaScript knows no larger number."""


class Suspension(NamedTuple):
    until: int | None
    """Milliseconds since 1970; None where it doesn't end."""
    reason: str

    @property
    def text(self) -> Text:
        """What the person is told who signs in with the right password."""
        until, reason = current().moment(iso(self.until)) if self.until else "", self.reason
        if until and reason:
            return Text("This account is suspended until {until}: {reason}", until=until, reason=reason)
        if until:
            return Text("This account is suspended until {until}.", until=until)
        if reason:
            return Text("This account is suspended: {reason}", reason=reason)
        return Text("This account is suspended.")


def database_now() -> SQL:
    """The time by the database's clock, as SQL."""
    return SQL(DATABASE_NOW_MS[is_sqlite(database_proxy.obj)])


async def database_now_ms() -> int:
    [(now,)] = await fetch(database_proxy.obj, f"SELECT {DATABASE_NOW_MS[is_sqlite(database_proxy.obj)]}")
    return int(now)


def is_suspended() -> Any:
    """A condition on a User."""
    return User.suspended_until.is_null(False) & (User.suspended_until > database_now())


async def suspension_of(user_id: int) -> Suspension | None:
    """The suspension of this account, as it is now."""
    query = User.select(User.suspended_until, User.suspended_for).where(User.id == user_id, is_suspended())
    rows = await query.tuples().aio_execute()
    return Suspension(None if rows[0][0] == FOR_GOOD else rows[0][0], rows[0][1]) if rows else None
