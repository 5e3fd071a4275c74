"""The rules and what becomes of the ways, as people read them."""

from collections.abc import Mapping

from helpers.clock import iso
from helpers.text.translation import Language, Text
from notifications import deciding
from notifications.why import Reason, WayTold
from notifications.wishes import zone_of

RULES: Mapping[str, Text] = {
    "own": Text("You wrote it yourself."),
    "gone": Text("Your account was suspended, or not let in yet."),
    "deleted": Text("The message was deleted, and what you were told of it vanished."),
    "hidden": Text("It is from before you came, and the room hides its past."),
    "blocked": Text("Between you and its author there is a block."),
    "ignored": Text("You ignore its author."),
    "late": Text("It was more than a day old when it came."),
    "not_member": Text("You aren’t a member of this room."),
    "before": Text("It is from before you came to this room, or came back."),
    "unheard": Text(
        "It has your name in it, but couldn’t call you by it: that stands in code, or there was a block "
        "between you and its author."
    ),
    "asked": Text("Somebody asks to follow you."),
    "followed": Text("Somebody follows you."),
    "liked": Text("Somebody likes what you wrote."),
    "commented": Text("Somebody commented on a post of yours."),
    "commented_too": Text("Somebody commented on a post on which you had commented."),
    "invited": Text("Somebody invited you."),
    "outcome": Text("What you reported was answered."),
    "muted": Text("You want to hear nothing of this room."),
    "direct": Text("It is a message of a conversation of yours."),
    "mention": Text("It mentions you."),
    "answered": Text("It answers a message of yours."),
    "thread": Text("It answers in a thread in which you take part."),
    "keyword": Text("A keyword of yours stands in it."),
    "all": Text("It calls all members with @all."),
    "here": Text("It calls with @here whoever was online, as you were."),
    "level": Text("You want to hear everything of this room."),
    "nothing": Text("Nothing in it concerns you: no mention, no thread of yours, no keyword."),
}
"""By the name of the rule that decided."""

WAYS: Mapping[str, Text] = {
    deciding.PAGE: Text("On the page"),
    deciding.PUSH: Text("Push"),
    deciding.MAIL: Text("Mail"),
}

KINDS: Mapping[str, Text] = {
    deciding.DIRECT: Text("Direct messages"),
    deciding.MENTION: Text("Mentions of you"),
    deciding.THREAD: Text("Answers in your threads"),
    deciding.KEYWORD: Text("Your keywords"),
    deciding.GROUP: Text("@all and @here"),
    deciding.ROOM: Text("Everything in rooms where you want all"),
    deciding.INVITATION: Text("Invitations to rooms"),
    deciding.OUTCOME: Text("What became of your reports"),
    deciding.FOLLOW: Text("New followers"),
    deciding.COMMENT: Text("Comments"),
    deciding.LIKE: Text("Likes"),
}

LEVELS: Mapping[str, Text] = {
    deciding.ALL: Text("Everything"),
    deciding.MENTIONS: Text("Mentions and threads"),
    deciding.NOTHING: Text("Nothing"),
}

OUTCOMES: Mapping[str, Text] = {
    "off": Text("You don’t want this way for this kind."),
    "unreachable": Text("There is nowhere to send it to."),
    "read": Text("You had read it already."),
    "told": Text("It was told."),
    deciding.DND: Text("You were not to be disturbed."),
    deciding.FOCUS: Text("You wanted quiet for a while."),
    deciding.QUIET: Text("It was within your quiet hours."),
}
"""Of a way, by what was decided."""

STATES: Mapping[str, Text] = {
    "waiting": Text("It waits to be sent."),
    "sent": Text("It was sent."),
    "cancelled": Text("It wasn’t sent any more."),
    "failed": Text("It couldn’t be sent."),
}

_NOT_RECORDED = Text(
    "Of then nothing is recorded: you had read it already, have left the room, ignored or blocked its author "
    "since, it is too old, or your settings were others."
)

DETAILS: Mapping[str, Text] = {
    "read": Text("You read it first."),
    "gone": Text("By then it was deleted, or you had left."),
    "no_device": Text("None of your devices takes notifications."),
    "away": Text("The push service couldn’t be reached."),
    "queued": Text("The mail server gets it next."),
    "no_address": Text("You have no confirmed address."),
    "restored": Text("It waited when a backup was made, which was put back."),
    "unsubscribed": Text("You wanted no more mails."),
}


_UNREACHABLE: Mapping[str, Text] = {
    deciding.PUSH: Text("None of your devices took notifications."),
    deciding.MAIL: Text("You had no confirmed address, or the site sends no mail."),
}
"""Why a way is unreachable."""


def _moment(at: int, reason: Reason, language: Language) -> str:
    return language.moment(iso(at), zone_of(reason.zone))


def way_in_words(way: WayTold, reason: Reason, language: Language) -> str:
    """What became of the way, with its time."""
    known = STATES.get(way.state or "") or OUTCOMES.get(way.outcome) or Text("It was told.")
    if way.state is None and way.outcome == "unreachable":
        known = _UNREACHABLE.get(way.way, known)
    text = language.translate(known)
    if way.detail:
        text += f" {_detail_in_words(way.detail, language)}"
    at = way.due_at if way.state == "waiting" else way.at
    return f"{text} ({_moment(at, reason, language)})" if at is not None else text


def _detail_in_words(detail: str, language: Language) -> str:
    if detail in DETAILS:
        return language.translate(DETAILS[detail])
    name, _, number = detail.partition(" ")
    if name == "devices" and number.isdecimal():
        return language.n("{count} device took it.", "{count} devices took it.", int(number))
    return detail


def verdict(reason: Reason, language: Language) -> str:
    """Whether one was called, in a sentence."""
    number = str(reason.number)
    if reason.pending:
        return language.t("It isn’t decided yet. Ask again in a moment.")
    if reason.called:
        return language.t("Message {number} called you.", number=number)
    if reason.rule == "deleted":
        return language.t("Message {number} calls nobody any more.", number=number)
    if reason.recorded and any(way.way == deciding.PAGE and way.outcome == "off" for way in reason.ways):
        return language.t("Message {number} called you on no way.", number=number)
    if reason.kind is not None and not reason.recorded:
        return language.t(
            "Whether message {number} called you isn’t recorded. By the rules of now it would:", number=number
        )
    if reason.edited_at is not None:
        return language.t("Message {number} doesn’t call you as it reads now.", number=number)
    if reason.rule == "blocked":
        # What it told before the block went with it.
        return language.t("Message {number} doesn’t call you.", number=number)
    if reason.recorded:
        return language.t("Message {number} is under the bell, and called you on no way.", number=number)
    return language.t("Message {number} didn’t call you.", number=number)


def rule_in_words(reason: Reason, language: Language) -> str:
    text = language.translate(RULES.get(reason.rule, RULES["nothing"]))
    return f"{text} ({reason.word})" if reason.word else text


def notes(reason: Reason, language: Language) -> list[str]:
    """What else is to be known of the answer."""
    found = []
    if not reason.recorded and reason.kind is not None and not reason.pending:
        found.append(language.translate(_NOT_RECORDED))
    if reason.edited_at is not None:
        at = _moment(reason.edited_at, reason, language)
        found.append(
            language.t(
                "It was edited at {time}. What it told before by its text was taken back, unless read.",
                time=at,
            )
        )
    if reason.changed_at is not None:
        at = _moment(reason.changed_at, reason, language)
        found.append(language.t("Your settings have changed since, the last time at {time}.", time=at))
    if reason.read_at is not None:
        found.append(language.t("You read it at {time}.", time=_moment(reason.read_at, reason, language)))
    return found


def in_words(reason: Reason, language: Language) -> str:
    """All of it, a line each."""
    lines = [f"{verdict(reason, language)} {rule_in_words(reason, language)}"]
    lines += [
        f"{language.translate(WAYS[way.way])}: {way_in_words(way, reason, language)}" for way in reason.ways
    ]
    return "\n".join([*lines, *notes(reason, language)])
