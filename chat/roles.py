"""Who may do what in a room: the one grant table, and the rule that nobody acts on an equal."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto


class Role(IntEnum):
    """Ranks in a room. The numbers are stored."""

    MEMBER = 1
    MODERATOR = 2
    OWNER = 3
    ADMIN = 4
    """The site's administrator, in any room that they are in. Never stored: it follows from the
    account."""


class Permission(StrEnum):
    POST = auto()
    INVITE_TO_OPEN = auto()
    INVITE_TO_CLOSED = auto()
    SET_TOPIC = auto()
    KILL = auto()
    CLEAR = auto()
    GRANT = auto()
    REACT = auto()
    DELETE = auto()
    PIN = auto()
    LEAVE = auto()
    RETRACT = auto()
    """To delete what one wrote oneself."""


_MEMBER = frozenset(
    {Permission.POST, Permission.INVITE_TO_OPEN, Permission.REACT, Permission.LEAVE, Permission.RETRACT}
)
_MODERATOR = _MEMBER | {
    *(Permission.INVITE_TO_CLOSED, Permission.SET_TOPIC, Permission.KILL, Permission.CLEAR),
    *(Permission.DELETE, Permission.PIN),
}
_OWNER = _MODERATOR | {Permission.GRANT}

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
"""In conversations, by their kind, all may do the same, and nobody is above another: the site's
administrator neither."""

BLOCKED_GRANTS = frozenset({Permission.RETRACT})
"""In the conversation of two of whom one blocks the other."""


@dataclass(frozen=True)
class Standing:
    """What somebody is in a room: the stored role and whether they are here, or, with `role` None,
    no member. `kind` is the room's.

    `is_blocked` in the conversation of two of whom one blocks the other, whoever of them this
    is."""

    role: Role | None
    present: bool = False
    is_admin: bool = False
    kind: str = "open"
    is_blocked: bool = False

    @property
    def rank(self) -> Role | None:
        """The role that counts: an administrator's is above all, once they are in the room."""
        return (
            Role.ADMIN
            if self.role is not None and self.is_admin and self.kind not in CONVERSATION_GRANTS
            else self.role
        )

    @property
    def title(self) -> str | None:
        """What they are called: an owner stays one, whatever else they are."""
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
    def permissions(self) -> list[str]:
        """The names of all that they may do, sorted."""
        return sorted(permission.value for permission in Permission if self.may(permission))

    def outranks(self, other: "Standing") -> bool:
        """Nobody acts on an equal or higher role."""
        return (self.rank or 0) > (other.rank or 0)


STRANGER = Standing(None)
