"""The connections behind the client: a pool of aiohttp's connections, bounded in time and bytes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import TraceConfig

from gesso.infra.db import in_transaction
from gesso.infra.http.exchange import (
    AnswerTooLong,
    HttpError,
    InTransaction,
    MaySend,
    NoAnswer,
    NotSent,
    Reply,
)


class Connections:
    """One pool of connections; it is made inside a running event loop."""

    def __init__(self, connect_timeout: float, read_timeout: float) -> None:
        self._timeouts = (connect_timeout, read_timeout)
        self._session = aiohttp.ClientSession(
            # No limit: who waits for a connection has written down already that it is about to
            # send. The engine bounds how many send at once.
            connector=aiohttp.TCPConnector(limit=0),
            trace_configs=[_last_look()],
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=True,
        )

    async def close(self) -> None:
        """Give every connection back."""
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
