"""The application on a port, inside the test's own process."""

from typing import Any

from aiohttp.test_utils import TestServer
from aiohttp.web_runner import BaseRunner

from helpers.web.requests.protocol import Runner


class OwnServer(TestServer):
    """aiohttp's, with the site's own connections."""

    async def _make_runner(self, **options: Any) -> BaseRunner:
        return Runner(self.app, **options)
