"""`aiochat-update` in a folder that stands for the machine: the backup first, the new version beside, then
in the place of the former one, and back where it doesn't serve. What it calls are scripts that write down
what they were told, and fail where a story wants it; files, folders, locks and signals are real."""

import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.support.people import PATIENCE
from tests.support.servers import ROOT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a machine is updated by root")

PYTHON = """#!/bin/bash
# The environment's Python: -m pip, -m compileall, and the commands of the version that it stands in.
here=$(cd "$(dirname "$0")/../.." && pwd)
case "$*" in
    *"-m pip"*) what=pip ;;
    *" migrate") what=migrate ;;
    *" config") what=config ;;
    *) exit 0 ;;
esac
echo "$what of $(cat "$here/name")" >> {log}
for failing in {folder}/fail-$what-*; do
    [[ $failing == {folder}/fail-$what-"$(cat "$here/name")" ]] || continue
    cat "$failing" >&2
    exit 1
done
while [[ -e {folder}/hold-$what ]]; do sleep 0.05; done
"""
COMMAND = """#!/bin/bash
echo "aiochat $*" >> {log}
if [[ -e {folder}/fail-$1 ]]; then
    [[ $1 != backup ]] || echo half > "$2.part"
    cat "{folder}/fail-$1" >&2
    exit 1
fi
[[ $1 != backup ]] || echo saved > "$2"
"""
PROVISION = """#!/bin/bash
here=$(cd "$(dirname "$0")/.." && pwd)
name=$(cat "$here/name")
echo "provision of $name" >> {log}
if [[ -e {folder}/fail-provision-$name ]]; then
    echo "deploy/provision: aiochat@8081 isn't ready" >&2
    exit 1
fi
: > {folder}/provisioning
while [[ -e {folder}/hold-provision-$name ]]; do sleep 0.05; done
"""


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.home = folder / "opt/aiochat"
        self.former = folder / "opt/aiochat.former"
        self.new = folder / "opt/aiochat.new"
        self.state = folder / "opt/aiochat.updating"
        self.backups = folder / "var/backups/aiochat"
        for name in (
            *("opt", "var/backups", "run/lock", "run/aiochat", "usr/local/bin"),
            "etc/systemd/system/aiochat.target.wants",
        ):
            (folder / name).mkdir(parents=True)
        (folder / "etc/systemd/system/aiochat.target.wants/aiochat@8081.service").touch()
        self.script(folder / "usr/local/bin/aiochat", COMMAND)
        self.version("one", self.home)
        (self.home / "var").mkdir()
        (self.home / "var/kept").write_text("data")
        (self.home / ".env").write_text("AIOCHAT_QUOTA=7\n")
        text = re.sub(
            r'(?<=Path\(")/(?=(opt|var|run|etc|usr)/)', f"{folder}/", (ROOT / "deploy/update.py").read_text()
        )
        # There is no user aiochat here.
        self.program = folder / "aiochat-update"
        self.program.write_text(text.replace('USER = "aiochat"', 'USER = "root"'))

    def script(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(log=self.log, folder=self.folder))
        path.chmod(0o755)

    def version(self, name: str, folder: Path | None = None) -> Path:
        folder = folder or self.folder / "versions" / name
        for path in ("app.py", "requirements.lock", "deploy/command"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("")
        (folder / "name").write_text(name)
        (folder / "pyproject.toml").write_text(f'[project]\nversion = "{name}"\n')
        self.script(folder / "deploy/provision", PROVISION)
        (folder / "deploy/update.py").write_text(f"# that of {name}\n")
        # As of the system's Python: it is taken along.
        ours = subprocess.check_output(
            ["/usr/bin/env", "python3", "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"],
            text=True,
        ).strip()
        if folder == self.home:
            (folder / ".venv/lib" / ours).mkdir(parents=True)
            self.script(folder / ".venv/bin/python", PYTHON)
        return folder

    def fails(self, what: str, says: str = "no") -> None:
        (self.folder / f"fail-{what}").write_text(f"{says}\n")

    def starts(self, *options: str | Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["/usr/bin/env", "python3", self.program, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that begins the tests in the background has had it ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def updates(self, *options: str | Path, code: int = 0) -> str:
        process = self.starts(*options)
        said, _ = process.communicate(timeout=2 * PATIENCE)
        assert process.returncode == code, said
        return said

    def calls(self) -> list[str]:
        found = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return found

    def provisioned(self) -> list[str]:
        return [call.split()[-1] for call in self.calls() if call.startswith("provision of")]

    def names(self) -> tuple[str, str | None]:
        """The version that is installed, and the former one."""
        former = self.former / "name"
        return (self.home / "name").read_text(), former.read_text() if former.exists() else None

    def is_untouched(self) -> bool:
        return (
            self.names() == ("one", None)
            and not self.new.exists()
            and not self.state.exists()
            and (self.home / "var/kept").exists()
            and (self.home / ".env").exists()
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def waits_for(path: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_thing_after_the_other(machine: Machine) -> None:
    said = machine.updates("--from", machine.version("two"))
    assert [re.sub(r"before-two-\S+", "FILE", call) for call in machine.calls()] == [
        f"aiochat ready --wait 10 --socket {machine.folder}/run/aiochat/8081.sock",
        "pip of two",
        "config of two",
        f"aiochat backup {machine.backups}/FILE",
        "migrate of two",
        "provision of two",
    ]
    assert machine.names() == ("two", "one")
    assert "version two serves; the former one is in" in said
    assert (machine.home / "var/kept").read_text() == "data"
    assert (machine.home / ".env").read_text() == "AIOCHAT_QUOTA=7\n"
    assert not machine.state.exists()
    assert not machine.new.exists()
    assert machine.backups.stat().st_mode & 0o777 == 0o700
    assert (machine.folder / "usr/local/bin/aiochat-update").read_text() == "# that of two\n"
    assert "version one serves again" in machine.updates("--back")
    assert machine.names() == ("one", "two")
    assert (machine.home / "var/kept").read_text() == "data"


def test_an_archive_and_a_look_at_it(machine: Machine) -> None:
    archive = machine.folder / "aiochat-two.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(machine.version("two"), "aiochat-two")
    assert "nothing is changed" in machine.updates("--from", archive, "--check")
    assert machine.is_untouched()
    machine.updates("--from", archive, "--no-backup")
    assert machine.names() == ("two", "one")
    assert not machine.backups.exists()


def test_a_few_backups_are_kept(machine: Machine) -> None:
    machine.backups.mkdir()
    for number in range(5):
        old = machine.backups / f"before-one-{number}.tar"
        old.write_text("old")
        os.utime(old, (number, number))
    (machine.backups / "before-one-9.tar.part").write_text("of one that was killed")
    (machine.backups / "mine.tar").write_text("made by hand")
    machine.updates("--from", machine.version("two"))
    names = sorted(path.name for path in machine.backups.iterdir())
    assert names[:2] == ["before-one-3.tar", "before-one-4.tar"]
    assert (len(names), names[-1]) == (4, "mine.tar")


@pytest.mark.parametrize(
    ("failing", "says"),
    [
        ("ready", "aiochat: http://localhost isn't ready: redis doesn't work"),
        ("pip-two", "ERROR: No matching distribution found"),
        ("config-two", "aiochat: AIOCHAT_QUOTTA isn't a setting"),
        ("backup", "aiochat: can't write /var/backups/x.tar.part (No space left on device)"),
        ("migrate-two", "aiochat: the database can't be used: syntax error"),
    ],
)
def test_what_fails_before_leaves_the_site_alone(machine: Machine, failing: str, says: str) -> None:
    machine.fails(failing, says)
    said = machine.updates("--from", machine.version("two"), code=1)
    assert f"{says}. Version one serves on, and " in said.splitlines()[-1]
    assert machine.is_untouched()
    assert "provision of two" not in machine.calls()
    assert not list(machine.backups.glob("*.part")) if machine.backups.exists() else True
    (machine.folder / f"fail-{failing}").unlink()
    machine.updates("--from", machine.folder / "versions/two")
    assert machine.names() == ("two", "one")


def test_a_version_that_is_not_ready_is_taken_back(machine: Machine) -> None:
    machine.fails("provision-two")
    said = machine.updates("--from", machine.version("two"), code=1)
    assert machine.calls()[-2:] == ["provision of two", "provision of one"]
    assert machine.names() == ("one", "two")
    assert "version two doesn't serve (provision: exit code 1); going back to version one" in said
    assert "version one serves again; the other one is in" in said
    last = said.splitlines()[-1]
    assert "the update to version two failed, and was taken back; the site of before is in" in last
    assert (machine.home / "var/kept").exists()
    assert not machine.state.exists()


def test_where_the_former_one_does_not_serve_either(machine: Machine) -> None:
    machine.fails("provision-two")
    machine.fails("provision-one")
    said = machine.updates("--from", machine.version("two"), code=1)
    assert "the former version doesn't serve either" in said
    assert machine.names() == ("one", "two")
    # When the cause is gone, the next one begins with setting it up.
    (machine.folder / "fail-provision-one").unlink()
    (machine.folder / "fail-provision-two").unlink()
    machine.calls()
    assert "version one is set up again" in machine.updates("--from", machine.folder / "versions/two")
    assert [call for call in machine.calls() if "provision" in call] == [
        "provision of one",
        "provision of two",
    ]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_stopped_while_the_workers_are_replaced(machine: Machine, sign: signal.Signals) -> None:
    hold = machine.folder / "hold-provision-two"
    hold.touch()
    process = machine.starts("--from", machine.version("two"))
    waits_for(machine.folder / "provisioning")
    process.send_signal(sign)
    if sign == signal.SIGKILL:
        process.wait()
        hold.unlink()
        assert machine.names() == ("two", "one")
        assert machine.state.exists()
        machine.calls()
        said = machine.updates("--from", machine.folder / "versions/two")
        assert "the last update was stopped before its version was known to serve; going back" in said
        assert machine.provisioned() == ["one", "two"]
        assert machine.names() == ("two", "one")
        process.communicate()
        return
    said, _ = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 1
    assert "it was stopped" in said
    assert machine.names() == ("one", "two")
    assert not machine.state.exists()


@pytest.mark.parametrize("what", ["pip", "migrate"])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_stopped_before(machine: Machine, what: str, sign: signal.Signals) -> None:
    hold = machine.folder / f"hold-{what}"
    hold.touch()
    process = machine.starts("--from", machine.version("two"))
    until = time.monotonic() + PATIENCE
    while not machine.log.exists() or f"{what} of two" not in machine.log.read_text():
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(sign)
    process.wait(60)
    hold.unlink()
    process.communicate()
    assert machine.names() == ("one", None)
    if sign == signal.SIGTERM:
        assert process.returncode == 130
        assert machine.is_untouched()
    machine.updates("--from", machine.folder / "versions/two")
    assert machine.names() == ("two", "one")


def test_killed_within_the_exchange(machine: Machine) -> None:
    """In each of its moments, also those of a file system that can't exchange folders at once."""
    two = machine.version("two")
    inode = machine.home.stat().st_ino
    shutil.copytree(two, machine.new, symlinks=True)
    shutil.copytree(machine.home / ".venv", machine.new / ".venv", symlinks=True)
    between = machine.home.with_name("aiochat.between")
    machine.state.write_text(str(inode))
    machine.home.rename(between)
    assert "version one is set up again" in machine.updates("--from", two, "--check")
    assert machine.names() == ("one", None)
    shutil.copytree(two, machine.new, symlinks=True)
    shutil.copytree(machine.home / ".venv", machine.new / ".venv", symlinks=True)
    machine.state.write_text(str(inode))
    machine.home.rename(between)
    machine.new.rename(machine.home)
    assert "going back to version one" in machine.updates("--from", two, "--check")
    assert machine.names() == ("one", "two")
    machine.state.write_text("")
    assert "set up again" in machine.updates("--from", two, "--check")


def test_one_at_a_time(machine: Machine) -> None:
    hold = machine.folder / "hold-pip"
    hold.touch()
    process = machine.starts("--from", machine.version("two"))
    waits_for(machine.log)
    assert "another aiochat-update is running" in machine.updates("--from", "/", code=1)
    hold.unlink()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_what_is_wrong_with_what_is_asked(machine: Machine) -> None:
    (machine.folder / "text").write_text("no archive")
    (machine.folder / "empty").mkdir()
    for options, why, code in (
        (["--from", "nowhere"], "there is no ", 1),
        (["--from", machine.folder / "empty"], "isn't a version of aiochat: it has no app.py", 1),
        (["--from", machine.folder / "text"], "tar: ", 1),
        ([], "is no checkout of git: name the new version", 1),
        (["--back"], "there is no former version", 1),
        (["--from", "/", "--to", "v2"], "--to is of the checkout", 2),
    ):
        assert why in machine.updates(*options, code=code)
        assert machine.is_untouched()
    assert "usage: aiochat-update" in machine.updates("--help")
    shutil.rmtree(machine.home)
    assert "deploy/provision --box makes one" in machine.updates("--from", "/", code=1)


def test_a_checkout_follows_its_tags(machine: Machine) -> None:
    def git(folder: Path, *words: str) -> None:
        own = ["-c", "user.name=a", "-c", "user.email=a@b.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *own, "-C", folder, *words], check=True, capture_output=True)

    def release(name: str) -> None:
        machine.version(name, origin)
        git(origin, "add", "-A")
        git(origin, "commit", "-m", name)

    origin = machine.folder / "origin"
    origin.mkdir()
    git(origin, "init")
    release("one")
    environment = machine.home / ".venv"
    environment.rename(machine.folder / "venv")
    shutil.rmtree(machine.home)
    git(machine.folder, "clone", str(origin), str(machine.home))
    (machine.folder / "venv").rename(environment)
    (machine.home / ".git/info/exclude").write_text(".venv\n")
    release("two")
    assert "version two (" in machine.updates()
    assert machine.names() == ("two", "one")
    assert (machine.home / ".git").is_dir()
    git(origin, "tag", "v2.0.0")
    release("three")
    git(origin, "tag", "v10.0.0")
    release("four")
    machine.updates()
    assert machine.names() == ("three", "two")
    machine.updates("--to", "v2.0.0")
    assert machine.names() == ("two", "three")
    (machine.home / "app.py").write_text("changed by hand")
    assert "were changed by hand, as app.py" in machine.updates(code=1)
    assert machine.names() == ("two", "three")
