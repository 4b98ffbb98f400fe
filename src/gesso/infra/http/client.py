"""The client: connects at the first exchange; who never goes out need not load the library."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gesso.infra.http.body import Body
from gesso.infra.http.exchange import MaySend, Reply
from gesso.infra.http.guard import Guard

if TYPE_CHECKING:
    from gesso.infra.http.connections import Connections

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the numeric addresses of a name; OSError where it has none."""


class Http:
    """One pool of connections for everything that leaves this process."""

    def __init__(
        self,
        guard: Guard | None = None,
        *,
        resolve: Resolve | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
    ) -> None:
        """Reaches what `guard` allows: without one, the public network and nothing else. Names are
        resolved by the system unless `resolve` does it.
        """
        self._guard, self._resolve = guard or Guard(), resolve
        self._timeouts = (connect_timeout, read_timeout)
        self._opened: Connections | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: Body,
        total: float,
        limit: int,
        silence: float | None = None,
        may_send: MaySend | None = None,
        trusted: str | None = None,
    ) -> Reply:
        """One exchange; redirects are not followed. The ways in which it may fail are HttpErrors.

        `silence` is the longest wait for the next byte, in seconds; `limit` counts the bytes of the
        answer as they are once unpacked. `trusted` is an address that an operator has configured:
        its host and port may be reached wherever they are.
        """
        return await self._connections().request(
            method,
            url,
            headers=headers,
            body=body,
            total=total,
            limit=limit,
            silence=silence,
            may_send=may_send,
            trusted=trusted,
        )

    async def download(
        self, url: str, *, total: float, trusted: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The file behind `url` in chunks, after three redirects at most; NotThere when the answer
        is none. Who stops in the middle closes it.
        """
        source = self._connections().download(url, total=total, trusted=trusted)
        async with aclosing(source):
            async for chunk in source:
                yield chunk

    async def listen(self, url: str, *, headers: Mapping[str, str]) -> AsyncGenerator[str, None]:
        """The texts that come over the WebSocket behind `url`, which an operator has configured,
        until it is closed; HttpError when it breaks off.
        """
        async for text in self._connections().listen(url, headers=headers):
            yield text

    def _connections(self) -> "Connections":
        if self._opened is None:
            # late: the studio needs no network, and the library is slow to import
            from gesso.infra.http.connections import Connections

            self._opened = Connections(self._guard, self._resolve, *self._timeouts)
        return self._opened
