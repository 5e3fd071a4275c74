"""The program of the release before this one, out of git's history."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.servers import ROOT

BEFORE_TAGS = "a8710ee55b7aa8ae351804216dcfd9db716dbb04"
"""What counts as the former release while no tag is there: a state that had been tried whole."""


def _git(*words: str) -> bytes | None:
    """What it says; None where it can't."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], check=False, capture_output=True, timeout=120)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def former_release() -> str | None:
    """The newest tag of a release before this commit, or else a commit; None where neither is in the
    history of this checkout."""
    # The commit that is tagged now is this release, and not the one before.
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^")
    found = tag.decode().strip() if tag else BEFORE_TAGS
    return found if _git("cat-file", "-e", f"{found}^{{commit}}") is not None else None


def unpack_former_release(folder: Path) -> Path:
    """Its files, in a new folder. The test is skipped where they can't be had."""
    release = former_release()
    packed = release and _git("archive", release)
    if not packed:
        pytest.skip("the former release isn't in the history of this checkout (git fetch --unshallow --tags)")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder
