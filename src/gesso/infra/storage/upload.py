"""One upload in parts: cut from a stream, counted and hashed on the way, aborted when it breaks."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, Self

import anyio
import obstore
from obstore.store import S3Store

from gesso.infra.errors import TooLarge

PART: Final = 8 << 20
AT_ONCE: Final = 2
"""Parts of one upload that travel at once."""

_GOODBYE: Final = 10.0
"""Seconds that an upload may take to be aborted; what is left then is swept later."""


class Parts:
    """A stream in pieces of one part's size, and what it came to once it is through."""

    def __init__(self, chunks: AsyncIterator[bytes], limit: int) -> None:
        self._chunks, self._limit = chunks, limit
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of all that has passed, in lower-case hex."""
        return self._hash.hexdigest()

    async def cut(self) -> AsyncGenerator[bytes, None]:
        """Pieces of exactly one part's size, and a shorter one at the end; TooLarge at once."""
        waiting = bytearray()
        async for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise TooLarge(f"At most {self._limit} bytes are taken.", code="media_too_large")
            self._hash.update(chunk)
            waiting += chunk
            while len(waiting) >= PART:
                yield bytes(waiting[:PART])
                del waiting[:PART]
        if waiting:
            yield bytes(waiting)


class BrokenOff(Exception):
    """The stream ended before its end; the library hears this and aborts the upload."""


async def upload(store: S3Store, key: str, first: bytes, rest: AsyncIterator[bytes]) -> None:
    """Send a stream part by part; when it breaks off, or we are cancelled, nothing appears.

    The library aborts an upload whose source raises, and only forgets one that is cancelled. So the
    stream is read here, in the task that may be cancelled, and the library listens to a feed.
    """
    feed = _Feed()
    sending = asyncio.create_task(_send(store, key, feed))
    sending.add_done_callback(feed.close)
    try:
        goes_on = await feed.give(first)
        while goes_on and (piece := await anext(rest, b"")):
            goes_on = await feed.give(piece)
        await feed.give(b"")
        await asyncio.shield(sending)
    except BaseException:
        feed.break_off()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({sending}, timeout=_GOODBYE)
        sending.cancel()
        raise


async def _send(store: S3Store, key: str, feed: "_Feed") -> None:
    await obstore.put_async(
        store, key, feed, use_multipart=True, chunk_size=PART, max_concurrency=AT_ONCE
    )


class _Feed:
    """Hands over one piece at a time, so that a slow network slows the stream; none is the end."""

    def __init__(self) -> None:
        self._piece = b""
        self._is_broken = self._is_closed = False
        self._full, self._free = asyncio.Event(), asyncio.Event()
        self._free.set()

    async def give(self, piece: bytes) -> bool:
        """Lay the piece out once the one before is taken; False when nobody takes any more."""
        await self._free.wait()
        if self._is_closed:
            return False
        self._piece = piece
        self._free.clear()
        self._full.set()
        return True

    def break_off(self) -> None:
        """Let whoever takes the next piece find BrokenOff."""
        self._is_broken = True
        self._full.set()

    def close(self, taker: asyncio.Task[None]) -> None:
        """The taker has ended, well or not; what it ended of is told by awaiting it."""
        self._is_closed = True
        self._free.set()
        if not taker.cancelled():
            taker.exception()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await self._full.wait()
        if self._is_broken:
            raise BrokenOff
        if not self._piece:
            raise StopAsyncIteration
        self._full.clear()
        self._free.set()
        return self._piece
