"""The shell command `ready`: does the server of these settings serve? For containers, for updates, and for
whoever starts something after it."""

import argparse
import http.client
import json
import socket
import time
from typing import Any

from helpers.processes.terminal import Failure, say
from settings import Settings

ANSWER_SECONDS = 5.0
"""For one answer: what it asks of database and Redis is bounded by less."""

PAUSE_SECONDS = 0.2

MAX_ANSWER = 10_000

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "localhost"}  # noqa: S104 - compared, not bound


class _AtSocket(http.client.HTTPConnection):
    """By a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def why_not(connection: http.client.HTTPConnection, place: str) -> str | None:
    """Asks `/readyz`: None, if the server there serves."""
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read(MAX_ANSWER)
    except TimeoutError:
        return f"{place} doesn't answer within {ANSWER_SECONDS:g} s"
    except (OSError, http.client.HTTPException) as error:
        return f"nobody answers at {place} ({getattr(error, 'strerror', None) or type(error).__name__})"
    finally:
        connection.close()
    try:
        found = json.loads(text)
        parts = sorted(name for name, works in found.items() if name != "ready" and not works)
        is_ready = found["ready"] is True
    except (ValueError, KeyError, AttributeError):
        return f"what answers at {place} isn't aiochat (status {answer.status})"
    if is_ready:
        return None
    return f"{place} isn't ready: {' and '.join(parts) or 'something'} doesn't work; its log says why"


def ready(settings: Settings, arguments: argparse.Namespace) -> None:
    until = time.monotonic() + arguments.wait
    host = ANYWHERE.get(settings.host, settings.host)
    place = arguments.socket or f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    while True:
        if arguments.socket:
            connection: http.client.HTTPConnection = _AtSocket(arguments.socket, ANSWER_SECONDS)
        else:
            connection = http.client.HTTPConnection(host, settings.port, timeout=ANSWER_SECONDS)
        reason = why_not(connection, place)
        if reason is None:
            say(f"{place} is ready.")
            return
        if time.monotonic() + PAUSE_SECONDS > until:
            raise Failure(reason)
        time.sleep(PAUSE_SECONDS)


def add_commands(commands: Any) -> None:
    """Adds the command's parser to those of argparse."""
    command = commands.add_parser(
        "ready",
        description="Asks the server of these settings whether it serves: it answers, and the database and "
        "Redis take writes. Ends with 1 if not, and says why.",
    )
    command.add_argument(
        "--wait", type=float, default=0.0, metavar="SECONDS", help="give it so long (0): it may be starting"
    )
    command.add_argument(
        "--socket", default="", metavar="PATH", help="ask at this Unix socket instead of host and port"
    )
    command.set_defaults(run=ready, notes_nothing=True)
