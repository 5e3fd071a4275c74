"""What the site's people do to accounts. Each act is one transaction: it locks the accounts, checks
by what they are then, and records itself in the site's log."""

from collections.abc import Collection
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.site_acts import MAX_REASON, SiteActor, record_site_act
from accounts.people.site_roles import SitePermission, SiteRole, site_may, site_outranks, site_role_of
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
        return await record_site_act(
            "role",
            by,
            target_id=target.id,
            reason=reason,
            before={"role": before.name.lower()},
            after={"role": role.name.lower()},
        )
