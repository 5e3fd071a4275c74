"""Listening sockets for several processes on one port: one socket per process, held open by their
parent.

The kernel distributes connections over the sockets by a hash of both addresses. A single shared
socket is read by the process that wakes up first, which is mostly the same one. Since the parent
holds the sockets, the successor of an ended process serves the connections queued for it."""

import contextlib
import errno
import os
import socket
from pathlib import Path

from aiohttp import web

from helpers.processes.terminal import Failure

BACKLOG = 1024

SOCKET_MODE = 0o660


def bound(host: str) -> str | None:
    """What is bound for the host of the settings: `::` is all addresses of both families, also where the
    system would take it for IPv6 alone."""
    return None if host == "::" else host


def listen(host: str, port: int, count: int) -> list[list[socket.socket]]:
    """Returns `count` lists of listening sockets. Each list has one socket for each address of
    `host`. Raises OSError if a socket can't be opened."""
    found = socket.getaddrinfo(bound(host), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    with contextlib.ExitStack() as opened:
        for family, address in addresses:
            # SO_REUSEPORT would also share the port with a second start of the program. A socket
            # without it detects that.
            with _socket(family) as alone:
                alone.bind(address)
        groups = [
            [opened.enter_context(_shared(family, address)) for family, address in addresses]
            for _ in range(count)
        ]
        opened.pop_all()
    return groups


async def listen_at(runner: web.AppRunner, path: Path) -> None:
    """Serves at a Unix socket, too, which its owner and its group may use. One that a process left is
    replaced. Raises OSError, also where another process serves there."""
    with (
        socket.socket(socket.AF_UNIX) as other,
        contextlib.suppress(FileNotFoundError, ConnectionRefusedError),
    ):
        other.connect(str(path))
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    await web.UnixSite(runner, path, backlog=BACKLOG).start()
    os.chmod(path, SOCKET_MODE)


def _socket(family: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return made


def _shared(family: int, address: tuple[str | int, ...] | tuple[int, bytes]) -> socket.socket:
    made = _socket(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def cannot_listen(host: str, port: int, error: OSError) -> Failure:
    return Failure(f"can't listen on {host}:{port} ({error.strerror}); choose another with AIOCHAT_PORT")
