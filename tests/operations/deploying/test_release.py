"""`make release` in a copy of this checkout: what it refuses, and what it leaves. And what holds until then:
migrations that were released stay as they are, and the versions are locked."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from deploy import release
from tests.support.servers import ROOT

WHO = {f"GIT_{role}_{what}": "a@b.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def test_what_was_released_of_migrations_never_changes() -> None:
    """Of those that came since, `make release` takes the checksums."""
    assert release.changed_migrations() == []
    listed = [line.split("  ")[1] for line in (ROOT / release.FROZEN).read_text().splitlines()]
    there = sorted(path.name for path in (ROOT / "migrations").glob("[0-9]*.py"))
    assert listed == there[: len(listed)]


def test_what_is_required_is_locked() -> None:
    assert release.unlocked() == [], "run: make lock"
    lines = (ROOT / "requirements.lock").read_text().replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in line for line in lines if line and not line.startswith("#"))
    # Nothing of where they were looked up.
    assert "://" not in "".join(lines)


class Checkout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Whoever owns it: root may run this in a clone of somebody else's.
        command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files"]
        names = subprocess.check_output(command, text=True).splitlines()
        for name in names:
            if not name.startswith(("tests/", "bench/")) and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        # Right after a release there is nothing else.
        changes = folder / "CHANGELOG.md"
        head = release.UNRELEASED
        changes.write_text(changes.read_text().replace(head, f"{head}\n- Something.\n", 1))
        self.git("init", "--quiet")
        self.commit()

    def git(self, *words: str) -> str:
        return subprocess.check_output(
            ["git", "-C", self.folder, *words], text=True, env={**os.environ, **WHO}
        ).strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")

    def change(self, name: str, before: str, after: str) -> None:
        text = (self.folder / name).read_text()
        assert before in text
        (self.folder / name).write_text(text.replace(before, after, 1))
        self.commit()

    def releases(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, self.folder / "deploy/release.py", "--no-image", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **WHO},
            timeout=120,
        )
        assert done.returncode == code, done
        assert self.git("status", "--porcelain") == ""
        return done.stdout if code == 0 else done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_release(checkout: Checkout) -> None:
    (checkout.folder / "migrations/9999_new.py").write_text('"""New."""\n')
    checkout.commit()
    said = checkout.releases("7.1.0", "--tested")
    assert "tagged v7.1.0" in said
    assert checkout.git("log", "-1", "--format=%s") == "Release 7.1.0"
    assert checkout.git("cat-file", "-t", "v7.1.0") == "tag"
    assert "- " in checkout.git("tag", "--list", "--format=%(contents)", "v7.1.0")
    changes = (checkout.folder / "CHANGELOG.md").read_text()
    assert "## Unreleased\n\n## 7.1.0 (20" in changes
    assert 'version = "7.1.0"' in (checkout.folder / "pyproject.toml").read_text()
    assert "  9999_new.py\n" in (checkout.folder / release.FROZEN).read_text()
    dist = checkout.folder / "dist"
    assert {path.name for path in dist.iterdir()} == {
        "aiochat-7.1.0-py3-none-any.whl",
        "aiochat-7.1.0.tar.gz",
        "aiochat-7.1.0.cdx.json",
        "SHA256SUMS",
    }
    for line in (dist / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest
    bill = json.loads((dist / "aiochat-7.1.0.cdx.json").read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", "7.1.0")
    found = {one["name"]: one for one in bill["components"]}
    assert set(release.pins("requirements.txt")) <= set(found)
    assert all(one["externalReferences"][0]["hashes"] for one in found.values())
    with tarfile.open(dist / "aiochat-7.1.0.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    # A machine is set up and updated from it.
    for script in ("provision", "box", "remove", "nginx-site", "update.py", "command", "aiochat@.service"):
        assert f"deploy/{script}" in names
    assert {"app.py", "nginx/aiochat.conf", "requirements.lock"} <= names
    assert {"Containerfile", "compose.yml", "docs/updating.md", "static/robots.txt"} <= names
    assert not {
        name for name in names if name.startswith(("tests/", ".git/", "var/")) or name.endswith(".pyc")
    }
    # And not twice.
    assert "says nothing under 'Unreleased'" in checkout.releases("7.2.0", "--tested", code=1)
    checkout.change("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- More.\n")
    assert "doesn't come after 7.1.0" in checkout.releases("7.1.0", "--tested", code=1)
    assert "can be released" in checkout.releases("7.10.0", "--tested", "--check")


def test_what_is_no_release(checkout: Checkout) -> None:
    before = checkout.git("rev-parse", "HEAD")
    assert "isn't a version" in checkout.releases("v1.0", "--tested", code=1)
    assert "has .ci/run passed for this commit?" in checkout.releases("1.0.0", code=1)
    assert checkout.git("rev-parse", "HEAD") == before
    assert checkout.git("tag") == ""
    first = (checkout.folder / release.FROZEN).read_text().split()[1]
    path = checkout.folder / "migrations" / first
    text = path.read_text()
    path.write_text(f"{text}\n")
    checkout.commit()
    assert f"migrations/{first} isn't what was released" in checkout.releases("1.0.0", "--tested", code=1)
    path.write_text(text)
    checkout.commit()
    checkout.change("requirements.txt", "yoyo-migrations==", "yoyo-migrations==99.")
    assert "requirements.lock lacks yoyo-migrations" in checkout.releases("1.0.0", "--tested", code=1)
    checkout.change("requirements.txt", "yoyo-migrations==99.", "yoyo-migrations==")
    # A build that fails leaves nothing behind.
    checkout.change("hatch_build.py", "class PinnedRequirements", "broken(\nclass PinnedRequirements")
    assert "the wheel can't be built" in checkout.releases("1.0.0", "--tested", code=1)
    assert checkout.git("tag") == ""


def test_changes_that_are_not_committed_are_not_released(checkout: Checkout) -> None:
    (checkout.folder / "app.py").write_text("changed")
    done = subprocess.run(
        [sys.executable, checkout.folder / "deploy/release.py", "1.0.0", "--tested"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "changes that aren't committed, as app.py" in done.stderr
