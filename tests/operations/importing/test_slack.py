"""An export of Slack: everything in its place, once, and nothing half where the archive is broken."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from operations.importing import archives
from tests.operations.importing.conftest import Moved
from tests.operations.importing.slack import DAY, GENERAL, USERS, make


def test_a_workspace_moves_in(moved: Moved, tmp_path: Path) -> None:
    archive = make(tmp_path / "slack.zip")
    dry = moved.imports(archive, "--dry-run")
    assert (dry["people"], dry["rooms"], dry["messages"], dry["dry_run"]) == (4, 4, 8, True)
    assert moved.rooms() == {}
    done = moved.imports(archive)
    wanted = {"format": "slack", "people": 4, "known_people": 0, "renamed": 2, "rooms": 4, "messages": 8}
    wanted |= {"known_messages": 0, "reactions": 2, "files": 1, "ownerless": 1}
    assert {name: done[name] for name in wanted} == wanted
    assert {why: times for why, (times, _) in done["left"].items()} == {
        "service lines": 1,
        "messages that can't be read": 1,
        "reactions by a picture of their own": 1,
        "files: the archive lacks the file": 1,
    }
    rooms = moved.rooms()
    room, said = rooms["general"]
    assert (room["kind"], room["topic"], room["created_at"]) == (
        *("open", "all & everything"),
        "2017-07-14T02:40:00.000Z",
    )
    roles = {one["name"]: one["role"] for one in room["members"]}
    assert roles == {"anna": "owner", "björn": "member", "alice2": "member"}
    first, waved, answer, told, sent = said
    assert first["text"] == ("**Hi** @björn & @alice2, see #general and [this](https://a.example): `a*b*c`")
    assert (first["at"], first["edited_at"]) == ("2017-07-14T02:40:01.000Z", "2017-07-14T02:40:09.000Z")
    assert (first["reactions"], first["pinned"]) == ({"👍": ["björn", "alice2"]}, True)
    assert (waved["kind"], waved["author"]) == ("me", "alice2")
    assert (answer["text"], answer["reply_to"]) == ("@channel ~~no~~", 1)
    assert (told["author"], told["text"]) == ("deploys", "Done\nin 3 s")
    assert sent["text"] == "lost.txt (https://files.example/lost.txt)"
    assert [(file["name"], file["type"]) for file in sent["files"]] == [("plan.png", "image/png")]
    assert (rooms["secrets"][0]["kind"], rooms["notes"][0]["kind"]) == ("closed", "closed")
    assert rooms["Anna Ahl, The Boss"][0]["kind"] == "direct"
    people = moved.people()
    assert people["anna"] | {"created_at": ""} == {
        **{"name": "anna", "display_name": "Anna Ahl", "email": "anna@example.com"},
        "created_at": "",
    }
    # Who was shut out there doesn't come in here by an address.
    assert people["björn"]["email"] == ""


def test_what_came_comes_once_and_what_is_new_is_added(moved: Moved, tmp_path: Path) -> None:
    moved.imports(make(tmp_path / "slack.zip"))
    before = moved.rooms()
    again = moved.imports(tmp_path / "slack.zip")
    assert (again["people"], again["rooms"], again["messages"]) == (0, 0, 0)
    assert (again["known_people"], again["known_messages"]) == (4, 8)
    assert moved.rooms() == before
    late: dict[str, Any] = {"type": "message", "user": "U3", "ts": "1500099999.0", "text": "later"}
    late["thread_ts"] = DAY[1]["ts"]
    done = moved.imports(
        make(tmp_path / "later.zip", general___day=None, **{"general___2017-07-15.json": [late]})
    )
    assert (done["people"], done["rooms"], done["messages"]) == (0, 0, 1)
    *_, last = moved.rooms()["general"][1]
    assert (last["number"], last["text"], last["reply_to"]) == (6, "later", 1)


def test_who_is_who_is_said(moved: Moved, tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text("The Nobody,nobody\nU3,alice\n")
    done = moved.imports(
        make(tmp_path / "slack.zip"), "--people", str(tmp_path / "who.csv"), "--owner", "alice"
    )
    assert (done["people"], done["known_people"], done["ownerless"]) == (3, 1, 0)
    rooms = moved.rooms()
    assert rooms["general"][1][1]["author"] == "alice"
    assert "alice2" not in moved.people()
    assert {one["name"]: one["role"] for one in rooms["notes"][0]["members"]} == {
        "anna": "member",
        "alice": "owner",
    }


@pytest.mark.parametrize("shell", ["sqlite"], indirect=True)
def test_names_and_texts_that_do_not_fit(moved: Moved, tmp_path: Path) -> None:
    users = [*USERS, {"id": "U4", "name": "admin", "profile": {"real_name": "Administrator"}}]
    rooms = [GENERAL, {**GENERAL, "id": "C2", "name": "gen-eral", "members": ["U4"], "pins": []}]
    long = ("word " * 5_000).strip()
    said = [
        {"type": "message", "user": "U4", "ts": "1500000000.1", "text": long},
        {"type": "message", "user": "U9", "ts": "1500000000.2", "text": "who am I?"},
        {"type": "message", "user": "U4", "ts": "1500000000.3", "text": "\u200b"},
        {"type": "message", "user": "U4", "ts": "nonsense", "text": "when?"},
        {"type": "message", "user": "U4", "ts": "1500000000.4", "text": "\ue000U1\ue002 \x00 end"},
    ]
    files = {"users.json": users, "channels.json": rooms, "gen-eral___2017-07-14.json": said}
    done = moved.imports(make(tmp_path / "slack.zip", **files))
    assert done["left"]["messages that show nothing"][0] == 1
    assert done["left"]["messages that can't be read"][0] == 2
    [title] = [name for name in moved.rooms() if name.startswith("gen-eral")]
    messages = moved.rooms()[title][1]
    assert " ".join(one["text"] for one in messages[:3]) == long
    assert max(len(one["text"]) for one in messages) <= 10_000
    assert [(one["author"], one["text"]) for one in messages[3:]] == [
        ("U9", "who am I?"),
        ("admin2", "U1  end"),
    ]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _bomb() -> dict[str, Any]:
    return {"general___2017-07-15.json": b"[" + b" " * 20_000_000 + b"]"}


@pytest.mark.parametrize("shell", ["sqlite"], indirect=True)
def test_archives_that_are_broken(moved: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make(tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(_cut(whole))
    assert "isn't a whole ZIP" in moved.refuses(tmp_path / "cut.zip")
    (tmp_path / "none.zip").write_bytes(b"")
    assert "isn't a whole ZIP" in moved.refuses(tmp_path / "none.zip")
    assert moved.refuses(tmp_path / "nowhere.zip") == f"there is no {tmp_path / 'nowhere.zip'}"
    for name, content, word in (
        ("general/2017-07-14.json", b'[{"ts": "1500', "isn't JSON as it should be"),
        ("general/2017-07-14.json", b"[" * 100_000, "nested too deeply"),
        ("general/2017-07-14.json", b'["text"]', "isn't a list of objects"),
        ("general/2017-07-14.json", b'[{"ts": NaN}]', "isn't JSON as it should be"),
        ("general/2017-07-14.json", b'\xff\xfe[{"ts": "1"}]', "it isn't UTF-8"),
        ("general/2017-07-14.json", b'{"messages": []}', "[ was expected"),
        ("users.json", b"", "it ends too soon"),
        ("users.json", b'[{"id": "' + b"U" * 20_000_000, "more than 16,777,216 characters"),
    ):
        bad = make(tmp_path / "bad.zip", **{name.replace("/", "___"): content})
        assert word in moved.refuses(bad), name
    assert "looks like none of these" in moved.refuses(make(tmp_path / "bad.zip", **{"users.json": None}))
    monkeypatch.setattr(archives, "MIN_UNPACKED", 8_000_000)
    assert "unpacks to more than 200 times its size" in moved.refuses(make(tmp_path / "bomb.zip", **_bomb()))
    (tmp_path / "who.csv").write_text("just one\n")
    said = moved.refuses(tmp_path / "whole.zip", "--people", str(tmp_path / "who.csv"))
    assert "isn't `their name,our name`" in said
    (tmp_path / "who.csv").write_text("anna,nobody\n")
    said = moved.refuses(tmp_path / "whole.zip", "--people", str(tmp_path / "who.csv"))
    assert "there is nobody so called" in said


@pytest.mark.parametrize("shell", ["sqlite"], indirect=True)
def test_nothing_is_written_where_an_archive_says(moved: Moved, tmp_path: Path) -> None:
    day = [
        {
            "type": "message",
            "user": "U1",
            "ts": "1500000000.5",
            "text": "",
            "files": [{"id": "F9", "name": "../../x"}],
        }
    ]
    files: dict[str, Any] = {"general___2017-07-14.json": day, "__uploads/F9/../../../../x": b"out"}
    archive = make(tmp_path / "slack.zip", **files)
    assert "../../../../x" in zipfile.ZipFile(io.BytesIO(archive.read_bytes())).namelist()[-1]
    done = moved.imports(archive)
    assert done["files"] == 0
    [message] = moved.rooms()["general"][1]
    assert message["files"] == []
