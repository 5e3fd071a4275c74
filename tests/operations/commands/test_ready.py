"""`aiochat ready`: what containers and updates ask."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LIMITS_OFF
from tests.support.programs.shell import line_of, run
from tests.support.servers import Aiochat, free_port


class _Other(http.server.BaseHTTPRequestHandler):
    """Answers as the path of its server says."""

    status, text = 200, b"It works!"

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[tuple[int, type[_Other]]]:
    """A server of something else."""

    class Mine(_Other):
        pass

    server = http.server.HTTPServer(("127.0.0.1", free_port()), Mine)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_port, Mine
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_serves(own_servers: None, tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    env = {**LIMITS_OFF, "AIOCHAT_SOCKET": str(path), "AIOCHAT_TRUST_PROXY": "true"}
    with Aiochat(env=env) as server:
        for host in ("127.0.0.1", "0.0.0.0", "::"):
            done = run(tmp_path, "ready", PORT=str(server.port), HOST=host)
            assert done.returncode == 0, done.stderr
            assert b"is ready." in done.stdout
        assert run(tmp_path, "ready", "--socket", str(path)).returncode == 0


def test_it_waits_for_one_that_is_starting(own_servers: None, tmp_path: Path) -> None:
    server = Aiochat(env=LIMITS_OFF)
    found = []
    asked = threading.Thread(
        target=lambda: found.append(run(tmp_path, "ready", "--wait", "90", PORT=str(server.port)))
    )
    asked.start()
    with server:
        asked.join()
    assert found[0].returncode == 0, found[0].stderr


def test_why_not(tmp_path: Path, other: tuple[int, type[_Other]]) -> None:
    port, answers = other
    assert "nobody answers at http://127.0.0.1:9 (" in line_of(run(tmp_path, "ready", PORT="9"))
    assert "nobody answers at nowhere.sock (" in line_of(run(tmp_path, "ready", "--socket", "nowhere.sock"))
    for status, text, why in (
        (200, b"It works!", "isn't aiochat (status 200)"),
        (200, b"[]", "isn't aiochat (status 200)"),
        (503, b'{"ready": false, "database": true, "redis": false}', "isn't ready: redis doesn't work"),
        (503, b'{"ready": false, "database": false}', "isn't ready: database doesn't work"),
    ):
        answers.status, answers.text = status, text
        assert why in line_of(run(tmp_path, "ready", PORT=str(port)))
