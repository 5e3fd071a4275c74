"""Archives of each format (Slack's: test_slack.py): what is in them has its place here, once, and what can't
be taken is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.operations.importing import makers
from tests.operations.importing.conftest import Moved

NAMES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "mattermost": (makers.mattermost, "m.zip"),
    "irc": (makers.irc, "logs"),
    "discord": (makers.discord, "d.zip"),
    "zulip": (makers.zulip, "z.tar.gz"),
    "rocketchat": (makers.rocketchat, "r.zip"),
    "campfire": (makers.campfire, "storage"),
}

NOT_READ = "messages that can't be read"
LOST = "files: the archive lacks the file"
PICTURES = "reactions by a picture of their own"


def moves(moved: Moved, name: str, *options: str) -> dict[str, Any]:
    """Imports an archive, once more, and says what came the first time."""
    make, called = NAMES[name]
    archive = make(moved.folder / called)
    done = moved.imports(archive, *options)
    assert done["format"] == name
    before = moved.rooms()
    again = moved.imports(archive, *options)
    assert [again[what] for what in ("people", "rooms", "messages", "files")] == [0, 0, 0, 0]
    assert (again["known_people"], again["known_messages"]) == (done["people"], done["messages"])
    assert moved.rooms() == before
    counted = ("people", "rooms", "messages", "reactions", "files")
    return {
        **{what: done[what] for what in counted},
        "left": {why: one[0] for why, one in done["left"].items()},
    }


def short(messages: list[dict[str, Any]]) -> list[tuple[str, str, int | None]]:
    return [(one["author"], one["text"], one["reply_to"]) for one in messages]


def roles(room: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["role"] for one in room["members"]}


def test_mattermost(moved: Moved) -> None:
    assert moves(moved, "mattermost") == {
        **{"people": 3, "rooms": 3, "messages": 4, "reactions": 1, "files": 1},
        "left": {"service lines": 1, "lines that can't be read": 1},
    }
    rooms = moved.rooms()
    room, said = rooms["Town Square"]
    assert (room["kind"], room["topic"], rooms["Vault"][0]["kind"]) == ("open", "hi", "closed")
    assert roles(room) == {"mary": "owner", "john.doe": "member"}
    assert short(said) == [
        ("mary", "**first** for @john.doe in #town-square: `~town-square`", None),
        ("john.doe", "yes, @mary.", 1),
        ("mary", "second", None),
    ]
    assert (said[0]["at"], said[0]["pinned"], said[0]["reactions"]) == (
        *("2017-07-14T02:40:00.000Z", True),
        {"🎉": ["john.doe"]},
    )
    assert [file["name"] for file in said[0]["files"]] == ["notes.txt"]
    assert rooms["Johnny, Mary Major"][1][0]["text"] == "between us"
    assert moved.people()["john.doe"]["email"] == ""


def test_irc(moved: Moved) -> None:
    told = moves(moved, "irc", "--time-zone", "Europe/Berlin", "--open")
    assert told == {
        **{"people": 2, "rooms": 3, "messages": 9, "reactions": 0, "files": 0},
        "left": {"service lines": 3, "lines that can't be read": 1},
    }
    rooms = moved.rooms()
    room, said = rooms["#garden"]
    assert (room["kind"], rooms["Bob, anna"][0]["kind"]) == ("open", "direct")
    assert short(said) == [
        ("anna", "hello all", None),
        ("anna", "hello all", None),
        ("Bob", "@anna: see `this`", None),
        ("Bob", "waves", None),
    ]
    assert (said[0]["at"], said[3]["kind"]) == ("2017-07-14T00:40:01.000Z", "me")
    assert [one["at"] for one in rooms["#pond"][1]] == [
        *("2017-07-14T21:59:00.000Z", "2017-07-14T22:01:00.000Z", "2017-07-14T22:01:00.000Z")
    ]


def test_discord(moved: Moved) -> None:
    assert moves(moved, "discord") == {
        **{"people": 2, "rooms": 1, "messages": 2, "reactions": 1, "files": 1},
        "left": {"service lines": 1, NOT_READ: 1, LOST: 1},
    }
    room, said = moved.rooms()["garden"]
    # Who may read it isn't told: only who wrote there.
    assert (room["kind"], room["topic"], roles(room)) == (
        *("closed", "beans"),
        {"anna": "member", "bob": "member"},
    )
    assert short(said) == [
        ("anna", "**hello**", None),
        ("bob", "hi @anna\nlost.txt (https://cdn.example/lost.txt)", 1),
    ]
    assert (said[0]["at"], said[0]["pinned"]) == ("2017-07-14T02:40:01.500Z", True)
    assert (said[1]["reactions"], said[1]["files"][0]["name"]) == ({"🌱": ["anna"]}, "bean plan.txt")


def test_zulip(moved: Moved) -> None:
    assert moves(moved, "zulip") == {
        **{"people": 3, "rooms": 3, "messages": 4, "reactions": 1, "files": 1},
        "left": {NOT_READ: 1, PICTURES: 1},
    }
    rooms = moved.rooms()
    room, said = rooms["garden"]
    assert (room["kind"], room["topic"], roles(room)) == (
        "open",
        "beans",
        {"anna": "owner", "bobo": "member"},
    )
    assert short(said) == [
        ("anna", "**beans**\nLet's plant, @bobo! See #garden > tools `@**Bobo B**`", None),
        ("bobo", "@anna yes", 1),
    ]
    assert (said[1]["reactions"], said[1]["files"][0]["name"]) == ({"🍃": ["anna"]}, "plan.txt")
    assert {title: one["kind"] for title, (one, _) in rooms.items()} == {
        **{"garden": "open", "Anna Ahl, Bobo B": "direct"},
        "Anna Ahl, Bobo B, Welcome Bot": "group",
    }


def test_rocketchat(moved: Moved) -> None:
    assert moves(moved, "rocketchat") == {
        **{"people": 2, "rooms": 2, "messages": 5, "reactions": 1, "files": 1},
        "left": {"service lines": 1, "rooms of other kinds": 1},
    }
    room, said = moved.rooms()["general"]
    assert (room["created_at"], roles(room)) == (
        "2017-07-14T02:40:00.000Z",
        {"anna": "owner", "bob": "member"},
    )
    assert short(said) == [
        ("anna", "**hello** @bob", None),
        ("bob", "in a thread", 1),
        ("bob", "~~quoted~~", 1),
        ("anna", "the plan", None),
    ]
    assert (said[0]["reactions"], said[3]["files"][0]["name"]) == ({"🎉": ["bob"]}, "plan.txt")


def test_campfire(moved: Moved) -> None:
    assert moves(moved, "campfire") == {
        **{"people": 2, "rooms": 2, "messages": 3, "reactions": 2, "files": 1},
        "left": {NOT_READ: 1, PICTURES: 1},
    }
    room, said = moved.rooms()["Garden"]
    assert roles(room) == {"Anna.Ahl": "owner", "Bob": "member"}
    assert said[0]["text"] == (
        "Hi @Bob\n**look** [here](https://a.example/b)\n- one <1>\n- two\n\n```\nx = 1\n\n```"
    )
    assert (said[0]["reactions"], said[1]["reactions"]) == ({"🌱": ["Bob"]}, {"👍": ["Anna.Ahl"]})
    assert (said[1]["text"], said[1]["files"][0]["name"]) == ("", "plan.txt")


BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "cut.jsonl": (lambda path: _written(path, makers.lines(makers.mattermost_lines())[:-20]), "isn't JSON"),
    "cut.tar.gz": (
        lambda path: _written(path, makers.zulip(path).read_bytes()[:-200]),
        "isn't a whole archive",
    ),
    "lacks.tar.gz": (lambda path: makers.tarred(path, {"x/realm.json": b"{}"}), "looks like none of these"),
    "bad.tar.gz": (
        lambda path: makers.tarred(path, {**makers.zulip_files(), "zulip-export-x/realm.json": b"[]"}),
        "{ was expected",
    ),
    "lacks.zip": (
        lambda path: makers.zipped(path, {"rocketchat_message.json": b"{}"}),
        "lacks users.json and rocketchat_room.json",
    ),
    "bad.zip": (
        lambda path: makers.zipped(path, {**makers.rocketchat_files(), "dump/users.json": b"[1]"}),
        "isn't a list of documents",
    ),
    "empty.db": (lambda path: _written(path, b"SQLite format 3\x00" + bytes(5000)), "can't be read"),
    "endless.weechatlog": (lambda path: _written(path, b"x" * 1_000_000), "a line has no end"),
    "nothing.weechatlog": (lambda path: _written(path, b"nonsense\n"), "there is nothing to import"),
}


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("shell", ["sqlite"], indirect=True)
def test_archives_that_are_broken(moved: Moved) -> None:
    for name, (make, word) in BROKEN.items():
        assert word in moved.refuses(make(moved.folder / name)), name
    assert "there is no time zone" in moved.shell("import", "x", "--time-zone", "Mars/Base")[2]
