"""aiochat itself, as its users start it."""

import json
import os
import sys
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar

from tests.support.servers.forked import Forked
from tests.support.servers.migrated import migrated_sqlite
from tests.support.servers.process import ROOT, Process, Server
from timings import Timings


class Aiochat(Server):
    """aiochat itself: `python app.py serve --migrate`. Settings of the caller's environment don't
    reach it, `env` does."""

    name = "aiochat"
    stop_seconds = 60.0  # its own bound is 10 s, on a machine that has time for it
    forks: ClassVar[bool] = False
    """Are servers forked from a process that has imported the program? Nobody sees it but by the
    second of CPU that it saves; the supervisor's workers are started anew."""

    reached_at: ClassVar["weakref.WeakValueDictionary[str, Aiochat]"] = weakref.WeakValueDictionary()
    """The servers by their addresses. Whoever puts an nginx before one adds that one's address."""

    def __init__(
        self,
        *,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
        arguments: Sequence[str] = ("serve", "--migrate"),
        program: Path = ROOT / "app.py",
        timings: Timings | None = None,
        forked: bool | None = None,
    ) -> None:
        super().__init__(port=port)
        self.forked = self.forks if forked is None else forked
        self.env = dict(env or {})
        self.data_dir = data_dir or self.folder / "data"
        self.arguments = list(arguments)
        self.program = program
        if timings is not None:
            self.program = ROOT / "tests" / "support" / "programs" / "quick_chat.py"
            self.env["TIMINGS"] = json.dumps(asdict(timings))
        self.reached_at[self.url] = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        """What is forked begins with tables that are there: migrations are half of a start."""
        if self.forked and self.data_dir == self.folder / "data" and not self.data_dir.exists():
            self.data_dir.mkdir(mode=0o700)
            if "AIOCHAT_DATABASE_URL" not in self.env:
                (self.data_dir / "aiochat.db").write_bytes(migrated_sqlite())

    def _environment(self) -> Mapping[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("AIOCHAT_")}
        own = {
            "AIOCHAT_HOST": "127.0.0.1",
            "AIOCHAT_PORT": str(self.port),
            "AIOCHAT_DATA_DIR": str(self.data_dir),
        }
        # Nothing of the tests goes out: the weather is asked of a port on which nobody is.
        own["AIOCHAT_WEATHER_URL"] = "http://127.0.0.1:9/{place}"
        if self.program == ROOT / "app.py":
            # Neither is what messages link to. tests/support/programs/quick_chat.py sees to that itself.
            own["AIOCHAT_PREVIEWS"] = "off"
        return {**outer, "PYTHONUNBUFFERED": "1", **own, **self.env}

    def _command(self) -> list[str]:
        # Run from its folder, so that a .env file of the checkout isn't read.
        return [sys.executable, str(self.program), *self.arguments]

    def _spawn(self) -> Process:
        if not self.forked:
            return super()._spawn()
        with self.log.open("ab") as log, open(os.devnull, "rb") as nothing:
            return Forked(
                self.program,
                self.arguments,
                folder=self.folder,
                env=self._environment(),
                streams=[nothing.fileno(), log.fileno(), log.fileno()],
            )

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except HTTPException:
            return False
        finally:
            connection.close()
