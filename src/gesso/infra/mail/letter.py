"""Letters: what is told to one person, as text and as HTML that says the same."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Literal

from gesso.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one address."""

    kind: str
    """What it is about, for logs and figures; the same few words for all letters of a sort."""
    to: str
    subject: str
    text: str
    html: str
    """It must load nothing from anywhere: whoever opens a letter tells nobody by it."""
    language: Literal["en", "zh"] = "en"
    about: str = ""
    """The id of the thing that it is about, for logs: an address is no id."""


def message_of(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """The letter as it goes over the wire: multipart/alternative, text first (RFC 2046, 5.1.4)."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP if letter.to.isascii() else SMTPUTF8)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{new_id().hex}@{address.rpartition('@')[2]}>"
    # RFC 3834: nobody's holiday shall answer.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # Not every server takes eight bits.
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language
    return message
