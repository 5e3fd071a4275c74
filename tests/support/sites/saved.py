"""A site of its own, whose database can be saved and put back by hand."""

import shutil
import subprocess
from pathlib import Path

from tests.support.deleted_accounts import asks, leaves
from tests.support.files import posts, uploads
from tests.support.people import Person
from tests.support.programs.shell import run, settings_in
from tests.support.servers import Aiochat, Postgres


class SavedSite:
    def __init__(self, folder: Path, env: dict[str, str], postgres: Postgres | None, name: str) -> None:
        self.folder = folder
        self.env = env
        self.data = folder / "data"
        self._postgres = postgres
        self._name = name

    def serves(self) -> Aiochat:
        return Aiochat(env=self.env, data_dir=self.data)

    def runs(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return run(
            self.folder, *arguments, given=b"", **{"DATA_DIR": str(self.data), **settings_in(self.env)}
        )

    def says(self, *arguments: str) -> str:
        done = self.runs(*arguments)
        assert (done.returncode, done.stderr) == (0, b""), done
        return done.stdout.decode()

    def save(self) -> None:
        if self._postgres is not None:
            self._postgres.create_database(f"{self._name}backup", self._name)
        else:
            shutil.copytree(self.data, self.folder / "backup")

    def restore(self) -> None:
        if self._postgres is not None:
            self._postgres.drop_database(self._name)
            self._postgres.create_database(self._name, f"{self._name}backup")
        else:
            shutil.rmtree(self.data)
            shutil.copytree(self.folder / "backup", self.data)

    def lose(self) -> None:
        """The machine is gone, with all that was on it."""
        if self._postgres is not None:
            self._postgres.drop_database(self._name)
            self._postgres.create_database(self._name)
        shutil.rmtree(self.data)


async def live_a_little(site: SavedSite) -> None:
    """Two people do what touches everything that is looked at."""
    with site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        bob = await Person(server.url, "bob").registers()
        await alice.creates("Lobby")
        at_alice, at_bob = await alice.enters("Lobby"), await bob.enters("Lobby")
        await at_bob.says("hello @alice")
        await at_alice.says("hello @bob and @here")
        await asks(at_alice, type="react", number=1, emoji="👍", on=True)
        await asks(at_alice, type="edit", number=2, text="hello @bob")
        state = await uploads(alice, "notes.txt", b"what we said\n")
        await posts(at_alice, {"id": state["id"], "description": ""}, text="notes")
        await at_bob.says("to be deleted @alice")
        await at_alice.says("/delete 4")
        await at_alice.says("/undo A1")
        await at_bob.says("the last one")
        await leaves(bob)
        await alice.close()
        await bob.close()
