"""The outbound HTTP client: pooled, bounded in time and bytes, and silent while a transaction is
open.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import TraceConfig

from gesso.infra.db import in_transaction


class HttpError(Exception):
    """An exchange that did not come to an answer."""


class NotSent(HttpError):
    """The peer was never reached: no byte of the request has left."""


class NoAnswer(HttpError):
    """The request may have arrived; what became of it is not known."""


class AnswerTooLong(HttpError):
    """The answer is longer than was allowed."""


class InTransaction(RuntimeError):
    """Somebody tried to use the network while holding a database transaction:
    a fault in our code.
    """


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


MaySend = Callable[[], bool]
"""Asked once a connection is at hand, just before the first byte leaves; False ends in NotSent."""


class Http:
    """One pool of connections for everything that leaves this process."""

    def __init__(self, *, connect_timeout: float = 5.0, read_timeout: float = 30.0) -> None:
        self._timeouts = (connect_timeout, read_timeout)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # No limit: who waits for a connection has written down already that it is about to
            # send. The engine bounds how many send at once.
            connector=aiohttp.TCPConnector(limit=0),
            trace_configs=[_last_look()],
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        total: float,
        limit: int,
        may_send: MaySend | None = None,
    ) -> Reply:
        """One exchange; redirects are not followed. NotSent, NoAnswer and AnswerTooLong tell how it
        went wrong.
        """
        async with self._exchange(
            method, url, headers=headers, body=body, total=total, may_send=may_send
        ) as answer:
            content = await answer.content.read(limit + 1)
            while len(content) <= limit and not answer.content.at_eof():
                content += await answer.content.read(limit + 1 - len(content))
            if len(content) > limit:
                raise AnswerTooLong(f"more than {limit} bytes")
            return Reply(answer.status, dict(answer.headers), content)

    async def download(self, url: str, *, total: float) -> AsyncIterator[bytes]:
        """The body behind `url` in chunks; HttpError when it is not a 200."""
        async with self._exchange("GET", url, headers={}, body=None, total=total) as answer:
            if answer.status != 200:
                raise HttpError(f"status {answer.status}")
            async for chunk in answer.content.iter_chunked(1 << 17):
                yield chunk

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        total: float,
        may_send: MaySend | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if in_transaction():
            raise InTransaction(f"{method} inside a transaction")
        if self._session is None:
            raise RuntimeError("the client is not open")
        connect, read = self._timeouts
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=connect, sock_read=read)
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                timeout=timeout,
                allow_redirects=False,
                trace_request_ctx=may_send,
            ) as answer:
                yield answer
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
        ) as error:
            raise NotSent(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(repr(error)) from error


def _last_look() -> TraceConfig:
    """Asks `may_send` when a request has got its connection, new or used."""

    async def look(_session: object, context: Any, _parameters: object) -> None:
        may_send: MaySend | None = context.trace_request_ctx
        if may_send is not None and not may_send():
            raise NotSent("it was not allowed to be sent any more")

    tracing = TraceConfig()
    tracing.on_connection_create_end.append(look)
    tracing.on_connection_reuseconn.append(look)
    return tracing
