"""The scripts and units of deploy/, the Vagrantfile and the Makefile: as far as they can be tried
without a machine to install on."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.conftest import LIMITS_OFF
from tests.support.people import Person
from tests.support.servers import ROOT, Aiochat, Redis
from tests.support.servers.process import program_path

PROVISION = ROOT / "deploy" / "provision"
BOX = ROOT / "deploy" / "box"
SCRIPTS = [PROVISION, ROOT / "deploy" / "nginx-site", ROOT / "deploy" / "image", ROOT / ".ci" / "run"]
UNITS = sorted((ROOT / "deploy").glob("aiochat*"))
FEDORA = 'ID=fedora\nPRETTY_NAME="Fedora Linux 44"\n'
DEBIAN = 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n'
UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 24.04"\n'

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def run(
    command: Sequence[str | Path], env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=60
    )


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_run_and_parsed(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    assert run(["bash", "-n", script]).stderr == ""


@needs("shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_clean(script: Path) -> None:
    assert run(["shellcheck", "-x", script]).stdout == ""


@needs("ruby")
def test_the_vagrantfile_can_be_parsed() -> None:
    assert run(["ruby", "-c", ROOT / "Vagrantfile"]).stdout == "Syntax OK\n"


@needs("systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_right(unit: Path) -> None:
    done = run(["systemd-analyze", "verify", unit])
    # What they start is there only after an installation.
    complaints = [
        line
        for line in done.stderr.splitlines()
        if str(unit.stem.rstrip("@")) in line and "/opt/aiochat" not in line
    ]
    assert complaints == []


def _settings(unit: str) -> dict[str, str]:
    lines = (ROOT / "deploy" / unit).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_workers_are_watched_and_bounded() -> None:
    worker, migrate = _settings("aiochat@.service"), _settings("aiochat-migrate.service")
    assert (worker["Type"], worker["WatchdogSec"], worker["Restart"]) == ("notify", "10", "always")
    for unit in (worker, migrate):
        assert {"MemoryMax", "TasksMax"} <= set(unit)
        assert (unit["LimitCORE"], unit["UMask"], unit["StateDirectoryMode"]) == ("0", "0077", "0700")


async def test_the_boxs_redis_is_for_its_group_alone(own_servers: None) -> None:
    provision = BOX.read_text()
    assert "redis://" not in provision.replace("^AIOCHAT_REDIS_URL=redis://127.0.0.1:6379/0", "")
    with BoxRedis() as redis:
        assert stat.S_IMODE(redis.path.stat().st_mode) == 0o770
        assert f"unix://{redis.path}" in provision.replace("/run/redis/redis-server.sock", str(redis.path))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", redis.port), timeout=5)
        with Aiochat(env={**LIMITS_OFF, "AIOCHAT_REDIS_URL": f"unix://{redis.path}"}) as server:
            alice = await Person(server.url, "alice").registers()
            await alice.creates("Lobby")
            await (await alice.enters("Lobby")).says("by the socket")
            await alice.close()


class BoxRedis(Redis):
    """Redis by the file of the box. On the command line stands what Debian's own file says, then
    the other path of the socket."""

    @property
    def path(self) -> Path:
        return self.folder / "redis.sock"

    def _command(self) -> list[str]:
        config = self.folder / "redis.conf"
        own = (
            (ROOT / "deploy" / "redis.conf")
            .read_text()
            .replace("/run/redis/redis-server.sock", str(self.path))
        )
        config.write_text(f"port {self.port}\nbind 127.0.0.1 -::1\ndir {self.folder}\n{own}")
        return [program_path("redis-server"), str(config)]

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")


def test_help_names_every_command_of_the_makefile() -> None:
    text = run(["make", "-s", "-C", ROOT]).stdout
    for command in ("help", "run", "test", "lint", "types", "bench"):
        assert f"make {command} " in text


def test_make_says_in_one_line_which_python_is_missing(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    old = tmp_path / "python-of-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    old.chmod(0o755)
    for python, what in ((old, "is Python 3.9.2"), (tmp_path / "nowhere", "is missing")):
        done = run(["make", "-s", "-C", tmp_path, "run", f"PYTHON={python}"])
        assert done.returncode != 0
        first, *rest = done.stderr.splitlines()
        assert first.startswith("aiochat needs Python 3.11 or newer")
        assert what in first
        assert all(line.startswith("make") for line in rest)


class System:
    """A PATH of its own, so that programs can be missing, and an apt-get that "installs" into it.

    PostgreSQL's place in /usr/lib can't be faked: what is asked of this system leaves it out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "apt.log"
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name in ("bash", "env", "dirname", "mktemp", "rm", "tail", "cat", "touch", "chmod", "true"):
            found = shutil.which(name)
            assert found is not None
            (self.programs / name).symlink_to(found)
        (self.programs / "python3").symlink_to(Path(sys.executable).resolve())
        folder.chmod(0o755)

    def add(self, *names: str, text: str = "#!/bin/sh\n") -> None:
        for name in names:
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)

    def add_apt(self, *, first_fails: bool = False, installs: Sequence[str] = ()) -> None:
        made = "".join(
            f'touch "{self.programs}/{name}"; chmod 755 "{self.programs}/{name}"; ' for name in installs
        )
        refuse = (
            f'[ -e "{self.folder}/updated" ] || {{ echo "E: Unable to locate package"; exit 100; }}'
            if first_fails
            else ":"
        )
        self.add(
            "apt-get",
            text=f"""#!/bin/sh
echo "$DEBIAN_FRONTEND: $@" >> "{self.log}"
case "$*" in
    *" install "*) {refuse}; {made or ":"};;
    *" update") touch "{self.folder}/updated" ;;
esac
""",
        )

    def provision(
        self, *options: str, system: str = DEBIAN, user: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        release = self.folder / "os-release"
        release.write_text(system)
        become = (
            [str(shutil.which("setpriv")), "--reuid", user, "--regid", "65534", "--clear-groups", "--"]
            if user
            else []
        )
        command = [
            *become,
            str(shutil.which("bash")),
            str(self.script()),
            "--os-release",
            str(release),
            *options,
        ]
        return run(command, env={"PATH": str(self.programs), "HOME": "/"})

    def script(self) -> Path:
        """The script where any user may read it, without /usr/sbin in its PATH."""
        (self.folder / "deploy").mkdir(exist_ok=True)
        copy = self.folder / "deploy" / "provision"
        copy.write_text(PROVISION.read_text().replace("PATH=$PATH:/usr/sbin:/sbin\n", ""))
        shutil.copy(BOX, copy.with_name("box"))
        return copy

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def system() -> Iterator[System]:
    # Not pytest's folder: only its owner may enter that.
    folder = Path("/tmp") / f"aiochat-system-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    yield System(folder)
    shutil.rmtree(folder)


def test_where_all_is_there_nothing_happens(system: System) -> None:
    system.add("redis-server", "nginx", "chromium", "node", "npm", "pdftoppm")
    system.add_apt()
    done = system.provision("--tests")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert system.calls() == []


@needs_root
def test_what_is_missing_is_installed_and_nothing_else(system: System) -> None:
    system.add("redis-server", "node", "npm", "pdftoppm")
    system.add_apt(installs=["nginx", "chromium-headless-shell"])
    done = system.provision("--tests")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "deploy/provision: installing nginx chromium-headless-shell\n"
    (call,) = system.calls()
    assert call.startswith("noninteractive: -y ")
    assert call.endswith(" install --no-install-recommends nginx chromium-headless-shell")
    assert system.provision("--tests").stdout == ""


@needs_root
def test_lists_are_fetched_only_when_a_package_cannot_be_had_without(system: System) -> None:
    system.add("redis-server")
    system.add_apt(first_fails=True, installs=["nginx"])
    assert system.provision().returncode == 0
    assert [call.split()[-1] for call in system.calls()] == ["nginx", "update", "nginx"]


@needs_root
def test_an_installation_that_brings_nothing_is_a_failure(system: System) -> None:
    system.add("redis-server")
    system.add_apt()
    done = system.provision()
    assert done.returncode == 1
    assert done.stderr == "deploy/provision: still missing after the installation: nginx\n"


@needs_root
def test_what_apt_says_is_shown_when_it_fails(system: System) -> None:
    system.add("redis-server")
    system.add("apt-get", text="#!/bin/sh\necho E: No space left on device\nexit 100\n")
    done = system.provision()
    assert done.returncode == 1
    assert "E: No space left on device" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("deploy/provision: apt-get couldn't install nginx")


@needs_root
def test_on_ubuntu_chromium_has_another_name(system: System) -> None:
    system.add("redis-server", "nginx", "node", "npm", "pdftoppm")
    system.add_apt(installs=["chromium-browser"])
    assert system.provision("--tests", system=UBUNTU).returncode == 0
    assert system.calls()[0].endswith(" chromium-browser")


@needs_root
def test_where_chromium_comes_as_a_whole_it_is_taken_so(system: System) -> None:
    system.add("redis-server", "nginx", "node", "npm", "pdftoppm")
    system.add_apt(first_fails=True, installs=["chromium"])
    assert system.provision("--tests").returncode == 0
    assert [call.split()[-1] for call in system.calls()] == ["chromium-headless-shell", "update", "chromium"]


def test_another_system_is_told_what_to_install(system: System) -> None:
    system.add("redis-server")
    system.add_apt()
    done = system.provision("--tests", system=FEDORA)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "deploy/provision: this is Fedora Linux 44, not Debian or Ubuntu. Install by hand: "
    )
    assert line.endswith("nginx, Chromium, Node.js, npm, pdftoppm")
    assert "PostgreSQL server >= 13" in line or Path("/usr/lib/postgresql").exists()
    assert system.calls() == []


def test_another_system_will_do_when_all_is_there(system: System) -> None:
    system.add("redis-server", "nginx", "postgres", "initdb")
    assert system.provision(system=FEDORA).returncode == 0


@needs_root
@pytest.mark.parametrize(
    "sudo",
    [None, "#!/bin/sh\necho sudo: a password is required >&2\nexit 1\n"],
    ids=["no sudo", "sudo wants a password"],
)
def test_without_the_right_to_install_it_says_what_to_run(system: System, sudo: str | None) -> None:
    system.add("redis-server")
    system.add_apt()
    if sudo:
        system.add("sudo", text=sudo)
    done = system.provision(user="nobody")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("deploy/provision: no right to install packages")
    assert line.endswith("Run: sudo apt-get install nginx")
    assert system.calls() == []


@needs_root
def test_without_being_root_it_installs_by_sudo(system: System) -> None:
    system.add("redis-server")
    system.add_apt(installs=["nginx"])
    system.add(
        "sudo",
        text=f'#!/bin/sh\n[ "$1" = -n ] && shift\necho "sudo $1" >> "{system.folder}/sudo.log"\nexec "$@"\n',
    )
    system.programs.chmod(0o777)
    system.folder.chmod(0o777)
    assert system.provision(user="nobody").returncode == 0
    assert system.calls()[0].endswith(" nginx")
    assert (system.folder / "sudo.log").read_text() == "sudo true\nsudo env\n"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--colour"], "no such option: --colour"),
        (["--workers"], "--workers needs a value"),
        (["--workers", "none"], "--workers must be a number"),
        (["--box", "--public-url", "chat.example.org"], "--public-url must be like"),
        (["--box", "--public-url", "https://chat.example.org/;}"], "--public-url must be like"),
        (["--box", "--key", "/key.pem"], "belong together"),
    ],
)
def test_wrong_options_are_refused_before_anything_happens(
    system: System, options: list[str], text: str
) -> None:
    system.add_apt()
    done = system.provision(*options)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert text in line
    assert system.calls() == []


def test_a_box_is_only_made_where_it_can_be(system: System) -> None:
    done = system.provision("--box", system=FEDORA)
    assert done.returncode == 1
    assert ("needs root" in done.stderr) if os.geteuid() else ("Debian and Ubuntu only" in done.stderr)


def test_the_units_and_the_site_name_the_same_places() -> None:
    worker = (ROOT / "deploy" / "aiochat@.service").read_text()
    migrate = (ROOT / "deploy" / "aiochat-migrate.service").read_text()
    site = (ROOT / "nginx" / "aiochat.conf").read_text()
    provision = BOX.read_text()
    for text in (worker, migrate, provision):
        assert "/opt/aiochat" in text
        assert "/etc/aiochat/aiochat.env" in text
    assert "/opt/aiochat/static/" in site
    assert "ExecStart=/opt/aiochat/.venv/bin/python app.py serve\n" in worker
    assert "ExecStart=/opt/aiochat/.venv/bin/python app.py migrate\n" in migrate
    for port in (8081, 8082):
        assert f"server unix:/run/aiochat/{port}.sock " in site
    assert "8081 + workers" in provision
    # nginx's user reaches the sockets by the group of their folder.
    assert "AIOCHAT_SOCKET=/run/aiochat/%i.sock\n" in worker
    assert "unix:/run/aiochat/$port.sock" in provision
    assert "AIOCHAT_TRUST_PROXY=true" in provision
    folder = (ROOT / "deploy" / "tmpfiles.conf").read_text()
    assert "\nd /run/aiochat 2750 aiochat www-data\n" in folder
    assert " /run/aiochat\n" in worker[worker.index("ReadWritePaths=") :]
