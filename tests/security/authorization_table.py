"""Who may do what in a room: each request and command, by kind of room. All else is denied: then
nothing is changed, and nobody is told."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.support.people import JsonObject

ROLES = {
    "open": (
        *("outsider", "invited", "kicked", "member", "inviter", "moderator", "owner", "administrator"),
        "outside administrator",
    ),
    "closed": (
        *("outsider", "invited", "kicked", "member", "inviter", "moderator", "owner", "administrator"),
        "outside administrator",
    ),
    "direct": ("outsider", "outside administrator", "member", "blocked"),
    "group": ("outsider", "outside administrator", "former", "member"),
}
"""By kind of room. An administrator is one of the site: in the room, or outside of it. `blocked` is
one of two of whom the other blocks them. `invited` has an invitation to answer. `inviter` is a member
who has invited somebody, in a closed room as the moderator that they were."""

_ROOMS = ("open", "closed")
_CONVERSATIONS = ("direct", "group")


def _each(kinds: Iterable[str], roles: str) -> set[tuple[str, str]]:
    return {(kind, role) for kind in kinds for role in roles.split()}


EVERYBODY = {(kind, role) for kind, roles in ROLES.items() for role in roles}
OWNERS = _each(_ROOMS, "owner administrator")
MODERATORS = OWNERS | _each(_ROOMS, "moderator")
MEMBERS = MODERATORS | _each((*_ROOMS, *_CONVERSATIONS), "member") | _each(_ROOMS, "inviter")
"""Those who talk."""
INSIDE = MEMBERS | {("direct", "blocked")}
PINNING = MODERATORS | _each(_CONVERSATIONS, "member")
LEAVING = MEMBERS - {("direct", "member")}
INVITING = MODERATORS | _each(("open",), "member inviter")
WITHDRAWING = MODERATORS | _each(_ROOMS, "inviter")
INVITED = _each(_ROOMS, "invited")
ADMINISTRATORS = _each(_ROOMS, "administrator")
LOGGED = MODERATORS | _each(_ROOMS, "member inviter")
NOBODY: set[tuple[str, str]] = set()


@dataclass(frozen=True)
class Row:
    """`does` is a request, or a line as typed, of the post or the person that it names. `changes`
    says that the room's rows differ afterwards where it is allowed."""

    does: str | JsonObject
    allowed: set[tuple[str, str]]
    changes: bool = True


OWN, OTHERS, OWN_DELETED, OTHERS_DELETED = 1, 2, 3, 4
"""The numbers of the posts in each room: of who acts, of another, and both again, deleted by their
authors a moment ago."""

ROWS = {
    "post": Row({"type": "post", "text": "hello"}, MEMBERS),
    "post a reply": Row({"type": "post", "text": "hello", "reply_to": OTHERS}, MEMBERS),
    "post that mentions": Row({"type": "post", "text": "hello @{other}"}, MEMBERS),
    "edit one's own": Row({"type": "edit", "number": OWN, "text": "now"}, MEMBERS),
    "edit another's": Row({"type": "edit", "number": OTHERS, "text": "now"}, NOBODY),
    "delete one's own": Row({"type": "delete", "number": OWN}, INSIDE),
    "delete another's": Row({"type": "delete", "number": OTHERS}, MODERATORS),
    "undelete one's own": Row({"type": "undelete", "number": OWN_DELETED}, MEMBERS),
    "undelete another's": Row({"type": "undelete", "number": OTHERS_DELETED}, NOBODY),
    "react": Row({"type": "react", "number": OTHERS, "emoji": "👍", "on": True}, MEMBERS),
    "react no more": Row({"type": "react", "number": OWN, "emoji": "👍", "on": False}, MEMBERS),
    "pin": Row({"type": "pin", "number": OTHERS, "on": True}, PINNING),
    "dismiss a preview of one's own": Row(
        {"type": "dismiss_preview", "number": OWN, "url": "https://example.org/"}, INSIDE, changes=False
    ),
    "dismiss a preview of another's": Row(
        {"type": "dismiss_preview", "number": OTHERS, "url": "https://example.org/"},
        MODERATORS,
        changes=False,
    ),
    "read": Row({"type": "read", "number": 2}, INSIDE),
    "read back": Row({"type": "read", "number": 0, "back": True}, INSIDE, changes=False),
    "typing": Row({"type": "typing"}, MEMBERS, changes=False),
    "typing no more": Row({"type": "typing", "on": False}, MEMBERS, changes=False),
    "viewing": Row({"type": "viewing"}, INSIDE, changes=False),
    "viewing no more": Row({"type": "viewing", "on": False}, INSIDE, changes=False),
    "ping": Row({"type": "ping"}, EVERYBODY, changes=False),
    "/help": Row("/help", INSIDE, changes=False),
    "/me": Row("/me waves", MEMBERS),
    "/shrug": Row("/shrug", MEMBERS),
    "/msg": Row("/msg @{other} psst", MEMBERS, changes=False),
    "/unread": Row("/unread 1", INSIDE, changes=False),
    "/who": Row("/who", INSIDE, changes=False),
    "/topic": Row("/topic", INSIDE, changes=False),
    "/topic with a text": Row("/topic beans", MODERATORS),
    "/title": Row("/title", INSIDE, changes=False),
    "/title with a text": Row("/title {new_name}", MODERATORS),
    "/address": Row("/address", INSIDE, changes=False),
    "/address with a name": Row("/address {new_name}", OWNERS),
    "/invite": Row("/invite @{guest}", INVITING),
    "/invite who was kicked": Row("/invite @{kicked}", MODERATORS),
    "/invite who blocks": Row("/invite @{blocker}", NOBODY),
    "/invite who is invited": Row("/invite @{asked}", NOBODY),
    "/invite who has declined": Row("/invite @{declined}", NOBODY),
    "/uninvite whom another invited": Row("/uninvite @{invited}", MODERATORS),
    "/uninvite whom one invited": Row("/uninvite @{asked}", WITHDRAWING),
    "/uninvite who isn't invited": Row("/uninvite @{guest}", NOBODY),
    "/leave": Row("/leave", LEAVING - _each(_ROOMS, "owner")),
    "/leave anyway": Row("/leave anyway", LEAVING),
    "/delete-room": Row("/delete-room {room}", OWNERS),
    "/delete-room by another name": Row("/delete-room {new_name}", NOBODY),
    "/kill a member": Row("/kill @{other}", MODERATORS),
    "/kick a moderator": Row("/kick @{second}", OWNERS),
    "/kick the owner": Row("/kick @{owner}", _each(_ROOMS, "administrator")),
    "/kick the administrator": Row("/kick @{administrator}", NOBODY),
    "/clear": Row("/clear", MODERATORS),
    "/ban a member": Row("/ban @{other} 2h", MODERATORS),
    "/ban a moderator": Row("/ban @{second}", OWNERS),
    "/ban who is no member": Row("/ban @{guest}", MODERATORS),
    "/ban the owner": Row("/ban @{owner}", _each(_ROOMS, "administrator")),
    "/ban an administrator who is outside": Row(
        "/ban @{outside administrator}", _each(_ROOMS, "administrator")
    ),
    "/unban": Row("/unban @{kicked}", MODERATORS),
    "/timeout a member": Row("/timeout @{other} 1h", MODERATORS),
    "/timeout a moderator": Row("/timeout @{second} 1h", OWNERS),
    "/untimeout who has none": Row("/untimeout @{other}", NOBODY),
    "/delete one's own": Row("/delete 1", INSIDE),
    "/delete another's": Row("/delete 2", MODERATORS),
    "/delete both": Row("/delete 1-2", MODERATORS),
    "/pin": Row(f"/pin {OTHERS}", PINNING),
    "/unpin what isn't pinned": Row(f"/unpin {OTHERS}", PINNING, changes=False),
    "/raid": Row("/raid", MODERATORS),
    "/purge": Row("/purge @{other} 1h", MODERATORS),
    "/slow": Row("/slow 30s", MODERATORS),
    "/lock": Row("/lock", MODERATORS),
    "/unlock what isn't locked": Row("/unlock", NOBODY),
    "/allow members to invite": Row("/allow invite members", OWNERS),
    "/kind closed": Row("/kind closed", _each(("open",), "owner administrator")),
    "/kind open": Row("/kind open", _each(("closed",), "owner administrator")),
    "/history": Row("/history joining", OWNERS),
    "/allow owners to pin": Row("/allow pin owners", OWNERS),
    "/allow owners to post": Row("/allow post owners", OWNERS),
    "/archive": Row("/archive", OWNERS),
    "/unarchive what isn't archived": Row("/unarchive", NOBODY),
    "/owner": Row("/owner @{other}", OWNERS),
    "/report another's": Row("/report 2 rude", INSIDE),
    "/report one's own": Row("/report 1", NOBODY),
    "/report a deleted one": Row("/report 4", NOBODY),
    "/search": Row("/search words", INSIDE, changes=False),
    "/log": Row("/log", LOGGED, changes=False),
    "/export": Row("/export text", OWNERS | _each(_CONVERSATIONS, "member"), changes=False),
    "/undo what isn't there": Row("/undo A99", NOBODY),
    "/undo of a moderator's act": Row("/undo A1", MODERATORS),
    "/mod": Row("/mod @{other}", OWNERS),
    "/unmod": Row("/unmod @{second}", OWNERS),
    "/ignore": Row("/ignore @{other}", INSIDE, changes=False),
    "/ignore oneself": Row("/ignore @{self}", NOBODY),
    "/unignore": Row("/unignore @{other}", INSIDE, changes=False),
    "/away": Row("/away", INSIDE, changes=False),
    "/back": Row("/back", INSIDE, changes=False),
    "/dnd": Row("/dnd", INSIDE, changes=False),
    "/notify": Row("/notify", INSIDE, changes=False),
    "/notify none": Row("/notify none 1h", INSIDE, changes=False),
    "/focus": Row("/focus 1h", INSIDE, changes=False),
    "/focus off": Row("/focus off", INSIDE, changes=False),
    "/why": Row("/why 2", INSIDE, changes=False),
    "/weather": Row("/weather Kyoto", INSIDE, changes=False),
}

ANSWERS = {"accept": INVITED | INSIDE, "decline": INVITED}
"""Who may answer an invitation. To accept changes nothing for a member."""
