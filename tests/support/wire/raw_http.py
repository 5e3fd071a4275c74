"""HTTP as bytes, for what no proper client would send, and the cookie that a thief would copy."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from multidict import CIMultiDict

from tests.support.people import PATIENCE, Person

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


async def send(url: str, data: bytes) -> Answer:
    """Sends the bytes on a connection of their own, and reads until the server closes it."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(data)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        first, *lines = head.decode("utf-8").removesuffix("\r\n\r\n").split("\r\n")
        headers = CIMultiDict((name, value) for name, _, value in (line.partition(": ") for line in lines))
        status = int(first.split(" ")[1])
        size = int(headers.get("Content-Length", "0"))
        has_body = status != HTTPStatus.SWITCHING_PROTOCOLS and not data.startswith(b"HEAD ")
        body = await asyncio.wait_for(reader.readexactly(size), PATIENCE) if has_body else b""
        return Answer(status, headers, body)
    finally:
        writer.transport.abort()


async def request(
    url: str,
    method: str,
    path: str | bytes,
    *,
    cookie: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request. A POST says that its body is a form, unless `headers` say otherwise; a header
    given as "" is left out."""
    fields = {"Host": urlsplit(url).netloc, "Cookie": cookie, "Connection": "close"}
    if method == "POST" or body:
        fields |= {"Content-Type": FORM, "Content-Length": str(len(body))}
    fields |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    target = path.encode() if isinstance(path, str) else path
    return await send(
        url, method.encode() + b" " + target + b" HTTP/1.1\r\n" + head.encode("latin-1") + b"\r\n" + body
    )


def cookie_of(someone: Person) -> str:
    """What a browser sends for `someone`: the session's cookie, or nothing."""
    return "; ".join(
        f"{cookie.key}={cookie.value}"
        for cookie in someone.http.cookie_jar
        if cookie.key.endswith(("session", "language"))
    )
