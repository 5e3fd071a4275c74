"""The command `aiochat` that deploy/provision installs: with the settings of the site, and as its user."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import ROOT

AMPERSAND = "postgresql://aiochat:s3cret@127.0.0.1:1/x?connect_timeout=1&application_name=mine"


@pytest.fixture
def launcher(programs: None, tmp_path: Path) -> Path:
    """That of a machine whose site is in another folder, and of the user of the tests: another one may not
    read their Python."""
    own = pwd.getpwuid(os.getuid()).pw_name
    text = (ROOT / "deploy" / "command").read_text()
    for there, here in (
        ("/opt/aiochat/.venv/bin/python", sys.executable),
        ("/opt/aiochat", str(ROOT)),
        ("/etc/aiochat/aiochat.env", str(tmp_path / "aiochat.env")),
        ("/var/lib/aiochat", str(tmp_path / "data")),
        ('"aiochat", "/', f'"{own}", "/'),
    ):
        assert there in text, there
        text = text.replace(there, here)
    (tmp_path / "aiochat").write_text(text)
    (tmp_path / "aiochat").chmod(0o755)
    return tmp_path / "aiochat"


def _runs(launcher: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIOCHAT_")}
    return subprocess.run(
        [launcher, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_it_reads_the_settings_as_they_stand_and_none_of_where_one_is(launcher: Path, tmp_path: Path) -> None:
    # A shell would end the line at the ampersand, and begin a program of what follows.
    (tmp_path / "aiochat.env").write_text(f"# ours\nAIOCHAT_DATABASE_URL={AMPERSAND}\nAIOCHAT_QUOTA=7\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".env").write_text("AIOCHAT_SCAN_COMMAND=rm -rf /\n")
    done = _runs(launcher, "config", folder=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "&application_name=mine" in done.stdout
    assert "AIOCHAT_QUOTA=7    # environment" in done.stdout
    assert f"AIOCHAT_DATA_DIR={tmp_path / 'data'}" in done.stdout
    assert "rm -rf" not in done.stdout


def test_it_makes_a_site_only_when_it_is_told_to(launcher: Path, tmp_path: Path) -> None:
    (tmp_path / "aiochat.env").write_text("AIOCHAT_QUOTA=7\n")
    done = _runs(launcher, "users", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("run first: aiochat migrate\n")
    done = _runs(launcher, "migrate", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "aiochat.db").stat().st_mode & 0o077 == 0


def test_without_settings_it_is_one_line(launcher: Path, tmp_path: Path) -> None:
    done = _runs(launcher, "users", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"aiochat: there are no settings in {tmp_path / 'aiochat.env'}\n"
