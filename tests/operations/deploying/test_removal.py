"""`deploy/provision --remove` in a folder that stands for the machine: what --box has put there is gone, what
people wrote stays unless it is purged, and a purge saves it first. tests/box does it in a whole Debian."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.operations.deploying.test_box import NOTED, Box, box

__all__ = ["box"]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a machine is set up by root")


@pytest.fixture
def files(box: Box) -> Path:
    """The folder of the site's files."""
    folder = box.folder / "var/lib/aiochat"
    folder.mkdir(parents=True)
    (folder / "picture").write_text("a picture")
    return folder


def test_what_people_wrote_stays(box: Box, files: Path) -> None:
    before = box.everything()
    box.provision("--workers", "3", "--people", "200")
    installed = box.everything()
    box.calls()
    said = box.runs("--remove")
    assert "aiochat is removed. Its database," in said
    kept = {"etc/aiochat/aiochat.env", "etc/aiochat/provision.conf"}
    assert {name: text for name, text in box.everything().items() if name not in kept} == before
    assert {name for name in box.everything() if name in kept} == kept
    assert (files / "picture").exists()
    assert not (box.folder / "opt/aiochat").exists()
    calls = box.calls()
    assert "systemctl stop aiochat.target aiochat@*.service aiochat-migrate.service" in calls
    assert calls.index("systemctl try-reload-or-restart nginx") < calls.index("userdel aiochat")
    assert not [call for call in calls if "dropdb" in call or "aiochat backup" in call]
    # As it was chosen.
    box.add_environment()
    box.provision()
    assert box.everything() == installed


def test_a_purge_saves_what_it_deletes(box: Box, files: Path) -> None:
    before = box.everything()
    box.provision()
    box.calls()
    said = box.runs("--remove", "--purge")
    calls = box.calls()
    [saved] = [call.split()[-1] for call in calls if call.startswith("aiochat backup ")]
    assert f"aiochat is removed with all that it knew; what it was is in {saved}" in said
    assert saved.startswith(f"{box.folder}/var/backups/aiochat/before-removal-")
    deleted = next(place for place, call in enumerate(calls) if "dropdb --if-exists --force aiochat" in call)
    stopped = calls.index("systemctl stop aiochat.target aiochat@*.service aiochat-migrate.service")
    assert calls.index(f"aiochat backup {saved}") < stopped < deleted
    assert box.everything() == before
    assert not files.exists()
    assert "there is no aiochat on this machine" in box.runs("--remove", "--purge")
    assert box.calls() == []


def test_what_cant_be_saved_isnt_purged(box: Box, files: Path) -> None:
    box.provision()
    before = box.everything()
    box.calls()
    command = box.folder / "usr/local/bin/aiochat"
    own = command.read_text()
    box.add("usr/local/bin/aiochat", "#!/bin/sh\necho 'aiochat: No space left on device' >&2\nexit 1\n")
    told = box.runs("--remove", "--purge", code=1)
    assert "No space left on device" in told
    assert "so nothing is removed; --no-backup purges without" in told
    command.write_text(own)
    assert box.everything() == before
    assert not [call for call in box.calls() if "systemctl" in call or "dropdb" in call]
    assert files.exists()
    assert "is removed with all that it knew\n" in box.runs("--remove", "--purge", "--no-backup")
    assert not files.exists()


def test_what_isnt_this_scripts_own_stays(box: Box) -> None:
    """A database elsewhere, a site that was changed by hand, and what belongs to the folder."""
    box.provision()
    text = box.settings.read_text().replace("postgresql:///aiochat?", "postgresql://db.example.org/aiochat?")
    box.settings.write_text(text)
    own = box.site.read_text().partition("\n")[2]
    box.site.write_text(own)
    (box.folder / "opt/aiochat/.env").write_text("AIOCHAT_QUOTA=7\n")
    said = box.runs("--remove")
    assert "was changed by hand and stays, disabled" in said
    assert box.site.read_text() == own
    assert not (box.folder / "etc/nginx/sites-enabled/aiochat").is_symlink()
    assert [path.name for path in (box.folder / "opt/aiochat").iterdir()] == [".env"]
    box.calls()
    assert "isn't this script's own, and stays" in box.runs("--remove", "--purge", "--no-backup")
    assert not [call for call in box.calls() if "dropdb" in call]
    assert not box.site.exists()


def test_it_may_be_stopped_and_run_again(box: Box) -> None:
    before = box.everything()
    box.provision()
    box.add("programs/nginx", "#!/bin/sh\necho 'nginx: [emerg] no' >&2\nexit 1\n")
    box.add("programs/userdel", "#!/bin/sh\necho 'userdel: user aiochat is in use' >&2\nexit 8\n")
    box.runs("--remove", "--purge", code=8)
    for name in ("nginx", "userdel"):
        box.add(f"programs/{name}", NOTED.format(name=name, log=box.log))
    assert "to save the site with, so nothing is removed" in box.runs("--remove", "--purge", code=1)
    assert "is removed" in box.runs("--remove", "--purge", "--no-backup")
    assert box.everything() == before


def test_not_while_it_is_updated(box: Box) -> None:
    box.provision()
    before = box.everything()
    with (box.folder / "run/lock/aiochat-update.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "aiochat-update is running" in box.runs("--remove", code=1)
    assert box.everything() == before


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--purge",), "--purge belongs to --remove"),
        (("--box", "--purge"), "--purge belongs to --remove"),
        (("--remove", "--no-backup"), "--no-backup belongs to --remove --purge"),
    ],
)
def test_words_that_belong_together(box: Box, options: tuple[str, ...], why: str) -> None:
    assert why in box.runs(*options, code=1)
    assert box.calls() == []


def test_where_nothing_is(box: Box) -> None:
    (box.folder / "opt/aiochat/.venv/bin/python").unlink()
    for folder in (".venv/bin", ".venv", "."):
        (box.folder / "opt/aiochat" / folder).rmdir()
    assert "there is no aiochat on this machine" in box.runs("--remove")
    assert box.calls() == []
