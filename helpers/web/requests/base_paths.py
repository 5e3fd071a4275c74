"""Requests come with the site's path (helpers/base_path.py) or without it, as a proxy passes it on or takes
it off, and answers bear it. X-Forwarded-Prefix isn't asked: it is known from the settings."""

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from helpers.base_path import base_path, with_base

_TOP = re.compile("; Path=/(?=;|$)")


def taking_off(path: str, make: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """What makes requests, which then have the site's own addresses."""

    def made(head: RawRequestMessage, *others: Any) -> web.BaseRequest:
        head, url = _own_cookies_last(head), head.url
        if url.raw_path.startswith(f"{path}/"):
            own = URL.build(path=url.raw_path[len(path) :], query_string=url.raw_query_string, encoded=True)
            head = head._replace(path=str(own), url=own)
        return make(head, *others)

    return made


def _own_cookies_last(head: RawRequestMessage) -> RawRequestMessage:
    """Browsers send those of the longest path first (RFC 6265, 5.4), and of two with one name the last is
    read: the other may be of another site on the host."""
    if ";" not in head.headers.get("Cookie", ""):
        return head
    headers = CIMultiDict(head.headers)
    headers["Cookie"] = ";".join(reversed(headers["Cookie"].split(";")))
    return head._replace(headers=CIMultiDictProxy(headers))


async def _to_the_top(request: web.Request) -> web.Response:
    raise web.HTTPPermanentRedirect(str(URL("/").with_query(request.query)))


def add_top(app: web.Application) -> None:
    """The path without a slash at its end leads to the one with it, below which the pages are."""
    if path := base_path():
        app.router.add_get(path, _to_the_top)


async def add_base_path(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: where the answer leads, and which addresses get its cookies."""
    path = base_path()
    if not path:
        return
    if "Location" in response.headers:
        response.headers["Location"] = with_base(response.headers["Location"])
    for cookie in response.headers.popall("Set-Cookie", ()):
        response.headers.add("Set-Cookie", _TOP.sub(f"; Path={path}", cookie))
