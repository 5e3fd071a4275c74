"""The exported document together with files, as a ZIP (helpers/storage/zipping.py)."""

from collections.abc import AsyncIterator, Callable

from aiohttp import web

from accounts.models import User
from helpers.storage.zipping import Entry, zipped

OWN_FILES = web.AppKey("own_files", list[Callable[[User], AsyncIterator[Entry]]])


def archive(name: str, document: AsyncIterator[bytes], files: AsyncIterator[Entry]) -> AsyncIterator[bytes]:
    """Yields the archive in pieces. Raises StorageError where the store is away: then it isn't whole."""

    async def entries() -> AsyncIterator[Entry]:
        yield Entry(name, None, lambda: document)
        async for file in files:
            yield file

    return zipped(entries())
