"""The mail server that takes this site's mails."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from helpers.text.characters import one_line

ANSWER_SECONDS = 20.0
"""For each answer of the server."""

STARTTLS = ("required", "off")


class ServerAway(Exception):
    """The server can't be reached, or takes nothing at all. Mails wait."""


class MailRefused(Exception):
    """The server doesn't take this mail. `for_good`: it never will."""

    def __init__(self, text: str, *, for_good: bool) -> None:
        super().__init__(text)
        self.for_good = for_good


@dataclass(frozen=True)
class MailServer:
    """From a URL: `smtp://name:password@host:587`, by STARTTLS, which `?starttls=off` leaves out, or
    `smtps://…`, by TLS from the start."""

    url: str

    @asynccontextmanager
    async def session(self) -> AsyncIterator["Session"]:
        """A connection to the server. Raises ServerAway."""
        parts = urlsplit(self.url)
        is_tls = parts.scheme == "smtps"
        host = parts.hostname or ""
        client = aiosmtplib.SMTP(
            hostname=host,
            port=parts.port or (465 if is_tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            use_tls=is_tls,
            start_tls=False if is_tls else self._start_tls(host, parts.query),
            tls_context=ssl.create_default_context(),
            timeout=ANSWER_SECONDS,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise ServerAway(one_line(error)) from None
        try:
            yield Session(client)
        finally:
            # A server that doesn't answer a goodbye keeps nobody waiting.
            client.close()

    @staticmethod
    def _start_tls(host: str, query: str) -> bool:
        """A password never goes over a network unencrypted. To this machine it may."""
        asked = parse_qs(query).get("starttls", [""])[-1]
        if asked in STARTTLS:
            return asked == "required"
        return not _is_local(host)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Session:
    """A connection, over which mails are sent one after another."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def send(self, email: EmailMessage) -> None:
        """Returns once the server has taken the mail. Raises MailRefused, and ServerAway."""
        try:
            await self._client.send_message(email)
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise _refused(first.code, first.message) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            raise _refused(error.code, error.message) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRefused(one_line(error), for_good=True) from None
        except aiosmtplib.SMTPResponseException as error:
            # 421: the server goes away.
            if error.code == aiosmtplib.SMTPStatus.domain_unavailable:
                raise ServerAway(one_line(error)) from None
            raise _refused(error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ServerAway(one_line(error)) from None
        except ValueError as error:
            raise MailRefused(one_line(error), for_good=True) from None


def _refused(code: int, text: str) -> Exception:
    return MailRefused(" ".join(f"{code} {text}".split()), for_good=500 <= code < 600)
