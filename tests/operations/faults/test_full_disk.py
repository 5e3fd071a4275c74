"""A disk that is full under each command: one line that says what can't be written, nothing by halves, and
the same command goes on when there is room. What serves meanwhile: test_health.py, test_store_trouble.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.importing import own
from tests.support.programs.shell import run
from tests.support.servers import ROOT

BYTES = 700_000
"""No file becomes longer: half of the database of an empty site."""

SOUND = b"Everything is as it must be.\n"


def on_a_full_disk(folder: Path, *arguments: str, **env: str) -> str:
    """What the command says, in one line. It must fail."""
    given = {f"AIOCHAT_{name}": value for name, value in {"DATA_DIR": str(folder / "data"), **env}.items()}
    bounded = (
        f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({BYTES}, {BYTES})); "
        "sys.argv = sys.argv[1:]; sys.path.insert(0, sys.argv[0].rpartition('/')[0]); "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", bounded, str(ROOT / "app.py"), *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done
    assert done.stderr.startswith("aiochat: "), done
    assert done.stderr.count("\n") == 1, done
    return done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a backup."""
    folder = tmp_path_factory.mktemp("site")
    assert run(folder, "migrate").returncode == 0
    assert run(folder, "register", "alice", "--admin", given=b"a fine password\n").returncode == 0
    assert run(folder, "backup", "site.tar").returncode == 0
    return folder


@pytest.mark.usefixtures("programs")
def test_while_migrating(tmp_path: Path) -> None:
    assert " failed and is taken back: " in on_a_full_disk(tmp_path, "migrate")
    assert b"applied" in run(tmp_path, "migrate").stdout
    assert run(tmp_path, "verify").stdout == SOUND


def test_while_saving(site: Path) -> None:
    assert "can't write" in on_a_full_disk(site, "backup", "more.tar")
    assert [path.name for path in site.iterdir() if "more" in path.name or path.name.startswith("tmp")] == []
    assert run(site, "backup", "more.tar").returncode == 0


def test_while_restoring(site: Path, tmp_path: Path) -> None:
    archive = str(site / "site.tar")
    assert "(TMPDIR) (File too large)" in on_a_full_disk(tmp_path, "restore", archive)
    assert not list((tmp_path / "data").glob("aiochat.db")), "nothing is there by halves"
    assert run(tmp_path, "restore", archive).returncode == 0
    assert run(tmp_path, "verify", "--contents").stdout == SOUND


SMALL = """
mount -t tmpfs -o size=1m,mode=0700 none "$0" && { "$@"; code=$?; ls -A "$0"; exit $code; }"""


def test_while_restoring_into_a_small_place(site: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    apart = ["unshare", "--mount", "--map-root-user"]
    tried = [*apart, "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("mounts aren't allowed here")
    done = subprocess.run(
        [
            *(*apart, "sh", "-c", SMALL, str(data)),
            *(sys.executable, str(ROOT / "app.py"), "restore", str(site / "site.tar")),
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "AIOCHAT_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = f"aiochat: can't write {data}/aiochat.db.coming (No space left on device)\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert done.stdout.split() == ["aiochat.db.lock", "files"]


def test_while_copying(site: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    source = f"sqlite:///{site}/data/aiochat.db"
    said = on_a_full_disk(tmp_path, "copy", source)
    assert "disk" in said
    assert run(tmp_path, "users").stdout.count(b"alice") == 0
    assert run(tmp_path, "copy", source).returncode == 0
    assert run(tmp_path, "users").stdout.count(b"alice") == 1


def test_while_importing(site: Path, tmp_path: Path) -> None:
    talk = own.of_a_talk(tmp_path / "talk", 8000)
    said = on_a_full_disk(site, "import", str(talk))
    assert "(TMPDIR) can't be used" in said
    assert run(site, "verify").stdout == SOUND
