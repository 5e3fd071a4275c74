"""Archives of other chats on a site of their own, looked at by what `export` writes of it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.people import JsonObject
from tests.support.programs.shell import Shell

SOUND = "Everything is as it must be.\n"


@dataclass
class Moved:
    """A site into which is imported."""

    shell: Shell
    folder: Path
    exports: int = 0

    def imports(self, archive: Path, *options: str) -> JsonObject:
        """What the command reports. Whatever it did, the site is sound."""
        report: JsonObject = json.loads(self.shell.says("import", str(archive), "--json", *options))
        assert self.shell.says("verify", "--contents") == SOUND
        return report

    def refuses(self, archive: Path, *options: str) -> str:
        """The one line that it says. Nothing has changed."""
        before = self.shell.says("users", "--json"), self.shell.says("rooms", "--json")
        said = self.shell.refuses("import", str(archive), *options)
        assert (self.shell.says("users", "--json"), self.shell.says("rooms", "--json")) == before
        return said

    def exported(self) -> Path:
        self.exports += 1
        there = self.folder / f"exported-{self.exports}"
        self.shell.says("export", str(there), "--site")
        return there

    def rooms(self) -> dict[str, tuple[JsonObject, list[JsonObject]]]:
        """The rooms by their titles, each with its messages."""
        found = {}
        for path in sorted(self.exported().glob("rooms/*/messages.jsonl")):
            room, *messages = map(json.loads, path.read_text().splitlines())
            found[room["title"]] = room, messages
        return found

    def said(self, title: str) -> list[tuple[str, str]]:
        return [(one["author"], one["text"]) for one in self.rooms()[title][1]]

    def people(self) -> dict[str, JsonObject]:
        lines = (self.exported() / "people.jsonl").read_text().splitlines()
        return {one["name"]: one for one in map(json.loads, lines)}


@pytest.fixture
def moved(shell: Shell, tmp_path: Path) -> Moved:
    """A site whose administrator is alice."""
    return Moved(shell, tmp_path)
