"""A mail server on this machine, which keeps what it is sent, and can be told to refuse it."""

import asyncio
import email
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.people import PATIENCE

HANGS_UP = "421 hangs up"
"""An answer that nobody gets: the connection is closed in its place."""

LINK = re.compile(r"https?://\S+")


class MailBox:
    """What has arrived, by address. `answers` are given to the next mails in place of taking them."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: dict[str, list[EmailMessage]] = {}
        self.answers: list[str] = []
        self.refused: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        [to] = envelope.rcpt_tos
        if self.answers:
            self.refused.append(to)
            answer = self.answers.pop(0)
            if answer == HANGS_UP:
                assert server.transport is not None
                server.transport.close()
            return answer
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.setdefault(to, []).append(message)
        return "250 OK"

    async def comes(self, to: str, count: int = 1) -> EmailMessage:
        """Waits for the mail to this address that is the `count`th."""
        async with asyncio.timeout(PATIENCE):
            while len(self.mails.get(to, ())) < count:
                await asyncio.sleep(0.02)
        return self.mails[to][count - 1]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def link_in(message: EmailMessage) -> str:
    """The path of the link, which stands in both forms of the mail."""
    found = LINK.search(text_of(message))
    assert found
    assert found[0] in html_of(message)
    return "/" + found[0].split("/", 3)[3]


@asynccontextmanager
async def mailbox() -> AsyncIterator[MailBox]:
    box = MailBox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
