"""What was said is written as files that are read elsewhere: nothing that was deleted, and nothing over
what is there."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.support.deleted_accounts import asks
from tests.support.files import posts, uploads
from tests.support.people import JsonObject, Person
from tests.support.sites.saved import SavedSite


def lines_of(text: str) -> list[JsonObject]:
    return [json.loads(line) for line in text.splitlines()]


def names_in(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


async def talk(site: SavedSite) -> None:
    with site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        bob = await Person(server.url, "bob").registers()
        await alice.creates("Lobby", topic="what there is")
        at_alice, at_bob = await alice.enters("Lobby"), await bob.enters("Lobby")
        await at_bob.says("**hello** @alice <b>")
        await asks(at_alice, type="react", number=1, emoji="👍", on=True)
        await at_alice.says("never to be read again")
        await at_alice.says("/delete 2")
        state = await uploads(alice, "a b.txt", b"what we said\n")
        await posts(at_alice, {"id": state["id"], "description": "notes"}, text="plain\ntext", reply_to=1)
        await at_bob.says("/msg @alice between us")
        await alice.close()
        await bob.close()


async def test_a_site_in_every_shape(saved_site: SavedSite, tmp_path: Path) -> None:
    await talk(saved_site)
    said = saved_site.says("export", str(tmp_path / "out"), "--site")
    assert said == f"{tmp_path}/out: 3 messages of 2 rooms, 1 files.\n"
    room, first, last = lines_of((tmp_path / "out/rooms/Lobby/messages.jsonl").read_text())
    assert (room["title"], room["topic"], room["kind"]) == ("Lobby", "what there is", "open")
    assert [(one["name"], one["role"]) for one in room["members"]] == [("alice", "owner"), ("bob", "member")]
    assert (first["author"], first["text"], first["reactions"]) == (
        *("bob", "**hello** @alice <b>"),
        {"👍": ["alice"]},
    )
    assert (last["number"], last["reply_to"]) == (3, 1)
    [file] = last["files"]
    assert (file["name"], file["description"], file["path"]) == ("a b.txt", "notes", "files/3-1 a b.txt")
    assert (tmp_path / "out/rooms/Lobby" / file["path"]).read_bytes() == b"what we said\n"
    assert {one["name"] for one in lines_of((tmp_path / "out/people.jsonl").read_text())} == {"alice", "bob"}
    assert "never" not in saved_site.says("export", str(tmp_path / "out.zip"), "--site", "--as", "html")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        page = archive.read("rooms/Lobby/index.html").decode()
        assert archive.read("rooms/Lobby/files/3-1 a b.txt") == b"what we said\n"
        assert 'href="rooms/Lobby/index.html"' in archive.read("index.html").decode()
    assert "<strong>hello</strong>" in page
    assert "/users/alice" in page
    assert "&lt;b&gt;" in page
    assert 'href="files/3-1%20a%20b.txt"' in page
    assert 'href="index.html#m1"' in page
    assert "never" not in page
    assert "<script" not in page
    for wanted in (["--room", "lobby"], ["--person", "bob", "--no-conversations"]):
        there = tmp_path / wanted[0]
        saved_site.says("export", str(there), *wanted, "--as", "text", "--no-files")
        assert names_in(there / "rooms") == {"Lobby"}
        text = (there / "rooms/Lobby/messages.txt").read_text()
        assert "#1 bob: hello @alice <b>\n    👍 alice\n" in text
        assert ("#3 alice (#1): plain\n    text\n    [files/3-1 a b.txt]" in text) == (wanted[0] == "--room")
        assert not (there / "rooms/Lobby/files").exists()
    left = names_in(tmp_path)
    assert left >= {"out", "out.zip", "--room", "--person"}
    assert not [name for name in left if name.startswith(".out")]


@pytest.mark.parametrize("saved_site", ["sqlite"], indirect=True)
def test_what_cannot_be_exported(saved_site: SavedSite, tmp_path: Path) -> None:
    saved_site.says("migrate")
    (tmp_path / "there").mkdir()
    for target, wanted, word in (
        ("there", "--site", "is there already"),
        ("nowhere/out", "--site", "there is no folder"),
        ("out", "--room=lobby", "there is no room 'lobby' here"),
        ("out", "--person=nobody", "there is nobody called 'nobody' here"),
    ):
        done = saved_site.runs("export", str(tmp_path / target), wanted)
        assert done.returncode == 1
        assert word in done.stderr.decode()
        assert not (tmp_path / "out").exists()
    assert saved_site.runs("export", str(tmp_path / "out")).returncode == 2
