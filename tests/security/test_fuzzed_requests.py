"""Requests that no browser sends, to every address: an answer below 500 each, nothing in the log,
and the server answers others. `FUZZ_TIMES=N` tries N times as many, other ones each time."""

import os
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.web.routing import Route
from tests.conftest import unique
from tests.security.request_strategies import SENT, Sent
from tests.security.test_access import answers_to
from tests.support.accounts import accounts_of
from tests.support.people import PATIENCE
from tests.support.servers import Aiochat
from urls import ROUTES

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
FUZZING = settings(
    max_examples=100 * TIMES,
    deadline=None,
    derandomize=TIMES == 1,
    database=None,
    suppress_health_check=list(HealthCheck),
)

POSTS = [route for route in ROUTES if "POST" in answers_to(route)]
GETS = [route for route in ROUTES if "GET" in answers_to(route)]

ANSWER = re.compile(rb"^HTTP/1\.[01] ([2-5]\d\d|101) [^\n]*\n(?:[^\r\n]+\r\n)*\r\n", re.MULTILINE)
"""The head of an answer that is no `100 Continue`."""

LENGTHS = {"Content-Length", "Transfer-Encoding"}
"""What says how much comes."""


class Sender:
    """Somebody who is signed in, and speaks HTTP by bytes."""

    def __init__(self, chat: Aiochat) -> None:
        self.chat = chat
        self.name = unique("fuzzer")
        accounts_of(chat.url).add(self.name)
        self.signs_in()

    def signs_in(self) -> None:
        session = accounts_of(self.chat.url).sign_in(self.name)
        self.cookie, self.token = f"session={session.cookie}", session.csrf_token

    def path_of(self, route: Route) -> str:
        return re.sub(r"\{\w+:.*?\]\{.*?\}\}", "1", route.path).replace("{name}", self.name)

    def sends(self, method: str, path: str, sent: Sent) -> int:
        """Returns the status, 0 where nobody waits for one: who left, or said another length."""
        parts = urlsplit(self.chat.url)
        headers = {"Host": parts.netloc, "Cookie": self.cookie, "X-CSRF-Token": self.token}
        body = sent.body if method == "POST" else b""
        if method == "POST":
            headers |= {"Content-Type": sent.kind, "Content-Length": str(len(body))}
        headers |= {**sent.headers, "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        data = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
        with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
            connection.sendall(data)
            may_be_cut = bool(sent.leaves or sent.headers.keys() & LENGTHS)
            if may_be_cut:
                # What waits for more than was sent is told that there is no more.
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while not (found := ANSWER.search(answer)) and (piece := connection.recv(65536)):
                answer += piece
        assert b"Traceback" not in answer
        assert found or may_be_cut, f"no answer to {sent}: {answer!r}"
        return int(found[1]) if found else 0


@pytest.fixture
def chat(lone_chat: Aiochat) -> Aiochat:
    return lone_chat


@pytest.fixture
def sender(chat: Aiochat) -> Iterator[Sender]:
    before = len(chat.log.read_text("utf-8", "replace"))
    found = Sender(chat)
    yield found
    fresh = chat.log.read_text("utf-8", "replace")[before:]
    found_in_log = re.search(r"(?s)[^\n]*(ERROR|Traceback).{0,3000}", fresh)
    assert not found_in_log, found_in_log[0]
    assert found.sends("GET", "/readyz", Sent("", b"")) == 200


@FUZZING
@given(route=st.sampled_from(POSTS), sent=SENT)
def _posts(sender: Sender, route: Route, sent: Sent) -> None:
    path = sender.path_of(route)
    status = sender.sends("POST", path, sent)
    assert status < 500, (path, sent, status)
    if route.name == "logout":
        sender.signs_in()


@FUZZING
@given(route=st.sampled_from(GETS), sent=SENT)
def _gets(sender: Sender, route: Route, sent: Sent) -> None:
    path = sender.path_of(route)
    status = sender.sends("GET", path, sent)
    assert status < 500, (path, sent.headers, status)


def test_forms(sender: Sender) -> None:
    _posts(sender)


def test_headers(sender: Sender) -> None:
    _gets(sender)
