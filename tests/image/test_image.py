"""The image is built and started, as no more than its own user, with a root that can't be written. It takes
minutes and needs buildah: `make image-test`."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.people import Person
from tests.support.programs.image import USER, Container, Image, Unavailable, check_here

pytestmark = [
    pytest.mark.skipif(not os.environ.get("IMAGE"), reason="takes minutes: make image-test"),
    pytest.mark.usefixtures("programs"),
]


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    try:
        check_here()
        found = Image()
    except Unavailable as error:
        pytest.skip(str(error))
    yield found
    found.remove()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of the host, for the user of the image."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, USER, USER)
    return folder


def test_what_is_said_of_it(image: Image) -> None:
    config = image.config
    assert config["WorkingDir"] == "/data"
    assert config["User"] == f"{USER}:{USER}"
    assert config["StopSignal"] in ("SIGTERM", "15")
    assert config["Healthcheck"]["Test"] == ["CMD", "aiochat", "ready"]
    assert list(config["Volumes"]) == ["/data"]
    assert list(config["ExposedPorts"]) == ["8080/tcp"]
    assert config["Labels"]["org.opencontainers.image.title"] == "aiochat"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"


def test_it_holds_what_runs_and_nothing_else(image: Image) -> None:
    found = {path.name for path in (image.root / "opt/aiochat/bin").iterdir()}
    assert "aiochat" in found
    assert not {name for name in found if name.startswith("pip")}
    [packages] = (image.root / "opt/aiochat/lib").glob("python3.*/site-packages")
    for name in ("static", "templates", "migrations", "locales"):
        assert (packages / "aiochat" / name).is_dir()
    for name in ("tests", "bench", "var", ".git", ".env"):
        assert not (packages / "aiochat" / name).exists()
    assert not (image.root / "src").exists()
    # Compiled: nobody may write beside the sources, and each start would do it again.
    assert list((packages / "aiochat" / "chat" / "__pycache__").glob("*.pyc"))
    assert _owners(image.root / "opt/aiochat") == {0}


def _owners(folder: Path) -> set[int]:
    return {path.stat().st_uid for path in folder.rglob("*") if path.exists()}


async def test_it_serves_ends_and_keeps_what_was_said(image: Image, data: Path) -> None:
    with Container(image, data=data).serving() as container:
        alice = await Person(container.url, "alice").registers()
        await alice.creates("Lobby")
        room = await alice.enters("Lobby")
        # It is formatted by a process of its own.
        await room.says("hello\n```python\nprint(1)\n```")
        assert "<code" in (await room.hears("message", number=1))["html"]
        await alice.close()
        health = image.config["Healthcheck"]["Test"][1:]
        asked = Container(image, data=data, env={"AIOCHAT_PORT": str(container.port)}).runs(health)
        assert asked == (0, f"http://127.0.0.1:{container.port} is ready.\n")
        saved = Container(image, "backup", "/data/saved.tar", data=data).runs()
        assert saved.code == 0, saved.said
        ended = container.stops()
        assert ended.code == 0, ended.said
        assert "Traceback" not in ended.said
    assert _owners(data) == {USER}
    with Container(image, data=data).serving() as container:
        rooms = Container(image, "rooms", data=data).runs()
        assert "Lobby" in rooms.said
        assert container.stops().code == 0


def _refusals(image: Image, tmp_path: Path, data: Path) -> Iterator[tuple[Container, str]]:
    strange = tmp_path / "strange"
    strange.mkdir(mode=0o755)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    yield Container(image, data=strange), f"/data belongs to user 0, and this is user {USER}"
    yield Container(image, data=private), f"Permission denied (in /data, by user {USER})"
    yield Container(image), "AIOCHAT_DATA_DIR"
    yield Container(image, space=200_000), "database or disk is full"
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "unreadable").write_text("postgresql://a:b@c/d")
    (secrets / "unreadable").chmod(0o600)
    (secrets / "wrong").write_text("s3cret")
    for name, why in (
        ("unreadable", f"/run/secrets/unreadable can't be read by user {USER} (Permission denied)"),
        ("missing", "/run/secrets/missing can't be read (No such file or directory)"),
        ("wrong", "AIOCHAT_DATABASE_URL (in /run/secrets/wrong) is wrong: must begin with"),
    ):
        env = {"AIOCHAT_DATABASE_URL_FILE": f"/run/secrets/{name}"}
        yield Container(image, data=data, secrets=secrets, env=env), why


def test_what_is_wrong_is_one_line(image: Image, tmp_path: Path, data: Path) -> None:
    for container, why in _refusals(image, tmp_path, data):
        ended = container.runs()
        assert ended.code == 1, ended.said
        assert why in ended.said
        assert len(ended.said.splitlines()) == 1, ended.said
        assert "s3cret" not in ended.said


def test_a_port_that_is_taken(image: Image, data: Path) -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = Container(image, data=data, env={"AIOCHAT_PORT": port}).runs()
    assert ended.code == 1
    assert port in ended.said.splitlines()[-1]
    assert "Traceback" not in ended.said


async def test_without_a_place_for_what_is_temporary(image: Image, data: Path) -> None:
    with Container(image, data=data, has_tmp=False).serving() as container:
        alice = await Person(container.url, "alice").registers()
        await alice.creates("Lobby")
        await (await alice.enters("Lobby")).says("still here")
        await alice.close()
        assert container.stops().code == 0
