"""Permissions in a room: one table of grants by role. Nobody acts on an equal or higher role."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto


class Role(IntEnum):
    """Ranks in a room. The numbers are stored in the database."""

    MEMBER = 1
    MODERATOR = 2
    OWNER = 3
    ADMIN = 4
    """An administrator of the site, in a room of which they are a member. Never stored: it follows
    from the account."""


class Permission(StrEnum):
    POST = auto()
    INVITE_TO_OPEN = auto()
    INVITE_TO_CLOSED = auto()
    SET_TOPIC = auto()
    SET_TITLE = auto()
    SET_NAME = auto()
    """To change the room's address."""
    KILL = auto()
    CLEAR = auto()
    GRANT = auto()
    REACT = auto()
    DELETE = auto()
    PIN = auto()
    MENTION_GROUPS = auto()
    """To mention all members, or those who are online, in a room of any size."""
    LEAVE = auto()
    RETRACT = auto()
    """To delete one's own posts."""


_MEMBER = frozenset(
    {Permission.POST, Permission.INVITE_TO_OPEN, Permission.REACT, Permission.LEAVE, Permission.RETRACT}
)
_MODERATOR = _MEMBER | {
    *(Permission.INVITE_TO_CLOSED, Permission.SET_TOPIC, Permission.SET_TITLE, Permission.KILL),
    *(Permission.CLEAR, Permission.DELETE, Permission.PIN, Permission.MENTION_GROUPS),
}
_OWNER = _MODERATOR | {Permission.GRANT, Permission.SET_NAME}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: _MEMBER,
    Role.MODERATOR: _MODERATOR,
    Role.OWNER: _OWNER,
    Role.ADMIN: _OWNER,
}

_TALKING = frozenset({Permission.POST, Permission.REACT, Permission.PIN, Permission.RETRACT})

CONVERSATION_GRANTS: dict[str, frozenset[Permission]] = {
    "direct": _TALKING,
    "group": _TALKING | {Permission.LEAVE},
}
"""By kind of conversation: all members have the same permissions, and none outranks another, also
not an administrator of the site."""

BLOCKED_GRANTS = frozenset({Permission.RETRACT})
"""In a conversation of two where one has blocked the other."""


@dataclass(frozen=True)
class Standing:
    """A person's standing in a room. `role` None means no member. `kind` is the room's.

    `is_blocked` is true for both people of a conversation of two where one has blocked the
    other."""

    role: Role | None
    is_admin: bool = False
    kind: str = "open"
    is_blocked: bool = False

    @property
    def rank(self) -> Role | None:
        """The role that permissions follow from: an administrator who is a member of the room ranks
        above all."""
        return (
            Role.ADMIN
            if self.role is not None and self.is_admin and self.kind not in CONVERSATION_GRANTS
            else self.role
        )

    @property
    def title(self) -> str | None:
        """The role to show: an owner is shown as owner even when also an administrator."""
        shown = self.role if self.role is Role.OWNER else self.rank
        return shown.name.lower() if shown is not None else None

    @property
    def is_member(self) -> bool:
        return self.role is not None

    def may(self, permission: Permission) -> bool:
        if self.is_blocked:
            return permission in BLOCKED_GRANTS
        return self.rank is not None and permission in CONVERSATION_GRANTS.get(self.kind, GRANTS[self.rank])

    @property
    def may_invite(self) -> bool:
        return self.may(Permission.INVITE_TO_OPEN if self.kind == "open" else Permission.INVITE_TO_CLOSED)

    @property
    def permissions(self) -> list[str]:
        """The names of all granted permissions, sorted."""
        return sorted(permission.value for permission in Permission if self.may(permission))

    def outranks(self, other: "Standing") -> bool:
        """Whether this standing is of a higher role than the other."""
        return (self.rank or 0) > (other.rank or 0)


STRANGER = Standing(None)
