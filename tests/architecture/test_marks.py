"""What `make quick` leaves out is marked by its fixtures: without them nothing is started."""

import asyncio
import subprocess
import sys

import pytest

from tests.support.servers import Redis
from tests.support.servers.process import ServerError


def test_who_starts_a_program_asks_for_its_fixture() -> None:
    with pytest.raises(RuntimeError, match="needs the fixture programs"):
        subprocess.run([sys.executable, "-c", ""], check=True)


async def test_a_program_is_one_also_beside_the_event_loop() -> None:
    with pytest.raises(RuntimeError, match="needs the fixture programs"):
        await asyncio.create_subprocess_exec("true")


def test_who_starts_a_server_asks_for_its_fixture() -> None:
    with pytest.raises(ServerError, match="needs the fixture own_servers"):
        Redis().start()
