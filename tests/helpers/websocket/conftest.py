"""A server that echoes what WebSockets send, and a client that sends any bytes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from tests.support.wire.websocket_bytes import Echo, Raw, echo_server, raw_client


@pytest.fixture
async def echoes() -> list[Echo]:
    """Everybody who was connected."""
    return []


@pytest.fixture
def patience() -> dict[str, Any]:
    """For what the server waits, and how long: arguments of `echo_server`."""
    return {}


@pytest.fixture
async def server(echoes: list[Echo], patience: dict[str, Any]) -> AsyncIterator[TestServer]:
    async with echo_server(echoes, **patience) as server:
        yield server


@pytest.fixture
async def raw(server: TestServer) -> AsyncIterator[Raw]:
    async with raw_client(server.host, server.port) as raw:
        yield raw
