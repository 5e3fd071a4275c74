"""A folder of data that is somebody else's, which this user may not enter: each command says so in a line."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.programs.shell import run
from tests.support.servers import ROOT


def test_a_folder_that_cannot_be_entered_is_one_line(own_servers: None, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    assert run(tmp_path, "backup", "site.tar").returncode == 0
    folder = tmp_path / "data"
    # Root may go everywhere, unless that is taken from it.
    powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    folder.chmod(0)
    try:
        for arguments in (
            *(
                ["serve"],
                ["migrate"],
                ["verify"],
                ["users"],
                ["backup", "more.tar"],
                ["export", "x", "--site"],
            ),
            *(["restore", "site.tar", "--force"], ["copy", f"sqlite:///{folder}/other.db"], ["restored"]),
        ):
            done = subprocess.run(
                [*powerless, sys.executable, str(ROOT / "app.py"), *arguments],
                cwd=tmp_path,
                env={**os.environ, "AIOCHAT_DATA_DIR": str(folder)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 1, done
            assert done.stderr.startswith("aiochat: "), done
            assert done.stderr.count("\n") == 1, done
            assert "Permission denied" in done.stderr, done
    finally:
        folder.chmod(0o700)
    assert run(tmp_path, "verify").stdout == b"Everything is as it must be.\n"
