"""Links by which people are invited: made, found by their code, used and revoked. What rooms they lead
to is the chat's (chat/actions/invite_links.py).

Of the code, 128 random bits, only a hash is stored: whoever reads the database, or a copy of it, comes
in by none. So its maker sees it once; a link that was lost is revoked, and another one made."""

import re
import secrets
from typing import Any

from peewee import fn

from accounts.models import InviteLink, InviteLinkUse, User
from accounts.people.site_roles import SitePermission, site_may
from accounts.signin.password_links import hashed_token
from accounts.signin.suspension import is_suspended
from accounts.site_settings import INVITING, SiteSettings
from helpers.clock import now_ms
from helpers.db.base import database_proxy
from helpers.db.database import is_sqlite
from helpers.errors import ActionError, declare
from helpers.limits import Rule

declare({"dead_link": 404})

DEFAULT_DAYS = 7
MAX_DAYS = 365
MAX_USES = 10_000
MAX_LIVE = 50
"""Links of one person that are good at a time."""

DAY_MS = 86_400_000

CONTINUED_MS = 10 * 60_000
"""Within this time who has come by a link comes to its other rooms by the same use."""

KEPT_MS = 30 * DAY_MS
"""For so long a link is listed that isn't good any more."""

LOOKS = Rule("invite-links", 1 / 2, 300.0)
"""Per network, for each code that is looked up, also a good one: a class may follow a link at once,
and nobody guesses by it."""

LINKS = Rule("new-invite-links", 1 / 60, 30.0)
"""Per person: new links."""

_CODE = re.compile(r"[A-Za-z0-9_-]{22}")


def dead_link() -> ActionError:
    """The same for a code that was never one, so that nobody learns what there was."""
    return ActionError(
        "dead_link",
        "This invitation leads nowhere: it was used up, has ended, was taken back or was never made. Ask "
        "whoever sent it to you for another one.",
    )


def may_invite_to_site(user: User, now: SiteSettings) -> bool:
    """Whether somebody may invite people who have no account yet."""
    return now[INVITING] == "members" or site_may(user, SitePermission.SET_SITE)


async def make_invite_link(
    maker_id: int, uses: int | None, days: int, *, to_site: bool
) -> tuple[InviteLink, str]:
    """Makes a link, in a transaction. Returns it and its code. Raises ActionError."""
    now = now_ms()
    live = InviteLink.select().where(InviteLink.maker_id == maker_id, _is_live(now))
    if await live.aio_count() >= MAX_LIVE:
        raise ActionError(
            "too_many_links",
            "You have {count} invitation links already: revoke some of them first.",
            409,
            count=MAX_LIVE,
        )
    code = secrets.token_urlsafe(16)
    row = {"code_hash": hashed_token(code), "maker_id": maker_id, "to_site": to_site}
    row |= {"uses": uses, "used": 0, "made_at": now, "until": now + days * DAY_MS}
    link_id = await InviteLink.insert(row).returning(InviteLink.id).tuples().aio_execute()
    return InviteLink(id=link_id[0][0], **row), code


async def renew_code(link_id: int) -> tuple[InviteLink, str] | None:
    """Gives a link another code, so that the one of before leads nowhere. Returns it and the code; None
    where it isn't good any more."""
    code = secrets.token_urlsafe(16)
    is_it = (InviteLink.id == link_id) & _is_live(now_ms())
    if not await InviteLink.update(code_hash=hashed_token(code)).where(is_it).aio_execute():
        return None
    return await InviteLink.aio_get(InviteLink.id == link_id), code


async def find_invite_link(code: str) -> tuple[InviteLink, User]:
    """The link with this code and who made it. Raises dead_link, also where it is used up."""
    if not _CODE.fullmatch(code):
        raise dead_link()
    query = InviteLink.select().where(InviteLink.code_hash == hashed_token(code), _is_live(now_ms()))
    for link in await query.aio_execute():
        if maker := await able_maker(link.maker_id):
            return link, maker
    raise dead_link()


async def able_maker(user_id: int) -> User | None:
    """Who made a link, unless they have no account any more, or are suspended."""
    query = User.select().where(User.id == user_id, User.left_at.is_null(), ~is_suspended())
    rows = await query.aio_execute()
    return rows[0] if rows else None


async def take_use(link_id: int, user_id: int) -> bool:
    """Notes, in a transaction, that somebody comes by a link. False, and nothing is written, where it
    isn't good any more. Of several who take the last use one gets it: the others wait for the row."""
    now = now_ms()
    query: Any = InviteLink.select(InviteLink.uses, InviteLink.used).where(
        InviteLink.id == link_id, InviteLink.revoked_at.is_null(), InviteLink.until > now
    )
    query = query if is_sqlite(database_proxy.obj) else query.for_update("FOR NO KEY UPDATE")
    rows = await query.tuples().aio_execute()
    if not rows:
        return False
    uses, used = rows[0]
    recent = InviteLinkUse.select().where(
        InviteLinkUse.link_id == link_id,
        InviteLinkUse.user_id == user_id,
        InviteLinkUse.at > now - CONTINUED_MS,
    )
    if await recent.aio_exists():
        return True
    if uses is not None and used >= uses:
        return False
    await InviteLink.update(used=InviteLink.used + 1).where(InviteLink.id == link_id).aio_execute()
    await (
        InviteLinkUse.insert(link_id=link_id, user_id=user_id, at=now)
        .on_conflict(
            conflict_target=[InviteLinkUse.link_id, InviteLinkUse.user_id], update={InviteLinkUse.at: now}
        )
        .aio_execute()
    )
    return True


async def came_lately(link_id: int, user_id: int) -> bool:
    """Whether this person has come by the link a moment ago."""
    query = InviteLinkUse.select().where(InviteLinkUse.link_id == link_id, InviteLinkUse.user_id == user_id)
    return bool(await query.where(InviteLinkUse.at > now_ms() - CONTINUED_MS).aio_exists())


async def links_of_newcomer(user_id: int) -> list[tuple[InviteLink, User]]:
    """The links by which somebody came who waited until now, and who made them. Their uses hold on for
    CONTINUED_MS from now."""
    now = now_ms()
    uses = InviteLinkUse.update(at=now).where(InviteLinkUse.user_id == user_id)
    rows = await uses.returning(InviteLinkUse.link_id).tuples().aio_execute()
    found = []
    for (link_id,) in rows:
        for link in await InviteLink.select().where(InviteLink.id == link_id, _is_live(now)).aio_execute():
            if maker := await able_maker(link.maker_id):
                found.append((link, maker))
    return found


def is_used_up(link: InviteLink) -> bool:
    return link.uses is not None and link.used >= link.uses


async def revoke_invite_link(link_id: int) -> bool:
    """Ends a link. False where it was revoked already."""
    change = InviteLink.update(revoked_at=now_ms())
    return bool(await change.where(InviteLink.id == link_id, InviteLink.revoked_at.is_null()).aio_execute())


async def forget_old_links() -> None:
    """Deletes those that ended long ago, and who came by them. Run where a link is made: a link that
    nobody makes keeps nothing."""
    old = InviteLink.select(InviteLink.id).where(InviteLink.until < now_ms() - KEPT_MS).limit(20)
    ids = [link_id for (link_id,) in await old.tuples().aio_execute()]
    if ids:
        await InviteLink.delete().where(InviteLink.id.in_(ids)).aio_execute()


async def erase_invite_links(user_id: int) -> None:
    """Of a deleted account: its links, and by which it came."""
    await InviteLinkUse.delete().where(InviteLinkUse.user_id == user_id).aio_execute()
    await InviteLink.delete().where(InviteLink.maker_id == user_id).aio_execute()


def _is_live(now: int) -> Any:
    return InviteLink.revoked_at.is_null() & (InviteLink.until > now)


def link_state(link: InviteLink) -> str:
    """A word for programs: `live`, `revoked`, `over` or `used_up`."""
    if link.revoked_at is not None:
        return "revoked"
    if link.until <= now_ms():
        return "over"
    return "used_up" if is_used_up(link) else "live"


async def uses_of(link_ids: list[int], most: int = 20) -> dict[int, list[str]]:
    """By link the handles of who came by it, the latest first, at most so many of each."""
    found: dict[int, list[str]] = {link_id: [] for link_id in link_ids}
    for link_id in link_ids:
        name = User.select(User.name).where(User.id == InviteLinkUse.user_id)
        query = InviteLinkUse.select(fn.COALESCE(name, "")).where(InviteLinkUse.link_id == link_id)
        rows = await query.order_by(InviteLinkUse.at.desc()).limit(most).tuples().aio_execute()
        found[link_id] = [handle for (handle,) in rows if handle]
    return found
