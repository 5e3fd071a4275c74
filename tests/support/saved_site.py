"""A site of its own, whose database can be saved and put back by hand."""

import shutil
import subprocess
from pathlib import Path

from tests.support.servers import Aiochat, Postgres
from tests.support.shell import run


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
        env = {name.removeprefix("AIOCHAT_"): value for name, value in self.env.items()}
        return run(self.folder, *arguments, given=b"", **{"DATA_DIR": str(self.data), **env})

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
