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


def email_of(mail: Mail, sender: Address, identifier: str, html: Callable[[Mail], str]) -> EmailMessage:
    """The mail as it is sent, with its Message-ID. Raises ValueError for an address that can't stand in
    a header."""
    email = EmailMessage(policy=SMTP)
    email["From"] = sender
    email["To"] = mail.to
    email["Subject"] = _one_line(mail.subject)[:MAX_SUBJECT]
    email["Date"] = formatdate()
    email["Message-ID"] = identifier
    # So that nobody's holiday note answers it (RFC 3834).
    email["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        email[name] = _one_line(value)
    email.set_content(text_of(mail))
    email.add_alternative(html(mail), subtype="html")
    # Set here: what begins with Content would be of the first part.
    email["Content-Language"] = mail.language
    return email


def _one_line(text: str) -> str:
    """A line more would be a header of its own."""
    return " ".join(text.split())


def text_of(mail: Mail) -> str:
    """The plain text. The address of the action stands on a line of its own, whole."""
    parts = [
        textwrap.fill(paragraph, COLUMNS, break_long_words=False, break_on_hyphens=False)
        for paragraph in mail.paragraphs
    ]
    if mail.action:
        label, address = mail.action
        parts.append(f"{label}:\n{address}")
    # The usual mark of a signature.
    footer = textwrap.fill(mail.footer, COLUMNS, break_long_words=False, break_on_hyphens=False)
    return "\n\n".join(parts) + f"\n\n-- \n{footer}\n"
