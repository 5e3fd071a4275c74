"""Answers of small stored contents, such as pictures, which browsers keep."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

FOR_EVER = "private, max-age=31536000, immutable"
"""Its address changes with its content."""

A_DAY = "private, max-age=86400, immutable"
"""It never changes, but it can be deleted."""

REVALIDATE = "private, no-cache"
"""Browsers keep it, and ask each time whether they still may show it."""


def is_known(request: web.Request, etag: str) -> bool:
    """Whether the browser has it already: 304 is the answer then."""
    known = request.headers.get("If-None-Match", "")
    return etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}


async def stored_answer(
    request: web.Request,
    tag: str,
    headers: Mapping[str, str],
    content_type: str,
    read: Callable[[], Awaitable[bytes | None]],
) -> web.Response | None:
    """The content with `tag` as its ETag; 304 to who has it, for whom nothing is read. None where
    there is none."""
    if is_known(request, f'"{tag}"'):
        return known_or(request, tag, headers, content_type, b"")
    data = await read()
    return None if data is None else known_or(request, tag, headers, content_type, data)


def known_or(
    request: web.Request,
    tag: str,
    headers: Mapping[str, str],
    content_type: str,
    data: bytes,
    charset: str | None = None,
) -> web.Response:
    """The same with a content that is in memory."""
    headers = {"ETag": f'"{tag}"', **headers}
    if is_known(request, headers["ETag"]):
        return web.Response(status=304, headers=headers)
    return web.Response(body=data, content_type=content_type, charset=charset, headers=headers)
