"""What a body is on its way out: opened before anything is sent, and closed after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from io import SEEK_END
from typing import BinaryIO

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from gesso.infra.http.body import Body, File, Form
from gesso.infra.http.exchange import NotSent

_CHUNK = 1 << 18


Outgoing = aiohttp.MultipartWriter | aiohttp.Payload | bytes | None
"""A body as the connection takes it; it brings the headers that belong to it."""


@asynccontextmanager
async def outgoing(body: Body) -> AsyncIterator[Outgoing]:
    """The body while the block lasts; NotSent where a file of it cannot be had."""
    if body is None or isinstance(body, bytes):
        yield body
        return
    with ExitStack() as files:
        try:
            made = await asyncio.to_thread(_made, body, files)
        except OSError as error:
            raise NotSent(f"a file to be sent cannot be read: {error}") from error
        yield made


def _made(body: File | Form, files: ExitStack) -> Outgoing:
    if isinstance(body, File):
        return _Stretch(body, files)
    form = aiohttp.MultipartWriter("form-data")
    for name, value in body:
        if isinstance(value, File):
            part = form.append_payload(_Stretch(value, files))
            part.set_content_disposition("form-data", name=name, filename=value.filename)
        else:
            text = aiohttp.payload.StringPayload(value)
            del text.headers["content-type"]  # text is what a field is unless it says otherwise
            form.append_payload(text).set_content_disposition("form-data", name=name)
    return form


class _Stretch(aiohttp.Payload):
    """A stretch of a file, read off the event loop."""

    def __init__(self, file: File, files: ExitStack) -> None:
        self._source: BinaryIO = files.enter_context(open(file.path, "rb"))  # noqa: PTH123, SIM115
        left = max(0, self._source.seek(0, SEEK_END) - file.start)
        if file.length is not None and file.length > left:
            raise OSError(f"{file.path} ends before the {file.length} bytes that it should have")
        super().__init__(self._source, content_type=file.content_type)
        self._start = file.start
        self._size = left if file.length is None else file.length

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002  # theirs
        """Never asked for: nobody shows a file's bytes."""
        raise TypeError("a file is sent, not shown")

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write all of it."""
        await self.write_with_length(writer, None)

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write it; a file that has shrunk meanwhile breaks the exchange off."""
        left = self._size or 0
        if content_length is not None:
            left = min(left, content_length)
        await asyncio.to_thread(self._source.seek, self._start)
        while left:
            chunk = await asyncio.to_thread(self._source.read, min(_CHUNK, left))
            if not chunk:
                raise OSError("the file has shrunk while it was sent")
            left -= len(chunk)
            await writer.write(chunk)
