"""The image, built by buildah and started as a container is: in namespaces of its own, as its own user, with
a root that can't be written. Docker and podman aren't needed, and no registry, where debootstrap is."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.servers import ROOT, free_port

BUILD_SECONDS = 900
PULL_SECONDS = 30
PACKAGES = ("python3", "python3-venv", "ca-certificates")
USER = 10001
BASE = "localhost/aiochat-test-base"
NAME = "localhost/aiochat-test"

# The root is that of the image, and only what is mounted can be written: as by `--read-only --tmpfs /tmp`.
CONTAINED = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
[ -z "$2" ] || mount --bind "$2" "$1/data"
[ "$3" = 0 ] || mount -t tmpfs -o "size=$3" none "$1/data"
[ "$3" = 0 ] || chown 10001 "$1/data"
[ "$4" = no ] || mount -t tmpfs -o mode=1777 none "$1/tmp"
[ -z "$5" ] || { mount -t tmpfs none "$1/run"; mkdir "$1/run/secrets"; mount --bind "$5" "$1/run/secrets"; }
mount --rbind /dev "$1/dev"
mount -t proc none "$1/proc"
mount -o remount,ro,bind "$1"
root=$1
shift 5
# The folder is entered first, as container runtimes do.
exec chroot "$root" sh -c 'cd /data && exec "$@"' sh \
    setpriv --no-new-privs --reuid=10001 --regid=10001 --clear-groups env -i "$@"
"""


class Unavailable(Exception):
    """No image can be built here. The text says why."""


class Ended(NamedTuple):
    code: int
    said: str


def _buildah(*words: str, seconds: float = 60) -> str:
    env = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
    done = subprocess.run(
        ["buildah", *words], check=False, capture_output=True, text=True, env=env, timeout=seconds, cwd=ROOT
    )
    if done.returncode:
        raise subprocess.SubprocessError(f"buildah {words[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.strip()


def check_here() -> None:
    """Raises Unavailable where buildah can't be used."""
    if os.geteuid() != 0:
        raise Unavailable("only root builds and starts it without a daemon")
    if shutil.which("buildah") is None:
        raise Unavailable("there is no buildah (apt install buildah)")
    tried = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "chroot", "/", "true"]
    if subprocess.run(tried, check=False, capture_output=True).returncode:
        raise Unavailable("this machine gives no namespaces, in which a container would be")


def base_image() -> str:
    """The base that is named by BASE, that of Containerfile where a registry gives it, or else a Debian of
    debootstrap. Raises Unavailable."""
    if given := os.environ.get("BASE"):
        return given
    default = next(
        line.removeprefix("ARG BASE=")
        for line in (ROOT / "Containerfile").read_text().splitlines()
        if line.startswith("ARG BASE=")
    )
    try:
        _buildah("pull", "--quiet", default, seconds=PULL_SECONDS)
        return default
    except (subprocess.SubprocessError, OSError) as error:
        reason = str(error).strip().splitlines()[-1][:200]
    if shutil.which("debootstrap") is None:
        raise Unavailable(f"{default} can't be had ({reason}), and there is no debootstrap to make another")
    with tempfile.TemporaryDirectory() as folder:
        _make_base(Path(folder))
    return BASE


def _make_base(folder: Path) -> None:
    root = folder / "root"
    made = subprocess.run(
        [
            "debootstrap",
            "--variant=minbase",
            "--include=python3,python3-venv,ca-certificates",
            "stable",
            root,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    )
    if made.returncode:
        raise Unavailable(f"debootstrap can't make a base: {made.stdout.strip()[-300:]}")
    # Packages come to the machine by way of whoever it trusts.
    authorities = Path("/etc/ssl/certs/ca-certificates.crt")
    if authorities.exists():
        shutil.copy(authorities, root / "etc/ssl/certs/ca-certificates.crt")
        (root / "etc/pip.conf").write_text(f"[global]\ncert = {authorities}\n")
    shutil.rmtree(root / "var/cache/apt/archives")
    excluded = [f"--exclude=./{name}/*" for name in ("dev", "proc", "sys")]
    subprocess.run(["tar", "-C", root, *excluded, "-cf", folder / "root.tar", "."], check=True)
    (folder / "Containerfile").write_text("FROM scratch\nADD root.tar /\n")
    _buildah("bud", "-q", "-t", BASE, "-f", str(folder / "Containerfile"), str(folder), seconds=BUILD_SECONDS)


class Image:
    """What was built, and where its files are."""

    def __init__(self) -> None:
        base = base_image()
        options = ["--format", "docker", "--build-arg", f"BASE={base}"]
        _buildah("bud", "--layers", *options, "-t", NAME, "-f", "Containerfile", ".", seconds=BUILD_SECONDS)
        self._container = _buildah("from", "--pull-never", NAME)
        self.root = Path(_buildah("mount", self._container))

    @property
    def config(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_buildah("inspect", self._container))["Docker"]["config"]
        return found

    def remove(self) -> None:
        _buildah("umount", self._container)
        _buildah("rm", self._container)


class Container:
    """One start of it. `data` is the folder that is mounted at /data, `space` the bytes of one in memory;
    neither: there is none."""

    def __init__(
        self,
        image: Image,
        *arguments: str,
        data: Path | None = None,
        space: int = 0,
        has_tmp: bool = True,
        secrets: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        config = image.config
        self.port = free_port()
        own = {"AIOCHAT_PORT": str(self.port), "AIOCHAT_WEATHER_URL": "off", "AIOCHAT_PREVIEWS": "off"}
        given = [*config["Env"], *(f"{name}={value}" for name, value in {**own, **(env or {})}.items())]
        self.command = [*config["Entrypoint"], *(arguments or config["Cmd"])]
        self._prefix = [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", CONTAINED, "sh"),
            *(str(image.root), str(data or ""), str(space), "yes" if has_tmp else "no", str(secrets or "")),
            *given,
        ]
        self._log = Path()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def runs(self, command: Sequence[str] = (), seconds: float = 120) -> Ended:
        """To its end."""
        with tempfile.TemporaryFile() as log:
            done = subprocess.run(
                [*self._prefix, *(command or self.command)],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=seconds,
            )
            log.seek(0)
            return Ended(done.returncode, log.read().decode(errors="replace"))

    @contextlib.contextmanager
    def serving(self, patience: float = 120) -> Iterator["Container"]:
        handle, name = tempfile.mkstemp(prefix="aiochat-container-")
        self._log = Path(name)
        with open(handle, "wb") as log:
            process = subprocess.Popen(
                [*self._prefix, *self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            until = time.monotonic() + patience
            while not self._answers():
                assert process.poll() is None, self.said
                assert time.monotonic() < until, self.said
                time.sleep(0.1)
            self._process = process
            yield self
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            self._log.unlink()

    def stops(self, seconds: float = 60) -> Ended:
        """By the signal of the image, which gets its first process."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        return Ended(self._process.wait(seconds), self.said)

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
