"""A PostgreSQL of its own, with real fsync."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from tests.support.servers.process import PROVISION, Server, ServerError, set_privileges


class Postgres(Server):
    """PostgreSQL with fsync on, the newest installed one. As root it runs as another user, since it
    refuses root.

    `options` are server settings, like `{"fsync": "off"}`. The role `aiochat` owns its databases
    and is no superuser."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # the "fast" shutdown: doesn't wait for clients
    parent_death_signal = (
        "QUIT"  # the "immediate" shutdown: no clients are waited for, shared memory is given back
    )

    def __init__(self, *, port: int | None = None, options: Mapping[str, str] | None = None) -> None:
        self.programs = _postgres_programs()
        super().__init__(port=port)
        self.options = dict(options or {})
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        """The database `aiochat`, by TCP, as its owner."""
        return self.database_url("aiochat")

    @property
    def admin_url(self) -> str:
        """The database `postgres`, by TCP, as the superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def socket_folder(self) -> Path:
        return self.folder

    def database_url(self, name: str) -> str:
        return f"postgresql://aiochat@127.0.0.1:{self.port}/{name}"

    def local_url(self, name: str) -> str:
        """The same by the local socket, as `deploy/provision --box` sets it up."""
        return f"postgresql://aiochat@/{name}?host={self.socket_folder}&port={self.port}"

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database owned by the role `aiochat`, a copy of `template`. Returns its URL."""
        self._administer(
            sql.SQL("create database {} owner aiochat template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            ),
        )
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Remove it, cutting its connections."""
        self._administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def cut_connections(self, name: str = "aiochat") -> None:
        """End every connection to the database `name` from the server's side."""
        self._administer(
            sql.SQL("select pg_terminate_backend(pid) from pg_stat_activity where datname = {}").format(
                sql.Literal(name)
            )
        )

    def _administer(self, *statements: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _user(self) -> str | None:
        return _unprivileged_user() if os.geteuid() == 0 else None

    def _prepare(self) -> None:
        if self.data.exists():
            return
        if user := self._user():
            shutil.chown(self.folder, user)
        initdb = [
            *set_privileges(self._user(), "KILL"),
            *(
                str(self.programs / "initdb"),
                "--pgdata",
                str(self.data),
                "--username=postgres",
                "--auth=trust",
            ),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        ]
        done = subprocess.run(initdb, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"initdb ended with {done.returncode}\n{done.stdout}{done.stderr}")

    def start(self) -> Self:
        new = not self.data.exists()
        super().start()
        if new:
            self._administer(
                sql.SQL("create role aiochat login"),
                sql.SQL("create database aiochat owner aiochat template template0"),
            )
        return self

    def close(self) -> None:
        """Its data goes with it: the "immediate" shutdown writes nothing."""
        self.stop_signal = signal.SIGQUIT
        super().close()

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": "200",
            "log_timezone": "UTC",
            "timezone": "UTC",
            **self.options,
        }
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *pairs]

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _postgres_programs() -> Path:
    """The folder of the newest PostgreSQL's programs. On Debian PATH isn't asked: any `postgres`
    there is of another origin."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if path.parent.parent.name.isdigit()
    ]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    elsewhere = shutil.which("initdb")
    if elsewhere and not Path("/etc/debian_version").exists():
        return Path(elsewhere).resolve().parent
    raise ServerError(f"no PostgreSQL server in /usr/lib/postgresql: {PROVISION}")


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServerError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
