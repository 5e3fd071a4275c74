"""A lock for whoever serves an SQLite file, or changes it as nobody may who is served."""

import contextlib
import fcntl
from collections.abc import Iterator

from helpers.db.database import sqlite_path
from helpers.processes.terminal import Failure, reason


@contextlib.contextmanager
def single_process(url: str) -> Iterator[None]:
    """On SQLite only one process may serve a data folder: others would miss its commits."""
    if not url.startswith("sqlite:"):
        yield
        return
    database = sqlite_path(url)
    path = f"{database}.lock"
    try:
        file = open(path, "w")  # noqa: SIM115 - closed below in any case
    except OSError as error:
        raise Failure(
            f"can't write {path} ({reason(error, database.parent)}); see AIOCHAT_DATA_DIR"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure(
                f"another aiochat is running on {url}; for several processes use PostgreSQL and Redis"
            ) from None
        yield
