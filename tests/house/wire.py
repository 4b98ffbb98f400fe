"""A wire between a browser and the server, on which one can count the streams, and cut them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_STREAM = b"GET /api/v1/events"


@dataclass
class Wire:
    """What runs over it: every event stream that is open, and how many ever were."""

    url: str
    open_streams: set[asyncio.StreamWriter] = field(default_factory=set)
    streams_ever: int = 0

    def cut(self) -> None:
        """Break every event stream, as a proxy that has had enough would."""
        for writer in list(self.open_streams):
            writer.transport.abort()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """A wire to the server at this port of this machine, while the block runs."""
    carrying: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_carry(wire, port, reader, writer))
        carrying.add(task)
        task.add_done_callback(carrying.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    wire = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield wire
    finally:
        server.close()
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)


async def _carry(
    wire: Wire, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        there, back = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.transport.abort()
        return

    async def asking() -> None:
        while data := await reader.read(65536):
            if data.startswith(_STREAM):
                wire.open_streams.add(writer)
                wire.streams_ever += 1
            else:
                wire.open_streams.discard(writer)
            back.write(data)
            await back.drain()

    async def answering() -> None:
        while data := await there.read(65536):
            writer.write(data)
            await writer.drain()

    ways = [asyncio.create_task(asking()), asyncio.create_task(answering())]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        wire.open_streams.discard(writer)
        for each in (writer, back):
            with suppress(OSError):
                each.transport.abort()
