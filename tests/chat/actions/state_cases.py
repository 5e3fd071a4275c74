"""What is done in the stories of test_state.py: each request and each command, with its variants."""

from typing import Any

from tests.support.people import JsonObject
from tests.support.state_stories import Case, Step

PAIR = ("alice", "bob")
CAROL_ELSEWHERE: Any = {"members": PAIR, "invited": ("carol",), "elsewhere": ("carol",)}

WEATHER_AWAY = "weather_away"
"""What the command answers in the tests, where the weather's service is away."""


def ask(type: str, **fields: Any) -> JsonObject:
    return {"type": type, **fields}


def edit(number: int, text: str) -> JsonObject:
    return ask("edit", number=number, text=text)


def files(*descriptions: str) -> list[JsonObject]:
    return [{"name": f"file{place}", "description": one} for place, one in enumerate(descriptions)]


def delete(number: int) -> JsonObject:
    return ask("delete", number=number)


def undelete(number: int) -> JsonObject:
    return ask("undelete", number=number)


def react(number: int, emoji: str = "🎉", *, on: bool = True) -> JsonObject:
    return ask("react", number=number, emoji=emoji, on=on)


def pin(number: int, *, on: bool = True) -> JsonObject:
    return ask("pin", number=number, on=on)


def read(number: int, **fields: bool) -> JsonObject:
    return ask("read", number=number, **fields)


def reply(number: int, text: str) -> JsonObject:
    return ask("post", text=text, reply_to=number)


def nobody_is_away(shown: JsonObject) -> bool:
    return not any("status" in member for member in shown["members"].values())


POSTED: tuple[Step, ...] = (("alice", "the *first*"), ("bob", "the second"))
ANSWERED: tuple[Step, ...] = (*POSTED, ("carol", reply(2, "an answer")))
MENTION: tuple[Step, ...] = (("bob", "@{carol}, look"),)
ASKED: Step = ("bob", "/invite {dave}")
REACTED: tuple[Step, ...] = (("carol", react(1)), ("bob", react(1)))

DAVE_IS_MODERATOR: tuple[Step, ...] = (("alice", "/invite {dave}"), ("dave elsewhere", ask("accept")))
DAVE_KICKED: tuple[Step, ...] = (*DAVE_IS_MODERATOR, ("alice", "/kick {dave}"))
DAVE_BANNED: tuple[Step, ...] = (*DAVE_IS_MODERATOR, ("alice", "/mod {dave}"), ("alice", "/ban {dave}"))
LET_WRITE: tuple[Step, ...] = (("alice", "/timeout {bob} 10m"), ("alice", "/untimeout {bob}"))

CASES = (
    Case("post", does=[("bob", "hello")]),
    Case("post in a closed room", place="closed", does=[("bob", "**hello** :tada:")]),
    Case("post in a conversation of two", place="direct", members=PAIR, does=[("bob", "hello")]),
    Case("post in a group", place="group", does=[("bob", "hello")]),
    Case("post that mentions", before=POSTED, does=[("bob", "@{alice} and @{carol}, look")]),
    Case("post that mentions all", place="closed", does=[("bob", "@all, look")]),
    Case("post that mentions who is present elsewhere", **CAROL_ELSEWHERE, does=[("bob", "@here")]),
    Case("post that mentions all elsewhere", **CAROL_ELSEWHERE, does=[("bob", "@all")]),
    Case("edit that mentions all", before=POSTED, does=[("bob", edit(2, "@all, look"))]),
    Case("delete of what mentions all", before=[("bob", "@all")], does=[("bob", delete(1))]),
    Case("post elsewhere", **CAROL_ELSEWHERE, does=[("bob", "hello")]),
    Case("post that mentions elsewhere", **CAROL_ELSEWHERE, does=[("bob", "hello @{carol}")]),
    Case("posts of many", does=[("bob", "one"), ("alice", "two"), ("carol", "three"), ("bob", "four")]),
    Case("post that replies", before=POSTED, does=[("carol", reply(2, "an answer"))]),
    Case(
        "post of who was away",
        before=[("bob", "/away at lunch")],
        does=[("bob", "back")],
        until=nobody_is_away,
    ),
    Case("post after typing", does=[("bob", ask("typing")), ("bob", "done")]),
    Case("edit", before=POSTED, does=[("bob", edit(2, "the **second**, edited"))]),
    Case("edit that mentions", before=POSTED, does=[("bob", edit(2, "@{carol}, look"))]),
    Case("edit that mentions no longer", before=MENTION, does=[("bob", edit(1, "nothing"))]),
    Case(
        "edit of what is answered",
        before=ANSWERED,
        does=[("bob", edit(2, "*new*\nlines"))],
    ),
    Case("edit to what it says", before=POSTED, does=[("bob", edit(2, "the second"))]),
    Case("post of files", does=[("bob", ask("post", files=files("a harbour", "")))]),
    Case(
        "edit of what is said of files",
        before=[("bob", ask("post", text="look", files=files("a harbour", "a boat")))],
        does=[("bob", ask("edit", number=1, files=files("the *harbour*")))],
    ),
    Case(
        "edit of a text and what is said of files",
        before=[("bob", ask("post", text="look", files=files("a harbour")))],
        does=[("bob", ask("edit", number=1, text="", files=files("")))],
    ),
    Case("delete", before=POSTED, does=[("bob", delete(2))]),
    Case("delete of what isn't read", before=POSTED, elsewhere=("carol",), does=[("bob", delete(2))]),
    Case("delete by a moderator", before=POSTED, does=[("alice", delete(2))]),
    Case("delete in a conversation", place="direct", members=PAIR, before=POSTED, does=[("bob", delete(2))]),
    Case("delete of a mention", before=MENTION, does=[("bob", delete(1))]),
    Case("delete of what is answered", before=ANSWERED, does=[("bob", delete(2))]),
    Case(
        "delete of what is pinned and has reactions",
        before=[*POSTED, ("alice", pin(2)), ("carol", react(2))],
        does=[("bob", delete(2))],
    ),
    Case("undelete", before=[*POSTED, ("bob", delete(2))], does=[("bob", undelete(2))]),
    Case(
        "undelete of what isn't read",
        before=[*POSTED, ("bob", delete(2))],
        elsewhere=("carol",),
        does=[("bob", undelete(2))],
    ),
    Case("undelete of what is answered", before=[*ANSWERED, ("bob", delete(2))], does=[("bob", undelete(2))]),
    Case("react", before=POSTED, does=[("carol", react(1)), ("bob", react(1)), ("bob", react(1, "👍"))]),
    Case("react off", before=[*POSTED, *REACTED], does=[("carol", react(1, on=False))]),
    Case("pin", before=POSTED, does=[("alice", pin(2))]),
    Case("pin off", before=[*POSTED, ("alice", pin(2))], does=[("alice", pin(2, on=False))]),
    Case("pin in a conversation", place="direct", members=PAIR, before=POSTED, does=[("bob", pin(1))]),
    Case(
        "dismiss_preview",
        before=POSTED,
        does=[("bob", ask("dismiss_preview", number=2, url="https://example.org/"))],
    ),
    Case("read", before=[*POSTED, ("bob", "@{carol}, look")], does=[("carol", read(3))]),
    Case("read back", before=[*POSTED, ("carol", read(2))], does=[("carol", read(1, back=True))]),
    Case(
        "read back before a mention",
        before=[*MENTION, ("carol", read(1))],
        does=[("carol", read(0, back=True))],
    ),
    Case("typing", does=[("bob", ask("typing"))], typing="bob"),
    Case("viewing", does=[("bob", ask("viewing")), ("bob", ask("viewing", on=False))]),
    Case("typing off", does=[("bob", ask("typing")), ("bob", ask("typing", on=False))]),
    Case(
        "typing in a conversation", place="direct", members=PAIR, does=[("bob", ask("typing"))], typing="bob"
    ),
    Case("/me", does=[("bob", "/me waves at @{carol}")]),
    Case("/shrug", does=[("bob", "/shrug at @{carol}")]),
    Case("/msg", does=[("alice", "/msg {bob} in private")]),
    Case("/msg to who is elsewhere", **CAROL_ELSEWHERE, does=[("alice", "/msg {carol} hello")]),
    Case(
        "/msg read in the conversation",
        place="direct",
        members=PAIR,
        does=[("alice", "/msg {bob} again")],
    ),
    Case("/unread", before=[*POSTED, ("carol", read(2))], does=[("carol", "/unread")]),
    Case("/unread of a number", before=[*POSTED, ("carol", read(2))], does=[("carol", "/unread 1")]),
    Case(
        "/unread and read again",
        before=[*POSTED, ("carol", read(2))],
        does=[("carol", "/unread 1"), ("carol", read(2))],
    ),
    Case("/invite", elsewhere=("dave",), does=[("bob", "/invite {dave}")]),
    Case("/invite to a closed room", place="closed", elsewhere=("dave",), does=[("alice", "/invite {dave}")]),
    Case(
        "/invite of who is away",
        elsewhere=("dave",),
        before=[("dave elsewhere", "/away at lunch")],
        does=[("bob", "/invite {dave}")],
    ),
    Case("/uninvite", elsewhere=("dave",), before=[ASKED], does=[("bob", "/uninvite {dave}")]),
    Case(
        "/uninvite by a moderator",
        elsewhere=("dave",),
        before=[ASKED],
        does=[("alice", "/uninvite {dave}")],
    ),
    Case("accept", elsewhere=("dave",), before=[*POSTED, ASKED], does=[("dave elsewhere", ask("accept"))]),
    Case(
        "accept in a closed room",
        place="closed",
        elsewhere=("dave",),
        before=[("alice", "/invite {dave}")],
        does=[("dave elsewhere", ask("accept"))],
    ),
    Case(
        "accept of who is away",
        elsewhere=("dave",),
        before=[("dave elsewhere", "/away at lunch"), ASKED],
        does=[("dave elsewhere", ask("accept"))],
    ),
    Case("decline", elsewhere=("dave",), before=[ASKED], does=[("dave elsewhere", ask("decline"))]),
    Case("/leave", before=POSTED, elsewhere=("bob",), does=[("bob", "/leave")]),
    Case("/leave of a closed room", place="closed", before=POSTED, does=[("bob", "/leave")]),
    Case(
        "/leave of a group",
        place="group",
        before=POSTED,
        elsewhere=("bob",),
        does=[("bob", "/leave")],
    ),
    Case("/leave of the owner", does=[("alice", "/leave", "leaves_nobody"), ("alice", "/leave anyway")]),
    Case("/delete-room", before=POSTED, elsewhere=("bob",), does=[("alice", "/delete-room {room} done")]),
    Case("/delete-room of a closed room", place="closed", does=[("alice", "/delete-room {room}")]),
    Case("/kick", before=POSTED, elsewhere=("bob",), does=[("alice", "/kick {bob} too loud")]),
    Case("/kick in a closed room", place="closed", elsewhere=("bob",), does=[("alice", "/kill @{bob}")]),
    Case("/ban", before=POSTED, elsewhere=("bob",), does=[("alice", "/ban {bob} spam again")]),
    Case("/ban for a while", before=POSTED, does=[("alice", "/ban {bob} 2h")]),
    Case(
        "/unban", before=[("alice", "/ban {dave} 2h")], elsewhere=("dave",), does=[("alice", "/unban {dave}")]
    ),
    Case("/timeout", does=[("alice", "/timeout {bob} 10m too loud"), ("bob", "hello?", "timed_out")]),
    Case("/untimeout", before=[("alice", "/mute {bob} 10m")], does=[("alice", "/untimeout {bob}")]),
    Case("/delete", before=ANSWERED, does=[("bob", "/delete 2")]),
    Case("/delete of several", before=ANSWERED, elsewhere=("carol",), does=[("alice", "/delete 1-3 spam")]),
    Case("/raid", before=ANSWERED, does=[("alice", "/raid enough")]),
    Case("/raid, undone", before=ANSWERED, does=[("alice", "/raid"), ("alice", "/undo A1")]),
    Case(
        "/pin",
        before=POSTED,
        does=[("alice", "/pin 2"), ("alice", "/pin #2"), ("bob", "/pin 1", "forbidden")],
    ),
    Case("/unpin", before=[*POSTED, ("alice", pin(1))], does=[("alice", "/unpin 1")]),
    Case("/purge", before=ANSWERED, does=[("alice", "/purge {bob} 1h")]),
    Case("/slow", does=[("alice", "/slow 1h30m"), ("bob", "one"), ("bob", "two", "slow_mode")]),
    Case("/slow off", before=[("alice", "/slow 30s")], does=[("alice", "/slow off"), ("bob", "hello")]),
    Case("/lock", does=[("alice", "/lock"), ("bob", "hello", "locked"), ("alice", "I may")]),
    Case("/unlock", before=[("alice", "/lock")], does=[("alice", "/unlock"), ("bob", "hello")]),
    Case("/allow", does=[("alice", "/allow pin members"), ("bob", "hello"), ("bob", pin(1))]),
    Case(
        "/allow of owners to post",
        before=[("alice", "/mod {bob}")],
        does=[("alice", "/allow post owners"), ("bob", "hello", "locked"), ("bob", "/unlock", "forbidden")],
    ),
    Case(
        "/allow and back",
        before=[("alice", "/allow mention owners"), ("alice", "/allow post owners")],
        does=[("alice", "/allow mention usual"), ("alice", "/allow post moderators"), ("alice", "/unlock")],
    ),
    Case("/kind", elsewhere=("bob",), does=[("alice", "/kind closed"), ("bob", "hello")]),
    Case("/kind of a closed room", place="closed", does=[("alice", "/kind open")]),
    Case("/archive elsewhere", elsewhere=("bob",), does=[("alice", "/archive")]),
    Case("/history", before=POSTED, does=[("alice", "/history joining"), ("bob", "hello")]),
    Case(
        "accept where the past is hidden",
        elsewhere=("dave",),
        before=[*POSTED, ("alice", "/history joining"), ASKED],
        does=[("dave elsewhere", ask("accept")), ("bob", edit(2, "now")), ("carol", reply(1, "an answer"))],
    ),
    Case("/archive", before=POSTED, does=[("alice", "/archive"), ("alice", react(1), "archived")]),
    Case("/unarchive", before=[("alice", "/archive")], does=[("alice", "/unarchive"), ("bob", "hello")]),
    Case("/owner", does=[("alice", "/owner {bob}")]),
    Case("/report", before=POSTED, does=[("bob", "/report 1 rude"), ("carol", "/report 1")]),
    Case(
        "/report in a conversation", place="direct", members=PAIR, before=POSTED, does=[("bob", "/report 1")]
    ),
    Case("/ignore", before=POSTED, does=[("bob", "/ignore {alice}")]),
    Case("/unignore", before=[("bob", "/ignore {alice}")], does=[("bob", "/unignore {alice}")]),
    Case("/export", before=POSTED, does=[("alice", "/export text")]),
    Case("/log", before=[("alice", "/topic beans")], does=[("bob", "/log"), ("bob", "/log 3")]),
    Case(
        "/clear",
        before=[*POSTED, ("alice", pin(1)), ("bob", "@{carol}")],
        elsewhere=("carol",),
        does=[("alice", "/clear")],
    ),
    Case(
        "/clear and written again",
        before=POSTED,
        does=[("alice", "/clear"), ("bob", "anew")],
    ),
    Case("/title", elsewhere=("bob",), does=[("alice", "/title Кухня & 日本")]),
    Case("/title of a closed room", place="closed", elsewhere=("bob",), does=[("alice", "/rename Кухня")]),
    Case(
        "/title of a room to which somebody is invited",
        elsewhere=("dave",),
        before=[ASKED],
        does=[("alice", "/title Zimmer")],
        until=lambda shown: all(one["title"] == "Zimmer" for one in shown["invitations"]),
    ),
    Case("/address", elsewhere=("bob",), does=[("alice", "/address {alice}-s"), ("bob", "hello")]),
    Case("/address of a closed room", place="closed", elsewhere=("bob",), does=[("alice", "/address den")]),
    Case("/topic", does=[("alice", "/topic of *today*")]),
    Case(
        "/mod",
        elsewhere=("bob",),
        does=[("alice", "/mod {bob}")],
    ),
    Case(
        "/unmod",
        before=[("alice", "/mod {bob}")],
        does=[("alice", "/unmod {bob}")],
    ),
    Case("/away", does=[("bob", "/away at lunch")]),
    Case("/away in a conversation", place="direct", members=PAIR, does=[("bob", "/away")]),
    Case(
        "/away said elsewhere",
        **CAROL_ELSEWHERE,
        does=[("carol elsewhere", "/away at lunch")],
    ),
    Case("/back", before=[("bob", "/away at lunch")], does=[("bob", "/back")]),
    Case("/notify", does=[("bob", "/notify none")]),
    Case("/notify all", before=[("bob", "/notify none")], does=[("bob", "/notify all 2h")]),
    Case("/dnd", does=[("bob", "/dnd 2h")]),
    Case("/dnd off", before=[("bob", "/dnd")], does=[("bob", "/dnd off")]),
    Case(
        "answers that change nothing",
        before=POSTED,
        does=[
            ("bob", ask("ping")),
            ("bob", "/help"),
            ("carol", "/help topic"),
            ("bob", "/who"),
            ("bob", "/search words"),
            ("bob", "/topic"),
            ("bob", "/back"),
            ("bob", "/dnd off"),
            ("bob", "/notify"),
            ("bob", "/focus 1h"),
            ("bob", "/focus off"),
            ("carol", "/why 1"),
            ("bob", "/weather Riga", WEATHER_AWAY),
        ],
    ),
    Case(
        "refused to members",
        before=[*POSTED, ("alice", "the third"), ("alice", delete(3))],
        does=[
            ("bob", " ", "empty"),
            ("bob", reply(9, "?"), "no_such_message"),
            ("bob", reply(3, "?"), "deleted"),
            ("bob", edit(1, "no"), "forbidden"),
            ("bob", edit(3, "no"), "deleted"),
            ("bob", delete(1), "forbidden"),
            ("bob", undelete(3), "forbidden"),
            ("bob", react(1, "no"), "bad_emoji"),
            ("bob", react(3), "deleted"),
            ("bob", pin(2), "forbidden"),
            ("bob", ask("dismiss_preview", number=1, url="/"), "forbidden"),
            ("bob", read(-1), "bad_request"),
            ("bob", "/nothing", "unknown_command"),
            ("bob", "/help nothing", "unknown_command"),
            ("bob", "/me", "bad_usage"),
            ("bob", "/msg nobody-of-this-name hello", "no_such_user"),
            ("bob", "/unread 9", "no_such_message"),
            ("bob", "/invite {carol}", "refused"),
            ("bob", "/kill {carol}", "forbidden"),
            ("bob", "/clear", "forbidden"),
            ("bob", "/topic mine", "forbidden"),
            ("bob", "/mod {carol}", "forbidden"),
            ("bob", "/dnd soon", "bad_usage"),
        ],
    ),
    Case(
        "refused to the owner",
        before=POSTED,
        does=[
            ("alice", edit(2, "no"), "forbidden"),
            ("alice", "/unmod {bob}", "refused"),
            ("alice", "/kill {alice}", "forbidden"),
        ],
    ),
    Case(
        "refused in a closed room",
        place="closed",
        elsewhere=("dave",),
        does=[("bob", "/invite {dave}", "forbidden")],
    ),
    Case(
        "refused in a conversation",
        place="direct",
        members=PAIR,
        before=POSTED,
        does=[
            ("bob", "/leave", "forbidden"),
            ("alice", delete(2), "forbidden"),
            ("alice", "/kill {bob}", "forbidden"),
            ("alice", "/topic ours", "forbidden"),
        ],
    ),
)
