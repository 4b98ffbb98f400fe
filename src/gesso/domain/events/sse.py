"""The answer that does not end: frames leave as they come; a reader who stops reading is cut."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_HEADERS = {
    "cache-control": "no-store",
    # nginx would gather frames until its buffer is full.
    "x-accel-buffering": "no",
}

_log = structlog.get_logger("gesso.events")


class EventStream(Response):
    """Server-Sent Events from a generator, which is closed when either side leaves.

    What the generator raises before its first frame is answered as any other refusal.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str] | None = None,
        patience: float = 30.0,
    ) -> None:
        """`patience` is how many seconds a reader may leave a frame untaken."""
        super().__init__(headers={**_HEADERS, **(headers or {})})
        del self.headers["content-length"]
        self._frames = frames
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send until the generator ends, the reader leaves or the reader is cut."""
        async with aclosing(self._frames) as frames:
            first = await anext(frames)
            sending = asyncio.create_task(self._send(first, frames, send))
            leaving = asyncio.create_task(_left(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                sending.cancel()
                leaving.cancel()
                # Both must be out before the generator can be closed.
                await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, first: bytes, rest: AsyncGenerator[bytes, None], send: Send) -> None:
        head = {"type": "http.response.start", "status": self.status_code}
        try:
            await self._pass(send, {**head, "headers": self.raw_headers})
            await self._pass(send, _body(first))
            async for frame in rest:
                await self._pass(send, _body(frame))
            await self._pass(send, {"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("stream_reader_cut", patience=self._patience)

    async def _pass(self, send: Send, message: dict[str, object]) -> None:
        async with asyncio.timeout(self._patience):
            await send(message)


def _body(frame: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": frame, "more_body": True}


async def _left(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
