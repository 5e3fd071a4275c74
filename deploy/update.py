#!/usr/bin/python3
"""aiochat-update: brings this machine's site to another version, and back where that one doesn't serve.

It knows nothing of the program but its commands, and needs no more than Python: what it replaces can't fail
it. deploy/provision --box puts it into /usr/local/bin."""

import argparse
import contextlib
import ctypes
import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

HOME = Path("/opt/aiochat")
NEW = HOME.with_name("aiochat.new")
FORMER = HOME.with_name("aiochat.former")
STATE = HOME.with_name("aiochat.updating")
"""Is there while the new version has taken the place of the former one and isn't known to serve. It holds the
inode of the former one's folder: names change, and versions may be called alike."""

COMMAND = Path("/usr/local/bin/aiochat")
BACKUPS = Path("/var/backups/aiochat")
KEPT = 3
"""Of the backups that it made."""

LOCK = Path("/run/lock/aiochat-update.lock")
UNITS = Path("/etc/systemd/system/aiochat.target.wants")
SOCKETS = Path("/run/aiochat")
USER = "aiochat"

NEEDED = ("app.py", "pyproject.toml", "requirements.lock", "deploy/provision", "deploy/command")
OWN = (".env", "var")
"""What belongs to the installation, not to a version."""

LEFT_OUT = (".git", ".venv", ".vagrant", "node_modules", "var", ".env", "__pycache__")
ROOM = 1.3
"""So many times the size of what is there must be free beside it."""

STOP_SECONDS = 10
STOPPING = {signal.SIGINT, signal.SIGTERM}
AT_FDCWD, RENAME_EXCHANGE, PR_SET_PDEATHSIG = -100, 2, 1

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The update can't go on. The text is one line."""


def say(text: str) -> None:
    print(f"aiochat-update: {text}", flush=True)


def _begin_alone() -> None:
    """In the program that is begun. Where this one is killed, it doesn't go on."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run(*command: str | Path, shown: bool = False) -> str:
    """Returns what it says. Raises Failure with the last line of its complaints, and shows those before."""
    # Whoever is stopped in this moment knows which program it began.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.PIPE,
        text=True,
        errors="replace",
        cwd="/",
        # Ctrl-C is for this program, which then tells the other, and waits until that has put its locks away.
        start_new_session=True,
        preexec_fn=_begin_alone,
    )
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        out, complaints = process.communicate()
    except KeyboardInterrupt:
        # A shell goes on after SIGINT where its command has ended well in the same moment.
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            os.killpg(process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=STOP_SECONDS)
                break
        raise
    if process.returncode == 0:
        return (out or "").strip()
    lines = (complaints or out or "").strip().splitlines() or [f"exit code {process.returncode}"]
    for line in lines[-15:-1]:
        print(f"    {line}", file=sys.stderr)
    told = "" if lines[-1].startswith("aiochat: ") else f"{Path(str(command[0])).name}: "
    raise Failure(f"{told}{lines[-1]}")


def size_of(folder: Path) -> int:
    found = (path for path in folder.rglob("*") if ".git" not in path.parts)
    return sum(path.lstat().st_size for path in found if not path.is_dir())


def version_of(folder: Path) -> str:
    """As one names it: with the commit, where there is one."""
    found = re.search(r'^version = "(.+)"$', (folder / "pyproject.toml").read_text(), re.MULTILINE)
    version = found[1] if found else "of no number"
    if (folder / ".git").exists():
        with contextlib.suppress(Failure):
            version += f" ({run('git', '-C', folder, 'rev-parse', '--short', 'HEAD')})"
    return version


def inode(path: Path) -> int:
    return path.stat().st_ino if path.exists() else 0


def exchange(one: Path, other: Path) -> None:
    """Both are there at every moment, where the file system can do that."""
    done = libc.renameat2(AT_FDCWD, bytes(one), AT_FDCWD, bytes(other), RENAME_EXCHANGE)
    if done != 0:
        between = one.with_name(f"{one.name}.between")
        one.rename(between)
        other.rename(one)
        between.rename(other)


def unpack(source: Path) -> None:
    """A folder, or an archive of one."""
    NEW.mkdir(mode=0o755)
    if source.is_dir():
        excluded = [f"--exclude=./{name}" for name in LEFT_OUT] + ["--exclude=__pycache__"]
        command = ["tar", "-C", str(source), *excluded, "-cf", "-", "."]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as packed:
            unpacking = ["tar", "-C", str(NEW), "--no-same-owner", "-xf", "-"]
            done = subprocess.run(unpacking, stdin=packed.stdout, check=False)
        if packed.returncode or done.returncode:
            raise Failure(f"{source} can't be copied (see above)")
    else:
        run("tar", "-C", NEW, "--no-same-owner", "--strip-components=1", "-xf", source)
    missing = [name for name in NEEDED if not (NEW / name).exists()]
    if missing:
        raise Failure(f"{source} isn't a version of aiochat: it has no {missing[0]}")


def check_out(tag: str | None) -> None:
    """From where the checkout in HOME comes from: a tag, or else the newest, or else its branch."""
    if not (HOME / ".git").exists():
        raise Failure(f"{HOME} is no checkout of git: name the new version, --from FOLDER or ARCHIVE")
    if changed := run("git", "-C", HOME, "status", "--porcelain", "--untracked-files=no"):
        raise Failure(f"files in {HOME} were changed by hand, as {changed.split()[-1]}: git stash them first")
    url = run("git", "-C", HOME, "remote", "get-url", "origin")
    branch = run("git", "-C", HOME, "rev-parse", "--abbrev-ref", "HEAD")
    run("git", "clone", "--quiet", HOME, NEW)
    run("git", "-C", NEW, "remote", "set-url", "origin", url)
    run("git", "-C", NEW, "fetch", "--quiet", "--tags", "origin")
    tags = run("git", "-C", NEW, "tag", "--list", "v[0-9]*", "--sort=-v:refname").split()
    wanted = tag or (tags[0] if tags else f"origin/{branch}")
    if branch != "HEAD" and wanted == f"origin/{branch}":
        run("git", "-C", NEW, "reset", "--quiet", "--hard", wanted)
    else:
        run("git", "-C", NEW, "checkout", "--quiet", "--detach", wanted)


def prepare(source: Path | None, tag: str | None) -> None:
    """Makes NEW, with an environment of its own, and looks whether it starts with these settings."""
    shutil.rmtree(NEW, ignore_errors=True)
    free, needed = shutil.disk_usage(HOME.parent).free, int(size_of(HOME) * ROOM)
    if free < needed:
        raise Failure(f"{HOME.parent} has {free / 1e6:,.0f} MB free, and needs {needed / 1e6:,.0f}")
    check_out(tag) if source is None else unpack(source)
    run("chmod", "-R", "u+rwX,go+rX,go-w", NEW)
    run("chown", "-R", "root:root", NEW)
    say(f"version {version_of(NEW)} is beside {version_of(HOME)}; installing what it needs")
    environment = HOME / ".venv"
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if (environment / "lib" / own).is_dir():
        # With what is installed already, so that only what is other is fetched.
        run("cp", "-a", environment, NEW / ".venv")
    else:
        run(sys.executable, "-m", "venv", NEW / ".venv")
    python = NEW / ".venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", "-r", NEW / "requirements.lock")
    run(python, "-m", "compileall", "-q", "-x", r"/\.venv/", NEW)
    if (HOME / ".env").exists():
        shutil.copy2(HOME / ".env", NEW / ".env")
    # Settings that it doesn't take are told now, and not by workers that don't start.
    run(python, NEW / "deploy/command", "config")


def back_up(folder: Path) -> Path:
    user = pwd.getpwnam(USER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(folder, user.pw_uid, user.pw_gid)
    for left in folder.glob("before-*.part"):
        left.unlink()
    path = folder / f"before-{version_of(NEW).split()[0]}-{time.strftime('%Y%m%d-%H%M%S')}.tar"
    try:
        run(COMMAND, "backup", path)
    except Failure:
        for left in folder.glob(f"{path.name}*"):
            left.unlink()
        raise
    for old in sorted(folder.glob("before-*.tar"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        old.unlink()
    return path


def take_the_place() -> None:
    """NEW becomes HOME, and what was there FORMER. A kill at any moment leaves a HOME."""
    shutil.rmtree(FORMER, ignore_errors=True)
    exchange(HOME, NEW)
    NEW.rename(FORMER)
    carry(FORMER, HOME)


def carry(before: Path, after: Path) -> None:
    for name in OWN:
        if (before / name).exists():
            if (after / name).is_file():
                (after / name).unlink()
            if not (after / name).exists():
                (before / name).rename(after / name)


def restart() -> None:
    """The version in HOME is set up: units, nginx, and the workers, one after the other, each of which must
    be ready before the next is touched."""
    run(HOME / "deploy/provision", "--box", shown=True)


def go_back(why: str) -> None:
    """FORMER is HOME again, and serves. The database keeps what was migrated, and that one serves it."""
    say(f"{why}; going back to version {version_of(FORMER)}")
    exchange(HOME, FORMER)
    carry(FORMER, HOME)
    try:
        restart()
    except Failure as error:
        told = f"the former version doesn't serve either ({error}). Look at: journalctl -u 'aiochat@*'"
        raise Failure(told) from None
    STATE.unlink(missing_ok=True)
    say(f"version {version_of(HOME)} serves again; the other one is in {FORMER}")


def mend() -> None:
    """After an update that was killed."""
    between = HOME.with_name(f"{HOME.name}.between")
    if between.exists():
        between.rename(FORMER if HOME.exists() else HOME)
    if not STATE.exists():
        return
    try:
        former = int(STATE.read_text())
    except ValueError:
        former = inode(HOME)  # there was no room for it, and so no exchange
    if inode(NEW) == former:
        shutil.rmtree(FORMER, ignore_errors=True)
        NEW.rename(FORMER)
    told = "the last update was stopped before its version was known to serve"
    if inode(FORMER) == former:
        go_back(told)
        return
    say(f"{told}; version {version_of(HOME)} is set up again")
    restart()
    STATE.unlink()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    with LOCK.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure("another aiochat-update is running") from None
        yield


def check_ready() -> None:
    units = sorted(UNITS.glob("aiochat@*.service"))
    if not units:
        raise Failure("there are no workers (deploy/provision --box)")
    for unit in units:
        port = unit.name.removeprefix("aiochat@").removesuffix(".service")
        run(COMMAND, "ready", "--wait", "10", "--socket", SOCKETS / f"{port}.sock")


def step(what: str, does: Callable[[], object], kept: str = "nothing is changed") -> object:
    say(what)
    try:
        return does()
    except (Failure, OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(NEW, ignore_errors=True)
        raise Failure(f"{error}. Version {version_of(HOME)} serves on, and {kept}") from None


def migrate() -> None:
    print(f"    {run(NEW / '.venv/bin/python', NEW / 'deploy/command', 'migrate')}")


def update(arguments: argparse.Namespace) -> None:
    source = arguments.source.resolve() if arguments.source else None
    if source is not None and not source.exists():
        raise Failure(f"there is no {source}")
    if not arguments.force:
        step("looking whether the site is well", check_ready)
    step("fetching the new version", lambda: prepare(source, arguments.to))
    if arguments.check:
        shutil.rmtree(NEW)
        say("it would be installed, and takes these settings; nothing is changed")
        return
    saved = None
    if not arguments.no_backup:
        saved = step(f"saving the site to {arguments.backups}", lambda: back_up(arguments.backups))
        say(f"saved as {saved}")
    step("migrating the database beside it", migrate, "what was migrated before that stays")
    former, new = version_of(HOME), version_of(NEW)
    say(f"version {new} takes the place of {former}, and its workers that of the former ones")
    STATE.write_text(str(inode(HOME)))
    try:
        take_the_place()
        restart()
    except (Failure, OSError, KeyboardInterrupt) as error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if int(STATE.read_text()) == inode(FORMER):
            go_back(f"version {new} doesn't serve ({str(error) or 'it was stopped'})")
        else:
            mend()
        back = f"; the site of before is in {saved} (aiochat restore --force)" if saved else ""
        raise Failure(f"the update to version {new} failed, and was taken back{back}") from None
    STATE.unlink()
    shutil.copy2(HOME / "deploy/update.py", COMMAND.with_name("aiochat-update"))
    say(f"version {new} serves; the former one is in {FORMER} (aiochat-update --back)")


def back() -> None:
    if not FORMER.exists():
        raise Failure(f"there is no former version in {FORMER}")
    STATE.write_text(str(inode(FORMER)))
    go_back(f"version {version_of(HOME)} is left")


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="aiochat-update",
        description="Brings the site that deploy/provision --box installed to another version: makes it "
        "ready beside the one that serves, saves the site, migrates the database, and replaces one worker "
        "after the other. Where one isn't ready in time, the former version is put back. It may be stopped "
        "at any moment and run again.",
    )
    add = parser.add_argument
    source = "the new version: a folder, or a release's archive (the newest tag of /opt/aiochat's origin)"
    add("--from", dest="source", type=Path, metavar="SOURCE", help=source)
    add("--to", metavar="TAG", help="another tag, branch or commit of that checkout")
    add("--backups", type=Path, default=BACKUPS, metavar="FOLDER", help=f"where it saves to ({BACKUPS})")
    add("--no-backup", action="store_true", help="save nothing: it is done otherwise")
    add("--force", action="store_true", help="also where the site isn't well")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only look whether it could be installed")
    what.add_argument("--back", action="store_true", help="put the former version back")
    arguments = parser.parse_args(argv)
    if arguments.source and arguments.to:
        parser.error("--to is of the checkout, and --from names a version itself")
    signal.signal(signal.SIGTERM, stopped)
    try:
        if os.geteuid() != 0:
            raise Failure("it needs root: sudo aiochat-update")
        with alone():
            mend()
            if not (HOME / "app.py").exists() or not COMMAND.exists():
                raise Failure(f"there is no installation in {HOME}; deploy/provision --box makes one")
            if arguments.back:
                back()
            else:
                update(arguments)
    except (Failure, OSError) as error:
        print(f"aiochat-update: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        shutil.rmtree(NEW, ignore_errors=True)
        print("aiochat-update: stopped; the version of before serves on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
