"""SMTP (RFC 5321): each letter over a connection of its own, one step after the other.

The steps are told apart because of what follows from each: until the whole letter was handed over
the server cannot have taken it, so trying again sends nothing twice. Once it was, a lost answer
says nothing, and the letter is not sent again.
"""

import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)

from gesso.infra.mail.letter import Letter
from gesso.infra.mail.post import NotDelivered

_HERE: Final = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server that takes our letters."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    """TLS from the first byte; otherwise by STARTTLS."""
    starttls: bool = True
    """Nothing is said before TLS stands."""
    ca_file: Path | None = None
    timeout: float = 10.0
    """Seconds for one step."""

    @classmethod
    def at(cls, url: str, *, timeout: float, ca_file: Path | None = None) -> "Smtp":
        """The server of an address `smtp://user:password@host:587` or `smtps://…:465`.

        A server on this machine is spoken to without TLS, unless its certificate is named: what
        mail servers show there by custom is trusted by nobody.
        """
        parts = urlsplit(url)
        host, tls = parts.hostname or "localhost", parts.scheme == "smtps"
        return cls(
            host=host,
            port=parts.port or (465 if tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            starttls=not tls and (host not in _HERE or ca_file is not None),
            ca_file=ca_file,
            timeout=timeout,
        )

    async def deliver(self, letter: Letter, message: EmailMessage) -> str:
        """Hand the letter over; the answer is what the server said. NotDelivered says whether
        another try could help.
        """
        client = self._client(parseaddr(message["From"])[1])
        try:
            return await self._hand_over(client, letter, message)
        except SMTPResponseException as error:
            raise self._refused(error) from error
        except (SMTPException, OSError, TimeoutError) as error:
            raise NotDelivered(_words(error), again=not _is_lasting(error)) from error
        finally:
            client.close()

    async def _hand_over(self, client: SMTP, letter: Letter, message: EmailMessage) -> str:
        await client.connect()
        # RFC 6531: an address in other letters than ASCII's, where the server takes one.
        beyond = not letter.to.isascii()
        if beyond and client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if beyond and not client.supports_extension("SMTPUTF8"):
            raise SMTPNotSupported("the server takes no address beyond ASCII")
        encoding, options = ("utf-8", ["SMTPUTF8", "BODY=8BITMIME"]) if beyond else ("ascii", [])
        await client.mail(parseaddr(message["From"])[1], options=options, encoding=encoding)
        await client.rcpt(letter.to, encoding=encoding)
        try:
            answer = await client.data(bytes(message))
        except SMTPDataError:
            raise
        except (SMTPException, OSError, TimeoutError) as error:
            raise NotDelivered(f"no answer to the letter: {_words(error)}", again=False) from error
        with suppress(SMTPException, OSError, TimeoutError):
            await client.quit()
        return f"{answer.code} {answer.message}"

    def _client(self, sender: str) -> SMTP:
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls,
            start_tls=self.starttls and not self.tls,
            cert_bundle=str(self.ca_file) if self.ca_file else None,
            timeout=self.timeout,
            # Otherwise it would ask for this machine's name, which blocks while DNS is away.
            local_hostname=sender.rpartition("@")[2] or "localhost",
        )

    @staticmethod
    def _refused(error: SMTPResponseException) -> NotDelivered:
        """4xx says "not now"; but a password is not right the next time."""
        again = 400 <= error.code < 500 and not isinstance(error, SMTPAuthenticationError)
        return NotDelivered(_words(error), again=again)


def _is_lasting(error: BaseException | None) -> bool:
    """Whether it will be the same the next time: no TLS there, or not the server that it says."""
    while error is not None:
        if isinstance(error, SMTPNotSupported | ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _words(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
