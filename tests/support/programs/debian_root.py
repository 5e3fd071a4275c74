"""A machine without a machine: a Debian of debootstrap in a folder, started in namespaces of its own, with a
network of its own in which nobody else is. Needs root and no daemon."""

import contextlib
import ctypes
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.servers import ROOT
from tests.support.servers.process import new_folder, remove, set_privileges

MADE_SECONDS = 400
STAND_IN = ROOT / "tests" / "box" / "stand_in.py"
PACKAGES = "python3,python3-venv,ca-certificates,openssl"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
LEFT_OUT = (".git", ".venv", "node_modules", "var", ".env", "__pycache__", "*_cache", "dist")
CLONE_NEWNET = 0x40000000
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

INSIDE = """
set -e
mount -t proc none "$1/proc"
mount --rbind /dev "$1/dev"
root=$1
shift
exec chroot "$root" env -i "$@"
"""

libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """No machine can be made here. The text says why."""


class Said(NamedTuple):
    code: int
    text: str


def check_here() -> None:
    """Raises Unavailable."""
    if os.geteuid() != 0:
        raise Unavailable("only root makes a root")
    if shutil.which("debootstrap") is None and not os.environ.get("BASE"):
        raise Unavailable("there is no debootstrap (apt install debootstrap)")
    tried = ["unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "chroot", "/", "true"]
    if subprocess.run(tried, check=False, capture_output=True).returncode:
        raise Unavailable("this machine gives no namespaces, in which another would be")


def _source() -> list[str]:
    """The suite of this Debian and where apt has it from; another system's: what debootstrap proposes."""
    release = platform.freedesktop_os_release()
    suite = release.get("VERSION_CODENAME", "")
    if release.get("ID") != "debian" or not suite:
        return ["stable"]
    wanted = ["--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", f"Codename: {suite}", "Component: main"]
    listed = subprocess.run(["apt-get", "indextargets", *wanted], check=False, capture_output=True, text=True)
    found = [line.split()[2] for line in listed.stdout.splitlines() if line.startswith(f"{suite} main ")]
    return [suite, *found[:1]]


def _run(command: Sequence[str | Path], seconds: float = MADE_SECONDS) -> str:
    try:
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} takes longer than {seconds:.0f} s") from None
    if done.returncode:
        raise Unavailable(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[-500:]}")
    return done.stdout


class Machine:
    """`root` is its file system, as this machine sees it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        if base := os.environ.get("BASE"):
            _run(["cp", "-a", "--reflink=auto", base, self.root])
        else:
            suite, *mirror = _source()
            options = ["--variant=minbase", f"--include={PACKAGES}"]
            _run(["debootstrap", *options, suite, self.root, *mirror])
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        shutil.copy("/etc/hosts", self.root / "etc/hosts")
        if AUTHORITIES.exists():
            # Packages come to the machine by way of whoever it trusts.
            shutil.copy(AUTHORITIES, self.root / AUTHORITIES.relative_to("/"))
        # Packages start nothing: that is for whoever installs them. And nobody needs them tomorrow.
        self.writes("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", mode=0o755)
        self.writes("etc/dpkg/dpkg.cfg.d/unsafe", "force-unsafe-io\n")
        self.pid = 0

    def writes(self, name: str, text: str, mode: int = 0o644) -> None:
        (self.root / name).write_text(text)
        (self.root / name).chmod(mode)

    def takes(self, source: Path, name: str) -> None:
        """A checkout, as somebody puts it there."""
        shutil.copytree(source, self.root / name, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))

    def prepares(self, *command: str) -> str:
        """Before it is started, with this machine's network: packages are fetched. Raises Unavailable."""
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", INSIDE, "sh"]
        with_cert = [f"PIP_CERT={AUTHORITIES}"] if AUTHORITIES.exists() else []
        return _run([*apart, self.root, f"PATH={PATH}", *with_cert, *command])

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """From now on it has no network but its own."""
        shutil.copy(STAND_IN, self.root / "srv/stand_in.py")
        (self.root / "srv/stand_in.py").chmod(0o755)
        # A folder of systemd's package.
        (self.root / "etc/tmpfiles.d").mkdir(exist_ok=True)
        for name in ("systemctl", "systemd-tmpfiles", "journalctl"):
            link = self.root / "usr/local/sbin" / name
            link.unlink(missing_ok=True)
            link.symlink_to("/srv/stand_in.py")
        apart = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child", "--"]
        init = (f"PATH={PATH}", "/srv/stand_in.py", "init")
        process = subprocess.Popen(
            # It ends with this process, whatever ends that.
            [*set_privileges(None, "KILL"), *apart, *("sh", "-c", INSIDE, "sh", self.root, *init)],
            stdin=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + 30
            while not (self.root / "run/stand-in/asked.sock").exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise Unavailable("the machine doesn't start")
                time.sleep(0.05)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            self.pid = int(children[0])
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.pid = 0

    def runs(self, *command: str, code: int = 0, seconds: float = 240) -> str:
        """What it says on the machine, as root there."""
        inside = ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--net", "--uts", "--ipc"]
        done = subprocess.run(
            [*inside, "--root", "--wd", "env", "-i", f"PATH={PATH}", "HOME=/root", *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout[-4000:]}"
        return done.stdout

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """What this thread connects to is there. Sockets stay where they were made."""
        with open("/proc/thread-self/ns/net") as own, open(f"/proc/{self.pid}/ns/net") as its:
            _enter(its.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())

    def files(self, *places: str) -> dict[str, tuple[int, int, bytes]]:
        """Of these folders: modes, owners and contents."""
        found = {}
        for place in places:
            for path in sorted((self.root / place).rglob("*")):
                if path.is_file() and not path.is_symlink() and path.suffix != ".pyc":
                    name, status = str(path.relative_to(self.root)), path.stat()
                    found[name] = (status.st_mode, status.st_uid, path.read_bytes())
        return found


def _enter(descriptor: int) -> None:
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def made() -> Iterator[Machine]:
    """Raises Unavailable."""
    folder, lock = new_folder("box")
    try:
        yield Machine(folder)
    finally:
        remove(folder, lock)
