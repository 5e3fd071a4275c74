"""Permissions in a room: one table of grants by role. Nobody acts on an equal or higher role."""

import functools
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from typing import Literal, NamedTuple


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
    TIME_OUT = auto()
    BAN = auto()
    SET_MODES = auto()
    """To slow the room down, or to lock it."""
    SET_RIGHTS = auto()
    """To choose who may post, invite, pin, mention all and set the topic."""
    ARCHIVE = auto()
    HAND_OVER = auto()
    READ_LOG = auto()
    UNDO = auto()
    REPORT = auto()
    """To report messages of others."""
    ANSWER_REPORTS = auto()
    SET_FILTERS = auto()
    DELETE_ROOM = auto()
    SET_RETENTION = auto()
    """To decide for how long the room keeps its messages."""
    EXPORT = auto()
    """To download all that was said."""


_MEMBER = frozenset(
    {
        *(Permission.POST, Permission.INVITE_TO_OPEN, Permission.REACT, Permission.LEAVE),
        *(Permission.RETRACT, Permission.READ_LOG, Permission.REPORT),
    }
)
_MODERATOR = _MEMBER | {
    *(Permission.INVITE_TO_CLOSED, Permission.SET_TOPIC, Permission.SET_TITLE, Permission.KILL),
    *(Permission.CLEAR, Permission.DELETE, Permission.PIN, Permission.MENTION_GROUPS),
    *(Permission.TIME_OUT, Permission.BAN, Permission.SET_MODES, Permission.UNDO),
    *(Permission.ANSWER_REPORTS, Permission.SET_FILTERS),
}
_OWNER = _MODERATOR | {
    *(Permission.GRANT, Permission.SET_NAME, Permission.ARCHIVE, Permission.HAND_OVER),
    *(Permission.SET_RIGHTS, Permission.DELETE_ROOM, Permission.SET_RETENTION, Permission.EXPORT),
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: _MEMBER,
    Role.MODERATOR: _MODERATOR,
    Role.OWNER: _OWNER,
    Role.ADMIN: _OWNER,
}

_TALKING = frozenset(
    {
        *(Permission.POST, Permission.REACT, Permission.PIN, Permission.RETRACT, Permission.REPORT),
        Permission.EXPORT,
    }
)

CONVERSATION_GRANTS: dict[str, frozenset[Permission]] = {
    "direct": _TALKING,
    "group": _TALKING | {Permission.LEAVE},
}
"""By kind of conversation: all members have the same permissions, and none outranks another, also
not an administrator of the site."""

BLOCKED_GRANTS = frozenset({Permission.RETRACT, Permission.REPORT})
"""In a conversation of two where one has blocked the other."""


_IN_ARCHIVED = frozenset(
    {
        Permission.POST,
        Permission.REACT,
        Permission.PIN,
        Permission.SET_TOPIC,
        Permission.SET_TITLE,
        Permission.SET_NAME,
        Permission.INVITE_TO_OPEN,
        Permission.INVITE_TO_CLOSED,
        Permission.SET_MODES,
    }
)
_IN_TIMEOUT = frozenset(
    {
        Permission.POST,
        Permission.REACT,
        Permission.PIN,
        Permission.SET_TOPIC,
        Permission.INVITE_TO_OPEN,
        Permission.INVITE_TO_CLOSED,
    }
)

Bar = Literal["archived", "locked", "owners_post", "timed_out"]
"""Why somebody may not now what their role may."""


@dataclass(frozen=True)
class Modes:
    """How a room is kept: the least role that may post, the seconds that members wait between their
    posts, whether it is read only, and the least roles that may do what RIGHTS says.

    `inviting` None: members of an open room, moderators of a closed one. `mentioning` None:
    moderators, and in a small room everybody."""

    posting: Role = Role.MEMBER
    slow_seconds: int = 0
    is_archived: bool = False
    inviting: Role | None = None
    pinning: Role = Role.MODERATOR
    mentioning: Role | None = None
    topic_setting: Role = Role.MODERATOR
    hides_past: bool = False
    hides_previews: bool = False
    """Links in it aren't previewed."""
    """Whoever becomes a member from now on, and isn't more than that, reads only what comes after."""

    def least(self, permission: Permission) -> Role | None:
        """The least role that has this permission in the room; None where GRANTS decides."""
        name = _DECIDED_BY.get(permission)
        return getattr(self, name) if name is not None else None


RIGHTS = {
    "post": "posting",
    "invite": "inviting",
    "pin": "pinning",
    "mention": "mentioning",
    "topic": "topic_setting",
}
"""What a room's owners choose the least role for, by the word for it: the field of Modes."""

_DECIDED_BY = {
    Permission.INVITE_TO_OPEN: "inviting",
    Permission.INVITE_TO_CLOSED: "inviting",
    Permission.PIN: "pinning",
    Permission.MENTION_GROUPS: "mentioning",
    Permission.SET_TOPIC: "topic_setting",
}
"""Who may post isn't among them: whoever may not now may again, as in a locked room. See `bar`."""

ROLE_WORDS = {"members": Role.MEMBER, "moderators": Role.MODERATOR, "owners": Role.OWNER}
"""A least role, by the word for those who have it or a higher one."""

WORD_OF = {role: word for word, role in ROLE_WORDS.items()}


NO_MODES = Modes()


class Past(NamedTuple):
    """What of a history is hidden from somebody: the lines before `first_seq`, and the posts up to
    `hidden_number`."""

    first_seq: int = 0
    hidden_number: int = 0


NOTHING_HIDDEN = Past()


@dataclass(frozen=True)
class Standing:
    """A person's standing in a room. `role` None means no member. `kind` and `modes` are the room's.
    Until `timeout_until`, in milliseconds since 1970, the person only reads; 0 for no timeout.

    `is_blocked` is true for both people of a conversation of two where one has blocked the
    other. `joined` is what was there before they came to a room that hides it; `past` says what of
    it is hidden now."""

    role: Role | None
    is_admin: bool = False
    kind: str = "open"
    is_blocked: bool = False
    modes: Modes = NO_MODES
    timeout_until: int = 0
    joined: Past = NOTHING_HIDDEN

    @functools.cached_property
    def past(self) -> Past:
        """What of the history is hidden from a member. Who keeps order reads all."""
        is_hidden = self.modes.hides_past and (self.rank or 0) < Role.MODERATOR
        return self.joined if is_hidden else NOTHING_HIDDEN

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
        """Whether the role has this permission. `bar` tells what may stand in the way now."""
        if self.is_blocked:
            return permission in BLOCKED_GRANTS
        if self.rank is None:
            return False
        if self.kind in CONVERSATION_GRANTS:
            return permission in CONVERSATION_GRANTS[self.kind]
        least = self.modes.least(permission)
        return permission in GRANTS[self.rank] if least is None else self.rank >= least

    def bar(self, permission: Permission, at: int) -> Bar | None:
        """What stands in the way of a permission at this time, in milliseconds since 1970."""
        if self.modes.is_archived and permission in _IN_ARCHIVED:
            return "archived"
        if self.timeout_until > at and permission in _IN_TIMEOUT:
            return "timed_out"
        if permission is Permission.POST and (self.rank or 0) < self.modes.posting:
            return "owners_post" if self.modes.posting is Role.OWNER else "locked"
        return None

    @property
    def pause_seconds(self) -> int:
        """How long the person waits after a post until the next."""
        return self.modes.slow_seconds if (self.rank or 0) < Role.MODERATOR else 0

    @functools.cached_property
    def posts_freely(self) -> bool:
        """Whether the person may post at any time, as long as the standing holds. Asked for each
        post."""
        is_barred = self.timeout_until or self.bar(Permission.POST, 0) or self.pause_seconds
        return not is_barred and self.may(Permission.POST)

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
