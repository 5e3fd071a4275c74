"""The program of the process that asks the web for what people link to: `python -m` of this module. It has
the connections, and what reads and draws what comes, in processes of their own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from helpers.fetching import Fetcher
from helpers.images import PictureMaker
from helpers.linked_pages.reading import NoPage, PageReader
from helpers.processes.accompanying import serve

MEMORY = 1024 * 1024 * 1024
"""Bytes of address space. Bodies under way take at most 5 MB a link."""

NICE = 3


@contextlib.asynccontextmanager
async def page_reader() -> AsyncIterator[PageReader]:
    async with contextlib.AsyncExitStack() as stack:
        fetcher, pictures = Fetcher(), PictureMaker()
        stack.push_async_callback(fetcher.close)
        stack.push_async_callback(pictures.close)
        reader = PageReader(fetcher, pictures)
        stack.push_async_callback(reader.close)
        yield reader


async def main() -> None:
    async with page_reader() as reader:

        async def answer(key: int, address: str) -> Any:
            """The page, or why there is none."""
            try:
                page = await reader.read(key, address)
            except NoPage as error:
                return str(error)
            return [page.title, page.site, page.description, page.picture]

        await serve(answer, memory=MEMORY, nice=NICE)


if __name__ == "__main__":
    asyncio.run(main())
