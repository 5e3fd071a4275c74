"""The package that `pipx` and `uvx` install: built, installed into an environment of its own, and served from
an empty folder."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from settings import version
from tests.conftest import LIMITS_OFF
from tests.support.people import Person
from tests.support.servers import ROOT, Aiochat
from tests.support.wire.raw_http import request


class Installed(Aiochat):
    """The command `aiochat` in a folder in which nothing else is."""

    def __init__(self, program: Path) -> None:
        super().__init__(env=LIMITS_OFF, program=program, forked=False)

    def _command(self) -> list[str]:
        return [str(self.program), *self.arguments]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    [found] = folder.glob("aiochat-*.whl")
    return found


@pytest.fixture(scope="module")
def aiochat(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command. What it depends on is that of the tests: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    install = ["install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), *install], check=True
    )
    [packages] = folder.glob("lib/python3.*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "aiochat"


def test_it_holds_what_is_needed_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    information = f"{wheel.name.rsplit('-', 3)[0]}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"aiochat", information}
    assert not [name for name in names if name.endswith((".pyc", ".db", ".env")) or "/tests/" in name]
    wanted = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1] not in "#"]
    prefix = "Requires-Dist: "
    told = [line.removeprefix(prefix) for line in metadata.splitlines() if line.startswith(prefix)]
    # In another order, as those of the extras.
    told = [one for one in told if "extra ==" not in one]
    assert sorted(map(sorted, told)) == sorted(map(sorted, wanted))
    for folder in ("static", "templates", "locales", "migrations"):
        there = {
            str(path.relative_to(ROOT))
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert {f"aiochat/{name}" for name in there} <= set(names), folder


def test_its_commands(aiochat: Path, tmp_path: Path) -> None:
    def says(*arguments: str, code: int = 0) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith("AIOCHAT_")}
        done = subprocess.run([aiochat, *arguments], cwd=tmp_path, env=env, capture_output=True, check=False)
        assert done.returncode == code, done
        return (done.stdout or done.stderr).decode()

    assert says("--version") == f"aiochat {version()}\n"
    settings = {one["name"]: one["value"] for one in json.loads(says("config", "--json"))}
    assert settings["AIOCHAT_PORT"] == "8080"
    assert says("users", code=1).endswith("run first: aiochat migrate\n")
    assert says("migrate").endswith("migrations applied.\n")
    assert says("users") == "Nobody has an account yet.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["var"]


async def test_it_serves(aiochat: Path, own_servers: None) -> None:
    with Installed(aiochat) as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Lobby")
        room = await alice.enters("Lobby")
        # It is formatted by a process of its own.
        await room.says("hello\n```python\nprint(1)\n```")
        assert "<code" in (await room.hears("message", number=1))["html"]
        await alice.close()
        page = await request(server.url, "GET", "/", headers={"Accept-Language": "ru"})
        assert 'lang="ru"' in page.text
        assert (await request(server.url, "GET", "/static/css/base.css")).status == 200
