"""What the site's people do to accounts. Each act is one transaction: it locks the accounts, checks
by what they are then, and records itself in the site's log."""

from collections.abc import Collection
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.accounts import KEPT_NAME, new_secret
from accounts.people.display_names import clean_display_name, is_reserved_display_name
from accounts.people.names import BadName
from accounts.people.profiles import save_display_name
from accounts.people.site_acts import MAX_REASON, SiteActor, record_site_act
from accounts.people.site_roles import SitePermission, SiteRole, site_may, site_outranks, site_role_of
from accounts.personal_data.deletion import OnlyAdministrator, end_account
from accounts.signin.password_links import end_link, make_link
from accounts.signin.suspension import FOR_GOOD, database_now_ms, is_suspended
from helpers.db.database import is_sqlite
from helpers.errors import ActionError
from helpers.text.characters import is_one_line


def clean_reason(text: str) -> str:
    """Raises ActionError about the field `reason`."""
    reason = " ".join(text.split())
    if len(reason) > MAX_REASON:
        raise ActionError(
            "bad_reason", "A reason has at most {most} characters.", field="reason", most=MAX_REASON
        )
    if reason and not is_one_line(reason):
        raise ActionError("bad_reason", "A reason is one line of text.", field="reason")
    return reason


async def lock_people(
    database: AioDatabase, by: SiteActor, target_id: int, *, with_administrators: bool = False
) -> tuple[User | None, User, Collection[int]]:
    """Locks who acts (None by the shell) and whom it is about, and returns them as they are now, and
    the ids of the locked administrators. Raises ActionError where either has no account any more."""
    is_meant = User.id.in_([target_id, *([by.user_id] if by.user_id is not None else [])])
    condition = (is_meant | User.is_admin) if with_administrators else is_meant
    query: Any = User.select().where(condition, User.left_at.is_null()).order_by(User.id)
    rows = await (query if is_sqlite(database) else query.for_update("FOR NO KEY UPDATE")).aio_execute()
    found = {user.id: user for user in rows}
    if target_id not in found:
        raise ActionError("no_such_user", "There is no such account any more.", 404)
    author = found.get(by.user_id) if by.user_id is not None else None
    if by.user_id is not None and author is None:
        raise ActionError("forbidden", "You may not do this.")
    return author, found[target_id], [user_id for user_id, user in found.items() if user.is_admin]


def check_may(author: User | None, permission: SitePermission, target: User) -> None:
    """Raises ActionError unless `author` may do this to the target. The shell may."""
    if author is None:
        return
    if not site_may(author, permission):
        raise ActionError("forbidden", "You may not do this.")
    if author.id == target.id:
        raise ActionError("own_account", "This can't be done to your own account here.", 409)
    if not site_outranks(author, target):
        raise ActionError(
            "outranked", "This can't be done to somebody whose role on the site is as high as yours.", 403
        )


async def set_role(
    database: AioDatabase, by: SiteActor, target_id: int, role: SiteRole, reason: str = ""
) -> int | None:
    """Gives somebody a role on the site. Administrators lay down their own, and nobody takes away
    another's but by the shell. Returns the number of the act, None where nothing changed."""
    reason = clean_reason(reason)
    async with database.aio_atomic():
        author, target, administrators = await lock_people(database, by, target_id, with_administrators=True)
        if author is None or author.id != target.id:
            check_may(author, SitePermission.SET_ROLE, target)
        elif not site_may(author, SitePermission.SET_ROLE):
            raise ActionError("forbidden", "You may not do this.")
        before = site_role_of(target)
        if before is role:
            return None
        if before is SiteRole.ADMINISTRATOR and len(administrators) == 1:
            raise ActionError(
                "last_administrator", "A site needs an administrator: make somebody else one first.", 409
            )
        change = {"site_role": role, "is_admin": role is SiteRole.ADMINISTRATOR}
        await User.update(change).where(User.id == target.id).aio_execute()
        # Whoever made it may not outrank them any more.
        await end_link(target.id)
        return await record_site_act(
            "role",
            by,
            target_id=target.id,
            reason=reason,
            before={"role": before.name.lower()},
            after={"role": role.name.lower()},
        )


async def suspend(
    database: AioDatabase, by: SiteActor, target_id: int, seconds: int | None, reason: str = ""
) -> int:
    """Nobody signs in to the account for so long, None for good, and its sessions are none any more.
    Once more is another end. The caller closes what is open for it."""
    reason = clean_reason(reason)
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.SUSPEND, target)
        if author is None:
            await _check_not_last(target)
        now = await database_now_ms()
        until = FOR_GOOD if seconds is None else now + seconds * 1000
        before = _suspension(target, now)
        change = {"suspended_until": until, "suspended_for": reason, "session_secret": new_secret()}
        await User.update(change).where(User.id == target.id).aio_execute()
        await end_link(target.id)
        after = {"until": None if until == FOR_GOOD else until}
        return await record_site_act(
            "suspend",
            by,
            target_id=target.id,
            reason=reason,
            before=before,
            after={"suspended": True, **after},
        )


async def _check_not_last(target: User) -> None:
    """The shell may suspend anybody but who alone could undo it on a page."""
    if not target.is_admin:
        return
    others = User.select(User.id).where(User.is_admin, User.id != target.id, ~is_suspended())
    if not await others.limit(1).tuples().aio_execute():
        raise ActionError(
            "last_administrator", "A site needs an administrator: make somebody else one first.", 409
        )


def _suspension(user: User, now: int) -> dict[str, Any]:
    until = user.suspended_until or 0
    if until <= now:
        return {"suspended": False}
    return {
        "suspended": True,
        "until": None if until == FOR_GOOD else until,
        "reason": user.suspended_for,
    }


async def unsuspend(database: AioDatabase, by: SiteActor, target_id: int, reason: str = "") -> int | None:
    """Returns None where the account isn't suspended."""
    reason = clean_reason(reason)
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.SUSPEND, target)
        before = _suspension(target, await database_now_ms())
        if not before["suspended"]:
            return None
        change = User.update(suspended_until=None, suspended_for="")
        await change.where(User.id == target.id).aio_execute()
        return await record_site_act(
            "unsuspend", by, target_id=target.id, reason=reason, before=before, after={"suspended": False}
        )


async def end_sessions(database: AioDatabase, by: SiteActor, target_id: int, reason: str = "") -> int:
    """All sessions of the account are none any more. The caller closes what is open for it."""
    reason = clean_reason(reason)
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.END_SESSIONS, target)
        await User.update(session_secret=new_secret()).where(User.id == target.id).aio_execute()
        return await record_site_act("end_sessions", by, target_id=target.id, reason=reason)


async def make_password_link(
    database: AioDatabase, by: SiteActor, target_id: int, reason: str = ""
) -> tuple[int, str]:
    """Returns the number of the act, and the token of a link by which somebody chooses a new
    password."""
    reason = clean_reason(reason)
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.MAKE_PASSWORD_LINK, target)
        token = await make_link(target.id)
        return await record_site_act("password_link", by, target_id=target.id, reason=reason), token


async def rename(
    database: AioDatabase, by: SiteActor, target_id: int, name: str, reason: str = ""
) -> tuple[int | None, User]:
    """Changes what somebody is called; an empty name leaves the handle. Returns the number of the act,
    None where nothing changed, and the account as it was. The caller tells of the change."""
    reason = clean_reason(reason)
    try:
        name = clean_display_name(name)
    except BadName as error:
        raise ActionError("bad_name", error.text, field="display_name") from None
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.RENAME, target)
        if name == target.display_name:
            return None, target
        if author is not None and not author.is_admin and is_reserved_display_name(name):
            raise ActionError("bad_name", KEPT_NAME, field="display_name")
        await save_display_name(database, target, name)
        act = await record_site_act(
            "rename",
            by,
            target_id=target.id,
            reason=reason,
            before={"display_name": target.display_name},
            after={"display_name": name},
        )
        return act, target


async def delete_account(
    database: AioDatabase, by: SiteActor, target_id: int, *, removes: bool, reason: str = ""
) -> int:
    """Ends the account as its person can; `removes` erases what they wrote, too. The caller closes what
    is open for it and begins the erasure."""
    reason = clean_reason(reason)
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id, with_administrators=True)
        check_may(author, SitePermission.DELETE_ACCOUNT, target)
        try:
            await end_account(database, target, removes=removes)
        except OnlyAdministrator:
            raise ActionError(
                "last_administrator", "A site needs an administrator: make somebody else one first.", 409
            ) from None
        after = {"messages": "remove" if removes else "keep"}
        return await record_site_act("delete_account", by, target_id=target.id, reason=reason, after=after)
