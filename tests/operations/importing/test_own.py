"""What `export` writes is imported again: the same texts, times, authors, answers, reactions and files; and
an import that is killed goes on where it was."""

import json
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from operations.importing import archives, json_streams
from tests.operations.importing import makers, own
from tests.operations.importing.conftest import Moved
from tests.support.programs.shell import run, settings_in
from tests.support.servers import ROOT
from tests.support.servers.forked import Forked
from tests.support.sites.saved import SavedSite, live_a_little

SOUND = b"Everything is as it must be.\n"


def told(folder: Path) -> dict[str, Any]:
    """What an export holds, but for the numbers of messages: what was deleted has left holes in them."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("rooms/*/messages.jsonl")):
        room, *messages = map(json.loads, path.read_text().splitlines())
        places = {one["number"]: place for place, one in enumerate(messages)}
        for one in messages:
            one["reply_to"] = one["reply_to"] and places.get(one["reply_to"])
            for file in one["files"]:
                file["content"] = (path.parent / file.pop("path")).read_bytes()
            del one["number"]
        for member in room["members"]:
            del member["joined_at"]
        found[room["title"]] = room, messages
    people = map(json.loads, (folder / "people.jsonl").read_text().splitlines())
    found["people"] = sorted((one["name"], one["display_name"], one["email"]) for one in people)
    return found


async def test_a_site_moves_into_an_empty_one(saved_site: SavedSite, tmp_path: Path) -> None:
    await live_a_little(saved_site)
    first, second = tmp_path / "first", tmp_path / "second"
    saved_site.says("export", str(first), "--site")
    other = tmp_path / "other"
    other.mkdir()
    assert run(other, "migrate").returncode == 0
    assert run(other, "register", "alice", "--admin", given=b"a fine password\n").returncode == 0
    (tmp_path / "who.csv").write_text("alice,alice\n")
    options = (str(first), "--people", str(tmp_path / "who.csv"), "--json")
    dry = json.loads(run(other, "import", *options, "--dry-run").stdout)
    done = json.loads(run(other, "import", *options).stdout)
    assert (dry["messages"], dry["rooms"]) == (done["messages"], done["rooms"]) == (5, 1)
    assert (done["format"], done["reactions"], done["files"], done["left"]) == ("aiochat", 1, 1, {})
    assert run(other, "verify", "--contents").stdout == SOUND
    assert run(other, "export", str(second), "--site").returncode == 0
    before, after = told(first), told(second)
    # Who is gone comes as somebody without a name, and cannot sign in.
    assert len(after["Lobby"][1]) == len(before["Lobby"][1])
    for old, new in zip(before["Lobby"][1], after["Lobby"][1], strict=True):
        if old["author"] != "deleted user":
            assert new == old
        else:
            assert (new["text"], new["at"]) == (old["text"], old["at"])
    again = json.loads(run(other, "import", *options).stdout)
    assert [again[what] for what in ("people", "rooms", "messages", "reactions", "files")] == [0] * 5
    assert again["known_messages"] == done["messages"]


def test_all_that_can_be_in_it(moved: Moved) -> None:
    """Also where others here are called as people and rooms there are."""
    archive = own.of_a_site(moved.folder / "ours.zip")
    done = moved.imports(archive)
    assert {what: done[what] for what in ("people", "rooms", "messages", "reactions", "files")} == {
        **{"people": 3, "rooms": 4, "messages": 8, "reactions": 3, "files": 1}
    }
    assert done["left"] == {
        "lines that can't be read": [1, ["rooms/Garden/messages.jsonl, line 7: there is no number"]],
        "files: the archive lacks the file": [1, ["../../people.jsonl of message 6"]],
    }
    rooms, people = moved.rooms(), moved.people()
    # alice is somebody else here.
    alice = next(name for name in people if people[name]["display_name"] == "Alice A.")
    assert alice != "alice"
    room, said = rooms["The garden"]
    assert (room["kind"], room["topic"], room["archived"]) == ("open", "beans & peas", False)
    assert room["created_at"] == own.at(0)
    assert {one["name"]: one["role"] for one in room["members"]} == {
        **{alice: "owner", "bob": "moderator", "Zoë": "member"}
    }
    assert [(one["author"], one["text"], one["kind"], one["reply_to"]) for one in said[:4]] == [
        (alice, f"**hello** @bob, @Zoë. and @{alice}: `@alice` in #Garden", "post", None),
        ("bob", f"yes, @{alice}!", "post", 1),
        ("Zoë", "waves\n\n> twice\n> 🌱", "me", None),
        ("bob", "a third in the thread", "post", 1),
    ]
    assert (said[0]["at"], said[0]["edited_at"], said[0]["pinned"]) == (
        *(own.at(1.123), own.at(70.009), True),
    )
    assert said[0]["reactions"] == {"🎉": ["bob", "Zoë"], "👍": [alice]}
    assert [(one["name"], one["description"]) for one in said[1]["files"]] == [("notes.txt", "what we said")]
    assert rooms["Vault"][0]["kind"] == "closed"
    assert rooms["Vault"][0]["archived"]
    kinds = sorted(room["kind"] for room, _ in rooms.values() if room["kind"] in ("direct", "group"))
    assert kinds == ["direct", "group"]
    again = moved.imports(archive)
    assert [again[what] for what in ("people", "rooms", "messages", "files")] == [0, 0, 0, 0]


def _room(line: str = "") -> bytes:
    head = {"type": "room", "format": 1, "name": "Garden", "title": "Garden", "kind": "open", "members": []}
    return json.dumps(head).encode() + b"\n" + line.encode() + b"\n"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "deep": (_room('{"type":"message","text":' + "[" * 100_000), "nested too deeply"),
    "long": (_room('{"type":"message","text":"' + "x" * 4_000_000), "an item has more than"),
    "number": (_room('{"number":' + "1" * 100_000 + "}"), "isn't JSON"),
    "list": (_room("[1, 2]"), "isn't objects, one a line"),
    "cut": (_room('{"type":"message","number":1,"at":"2017'), "isn't JSON"),
    "newer": (_room().replace(b'"format": 1', b'"format": 2'), "of another version"),
    "nameless": (_room().replace(b'"Garden", "title"', b'"", "title"'), "there is no name"),
}


@pytest.mark.parametrize("shell", ["sqlite"], indirect=True)
def test_archives_that_are_hostile(moved: Moved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_streams, "MAX_ITEM", 1_000_000)
    monkeypatch.setattr(archives, "MIN_UNPACKED", 8_000_000)
    for name, (content, word) in HOSTILE.items():
        archive = makers.zipped(moved.folder / f"{name}.zip", {"rooms/Garden/messages.jsonl": content})
        assert word in moved.refuses(archive), name
    packed = makers.zipped(moved.folder / "bomb.zip", {"rooms/a/messages.jsonl": _room(" " * 20_000_000)})
    assert "unpacks to more than" in moved.refuses(packed)


def executed(site: SavedSite, sql: str) -> Any:
    """What a statement gives, past the program."""
    connection: Any
    if url := site.env.get("AIOCHAT_DATABASE_URL"):
        connection = psycopg.connect(url)
    else:
        connection = sqlite3.connect(site.data / "aiochat.db", timeout=30)
    with closing(connection), connection:
        return connection.execute(sql).fetchone()[0]


def _until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


async def test_one_that_is_killed_goes_on(saved_site: SavedSite, tmp_path: Path) -> None:
    total = 3000
    archive = own.of_a_talk(tmp_path / "talk", total)
    saved_site.says("migrate")
    settings = {"DATA_DIR": str(saved_site.data), **settings_in(saved_site.env)}
    made = run(tmp_path, "register", "alice", "--admin", given=b"a fine password\n", **settings)
    assert made.returncode == 0, made

    def stored() -> int:
        return int(executed(saved_site, "SELECT count(*) FROM messages WHERE kind = 'post'"))

    with tempfile.TemporaryFile() as nothing:
        process = Forked(
            ROOT / "app.py",
            ["import", str(archive)],
            folder=tmp_path,
            env={**os.environ, **{f"AIOCHAT_{name}": value for name, value in settings.items()}},
            streams=[nothing.fileno()] * 3,
        )
        _until(lambda: process.poll() is not None or 0 < stored() < total)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
    came = stored()
    assert saved_site.runs("verify", "--contents").stdout == SOUND
    assert 0 < came < total
    held = saved_site.runs("import", str(archive), "--json")
    assert (held.returncode, b"another import is running" in held.stderr) == (1, True)
    # As if two minutes had passed.
    executed(saved_site, "UPDATE leases SET until = 0 WHERE name = 'import' RETURNING 1")
    done = json.loads(saved_site.says("import", str(archive), "--json"))
    assert (done["messages"], done["known_messages"]) == (total - came, came)
    assert stored() == total
    there = tmp_path / "there"
    saved_site.says("export", str(there), "--site")
    lines = (there / "rooms" / "Talk" / "messages.jsonl").read_text().splitlines()[1:]
    assert [json.loads(line)["text"] for line in lines] == [f"message {number}" for number in range(total)]
    assert saved_site.runs("verify", "--contents").stdout == SOUND
