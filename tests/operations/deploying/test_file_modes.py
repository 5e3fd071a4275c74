"""What the program writes is for its user alone, and what an earlier version wrote is put right."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.db.database import sqlite_path
from tests.conftest import LIMITS_OFF
from tests.support.people import Person
from tests.support.servers import ROOT, Aiochat


def _modes(folder: Path) -> dict[str, int]:
    return {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")] if path.exists()
    }


def _wrong(folder: Path) -> dict[str, str]:
    return {
        name: oct(mode)
        for name, mode in _modes(folder).items()
        if mode != (0o700 if (folder.parent / name).is_dir() or (folder / name).is_dir() else 0o600)
    }


def _open_to_all(folder: Path) -> None:
    for path in [folder, *folder.iterdir()]:
        path.chmod(0o777 if path == folder else 0o666)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """As a version before left it: readable by all."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    return folder


async def test_the_files_of_sqlite_are_private(data: Path, own_servers: None) -> None:
    (data / "aiochat.db.lock").touch(0o644)
    with Aiochat(env=LIMITS_OFF, data_dir=data) as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Lobby")
        assert {"aiochat.db", "aiochat.db-wal", "aiochat.db-shm", "aiochat.db.lock"} <= set(_modes(data))
        assert _wrong(data) == {}
        server.kill()
        _open_to_all(data)
        server.start()
        assert _wrong(data) == {}
        await alice.close()


def test_a_folder_that_is_new_is_private(own_servers: None, tmp_path: Path) -> None:
    env = {"AIOCHAT_DATA_DIR": str(tmp_path / "new" / "data"), "PATH": ""}
    command = f"umask 000; exec {sys.executable} {ROOT / 'app.py'} migrate"
    subprocess.run(
        ["/bin/sh", "-c", command], env=env, cwd=tmp_path, check=True, capture_output=True, timeout=60
    )
    assert _wrong(tmp_path / "new" / "data") == {}


def test_a_folder_of_others_too_stays_as_it_is(data: Path) -> None:
    (data / "notes.txt").touch(0o644)
    (data / "chat.db").touch(0o644)
    (data / "chat.db-wal").touch(0o640)
    sqlite_path(f"sqlite:///{data}/chat.db")
    assert _modes(data) == {"data": 0o755, "notes.txt": 0o644, "chat.db": 0o600, "chat.db-wal": 0o600}


def test_stricter_modes_stay(data: Path) -> None:
    (data / "chat.db").touch(0o400)
    (data / "chat.db").chmod(0o400)
    sqlite_path(f"sqlite:///{data}/chat.db")
    assert _modes(data) == {"data": 0o700, "chat.db": 0o400}
