"""Renders texts of people, whatever they hold, without holding up anybody else: what may be slow is
parsed in a process of its own, and is shown as typed if that takes too long."""

import asyncio
import logging
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from helpers.markup.markdown import Markdown, Markup, is_slow
from helpers.processes.sandbox import Limits, Sandbox, SandboxError
from helpers.text.previews import plain_preview

log = logging.getLogger("aiochat.rendering")

LIMITS = Limits(
    # The slowest texts that people write, with code in colours, take 30 ms.
    cpu_seconds=0.1,
    wall_seconds=20.0,
    memory=400 * 1024 * 1024,
    # A connection waits for its text before it sends the next one, and a person has few connections.
    own_waiting=20,
    waiting=500,
)

PATIENCE = 10.0
"""Seconds, with the waiting for others' texts."""


class Renderer:
    """Starts its process with the first text that needs it. `close` it at the end."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(LIMITS, prepare="helpers.text.previews:prepare")

    async def parse(self, person_id: int, markdown: Markdown, text: str) -> Markup | None:
        """Returns what Markdown.parse does, or, if that takes too long, the text as it was typed
        with its names. People's texts take turns."""
        if not is_slow(text):
            return markdown.parse(text)
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._sandbox.call(person_id, f"{markdown.module}:parse", text)
            return msgspec.convert(answer, Markup | None)
        except (SandboxError, TimeoutError, msgspec.ValidationError) as error:
            log.info("a text of user %d is shown as typed: %s", person_id, error or "it waited too long")
            return markdown.parse_names(text)

    async def preview(self, person_id: int, data: bytes, name: str) -> str:
        """What is in a text file of this name, as HTML (helpers/text/previews.py)."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._sandbox.call(person_id, "helpers.text.previews:preview", data, name)
            return str(answer)
        except (SandboxError, TimeoutError) as error:
            log.info("a file is shown without colours: %s", error or "it waited too long")
            return plain_preview(data)

    async def close(self) -> None:
        await self._sandbox.close()


RENDERER = web.AppKey("renderer", Renderer)


async def run_renderer(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    app[RENDERER] = renderer = Renderer()
    yield
    await renderer.close()
