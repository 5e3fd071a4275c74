"""Words for what stands in the site's log, in the reader's language."""

from collections.abc import Callable

from babel.numbers import format_decimal

from administration.site_log import LogEntry
from helpers.text.translation import Language, Text, current

ACTS: dict[str, Text] = {
    "role": Text("role on the site"),
    "suspend": Text("suspended"),
    "unsuspend": Text("suspension ended"),
    "end_sessions": Text("signed out everywhere"),
    "password_link": Text("link for a new password"),
    "set_password": Text("new password"),
    "rename": Text("renamed"),
    "delete_account": Text("account deleted"),
    "admit": Text("let in"),
    "turn_away": Text("turned away"),
    "kick": Text("removed from the room"),
    "ban": Text("banned from the room"),
    "unban": Text("may come back to the room"),
    "timeout": Text("only reads for a while"),
    "untimeout": Text("writes again"),
    "delete": Text("messages deleted"),
    "purge": Text("messages of a time deleted"),
    "clear": Text("history cleared"),
    "topic": Text("topic"),
    "title": Text("name of the room"),
    "address": Text("address of the room"),
    "slow": Text("slow mode"),
    "lock": Text("locked"),
    "unlock": Text("unlocked"),
    "archive": Text("archived"),
    "unarchive": Text("taken out of the archive"),
    "pin": Text("pinned"),
    "unpin": Text("unpinned"),
    "owner": Text("owner of the room"),
    "invite": Text("invited to the room"),
    "undo": Text("undone"),
    "retention": Text("how long messages are kept"),
    "hold": Text("nothing is erased"),
    "unhold": Text("what is due is erased again"),
    "site": Text("the site’s settings"),
    "report": Text("report answered"),
    "picture": Text("picture of the room"),
    "raid": Text("raid ended"),
    "add_filter": Text("filter added"),
    "remove_filter": Text("filter removed"),
    "rights": Text("who may do what in the room"),
    "delete_room": Text("room deleted"),
    "restore_room": Text("room restored"),
    "archive_room": Text("archived"),
    "unarchive_room": Text("taken out of the archive"),
    "give_owner": Text("owner of the room"),
    "open": Text("closed room opened"),
    "open_room": Text("closed room opened"),
}
"""By the word for programs. An act of another part of the site that isn't here is shown as that."""

ROLES: dict[str, Text] = {
    "none": Text("No role"),
    "auditor": Text("Auditor"),
    "moderator": Text("Moderator"),
    "administrator": Text("Administrator"),
}


def act_name(act: str, language: Language) -> str:
    return language.translate(ACTS[act]) if act in ACTS else act


def _role(entry: LogEntry, language: Language) -> str:
    was, now = (
        language.translate(ROLES.get(str(one.get("role")), Text("No role")))
        for one in (entry.before, entry.after)
    )
    return f"{was} → {now}"


def _suspended(entry: LogEntry, language: Language) -> str:
    """Its end is shown beside it, in the reader's zone."""
    return "" if until_of(entry) is not None or not entry.after else language.t("for good")


def until_of(entry: LogEntry) -> int | None:
    """When an act of the site ends by itself."""
    until = entry.after.get("until")
    return until if entry.position.source and isinstance(until, int) else None


def _rename(entry: LogEntry, language: Language) -> str:
    if not entry.after:
        return ""  # the account was deleted since
    return f"{entry.before.get('display_name') or '–'} → {entry.after.get('display_name') or '–'}"


def _deleted(entry: LogEntry, language: Language) -> str:
    return language.t("with what they wrote") if entry.after.get("messages") == "remove" else ""


_DETAILS: dict[str, Callable[[LogEntry, Language], str]] = {
    "role": _role,
    "suspend": _suspended,
    "rename": _rename,
    "delete_account": _deleted,
}


def details(entry: LogEntry, language: Language) -> str:
    """What an act of the site changed, in a few words; empty where there is no more to say."""
    if not entry.position.source:
        return ""
    words = _DETAILS.get(entry.act)
    return words(entry, language) if words else ""


def bytes_in_words(count: int) -> str:
    """How much that is, in the reader's language."""
    language = current()
    for unit in (10**9, 10**6, 10**3):
        if count >= unit:
            size = format_decimal(round(count / unit, 1), locale=language.locale)
            if unit == 10**9:
                return language.t("{size} GB", size=size)
            return language.t("{size} MB", size=size) if unit == 10**6 else language.t("{size} kB", size=size)
    return language.t("{size} B", size=count)
