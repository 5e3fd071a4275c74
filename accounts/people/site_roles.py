"""Roles of the people who run the site, and what each may do there: one table of grants.

What people may do in a room follows from chat/roles.py."""

from enum import IntEnum, StrEnum, auto

from accounts.models import User


class SiteRole(IntEnum):
    """Ranks on the site. The numbers are stored in the database."""

    NONE = 0
    AUDITOR = 1
    """Reads everything that the site's people read, and changes nothing."""
    MODERATOR = 2
    """Keeps order among people and rooms."""
    ADMINISTRATOR = 3


class SitePermission(StrEnum):
    SEE_PEOPLE = auto()
    SEE_ROOMS = auto()
    SEE_REPORTS = auto()
    SEE_LOG = auto()
    SEE_SITE = auto()
    """The site's settings."""
    SEE_HEALTH = auto()
    """Workers, storage, versions."""
    SUSPEND = auto()
    END_SESSIONS = auto()
    RENAME = auto()
    MAKE_PASSWORD_LINK = auto()
    SET_ROLE = auto()
    DELETE_ACCOUNT = auto()
    ANSWER_REPORT = auto()
    KEEP_ROOMS = auto()
    """To give rooms an owner, to archive, delete and restore them."""
    OPEN_ROOM = auto()
    """To read a closed room, of which its members are told."""
    SET_SITE = auto()
    ADMIT = auto()
    """To let in people whose accounts wait for approval, and to decline them."""


_MODERATOR = frozenset(
    {
        *(SitePermission.SEE_PEOPLE, SitePermission.SEE_ROOMS, SitePermission.SEE_REPORTS),
        *(SitePermission.SEE_LOG, SitePermission.SUSPEND, SitePermission.END_SESSIONS),
        *(SitePermission.RENAME, SitePermission.ANSWER_REPORT, SitePermission.KEEP_ROOMS),
        SitePermission.ADMIT,
    }
)

SITE_GRANTS: dict[SiteRole, frozenset[SitePermission]] = {
    SiteRole.NONE: frozenset(),
    SiteRole.AUDITOR: frozenset(
        {
            *(SitePermission.SEE_PEOPLE, SitePermission.SEE_ROOMS, SitePermission.SEE_REPORTS),
            *(SitePermission.SEE_LOG, SitePermission.SEE_SITE, SitePermission.SEE_HEALTH),
        }
    ),
    SiteRole.MODERATOR: _MODERATOR,
    SiteRole.ADMINISTRATOR: frozenset(SitePermission),
}


def site_role_of(user: User) -> SiteRole:
    """The user's role. `is_admin` decides who administers: statements ask for it, and processes of
    former versions know no other."""
    if user.is_admin:
        return SiteRole.ADMINISTRATOR
    return SiteRole(min(user.site_role, SiteRole.MODERATOR))


def site_may(user: User, permission: SitePermission) -> bool:
    return permission in SITE_GRANTS[site_role_of(user)]


def site_outranks(user: User, other: User) -> bool:
    """Whether the user's role is higher than the other's. Nobody acts on an equal."""
    return site_role_of(user) > site_role_of(other)
