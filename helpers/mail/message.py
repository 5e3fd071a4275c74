"""What a mail says, and how it looks: plain text, and the same as HTML without pictures or scripts."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

MAX_SUBJECT = 200
COLUMNS = 72


@dataclass(frozen=True)
class Mail:
    """One recipient's mail, in their language. `action` is the text of a button and its address, `footer`
    says why they get it. `headers` are further ones."""

    to: str
    subject: str
    paragraphs: tuple[str, ...]
    footer: str
    language: str
    action: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def message_of(mail: Mail, sender: Address, message_id: str, html: Callable[[Mail], str]) -> EmailMessage:
    """The message as it is sent. Raises ValueError for an address that can't stand in a header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = _one_line(mail.subject)[:MAX_SUBJECT]
    message["Date"] = formatdate()
    message["Message-ID"] = message_id
    # So that nobody's holiday note answers it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = _one_line(value)
    message.set_content(text_of(mail))
    message.add_alternative(html(mail), subtype="html")
    # Set here: what begins with Content would be of the first part.
    message["Content-Language"] = mail.language
    return message


def _one_line(text: str) -> str:
    """A line more would be a header of its own."""
    return " ".join(text.split())


def text_of(mail: Mail) -> str:
    """The plain text. The address of the action stands on a line of its own, whole."""
    parts = [textwrap.fill(paragraph, COLUMNS, break_long_words=False) for paragraph in mail.paragraphs]
    if mail.action:
        label, address = mail.action
        parts.append(f"{label}:\n{address}")
    # The usual mark of a signature.
    return (
        "\n\n".join(parts) + "\n\n-- \n" + textwrap.fill(mail.footer, COLUMNS, break_long_words=False) + "\n"
    )
