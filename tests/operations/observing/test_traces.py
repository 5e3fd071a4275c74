"""Traces reach a collector, and whoever asks for them without the packages is told so."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from settings import SettingsError, read_settings
from tests.conftest import LIMITS_OFF, unique
from tests.support.people import PATIENCE, Person
from tests.support.servers import ROOT, Aiochat, free_port


class Collector:
    """Takes OTLP over HTTP, as collectors do."""

    def __init__(self) -> None:
        self.port = free_port()
        self.spans: list[Any] = []
        self.resources: list[dict[str, str]] = []

    async def _take(self, request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            self.resources.append({one.key: one.value.string_value for one in resource.resource.attributes})
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return web.Response(content_type="application/x-protobuf")

    async def has(self, name: str, **attributes: Any) -> Any:
        """The span of this name with these attributes, once it has come."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for one in self.spans:
                    if one.name == name and attributes.items() <= attributes_of(one).items():
                        return one
                await asyncio.sleep(0.05)


def attributes_of(span: Any) -> dict[str, Any]:
    """With `_` for dots."""
    values = ((one.key.replace(".", "_"), one.value) for one in span.attributes)
    return {key: getattr(value, value.WhichOneof("value")) for key, value in values}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    found = Collector()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_post("/v1/traces", found._take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", found.port).start()
    yield found
    await runner.cleanup()


async def test_requests_and_commits_are_traced(own_servers: None, collector: Collector) -> None:
    traces = f"http://127.0.0.1:{collector.port}"
    env = {**LIMITS_OFF, "AIOCHAT_TRACES": traces, "AIOCHAT_TRUST_PROXY": "1"}
    with Aiochat(env=env) as server:
        alice = await Person(server.url, unique("alice")).joins()
        room = unique("lobby")
        await alice.creates(room)
        await (await alice.enters(room)).says("the 5ecret")
        trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        headers = {"traceparent": f"00-{trace}-{parent}-01", "Accept": "application/json"}
        async with alice.http.get(f"/rooms/{room}/messages?5ecret", headers=headers) as answer:
            request_id = answer.headers["X-Request-ID"]
        span = await collector.has(
            "GET /rooms/{name}/messages", http_response_status_code=200, aiochat_request_id=request_id
        )
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (trace, parent)
        async with alice.http.get("/rooms/nowhere_at_all") as answer:
            assert answer.status == 404
        missing = await collector.has("GET /rooms/{name}", http_response_status_code=404)
        assert not missing.status.code, "whoever asked was wrong, and not the server"
        assert not missing.events
        # The statements of a commit are within it; what was said is nowhere.
        commit = await collector.has("commit", aiochat_entries=1)
        async with asyncio.timeout(PATIENCE):
            while not any(one.parent_span_id == commit.span_id for one in collector.spans):
                await asyncio.sleep(0.05)
        assert all(found["service.name"] == "aiochat" for found in collector.resources)
        assert "5ecret" not in "".join(map(str, collector.spans))
        await alice.close()
        # The collector serves meanwhile, in this thread.
        assert await asyncio.to_thread(server.stop) == 0


def _served(folder: Path, traces: str, *before: str) -> subprocess.CompletedProcess[str]:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIOCHAT_")},
        "AIOCHAT_TRACES": traces,
        "AIOCHAT_DATA_DIR": str(folder),
        "AIOCHAT_PORT": str(free_port()),
    }
    command = [sys.executable, *before, str(ROOT / "app.py"), "serve", "--migrate"]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_without_the_packages_nothing_starts(own_servers: None, tmp_path: Path) -> None:
    hidden = (
        "import runpy, sys; sys.modules['opentelemetry.sdk'] = None; sys.argv = sys.argv[1:]; "
        f"sys.path.insert(0, {str(ROOT)!r}); runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = _served(tmp_path, "http://127.0.0.1:4318", "-c", hidden)
    assert done.returncode == 1
    assert "AIOCHAT_TRACES needs OpenTelemetry" in done.stderr
    assert "pip install 'aiochat[traces]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("value", ["127.0.0.1:4318", "ftp://x", "http://", "http://x y", "http://x/\n"])
def test_a_wrong_address_is_told(value: str) -> None:
    with pytest.raises(SettingsError, match=r"AIOCHAT_TRACES.*must be like"):
        read_settings(traces=value)


async def test_a_collector_that_is_away_costs_nobody_anything(own_servers: None) -> None:
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_TRACES": f"http://127.0.0.1:{free_port()}"}) as server:
        alice = await Person(server.url, unique("alice")).joins()
        room = unique("lobby")
        await alice.creates(room)
        await (await alice.enters(room)).says("heard all the same")
        await alice.close()
        assert await asyncio.to_thread(server.stop) == 0
