"""The guard of connections: nobody holds one for longer than it takes to say something.

The server that we stand on waits for ever for the head of a request, for what follows one that was
answered, and for a client that does not read. Nothing above it sees such a connection, so it is
minded here, where bytes arrive and leave. Bodies are minded by the shell, which knows what they are
for.
"""

import json
from asyncio import Transport
from asyncio.events import TimerHandle
from collections import Counter
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gesso.domain.gate import TooManyConnections
from gesso.infra import metrics
from gesso.infra.branches import ServerSettings
from gesso.infra.errors import GessoError
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.web.errors import HeadTooLarge
from gesso.infra.web.proxies import Networks, counted_as

_closed = metrics.counter("connections_closed", "Connections that we ended, and why.", "why")

_MOST_HEAD: Final = 64 << 10
"""Bytes of a request's first line and headers."""
_LINGER_SECONDS: Final = 2.0
_LATE_SECONDS: Final = 30.0
"""How long the rest of a body is read that was answered before its end: to close on it would reset
the connection, and whoever sends all before reading would never see the answer.
"""


def _answer(line: str, error: type[GessoError], detail: str, *more: str) -> bytes:
    """A whole refusal, said without the application: nothing reached it."""
    title = line.partition(" ")[2]
    problem = {
        "type": "about:blank", "title": title, "status": error.status, "code": error.code,
        "detail": detail,
    }  # fmt: skip
    body = json.dumps(problem).encode()
    lines = [
        f"HTTP/1.1 {line}", "content-type: application/problem+json", *more, "connection: close",
        f"content-length: {len(body)}",
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body


_REFUSAL: Final = _answer(
    "429 Too Many Requests",
    TooManyConnections,
    "Too many connections are open from this address; close one first.",
    "retry-after: 1",
)
_TOO_LARGE: Final = _answer(
    "431 Request Header Fields Too Large",
    HeadTooLarge,
    f"The first line and the headers have at most {_MOST_HEAD} bytes together.",
)


class Guard:
    """What all connections of a process have in common."""

    def __init__(self, server: ServerSettings, limits: LimitsSettings) -> None:
        self.head_seconds, self.write_seconds = server.header_seconds, server.write_seconds
        self._most = limits.connections
        # A proxy has many clients, and so has one on this machine that nobody has told us of.
        self._spare = Networks([*limits.spare, *server.trusted_proxies])
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """Count one more; what `leave` is to be told, or None where there are too many already."""
        if not self._most or not address or self._spare.holds(address):
            return ""
        who = counted_as(address)
        if self._open[who] >= self._most:
            return None
        self._open[who] += 1
        return who

    def leave(self, who: str) -> None:
        """One is gone."""
        if who:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]


class GuardedProtocol(HttpToolsProtocol):
    """One connection, with an end to its patience."""

    guard: ClassVar[Guard]
    _who: str | None = None
    _deadline: TimerHandle | None = None
    _unread: TimerHandle | None = None
    _told = 0
    """Bytes of the head that the parser has handed on."""
    _fed: int | None = None
    """Bytes fed to the parser since the head began, but for those it began with; None: in none."""
    _chunk = 0
    _is_refused = False
    _in_body = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """Take it in, or turn it away before it has said a word."""
        super().connection_made(transport)
        self._who = self.guard.enter(self.client[0] if self.client else "")
        if self._who is None:
            _closed.labels("too_many").inc()
            transport.write(_REFUSAL)
            transport.close()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        self.resume_writing()
        if self._who is not None:
            self.guard.leave(self._who)
            self._who = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what belongs to no request that is being served has to become one in time."""
        if self._who is None or self._is_refused:
            return
        self._chunk = len(data)
        super().data_received(data)
        if self._fed is not None:
            # The parser keeps a line that has not ended to itself.
            self._fed += len(data)
            if self._fed > _MOST_HEAD:
                self._refuse_head()
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        is_serving = cycle is not None and not cycle.response_complete
        if not is_serving and self._deadline is None and not self.transport.is_closing():
            if self._in_body:
                self._deadline = self.loop.call_later(_LATE_SECONDS, self._end, "late_body")
            else:
                self._wait_for_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._told, self._fed = 0, -self._chunk
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Some of the first line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or a trailer."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or has too large a head."""
        if self._told > _MOST_HEAD:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def on_headers_complete(self) -> None:
        """The head has arrived; from here on the shell minds the rest."""
        self._fed, self._in_body = None, True
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of a request is there."""
        self._in_body = False
        self._stop_waiting()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not keep up with reading; it may take a while, but not for ever."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.guard.write_seconds, self._end, "unread")

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _count(self, size: int) -> None:
        self._told += size
        if self._told > _MOST_HEAD:
            raise ValueError("the head is too large")  # the parser's caller ends the connection

    def _refuse_head(self) -> None:
        """Say so and close; while another request is being served, only close."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused, self._fed = True, None
        self._stop_waiting()
        _closed.labels("large_head").inc()
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            self.transport.abort()
            return
        self.transport.write(_TOO_LARGE)
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        # To close on unread bytes would reset the connection, and the answer could be lost with it.
        self.transport.write_eof()
        self._deadline = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(self.guard.head_seconds, self._end, "no_head")

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self, why: str) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            _closed.labels(why).inc()
            # Nothing is owed to it, and what is still to be sent would not be read.
            self.transport.abort()


def guarded(server: ServerSettings, limits: LimitsSettings) -> type[GuardedProtocol]:
    """The protocol of a server whose connections share one guard."""
    return type("Guarded", (GuardedProtocol,), {"guard": Guard(server, limits)})
