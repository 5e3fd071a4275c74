"""nginx with a certificate, and as another user than root."""

import os
import shutil
import subprocess
from pathlib import Path

import aiohttp
import pytest

from tests.operations.deploying.test_nginx_conf import worker_of
from tests.support.servers import Nginx
from tests.support.servers.upstream import Worker


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that nobody signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = [
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run(
        ["openssl", "req", *kind, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


async def test_over_tls_there_is_hsts_and_plain_http_leads_there(
    own_servers: None, workers: list[Worker], static: Path, certificate: tuple[Path, Path]
) -> None:
    nginx = Nginx(
        [worker.port for worker in workers], static=static, certificate=certificate[0], key=certificate[1]
    )
    with nginx:
        async with aiohttp.ClientSession(f"https://localhost:{nginx.port}") as session:
            async with session.get("/", ssl=False) as answer:
                assert (await answer.json())["headers"]["X-Forwarded-Proto"] == "https"
            async with session.get("/robots.txt", ssl=False) as answer:
                assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
            async with session.ws_connect("/rooms/lobby/ws", ssl=False) as socket:
                assert await socket.receive_str() in ("north", "south")
        with pytest.raises(aiohttp.ClientConnectionError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"https://127.0.0.2:{nginx.port}/", ssl=False),
            ):
                pass
        async with aiohttp.ClientSession(f"http://localhost:{nginx.redirect_port}") as session:
            async with session.get("/rooms?page=2", allow_redirects=False) as answer:
                assert answer.status == 301
                assert answer.headers["Location"] == "https://localhost/rooms?page=2"
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await session.get("/", headers={"Host": "evil.example"})


class NobodysNginx(Nginx):
    def _user(self) -> str:
        return "nobody"

    def _prepare(self) -> None:
        shutil.chown(self.folder, "nobody")
        super()._prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_nginx_runs_as_any_user(own_servers: None, workers: list[Worker]) -> None:
    with NobodysNginx([worker.port for worker in workers]) as nginx:
        async with aiohttp.ClientSession(nginx.url) as session:
            assert await worker_of(session, "/rooms") in ("north", "south")
        assert os.stat(f"/proc/{nginx.pid}").st_uid == 65534
