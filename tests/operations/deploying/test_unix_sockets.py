"""A worker listens at a Unix socket, too, for a proxy on its machine."""

import contextlib
import stat
from pathlib import Path

import aiohttp
import pytest

from cli import main
from tests.conftest import LIMITS_OFF, unique
from tests.operations.workers.test_supervisor import _run
from tests.support.people import Person
from tests.support.servers import Aiochat, Nginx
from tests.support.servers.process import free_port


def _settings(path: Path, **others: str) -> dict[str, str]:
    return {"AIOCHAT_TRUST_PROXY": "1", "AIOCHAT_SOCKET": str(path), **others}


async def _status(path: Path, **headers: str) -> int:
    connector = aiohttp.UnixConnector(str(path))
    async with (
        aiohttp.ClientSession(connector=connector) as http,
        http.get("http://chat/livez", headers=headers) as got,
    ):
        return got.status


async def test_people_come_by_it_through_nginx(own_servers: None) -> None:
    with contextlib.ExitStack() as stack:
        worker = Aiochat()
        path = worker.folder / "nginx.sock"
        front = Nginx([path])
        # Few connections of an address: all come from nginx, and each is its client's.
        limits = {"AIOCHAT_ADDRESS_CONNECTIONS": "3"}
        worker.env |= _settings(path, AIOCHAT_PUBLIC_URL=front.url, **limits)
        Aiochat.reached_at[front.url] = worker
        stack.enter_context(worker)
        stack.enter_context(front)
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        alice = await Person(front.url, unique("alice")).joins()
        room = unique("lobby")
        await alice.creates(room)
        listeners = [await alice.enters(room) for _ in range(3)]
        await listeners[0].says("by the socket")
        for listener in listeners:
            await listener.hears("message", text="by the socket")
        with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
            await alice.enters(room)
        # By its port it is still there, for health checks and a proxy on another machine.
        async with aiohttp.ClientSession() as http, http.get(f"{worker.url}/readyz") as got:
            assert got.status == 200
        await alice.close()


async def test_what_a_killed_process_left_is_replaced_and_another_ones_isnt(own_servers: None) -> None:
    with Aiochat() as nobody:
        path = nobody.folder / "worker.sock"
        with Aiochat(env={**LIMITS_OFF, **_settings(path)}) as first:
            second = _run(nobody.folder, **_settings(path))
            assert second.returncode == 1
            assert f"aiochat: can't listen on {path} (Address already in use)\n" in second.stderr
            assert await _status(path, **{"X-Forwarded-For": "192.0.2.1"}) == 200
            first.kill()
            assert path.is_socket()
            first.start()
            assert await _status(path) == 200


def test_what_is_wrong_with_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIOCHAT_PORT", str(free_port()))
    monkeypatch.setenv("AIOCHAT_SOCKET", str(tmp_path / "s"))
    assert main(["serve"]) == 1
    assert "needs AIOCHAT_TRUST_PROXY too" in capsys.readouterr().err
    monkeypatch.setenv("AIOCHAT_TRUST_PROXY", "1")
    for wrong in ("s", f"/{'x' * 107}"):
        monkeypatch.setenv("AIOCHAT_SOCKET", wrong)
        assert main(["serve"]) == 1
        assert "must be an absolute path of at most 107 bytes" in capsys.readouterr().err
    missing = tmp_path / "no" / "s"
    done = _run(tmp_path, **_settings(missing))
    assert done.returncode == 1
    assert f"aiochat: can't listen on {missing} (No such file or directory)\n" in done.stderr
    monkeypatch.setenv("AIOCHAT_SOCKET", str(tmp_path / "s"))
    monkeypatch.setenv("AIOCHAT_DATABASE_URL", "postgresql:///x")
    monkeypatch.setenv("AIOCHAT_REDIS_URL", "redis://127.0.0.1:1/0")
    assert main(["serve", "--workers", "2"]) == 2
    assert "AIOCHAT_SOCKET is for one process" in capsys.readouterr().err
