"""A real SMTP server in this process: it takes letters, or refuses them as it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Postbox:
    """What arrived, and what the server says to each step."""

    letters: list[EmailMessage] = field(default_factory=list)
    """Those that were taken."""
    seen: list[str] = field(default_factory=list)
    """The steps that clients took, in order."""
    answers: dict[str, list[str]] = field(default_factory=dict)
    """What is said instead of yes to a step, once each: `RCPT`, `DATA`."""
    hangs_up: bool = False
    """After a letter is taken, the line is cut before the answer."""
    port: int = 0
    was_encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    password: str | None = None

    async def handle_MAIL(  # noqa: N802  # the server's own name for it
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.seen.append("MAIL")
        self.was_encrypted.append(_is_encrypted(server))
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self.seen.append("RCPT")
        if said := self._next("RCPT"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.seen.append("DATA")
        if said := self._next("DATA"):
            return said
        content = cast(bytes, envelope.content)
        self.letters.append(message_from_bytes(content, policy=default))
        if self.hangs_up:
            _cut(server)
        return "250 taken"

    def check(self, _server: SMTP, _session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        """Whether a login is right."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        name, password = data.login.decode(), data.password.decode()
        self.logins.append((name, password))
        # Handled, the server would say nothing to a wrong one.
        return AuthResult(success=password == self.password, handled=False)

    def _next(self, step: str) -> str | None:
        said = self.answers.get(step)
        return said.pop(0) if said else None


@asynccontextmanager
async def open_postbox(
    box: Postbox, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Postbox]:
    """The server on a free port while the block runs."""

    lines: list[SMTP] = []

    def new() -> SMTP:
        line = SMTP(
            box,
            hostname="postbox.test",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=box.check if box.password else None,
            auth_required=box.password is not None,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )
        lines.append(line)
        return line

    server = await asyncio.get_running_loop().create_server(new, "127.0.0.1", box.port, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        for line in lines:
            _cut(line)
        await server.wait_closed()
        for _ in range(3):  # what was cut off is noticed a few turns of the loop later
            await asyncio.sleep(0)


def _is_encrypted(line: SMTP) -> bool:
    transport = line.transport
    return transport is not None and transport.get_extra_info("sslcontext") is not None


def _cut(line: SMTP) -> None:
    if isinstance(line.transport, asyncio.Transport):
        line.transport.abort()


def parts(letter: EmailMessage) -> Iterator[tuple[str, str]]:
    """The kind and the content of each part."""
    for part in letter.iter_parts():
        yield part.get_content_type(), str(cast(EmailMessage, part).get_content())
