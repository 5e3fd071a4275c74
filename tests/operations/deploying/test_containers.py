"""The files for containers say what is true: what they set are settings, what they copy and mount is there,
and the image has all of the program. That it is built and serves is tried by tests/image."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.conftest import LIMITS_OFF
from tests.support.people import Person
from tests.support.servers import ROOT, Aiochat, free_port
from tests.support.servers.process import Server
from tests.support.wire.raw_http import request

FILES = ("compose.yml", "compose.full.yml")
CONTAINERFILE = (ROOT / "Containerfile").read_text()
NAMES = {f"AIOCHAT_{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}


def composed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return found


@pytest.mark.parametrize("name", [*FILES, "Containerfile", "docs/containers.md", "docs/updating.md"])
def test_every_setting_is_one(name: str) -> None:
    assert set(re.findall(r"\bAIOCHAT_[A-Z_]+[A-Z]\b", (ROOT / name).read_text())) <= NAMES


@pytest.mark.parametrize("name", FILES)
def test_what_is_named_in_a_compose_file_is_there(name: str) -> None:
    found = composed(name)
    services = found["services"]
    for service in services.values():
        for place in service.get("volumes", []):
            source = place.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in found["volumes"]
        for secret in service.get("secrets", []):
            assert secret in found["secrets"]
        for network in service.get("networks", []):
            assert network in found["networks"]
        assert set(service.get("depends_on", [])) <= set(services)
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).exists()
        for key, value in service.get("environment", {}).items():
            assert isinstance(value, str), (key, "YAML makes something else of it")


@pytest.mark.parametrize("name", FILES)
def test_aiochat_can_write_nothing_but_its_data(name: str) -> None:
    ours = [service for service in composed(name)["services"].values() if "aiochat" in service["image"]]
    assert ours
    for service in ours:
        assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["volumes"] == ["data:/data"]
        # The program's own bound is 10 s.
        assert service["stop_grace_period"] == "20s"


@pytest.mark.parametrize("name", FILES)
def test_the_health_check_is_that_of_the_image(name: str) -> None:
    """Which is lost where podman builds it in its own format."""
    found = re.search(r"^HEALTHCHECK (.*) CMD (.*)$", CONTAINERFILE, re.MULTILINE)
    assert found
    options = dict(option.removeprefix("--").split("=") for option in found[1].split())
    wanted: dict[str, Any] = {key.replace("-", "_"): value for key, value in options.items()}
    wanted |= {"retries": int(options["retries"]), "test": ["CMD", *json.loads(found[2])]}
    ours = [service for service in composed(name)["services"].values() if "aiochat" in service["image"]]
    assert [service["healthcheck"] for service in ours] == [wanted] * len(ours)


def test_podman_can_start_and_replace_each_service() -> None:
    """What ends must not lie between a service and what it needs, and what others need can't be replaced."""
    services = composed("compose.full.yml")["services"]
    needed = {name: set(service.get("depends_on", [])) for name, service in services.items()}
    workers = {name for name in services if name.startswith("worker")}
    assert all(needed[worker] == {"postgres", "redis"} for worker in workers)
    assert not any(needed[name] for name in set(services) - workers)
    # Nothing else migrates, and it is the image that says so.
    assert not any("command" in services[worker] for worker in workers)


def test_who_reaches_whom() -> None:
    services = composed("compose.full.yml")["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"caddy"}
    assert {name for name, service in services.items() if service["networks"] == ["inside"]} == {
        "postgres",
        "redis",
    }
    workers = {f"{name}:8080" for name in services if name.startswith("worker")}
    caddy = (ROOT / "deploy" / "Caddyfile").read_text()
    assert set(re.findall(r"worker[0-9]:[0-9]+", caddy)) == workers
    # One of them builds the image for both.
    assert {**services["worker2"], "build": services["worker1"]["build"]} == services["worker1"]


def test_the_secrets_that_are_made_are_those_that_are_read(tmp_path: Path) -> None:
    text = (ROOT / "compose.full.yml").read_text()
    lines = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#     ")]
    done = subprocess.run(["bash", "-ec", "\n".join(lines[:-1])], check=True, cwd=tmp_path)
    assert done.returncode == 0
    found = composed("compose.full.yml")
    for secret in found["secrets"].values():
        assert (tmp_path / secret["file"]).stat().st_mode & 0o777 == 0o644
    url = (tmp_path / "secrets/database_url").read_text().strip()
    password = (tmp_path / "secrets/postgres_password").read_text()
    assert Settings(database_url=url).database == f"postgresql://aiochat:{password}@postgres/aiochat"
    postgres = found["services"]["postgres"]["environment"]
    assert (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"]) == ("aiochat", "aiochat")


def test_the_image_gets_what_makes_the_wheel_and_no_more() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    sources = {
        "deploy/wheel" if name.startswith("deploy/") else name for name in hatch["wheel"]["force-include"]
    }
    wanted = {*sources, "pyproject.toml", "hatch_build.py", "README.md", "LICENSE"}
    wanted |= {"requirements.txt", "requirements.lock"}
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == wanted
    assert wanted - {"deploy/wheel"} - sources <= set(hatch["sdist"]["only-include"]) | {"pyproject.toml"}


def test_the_image_is_for_no_root() -> None:
    assert re.findall(r"^USER (.*)$", CONTAINERFILE, re.MULTILINE) == ["10001:10001"]
    assert CONTAINERFILE.index("USER ") < CONTAINERFILE.index("ENTRYPOINT")
    assert 'ENTRYPOINT ["aiochat"]' in CONTAINERFILE
    assert 'CMD ["serve", "--migrate"]' in CONTAINERFILE


@pytest.mark.parametrize(
    ("arguments", "programs", "why"),
    [
        (["Big"], [], "is no name for an image"),
        (["a", "b"], [], "one name is enough"),
        ([], [], "there is none of buildah, podman and docker"),
        ([], ["podman"], "podman couldn't build it"),
    ],
)
def test_why_no_image_is_made(tmp_path: Path, arguments: list[str], programs: list[str], why: str) -> None:
    for name in ("bash", "dirname", "sed", "head", "git"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    for name in programs:
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["bash", ROOT / "deploy" / "image", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_builds_it_is_told_its_version(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "sed", "head", "git"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    (tmp_path / "docker").write_text('#!/bin/sh\necho "$*"\n')
    (tmp_path / "docker").chmod(0o755)
    env = {"PATH": str(tmp_path), "BASE": "debian", "PACKAGES": ""}
    done = subprocess.run(
        ["bash", ROOT / "deploy" / "image", "me/chat"], check=True, capture_output=True, text=True, env=env
    )
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"--label org.opencontainers.image.version={version} " in done.stdout
    assert f"--build-arg BASE=debian --build-arg PACKAGES= --tag me/chat --tag me/chat:{version} " in (
        done.stdout
    )


class Caddy(Server):
    """Caddy by the file of compose.full.yml, before one worker."""

    name = "caddy"

    def __init__(self, port: int, worker: Aiochat) -> None:
        super().__init__(port=port)
        self._worker = worker
        Aiochat.reached_at[self.url] = worker

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _command(self) -> list[str]:
        return ["caddy", "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]

    def _environment(self) -> dict[str, str]:
        own = {"PUBLIC_URL": self.url, "WORKERS": f"127.0.0.1:{self._worker.port}"}
        return {**os.environ, **own, "HOME": str(self.folder)}

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/robots.txt")
            return connection.getresponse().status == 200
        finally:
            connection.close()


@pytest.fixture
def behind_caddy(own_servers: None) -> Iterator[Caddy]:
    if shutil.which("caddy") is None:
        pytest.skip("there is no caddy")
    port = free_port()
    worker = Aiochat(
        env={**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": f"http://127.0.0.1:{port}", "AIOCHAT_TRUST_PROXY": "true"}
    )
    with worker, Caddy(port, worker) as caddy:
        yield caddy


async def test_people_talk_through_caddy(behind_caddy: Caddy) -> None:
    alice = await Person(behind_caddy.url, "alice").registers()
    await alice.creates("Lobby")
    room = await alice.enters("Lobby")
    await room.says("hello")
    assert (await room.hears("message", number=1))["text"] == "hello"
    await alice.close()
    assert (await request(behind_caddy.url, "GET", "/readyz")).status == 404
