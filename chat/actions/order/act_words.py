"""What an act of order was, in words."""

from collections.abc import Callable

from chat.history.writing.acts import RecordedAct
from chat.models import FOR_GOOD
from chat.roles import RIGHTS, WORD_OF
from helpers.text.durations import duration_in, show_duration
from helpers.text.translation import Language, Text

Words = Callable[[RecordedAct, Language, str, str], str]
"""Called with the act, the reader's language, and the names of who did it and whom it is about."""


def label(number: int | None) -> str:
    """An act's number as people write it."""
    return f"A{number}"


def describe(act: RecordedAct, language: Language, author: str, target: str) -> str:
    """The act in one sentence, without its reason."""
    return WORDS[act.act](act, language, author, target)


def in_one_line(act: RecordedAct, language: Language) -> str:
    """The act with its number, its reason, and what undid it, by the handles of its people."""
    target = f"@{act.target.name}" if act.target else ""
    line = f"{label(act.number)} {describe(act, language, f'@{act.author.name}', target)}"
    if act.reason:
        line += f": {act.reason}"
    if act.undone_by is not None:
        line += f" ({language.t('undone by {act}', act=label(act.undone_by))})"
    return line


def _time(milliseconds: int, language: Language) -> str:
    return duration_in(language, show_duration(round(milliseconds / 1000)))


def _ban(act: RecordedAct, language: Language, author: str, target: str) -> str:
    if act.after["banned_until"] == FOR_GOOD:
        return language.t("{author} banned {target} for good", author=author, target=target)
    how_long = _time(act.after["banned_until"] - act.at, language)
    return language.t("{author} banned {target} for {time}", author=author, target=target, time=how_long)


def _timeout(act: RecordedAct, language: Language, author: str, target: str) -> str:
    how_long = _time(act.after["timeout_until"] - act.at, language)
    return language.t("{author} timed {target} out for {time}", author=author, target=target, time=how_long)


def _deletion(act: RecordedAct, language: Language, author: str, target: str) -> str:
    numbers = act.after["numbers"]
    if len(numbers) == 1:
        return language.t(
            "{author} deleted message {number} of {target}", author=author, number=numbers[0], target=target
        )
    if not target:
        return language.n(
            "{author} deleted {count} message",
            "{author} deleted {count} messages",
            len(numbers),
            author=author,
        )
    return language.n(
        "{author} deleted {count} message of {target}",
        "{author} deleted {count} messages of {target}",
        len(numbers),
        author=author,
        target=target,
    )


def _topic(act: RecordedAct, language: Language, author: str, target: str) -> str:
    topic = act.after["topic"]
    if not topic:
        return language.t("{author} removed the topic", author=author)
    return language.t("{author} set the topic: {what}", author=author, what=topic)


def _slow(act: RecordedAct, language: Language, author: str, target: str) -> str:
    seconds = act.after["slow_seconds"]
    if not seconds:
        return language.t("{author} ended slow mode", author=author)
    return language.t(
        "{author} made the room slow: one message in {time}",
        author=author,
        time=_time(1000 * seconds, language),
    )


def _retention(act: RecordedAct, language: Language, author: str, target: str) -> str:
    days = act.after["days"]
    if days is None:
        return language.t("{author} lets the room keep its messages for good", author=author)
    if act.after["keeps_pinned"]:
        return language.n(
            "{author} lets the room keep its messages for {count} day, and pinned ones for good",
            "{author} lets the room keep its messages for {count} days, and pinned ones for good",
            days,
            author=author,
        )
    return language.n(
        "{author} lets the room keep its messages for {count} day",
        "{author} lets the room keep its messages for {count} days",
        days,
        author=author,
    )


def _rights(act: RecordedAct, language: Language, author: str, target: str) -> str:
    [right] = [name for name, field in RIGHTS.items() if act.before[field] != act.after[field]]
    least = act.after[RIGHTS[right]]
    return language.translate(right_in_words(right, "usual" if least is None else WORD_OF[least], author))


def right_in_words(right: str, who: str, author: str) -> Text:
    """That the author chose who may do what RIGHTS names."""
    names = {
        "members": Text("all members"),
        "moderators": Text("moderators"),
        "owners": Text("owners alone"),
        "usual": Text("as is usual"),
    }
    whom = names[who]
    match right:
        case "post":
            return Text("{author} chose who may write: {whom}", author=author, whom=whom)
        case "invite":
            return Text("{author} chose who may invite: {whom}", author=author, whom=whom)
        case "pin":
            return Text("{author} chose who may pin: {whom}", author=author, whom=whom)
        case "mention":
            return Text("{author} chose who may call all: {whom}", author=author, whom=whom)
        case _:
            return Text("{author} chose who may set the topic: {whom}", author=author, whom=whom)


def _kind(act: RecordedAct, language: Language, author: str, target: str) -> str:
    if act.after["kind"] == "open":
        return language.t("{author} opened the room: everybody may read and join it", author=author)
    return language.t("{author} closed the room: only members find and read it", author=author)


def _history(act: RecordedAct, language: Language, author: str, target: str) -> str:
    if act.after["hides_past"]:
        return language.t(
            "{author} lets newcomers read only what comes after they have joined", author=author
        )
    return language.t("{author} lets newcomers read the whole history", author=author)


def _previews(act: RecordedAct, language: Language, author: str, target: str) -> str:
    if act.after["hides_previews"]:
        return language.t("{author} turned previews of links off in this room", author=author)
    return language.t("{author} turned previews of links on in this room", author=author)


def _filter(act: RecordedAct, language: Language, author: str, target: str) -> str:
    """The words themselves aren't told: all members read the log."""
    rules = act.after["rules"] or act.before["rules"]
    is_of_new = any(rule["kind"] == "new" for rule in rules)
    if is_of_new and act.after["rules"]:
        return language.t("{author} has the first messages of new accounts held", author=author)
    if is_of_new:
        return language.t("{author} no longer has the first messages of new accounts held", author=author)
    if act.after["rules"]:
        return language.t("{author} added a filter", author=author)
    return language.t("{author} removed a filter", author=author)


def _picture(act: RecordedAct, language: Language, author: str, target: str) -> str:
    if act.after["picture"]:
        return language.t("{author} gave the room a picture", author=author)
    return language.t("{author} removed the room’s picture", author=author)


def _raid(act: RecordedAct, language: Language, author: str, target: str) -> str:
    return language.n(
        "{author} ended a raid: {count} message of new accounts deleted, further ones held",
        "{author} ended a raid: {count} messages of new accounts deleted, further ones held",
        len(act.after["numbers"]),
        author=author,
    )


def _role(act: RecordedAct, language: Language, author: str, target: str) -> str:
    if act.after["role"] > act.before["role"]:
        return language.t("{author} made {target} a moderator", author=author, target=target)
    return language.t("{author} made {target} a member", author=author, target=target)


WORDS: dict[str, Words] = {
    "kick": lambda act, language, author, target: language.t(
        "{author} removed {target} from the room", author=author, target=target
    ),
    "ban": _ban,
    "unban": lambda act, language, author, target: language.t(
        "{author} lets {target} come back", author=author, target=target
    ),
    "timeout": _timeout,
    "untimeout": lambda act, language, author, target: language.t(
        "{author} lets {target} write again", author=author, target=target
    ),
    "delete": _deletion,
    "purge": _deletion,
    "clear": lambda act, language, author, target: language.t("{author} cleared the history", author=author),
    "topic": _topic,
    "title": lambda act, language, author, target: language.t(
        "{author} named the room {what}", author=author, what=act.after["title"]
    ),
    "address": lambda act, language, author, target: language.t(
        "{author} changed the room’s address to #{what}", author=author, what=act.after["name"]
    ),
    "slow": _slow,
    "lock": lambda act, language, author, target: language.t("{author} locked the room", author=author),
    "unlock": lambda act, language, author, target: language.t("{author} unlocked the room", author=author),
    "archive": lambda act, language, author, target: language.t("{author} archived the room", author=author),
    "unarchive": lambda act, language, author, target: language.t(
        "{author} took the room out of the archive", author=author
    ),
    "retention": _retention,
    "rights": _rights,
    "history": _history,
    "previews": _previews,
    "raid": _raid,
    "picture": _picture,
    "add_filter": _filter,
    "remove_filter": _filter,
    "kind": _kind,
    "delete_room": lambda act, language, author, target: language.t(
        "{author} deleted the room", author=author
    ),
    "restore_room": lambda act, language, author, target: language.t(
        "{author} restored the room", author=author
    ),
    "pin": lambda act, language, author, target: language.t(
        "{author} pinned message {number}", author=author, number=act.after["numbers"][0]
    ),
    "unpin": lambda act, language, author, target: language.t(
        "{author} unpinned message {number}", author=author, number=act.after["numbers"][0]
    ),
    "role": _role,
    "owner": lambda act, language, author, target: language.t(
        "{author} made {target} the owner", author=author, target=target
    ),
    "invite": lambda act, language, author, target: language.t(
        "{author} invited {target}", author=author, target=target
    ),
    "open": lambda act, language, author, target: language.t(
        "{author} opened the room, as an administrator of the site", author=author
    ),
    "undo": lambda act, language, author, target: language.t(
        "{author} undid {act}", author=author, act=label(act.undoes)
    ),
}
"""By act."""
