"""The connections behind the client: pools of aiohttp's connections, bounded in time and bytes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from aiohttp import TraceConfig
from aiohttp.abc import AbstractResolver
from yarl import URL

from gesso import __version__
from gesso.infra.db import in_transaction
from gesso.infra.http.body import Body
from gesso.infra.http.client import Resolve
from gesso.infra.http.exchange import (
    AnswerTooLong,
    HttpError,
    InTransaction,
    MaySend,
    NoAnswer,
    NotAllowed,
    NotSent,
    NotThere,
    Reply,
    TimedOut,
    Unreachable,
)
from gesso.infra.http.guard import Guard, is_numeric
from gesso.infra.http.outgoing import outgoing
from gesso.infra.http.resolver import GuardedResolver

_MOVED: Final = {301, 302, 303, 307, 308}
_MOST_MOVES: Final = 3
_IDLE: Final = 3.0
"""Seconds for which an idle connection is used again. Many servers drop theirs after five; what is
sent into one that is being dropped is lost, and nobody can tell whether it was read.
"""


@dataclass(frozen=True, slots=True)
class _Terms:
    """How long an exchange may take, what may stop it, and what its address may be."""

    total: float
    silence: float | None = None
    may_send: MaySend | None = None
    trusted: str | None = None


_HEARTBEAT = 20.0
_LONGEST_MESSAGE = 32 << 20
"""Bytes; previews of pictures come between the texts."""


class Connections:
    """Two pools: what an operator has configured is reached by one, all else by the guarded one.
    They are made inside a running event loop.
    """

    def __init__(
        self, guard: Guard, resolve: Resolve | None, connect_timeout: float, read_timeout: float
    ) -> None:
        self._guard = guard
        self._timeouts = (connect_timeout, read_timeout)
        self._trusting = _session()
        self._guarded = _session(GuardedResolver(guard, resolve))

    async def close(self) -> None:
        """Give every connection back."""
        await self._trusting.close()
        await self._guarded.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: Body,
        total: float,
        limit: int,
        silence: float | None,
        may_send: MaySend | None,
        trusted: str | None,
    ) -> Reply:
        """As the client says."""
        terms = _Terms(total, silence, may_send, trusted)
        async with self._exchange(method, _read(url), headers, body, terms) as answer:
            return Reply(answer.status, dict(answer.headers), await _content(answer, limit))

    async def download(
        self, url: str, *, total: float, trusted: str | None
    ) -> AsyncGenerator[bytes, None]:
        """As the client says."""
        now = asyncio.get_running_loop().time
        ends, place = now() + total, _read(url)
        for _ in range(_MOST_MOVES + 1):
            terms = _Terms(max(0.1, ends - now()), trusted=trusted)
            async with self._exchange("GET", place, {}, None, terms) as answer:
                if answer.status in _MOVED and "Location" in answer.headers:
                    place = place.join(_read(answer.headers["Location"]))
                    continue
                if answer.status != 200:
                    raise NotThere(answer.status)
                async for chunk in answer.content.iter_chunked(1 << 17):
                    yield chunk
                return
        raise HttpError("it was moved too often")

    async def listen(self, url: str, *, headers: Mapping[str, str]) -> AsyncGenerator[str, None]:
        """The texts that come over the WebSocket behind `url`, until it is closed; HttpError when
        it breaks off. Frames of bytes are passed over.
        """
        if in_transaction():
            raise InTransaction("WebSocket inside a transaction")
        try:
            async with self._trusting.ws_connect(
                url, headers=headers, heartbeat=_HEARTBEAT, max_msg_size=_LONGEST_MESSAGE
            ) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        yield message.data
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(repr(error)) from error

    @asynccontextmanager
    async def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], body: Body, terms: _Terms
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if in_transaction():
            raise InTransaction(f"{method} inside a transaction")
        session, timeout = self._way(url, terms.trusted), self._timeout(terms)
        try:
            async with (
                outgoing(body) as data,
                session.request(
                    method,
                    url,
                    headers=headers,
                    data=data,
                    timeout=timeout,
                    allow_redirects=False,
                    trace_request_ctx=_Look(terms.may_send),
                ) as answer,
            ):
                yield answer
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(str(error)) from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise NotAllowed(str(error)) from error
        except TimeoutError as error:
            raise TimedOut(repr(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(repr(error)) from error

    def _way(self, url: URL, trusted: str | None) -> aiohttp.ClientSession:
        """The session by which this address is reached; NotAllowed where it may not be."""
        host, port = url.raw_host, url.port
        if url.scheme not in {"http", "https"} or not host or not port or url.user is not None:
            raise NotAllowed(f"not an address that is reached: {url.scheme}://{host}:{port}")
        root = URL(trusted) if trusted else URL()
        if (host, port) in {(root.raw_host, root.port), *self._guard.places}:
            return self._trusting
        if is_numeric(host) and not self._guard.permits(host, port):
            raise NotAllowed(f"{host}:{port} is not in the public network")
        return self._guarded

    def _timeout(self, terms: _Terms) -> aiohttp.ClientTimeout:
        connect, read = self._timeouts
        return aiohttp.ClientTimeout(
            total=terms.total,
            connect=2 * connect,  # resolving the name comes on top
            sock_connect=connect,
            sock_read=terms.silence or read,
        )


def _session(resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # No limit: who waits for a connection has written down already that it is about to send.
        # The engine bounds how many send at once.
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE, resolver=resolver),
        headers={"User-Agent": f"gesso/{__version__}"},
        trace_configs=[_last_look()],
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=True,
    )


def _read(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as error:
        raise NotAllowed(f"not an address: {error}") from error


async def _content(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The unpacked body; AnswerTooLong as soon as it exceeds the limit."""
    parts, taken = [], 0
    async for part in answer.content.iter_chunked(1 << 17):
        taken += len(part)
        if taken > limit:
            raise AnswerTooLong(f"more than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


class _Look:
    """The last look before a request leaves, new or on a used connection. It leaves once: to send
    it again unasked, where a used connection turns out to be gone, is not the library's to decide.
    """

    def __init__(self, may_send: MaySend | None) -> None:
        self._may_send, self._has_left = may_send, False

    def take(self) -> None:
        """Raise what keeps it from leaving."""
        if self._has_left:
            raise NoAnswer("the connection was lost under it")
        if self._may_send is not None and not self._may_send():
            raise NotSent("it was not allowed to be sent any more")
        self._has_left = True


def _last_look() -> TraceConfig:
    async def look(_session: object, context: Any, _parameters: object) -> None:
        if context.trace_request_ctx is not None:  # who only listens sends nothing
            context.trace_request_ctx.take()

    tracing = TraceConfig()
    tracing.on_connection_create_end.append(look)
    tracing.on_connection_reuseconn.append(look)
    return tracing
