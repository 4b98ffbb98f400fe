"""The client: connects at the first exchange; who never goes out need not load the library."""

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gesso.infra.http.exchange import MaySend, Reply

if TYPE_CHECKING:
    from gesso.infra.http.connections import Connections


class Http:
    """One pool of connections for everything that leaves this process."""

    def __init__(self, *, connect_timeout: float = 5.0, read_timeout: float = 30.0) -> None:
        self._timeouts = (connect_timeout, read_timeout)
        self._session: Connections | None = None

    async def __aenter__(self) -> Self:
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
        return await self._opened().request(
            method,
            url,
            headers=headers,
            body=body,
            total=total,
            limit=limit,
            may_send=may_send,
        )

    async def download(self, url: str, *, total: float) -> AsyncIterator[bytes]:
        """The body behind `url` in chunks; HttpError when it is not a 200."""
        async for chunk in self._opened().download(url, total=total):
            yield chunk

    def _opened(self) -> "Connections":
        if self._session is None:
            # late: the studio needs no network, and the library is slow to import
            from gesso.infra.http.connections import Connections

            self._session = Connections(*self._timeouts)
        return self._session
